use actix_web::{HttpResponse, post};

use super::passwords;
use crate::anonymous::Anonymous;
use crate::openapi::refusals::PublicRefusals;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::undivided::undivided;
use crate::userstore::StorePath;
use crate::userstore::user::password::request::{self, ChangePassword};

/// Replaces the password of whoever knows it and the name.
#[utoipa::path(
    operation_id = "ChangePasswordPublic",
    tag = "PublicAdmin",
    security(()),
    params(StorePath, ("loginName" = String, Path, description = "The login name")),
    request_body = ChangePassword,
    responses((status = 200, description = "It is changed"), PublicRefusals),
)]
#[post("/PublicAdmin/user/loginname/{loginName}/password/change")]
pub(crate) async fn change_password_public(
    call: Anonymous,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let sent = request::read(&call.api, call.headers(), body).await?;
    let ChangePassword { old_password, new_password } = sent;
    let name = call.login_name("loginName");
    let (passwords, store) = (passwords(&call).clone(), call.store.clone());
    let work =
        async move { passwords.change_public(store, name, old_password, new_password).await };
    undivided(work).await?;
    Ok(HttpResponse::Ok().finish())
}
