use actix_web::{HttpResponse, post};
use domain::id::UserId;
use domain::user::UserDraft;
use domain::version::Precondition;

use super::received::{self, admitted};
use super::request::UserRequest;
use super::view::UserView;
use super::{answer, users};
use crate::caller::Call;
use crate::openapi::refusals::WriteRefusals;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::request::precondition;
use crate::userstore::StorePath;

/// Makes a user.
#[utoipa::path(
    operation_id = "CreateUser",
    tag = "User",
    params(StorePath),
    request_body = UserRequest,
    responses(
        (status = 201, description = "The user", body = UserView, headers(
            ("ETag" = String, description = "The version of the user"),
            ("Location" = String, description = "The path of the user"),
        )),
        WriteRefusals,
    ),
)]
#[post("/administration/User")]
pub(crate) async fn create_user(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let (id, draft) = admitted(&call, read(&call, body)).await?;
    let user = users(&call).create(&call.context, id, draft).await?;
    Ok(answer::created(&call, &user))
}

async fn read(call: &Call, body: Body) -> Result<(Option<UserId>, UserDraft), Problem> {
    call.query()?.refuse_all()?;
    let condition = precondition::if_match(call.headers())?;
    let (request, mut invalid) = received::user(call, body).await?;
    let now = call.api.shared.clock.now();
    request.require_of_new(now, &mut invalid);
    let request = invalid.or(request).map_err(Problem::invalid)?;
    // Nothing is there yet that a tag could match (RFC 9110 §13.1.1).
    if condition != Precondition::None {
        return Err(Problem::stale(None));
    }
    Ok((request.id.or_unset(), request.create(now).map_err(Problem::invalid)?))
}
