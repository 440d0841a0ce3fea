use actix_web::{HttpResponse, get, post};

use super::endpoint::{endpoints, request};
use super::read::{OWN, named};
use super::refusals::FindRefusals;
use crate::problem::Problem;
use crate::users::request::Request;
use crate::users::view::UserRolesPermissions;

request! {
    /// A user.
    GetUserRolesPermissions {
        /// The name to sign in with.
        user_name: String,
    }
}

endpoints! {
    for caller: "/api/userRolesPermissions" => get_user_roles_permissions, Reads, GetUserRolesPermissions;
    get: get_user_roles_permissions_get "GetUserRolesPermissions_Get";
    post: get_user_roles_permissions_post "GetUserRolesPermissions_Post";
    document: {
        summary = "Says what a user may do.",
        description = "For the user, and for holders of `UserManage`.",
    }
    responses: {
        (status = 200, description = "Roles and permissions", body = UserRolesPermissions),
        FindRefusals,
    }
}

/// Says what a user may do.
pub(crate) async fn get_user_roles_permissions(
    mut request: Request,
) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let name = named(&mut request, &context, OWN).await?;
    let account = request.api.shared.accounts.find(&context, name).await?;
    Ok(HttpResponse::Ok().json(UserRolesPermissions::from(&account)))
}
