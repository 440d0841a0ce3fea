use actix_web::{HttpResponse, get};
use domain::audit::log::TreeHash;
use domain::error::{Invalid, Missing, UseCaseError};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::{id_in_path, parse_size};
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::{Document, Problem};
use crate::userstore::StorePath;
use crate::userstore::shown::Base64;

/// The proof that an entry is in the audit log (RFC 9162 §2.1.3).
#[utoipa::path(
    operation_id = "GetAuditProof",
    tags = ["AuditTrail", "Extension"],
    params(StorePath, ("id" = i64, Path, description = "The entry's number"), SizeQuery),
    responses(
        (status = 200, description = "The proof", body = InclusionView),
        (
            status = 409,
            description = "The entry is not in the log yet, or was not at that size",
            body = Document,
            content_type = "application/problem+json",
            headers(("Retry-After" = String, description = "Seconds to wait")),
        ),
        ReadRefusals,
    ),
)]
#[get("/administration/CustomAuditTrail/{id}/proof")]
pub(crate) async fn get_audit_proof(call: Call) -> Result<HttpResponse, Problem> {
    let size = call.query().parsed("size", parse_size)?;
    let id = id_in_path(&call).ok_or(UseCaseError::NotFound(Missing::AuditEntry))?;
    let proof = call.api.shared.log.inclusion(&call.context, id, size).await?;
    Ok(HttpResponse::Ok().json(InclusionView {
        id: id.get(),
        leaf_index: proof.leaf,
        leaf_hash: Base64(&proof.hash.0),
        tree_size: proof.checkpoint.size,
        hashes: shown(&proof.hashes),
        checkpoint: &proof.checkpoint.note,
    }))
}

/// The proof that the audit log of one size is the beginning of that of another (RFC 9162 §2.1.4):
/// that it only grew.
#[utoipa::path(
    operation_id = "GetAuditConsistency",
    tags = ["AuditTrail", "Extension"],
    params(StorePath, SizesQuery),
    responses((status = 200, description = "The proof", body = ConsistencyView), ReadRefusals),
)]
#[get("/administration/CustomAuditTrail/consistency")]
pub(crate) async fn get_audit_consistency(call: Call) -> Result<HttpResponse, Problem> {
    let (from, to) = sizes(&call)?;
    let log = &call.api.shared.log;
    let to = match to {
        Some(to) => to,
        None => log.checkpoint(&call.context, None).await?.size,
    };
    let proof = log.consistency(&call.context, from, Some(to)).await?;
    Ok(HttpResponse::Ok().json(ConsistencyView {
        from,
        to,
        from_root: Base64(&proof.from.0),
        to_root: Base64(&proof.to.0),
        hashes: shown(&proof.hashes),
    }))
}

fn sizes(call: &Call) -> Result<(u64, Option<u64>), Problem> {
    let mut parameters = call.query().reading();
    let from = parameters.require("from", parse_size);
    let to = parameters.read("to", parse_size);
    // What has to be given and is not breaks a rule.
    let from = parameters.or(from.unwrap_or_default())?;
    if to.is_some_and(|to| to < from) {
        return Err(Problem::invalid(Invalid::one("to", "must not be less than from")));
    }
    Ok((from, to))
}

fn shown(hashes: &[TreeHash]) -> Vec<Base64<'_>> {
    hashes.iter().map(|hash| Base64(&hash.0)).collect()
}

/// In which tree to prove it; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `get_audit_proof` reads it")]
struct SizeQuery {
    /// How many entries the log had: there is a checkpoint of this size. The latest one without it.
    #[param(nullable = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    size: Option<u64>,
}

/// Between which trees; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `sizes` reads it")]
struct SizesQuery {
    /// How many entries the log had at first.
    #[param(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    from: u64,
    /// How many it had later, or has; as many as it has without it.
    #[param(nullable = false, minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    to: Option<u64>,
}

/// That an entry is in the audit log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditProof)]
struct InclusionView<'a> {
    /// The number of the entry.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    id: i64,
    /// Its leaf: from 0 on, without a gap.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    leaf_index: u64,
    /// SHA-256(0x00 ‖ canonical JSON of the entry without contents and salts).
    #[schema(value_type = String, content_encoding = "base64")]
    leaf_hash: Base64<'a>,
    /// How many entries the checkpoint is over.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    tree_size: u64,
    /// The hashes on the way to the root, from the bottom up.
    #[schema(value_type = Vec<String>)]
    hashes: Vec<Base64<'a>>,
    /// The signed note that has the root.
    checkpoint: &'a str,
}

/// That the audit log only grew.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditConsistency)]
struct ConsistencyView<'a> {
    /// How many entries it had.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    from: u64,
    /// How many it had later.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    to: u64,
    /// The root over the first ones.
    #[schema(value_type = String, content_encoding = "base64")]
    from_root: Base64<'a>,
    /// The root over all of them.
    #[schema(value_type = String, content_encoding = "base64")]
    to_root: Base64<'a>,
    /// The hashes of the proof.
    #[schema(value_type = Vec<String>)]
    hashes: Vec<Base64<'a>>,
}
