use actix_web::{HttpResponse, post};
use domain::user::User;

use super::request::ChangePassword;
use super::{Target, passwords, target_and};
use crate::caller::Call;
use crate::openapi::refusals::AttemptRefusals;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::undivided::undivided;
use crate::userstore::resource::answer;
use crate::userstore::user::UserIdPath;
use crate::userstore::user::view::UserView;
use crate::userstore::{IfMatch, StorePath};

/// Replaces a password for somebody who knows the present one. Not knowing it counts as a failed
/// attempt to sign in.
#[utoipa::path(
    operation_id = "ChangePassword",
    tag = "User",
    params(StorePath, UserIdPath, IfMatch),
    request_body = ChangePassword,
    responses(
        (status = 200, description = "The user as it is now", body = UserView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        AttemptRefusals,
    ),
)]
#[post("/administration/User/{userId}/password/change")]
pub(crate) async fn change_password(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let (Target { id, condition }, sent) = target_and(&call, body).await?;
    let ChangePassword { old_password, new_password } = sent;
    let (passwords, context) = (passwords(&call).clone(), call.context.clone());
    let work =
        async move { passwords.change(&context, id, condition, old_password, new_password).await };
    let user = undivided(work).await?;
    Ok(answer::found::<User>(&user))
}
