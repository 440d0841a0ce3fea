//! The audit trail: `…/administration/CustomAuditTrail`.

mod checkpoint;
mod keys;
mod proof;
mod view;

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use domain::audit::{Commitment, Entry, EntryOrder, EntryProperty};
use domain::error::{Missing, UseCaseError};
use domain::id::AuditId;

use self::view::EntryView;
use super::StorePath;
use super::listing::{FilterQuery, ListQuery, Listing};
use crate::caller::Call;
use crate::openapi::ServiceConfig;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::request::query::parse_number;

/// The most leaves that a log can have: so many numbers of entries there are.
pub(super) const MOST_LEAVES: u64 = AuditId::MAX.unsigned_abs();

/// Registers the operations on the audit trail.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(checkpoint::get_audit_checkpoint)
        .service(checkpoint::get_audit_checkpoint_of_size)
        .service(proof::get_audit_consistency)
        .service(keys::get_audit_keys)
        .service(proof::get_audit_proof)
        .service(get_audit_trails)
        .service(get_audit_trail);
}

/// One entry of the audit trail.
#[utoipa::path(
    operation_id = "GetAuditTrail",
    tag = "AuditTrail",
    params(StorePath, ("id" = i64, Path, description = "The entry's number")),
    responses(
        (status = 200, description = "The entry", body = EntryView, headers(
            ("ETag" = String, description = "Changes when contents of the entry are erased"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/CustomAuditTrail/{id}")]
pub(crate) async fn get_audit_trail(call: Call) -> Result<HttpResponse, Problem> {
    let id = id_in_path(&call).ok_or(UseCaseError::NotFound(Missing::AuditEntry))?;
    let entry = call.api.shared.audit.find(&call.context, id).await?;
    let mut body = Vec::new();
    view::write(&entry, &mut body);
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/json").insert_header((header::ETAG, tag(&entry)));
    Ok(answer.body(body))
}

/// Every entry of the audit trail, or those that `filter` asks for; as they were committed, or by
/// `id`.
#[utoipa::path(
    operation_id = "GetAuditTrails",
    tag = "AuditTrail",
    params(StorePath, ListQuery, FilterQuery<EntryProperty>),
    responses(
        (status = 200, description = "The entries", body = Vec<EntryView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/CustomAuditTrail")]
pub(crate) async fn get_audit_trails(call: Call) -> Result<HttpResponse, Problem> {
    let query = call.query();
    let listing = Listing::read(&call, query, "audit", EntryOrder::Commit)?.placed(is_place)?;
    let (audit, context) = (call.api.shared.audit.clone(), call.context.clone());
    let fetch = move |wanted| {
        let (audit, context) = (audit.clone(), context.clone());
        async move { audit.page(&context, wanted).await }
    };
    listing.answer(&call, query, view::write, fetch).await
}

/// The number in the path, in digits; `None` when no entry can have it.
fn id_in_path(call: &Call) -> Option<AuditId> {
    let text = call.parameter("id");
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).and_then(AuditId::new)
}

/// Whether that can be the sort value of a place: in order of commits it is a leaf.
fn is_place(order: EntryOrder, sort: &str) -> bool {
    match order {
        EntryOrder::Commit => parse_number(sort, 0..=MOST_LEAVES).is_ok(),
        EntryOrder::Id => sort.is_empty(),
    }
}

/// Reads how many entries a log has, at least one.
fn parse_size(text: &str) -> Result<u64, String> {
    parse_number(text, 1..=MOST_LEAVES)
}

/// An entry never changes, but for contents that are erased.
fn tag(entry: &Entry) -> String {
    let erased = |commitment: &Commitment| commitment.opened.is_none();
    let erased = entry.original.iter().chain(&entry.current).filter(|c| erased(c)).count();
    match erased {
        0 => format!("\"{}\"", entry.id),
        parts => format!("\"{}-{parts}\"", entry.id),
    }
}
