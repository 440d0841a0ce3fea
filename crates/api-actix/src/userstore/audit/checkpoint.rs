use actix_web::http::header;
use actix_web::{HttpResponse, get};
use domain::audit::log::StoredCheckpoint;
use domain::error::{Missing, UseCaseError};

use super::parse_size;
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::userstore::StorePath;

/// The latest checkpoint of the audit log: how many entries it has and the hash over all of them,
/// signed. A note as C2SP `tlog-checkpoint` has it.
#[utoipa::path(
    operation_id = "GetAuditCheckpoint",
    tags = ["AuditTrail", "Extension"],
    params(StorePath),
    responses(
        (status = 200, description = "The note", body = String, content_type = "text/plain", headers(
            ("ETag" = String, description = "How many entries it is over"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/CustomAuditTrail/checkpoint")]
pub(crate) async fn get_audit_checkpoint(call: Call) -> Result<HttpResponse, Problem> {
    Ok(note(call.api.shared.log.checkpoint(&call.context, None).await?))
}

/// The checkpoint of the audit log over its first entries, as it was signed then.
#[utoipa::path(
    operation_id = "GetAuditCheckpointOfSize",
    tags = ["AuditTrail", "Extension"],
    params(
        StorePath,
        ("size" = u64, Path, description = "How many entries it is over", minimum = 1),
    ),
    responses(
        (status = 200, description = "The note", body = String, content_type = "text/plain", headers(
            ("ETag" = String, description = "How many entries it is over"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/CustomAuditTrail/checkpoint/{size}")]
pub(crate) async fn get_audit_checkpoint_of_size(call: Call) -> Result<HttpResponse, Problem> {
    let size = parse_size(call.parameter("size"));
    let size = size.map_err(|_| UseCaseError::NotFound(Missing::Checkpoint))?;
    Ok(note(call.api.shared.log.checkpoint(&call.context, Some(size)).await?))
}

fn note(checkpoint: StoredCheckpoint) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/plain; charset=utf-8");
    answer.insert_header((header::ETAG, format!("\"{}\"", checkpoint.size)));
    answer.body(checkpoint.note)
}
