use actix_web::{HttpResponse, get, post};
use domain::access::{Due, Needs, Permission};

use super::endpoint::{endpoints, request};
use super::read::{password, permitted, required_password, user_name, whole};
use super::refusals::AttemptRefusals;
use crate::problem::Problem;
use crate::undivided::undivided;
use crate::users::request::Request;

request! {
    /// A password to be set.
    UpdateUserPassword {
        /// The name that the user signs in with.
        user_name: String,
        /// The present password of whoever sends this, also where the user is somebody else. Callers
        /// that have none leave it out.
        #[schema(format = Password)]
        #[param(nullable = false, format = Password)]
        current_password: Option<String>,
        /// The password to be set.
        #[schema(format = Password)]
        #[param(format = Password)]
        password: String,
    }
}

endpoints! {
    for caller: "/api/users/updatePassword/" => update_user_password, Writes, UpdateUserPassword;
    get: update_user_password_get "UpdateUserPassword_Get";
    post: update_user_password_post "UpdateUserPassword_Post";
    document: {
        summary = "Sets a password.",
        description = "For the user, and for holders of `UserManage`: then the user has to replace it. \
                       The other sessions of the user end. A wrong present password counts as a failed \
                       attempt of the caller.",
    }
    responses: {
        (status = 204, description = "It is set"),
        AttemptRefusals,
    }
}

/// Sets a password.
pub(crate) async fn update_user_password(mut request: Request) -> Result<HttpResponse, Problem> {
    const NEEDS: Needs = Needs::own_or(Permission::UserManage).while_due(Due::PasswordChange);
    let context = request.context().await?;
    let fields = &mut request.fields;
    let (name, current) = (user_name(fields), password(fields, "CurrentPassword"));
    let new = required_password(fields, "Password");
    let read = whole(fields, name.zip(new));
    let (name, new) = permitted(&request, &context, NEEDS, read).await?;
    let passwords = request.api.shared.passwords.clone();
    undivided(async move { passwords.update(&context, name, current, new).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
