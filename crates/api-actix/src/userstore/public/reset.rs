use actix_web::{HttpResponse, post};

use super::passwords;
use crate::anonymous::Anonymous;
use crate::openapi::refusals::{PublicActRefusals, PublicRefusals};
use crate::problem::Problem;
use crate::request::body::Body;
use crate::userstore::StorePath;
use crate::userstore::user::password::request::{self, TokenPassword};

/// Sets the password of whoever shows the name and the token that was mailed.
#[utoipa::path(
    operation_id = "ResetPasswordTokenResponsePublic",
    tag = "PublicAdmin",
    security(()),
    params(StorePath, ("loginname" = String, Path, description = "The login name")),
    request_body = TokenPassword,
    responses((status = 200, description = "It is set"), PublicRefusals),
)]
#[post("/PublicAdmin/user/loginname/{loginname}/password/reset/response")]
pub(crate) async fn reset_password_token_response_public(
    call: Anonymous,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let sent = request::read(&call.api, call.headers(), body).await?;
    let TokenPassword { password, token } = sent;
    let name = call.login_name("loginname");
    passwords(&call).respond_public(call.store.clone(), name, token, password).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Mails a token to whoever has the name, if there is such a user with an address: that is found out
/// later, and told to nobody.
#[utoipa::path(
    operation_id = "ResetPasswordTokenRequestPublic",
    tags = ["PublicAdmin", "Extension"],
    security(()),
    params(StorePath, ("loginName" = String, Path, description = "The login name")),
    responses((status = 202, description = "It will be looked at"), PublicActRefusals),
)]
#[post("/PublicAdmin/user/loginname/{loginName}/password/reset/request")]
pub(crate) async fn reset_password_token_request_public(
    call: Anonymous,
) -> Result<HttpResponse, Problem> {
    let name = call.login_name("loginName");
    passwords(&call).ask_for_reset(call.store.clone(), name).await?;
    Ok(HttpResponse::Accepted().finish())
}
