use actix_web::{HttpResponse, post};
use domain::user::User;

use super::request::InitialPassword;
use super::{Target, passwords, target, target_and};
use crate::caller::Call;
use crate::openapi::refusals::{ActRefusals, WriteRefusals};
use crate::problem::Problem;
use crate::request::body::Body;
use crate::userstore::resource::answer;
use crate::userstore::user::UserIdPath;
use crate::userstore::user::view::UserView;
use crate::userstore::{IfMatch, StorePath};

/// Sets the first password of a user, who has to replace it before it expires.
#[utoipa::path(
    operation_id = "SetInitialPassword",
    tag = "User",
    params(StorePath, UserIdPath, IfMatch),
    request_body = InitialPassword,
    responses(
        (status = 200, description = "The user as it is now", body = UserView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        WriteRefusals,
    ),
)]
#[post("/administration/User/{userId}/password/initial")]
pub(crate) async fn set_initial_password(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let (Target { id, condition }, sent) = target_and(&call, body).await?;
    let InitialPassword { password, expiration } = sent;
    let user =
        passwords(&call).set_initial(&call.context, id, condition, password, expiration).await?;
    Ok(answer::found::<User>(&user))
}

/// Gives an initial password a fresh lifetime, from now on.
#[utoipa::path(
    operation_id = "ResetInitialPasswordExpiration",
    tag = "User",
    params(StorePath, UserIdPath, IfMatch),
    responses(
        (status = 200, description = "The user as it is now", body = UserView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        ActRefusals,
    ),
)]
#[post("/administration/User/{userId}/password/initial/reset")]
pub(crate) async fn reset_initial_password_expiration(call: Call) -> Result<HttpResponse, Problem> {
    let Target { id, condition } = target(&call).await?;
    let user = passwords(&call).renew_initial(&call.context, id, condition).await?;
    Ok(answer::found::<User>(&user))
}
