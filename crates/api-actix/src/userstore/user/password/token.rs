use actix_web::{HttpResponse, post};
use domain::password::StartedBy;
use domain::user::User;

use super::request::TokenPassword;
use super::{Target, passwords, target, target_and};
use crate::caller::Call;
use crate::openapi::refusals::{ActRefusals, TokenRefusals};
use crate::problem::Problem;
use crate::request::body::Body;
use crate::userstore::resource::answer;
use crate::userstore::user::UserIdPath;
use crate::userstore::user::view::UserView;
use crate::userstore::{IfMatch, StorePath};

/// Mails the user a token that sets a new password within 24 hours, as an administrator. Earlier
/// tokens are void.
#[utoipa::path(
    operation_id = "SendPasswordResetEmail",
    tag = "User",
    params(StorePath, UserIdPath, IfMatch),
    responses(
        (status = 200, description = "The user", body = UserView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        ActRefusals,
    ),
)]
#[post("/administration/User/{userId}/password/reset/sendresetemail")]
pub(crate) async fn send_password_reset_email(call: Call) -> Result<HttpResponse, Problem> {
    send(&call, StartedBy::Administrator).await
}

/// Mails the user a token that sets a new password within an hour, as the user has asked for it.
/// Earlier tokens are void.
#[utoipa::path(
    operation_id = "ResetPasswordTokenRequest",
    tag = "User",
    params(StorePath, UserIdPath, IfMatch),
    responses(
        (status = 200, description = "The user", body = UserView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        ActRefusals,
    ),
)]
#[post("/administration/User/{userId}/password/reset/request")]
pub(crate) async fn reset_password_token_request(call: Call) -> Result<HttpResponse, Problem> {
    send(&call, StartedBy::User).await
}

async fn send(call: &Call, started_by: StartedBy) -> Result<HttpResponse, Problem> {
    let Target { id, condition } = target(call).await?;
    let user = passwords(call).send_reset(&call.context, id, condition, started_by).await?;
    Ok(answer::found::<User>(&user))
}

/// Sets a new password by the token that the user was mailed. It ends a temporary lock, and no
/// other.
#[utoipa::path(
    operation_id = "ResetPasswordTokenResponse",
    tag = "User",
    params(StorePath, UserIdPath, IfMatch),
    request_body = TokenPassword,
    responses(
        (status = 200, description = "The user as it is now", body = UserView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        TokenRefusals,
    ),
)]
#[post("/administration/User/{userId}/password/reset/response")]
pub(crate) async fn reset_password_token_response(
    call: Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (Target { id, condition }, sent) = target_and(&call, body).await?;
    let TokenPassword { password, token } = sent;
    let user = passwords(&call).respond(&call.context, id, condition, token, password).await?;
    Ok(answer::found::<User>(&user))
}
