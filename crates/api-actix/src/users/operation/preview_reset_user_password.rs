use actix_web::{HttpResponse, post};
use domain::access::Permission;

use super::endpoint::{endpoints, request};
use super::read::named;
use super::refusals::ChangeRefusals;
use crate::problem::Problem;
use crate::users::request::Request;
use crate::users::view::PreviewReset;

request! {
    /// A user whose password may come to be reset.
    PreviewResetUserPassword {
        /// The name that the user signs in with.
        user_name: String,
    }
}

endpoints! {
    for caller: "/api/users/previewResetPassword/" =>
        preview_reset_user_password, Writes, PreviewResetUserPassword;
    post: preview_reset_user_password_post "PreviewResetUserPassword";
    document: {
        summary = "Shows a password that a reset would set, and changes nothing.",
        description = "For holders of `UserManage`, not for themselves. The token sets the password \
                       once, within 15 minutes, for the same caller; an earlier one is void.",
    }
    responses: {
        (status = 200, description = "The password and the token", body = PreviewReset),
        ChangeRefusals,
    }
}

/// Shows a password that a reset would set.
pub(crate) async fn preview_reset_user_password(
    mut request: Request,
) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let name = named(&mut request, &context, Permission::UserManage).await?;
    let preview = request.api.shared.passwords.preview(&context, name).await?;
    Ok(HttpResponse::Ok().json(PreviewReset::from(&preview)))
}
