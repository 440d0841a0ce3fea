use actix_web::{HttpResponse, get, post};
use domain::access::Permission;

use super::endpoint::{endpoints, request};
use super::read::named;
use super::refusals::ChangeRefusals;
use crate::problem::Problem;
use crate::users::request::Request;

request! {
    /// A user to be removed.
    DeleteUser {
        /// The name to sign in with.
        user_name: String,
    }
}

endpoints! {
    for caller: "/api/users/delete/" => delete_user, Writes, DeleteUser;
    get: delete_user_get "DeleteUser_Get";
    post: delete_user_post "DeleteUser_Post";
    document: {
        summary = "Removes a user.",
        description = "For holders of `UserManage`. Nobody removes themselves, nor the last holder of \
                       `SystemAdmin`.",
    }
    responses: {
        (status = 204, description = "The user is gone"),
        ChangeRefusals,
    }
}

/// Removes a user.
pub(crate) async fn delete_user(mut request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let name = named(&mut request, &context, Permission::UserManage).await?;
    request.api.shared.accounts.remove(&context, name).await?;
    Ok(HttpResponse::NoContent().finish())
}
