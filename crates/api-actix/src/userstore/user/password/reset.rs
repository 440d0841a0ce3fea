use actix_web::{HttpResponse, post};
use domain::user::User;

use super::request::NewPassword;
use super::{Target, passwords, target_and};
use crate::caller::Call;
use crate::openapi::refusals::WriteRefusals;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::userstore::resource::answer;
use crate::userstore::user::UserIdPath;
use crate::userstore::user::view::UserView;
use crate::userstore::{IfMatch, StorePath};

/// Sets a password as an administrator, and ends every lock. The present password is not asked for.
#[utoipa::path(
    operation_id = "ResetPassword",
    tag = "User",
    params(StorePath, UserIdPath, IfMatch),
    request_body = NewPassword,
    responses(
        (status = 200, description = "The user as it is now", body = UserView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        WriteRefusals,
    ),
)]
#[post("/administration/User/{userId}/password/reset")]
pub(crate) async fn reset_password(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let (Target { id, condition }, NewPassword { password }) = target_and(&call, body).await?;
    let user = passwords(&call).reset(&call.context, id, condition, password).await?;
    Ok(answer::found::<User>(&user))
}
