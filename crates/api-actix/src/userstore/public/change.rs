use actix_web::{HttpResponse, post};

use super::passwords;
use crate::anonymous::Anonymous;
use crate::openapi::refusals::PublicRefusals;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::undivided::undivided;
use crate::userstore::StorePath;
use crate::userstore::user::password::request::{self, ChangeOwnPassword};

/// Replaces the password of whoever knows it and the name, and shows the second factor where one is
/// required.
#[utoipa::path(
    operation_id = "ChangePasswordPublic",
    tag = "PublicAdmin",
    security(()),
    params(StorePath, ("loginName" = String, Path, description = "The login name")),
    request_body = ChangeOwnPassword,
    responses((status = 200, description = "It is changed"), PublicRefusals),
)]
#[post("/PublicAdmin/user/loginname/{loginName}/password/change")]
pub(crate) async fn change_password_public(
    call: Anonymous,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let sent = request::read(&call.api, call.headers(), body).await?;
    let ChangeOwnPassword { old_password: old, new_password: new, one_time_password: code } = sent;
    let name = call.login_name("loginName");
    let (passwords, store) = (passwords(&call).clone(), call.store.clone());
    undivided(async move { passwords.change_public(store, name, old, new, code).await }).await?;
    Ok(HttpResponse::Ok().finish())
}
