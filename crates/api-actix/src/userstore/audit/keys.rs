use actix_web::http::header;
use actix_web::{HttpResponse, get};
use domain::access::Permission;
use domain::audit::log::{KeyTerm, note, origin};
use domain::id::StoreId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::userstore::StorePath;
use crate::userstore::shown::Base64;

/// The keys that have signed the audit trail, in order, each with the leaves that it may sign.
#[utoipa::path(
    operation_id = "GetAuditKeys",
    tags = ["AuditTrail", "Extension"],
    params(StorePath),
    responses(
        (status = 200, description = "The keys", body = Vec<KeyView>, headers(
            ("ETag" = String, description = "Changes when another key takes over"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/CustomAuditTrail/keys")]
pub(crate) async fn get_audit_keys(call: Call) -> Result<HttpResponse, Problem> {
    let shared = &call.api.shared;
    let here = shared.gate.point(&call.context, Permission::AuditRead, |room| Ok(room.store.id));
    let store = here.await?;
    let terms = shared.log.keys(&call.context).await?;
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::ETAG, format!("\"{}\"", terms.len())));
    Ok(answer.json(views(store, &terms)))
}

/// A key of the audit trail.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditKey)]
struct KeyView<'a> {
    /// What names it in the notes that it signs: 8 hexadecimal digits.
    #[schema(example = "c74f2081", min_length = 8, max_length = 8)]
    key_id: String,
    /// The public key as DER `SubjectPublicKeyInfo`.
    #[schema(value_type = String, content_encoding = "base64")]
    public_key_info: Base64<'a>,
    /// The first leaf that it signs.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    from: u64,
    /// The first leaf that it does not sign any more; null while it signs.
    #[schema(required, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    to: Option<u64>,
    /// The note by which the key before it hands over, signed by both; null of the first one.
    #[schema(required)]
    statement: Option<&'a str>,
}

fn views(store: StoreId, terms: &[KeyTerm]) -> Vec<KeyView<'_>> {
    let ends = terms.iter().skip(1).map(|next| Some(next.from)).chain([None]);
    terms.iter().zip(ends).map(|(term, end)| KeyView::of(store, term, end)).collect()
}

impl<'a> KeyView<'a> {
    fn of(store: StoreId, term: &'a KeyTerm, to: Option<u64>) -> Self {
        // A key that signs is one.
        let id = note::key_id(&origin(store), &term.key).unwrap_or_default();
        Self {
            key_id: format!("{:08x}", u32::from_be_bytes(id)),
            public_key_info: Base64(&term.key.0),
            from: term.from,
            to,
            statement: term.statement.as_deref(),
        }
    }
}
