use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, patch, put};
use domain::error::{Missing, UseCaseError};
use domain::id::UserId;
use domain::user::{EditError, Include};
use domain::version::Precondition;
use serde::Serialize;
use utoipa::ToSchema;

use super::draft::{self, USER};
use super::received::{self, admitted};
use super::request::UserRequest;
use super::view::UserView;
use super::{answer, id_in_path, users};
use crate::caller::Call;
use crate::openapi::refusals::WriteRefusals;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::request::patch::Patch;
use crate::request::precondition;
use crate::userstore::{IfMatch, StorePath};

/// Replaces a user: names, e-mail and external id that are absent become null; what guards the
/// account, and a relation, stays where it is absent.
#[utoipa::path(
    operation_id = "UpdateUser",
    tag = "User",
    params(StorePath, IfMatch, ("id" = Uuid, Path, description = "The user's id")),
    request_body = UserRequest,
    responses(
        (status = 202, description = "The user as it is now", body = UserView, headers(
            ("ETag" = String, description = "The version of the user"),
        )),
        WriteRefusals,
    ),
)]
#[put("/administration/User/{id}")]
pub(crate) async fn update_user(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let (id, condition, request) = admitted(&call, read_user(&call, body)).await?;
    let now = call.api.shared.clock.now();
    let edit = Arc::new(move |before: &domain::user::UserWithRelations| {
        request.replace(&before.user, now).map_err(EditError::Invalid)
    });
    let user = users(&call).change(&call.context, id, condition, Include::NONE, edit).await?;
    Ok(answer::one(StatusCode::ACCEPTED, &user))
}

async fn read_user(
    call: &Call,
    body: Body,
) -> Result<(UserId, Precondition, UserRequest), Problem> {
    let (id, condition) = read_target(call)?;
    let (request, mut invalid) = received::user(call, body).await?;
    request.require_login_name(&mut invalid);
    request.require_user(id, &mut invalid);
    Ok((id, condition, invalid.or(request).map_err(Problem::invalid)?))
}

/// Changes a user by a JSON Patch (RFC 6902), as a whole or not at all.
#[utoipa::path(
    operation_id = "PatchUser",
    tag = "User",
    params(StorePath, IfMatch, ("id" = Uuid, Path, description = "The user's id")),
    request_body(content(
        (PatchRequest = "application/json"),
        (PatchRequest = "application/json-patch+json"),
    )),
    responses(
        (status = 202, description = "The user as it is now", body = UserView, headers(
            ("ETag" = String, description = "The version of the user"),
        )),
        WriteRefusals,
    ),
)]
#[patch("/administration/User/{id}")]
pub(crate) async fn patch_user(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let (id, condition, patch) = admitted(&call, read_patch(&call, body)).await?;
    let needs =
        Include { groups: patch.names("memberOfGroups"), profiles: patch.names("userProfiles") };
    let now = call.api.shared.clock.now();
    let edit = Arc::new(move |before: &_| draft::patched(&patch, before, now));
    let user = users(&call).change(&call.context, id, condition, needs, edit).await?;
    Ok(answer::one(StatusCode::ACCEPTED, &user))
}

async fn read_patch(call: &Call, body: Body) -> Result<(UserId, Precondition, Patch), Problem> {
    let (id, condition) = read_target(call)?;
    let json = received::value(call, body).await?;
    let limits = call.api.shared.limits;
    let patch = Patch::read(json, USER, limits.patch_operations, limits.body_bytes)?;
    Ok((id, condition, patch))
}

fn read_target(call: &Call) -> Result<(UserId, Precondition), Problem> {
    call.query()?.refuse_all()?;
    let condition = precondition::if_match(call.headers())?;
    let id = id_in_path(call).ok_or(UseCaseError::NotFound(Missing::User))?;
    Ok((id, condition))
}

/// A JSON Patch: a bare array, or an object with `operations`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = JsonPatch)]
#[expect(dead_code, reason = "describes what `Patch` reads")]
enum PatchRequest {
    /// As RFC 6902 has it.
    Bare(Vec<PatchOperation>),
    /// As the reference has it.
    #[schema(title = "Operations")]
    Wrapped(PatchOperations),
}

/// A JSON Patch in an object.
#[derive(Serialize, ToSchema)]
#[schema(as = JsonPatchOperations)]
struct PatchOperations {
    /// At most 1000.
    operations: Vec<PatchOperation>,
}

/// One operation; `op` and `path` match ignoring case.
#[derive(Serialize, ToSchema)]
#[schema(as = JsonPatchOperation)]
struct PatchOperation {
    /// What to do: `add`, `remove`, `replace`, `move`, `copy` or `test`.
    #[schema(example = "replace")]
    op: String,
    /// A JSON Pointer (RFC 6901).
    #[schema(example = "/firstName")]
    path: String,
    /// A JSON Pointer: where `move` and `copy` take the value from.
    from: Option<String>,
    /// What `add`, `replace` and `test` are about.
    #[schema(example = "Ada")]
    value: Option<serde_json::Value>,
}
