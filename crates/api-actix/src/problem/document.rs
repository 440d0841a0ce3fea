use std::collections::BTreeMap;

use domain::error::FieldError;
use serde::Serialize;
use utoipa::ToSchema;

/// Media type of RFC 9457.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was refused or failed (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub(crate) struct Document<'a> {
    /// Stable name of the cause; programs decide by it.
    #[schema(format = "uri", example = "urn:userstore:problem:validation")]
    pub(super) r#type: &'a str,
    /// The cause in words, the same every time.
    pub(super) title: &'a str,
    /// The HTTP status.
    pub(super) status: u16,
    /// About this occurrence, where there is more to say than of its kind.
    pub(super) detail: &'a str,
    /// Path of the request.
    pub(super) instance: &'a str,
    /// The id under which the log knows this request; also in the header `X-Request-Id`.
    pub(super) request_id: &'a str,
    /// Position in the batch of the item that is at fault, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) index: Option<usize>,
    /// Where what is asked for of the audit log is archived: the first leaf that is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) first_leaf: Option<u64>,
    /// Property → the rules that it breaks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    pub(super) errors: BTreeMap<&'a str, Vec<&'a str>>,
}

/// Every property with its rules, each once.
pub(super) fn by_property(errors: &[FieldError]) -> BTreeMap<&str, Vec<&str>> {
    let mut by_property: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for FieldError { property, rule } in errors {
        let rules = by_property.entry(property).or_default();
        if !rules.contains(&rule.as_str()) {
            rules.push(rule);
        }
    }
    by_property
}
