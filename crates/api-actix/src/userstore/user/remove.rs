use actix_web::{HttpResponse, delete};
use domain::error::{Missing, UseCaseError};
use domain::id::UserId;
use domain::version::Precondition;

use super::received::admitted;
use super::{id_in_path, users};
use crate::caller::Call;
use crate::openapi::refusals::RemoveRefusals;
use crate::problem::Problem;
use crate::request::precondition;
use crate::userstore::{IfMatch, StorePath};

/// Removes a user with its profiles and memberships.
#[utoipa::path(
    operation_id = "DeleteUser",
    tag = "User",
    params(StorePath, IfMatch, ("id" = Uuid, Path, description = "The user's id")),
    responses((status = 204, description = "The user is gone"), RemoveRefusals),
)]
#[delete("/administration/User/{id}")]
pub(crate) async fn delete_user(call: Call) -> Result<HttpResponse, Problem> {
    let (id, condition) = admitted(&call, std::future::ready(read(&call))).await?;
    users(&call).remove(&call.context, id, condition).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn read(call: &Call) -> Result<(UserId, Precondition), Problem> {
    call.query()?.refuse_all()?;
    let condition = precondition::if_match(call.headers())?;
    let id = id_in_path(call).ok_or(UseCaseError::NotFound(Missing::User))?;
    Ok((id, condition))
}
