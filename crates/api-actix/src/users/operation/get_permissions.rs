use actix_web::{HttpResponse, get, post};

use super::endpoint::{endpoints, request};
use super::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::users::request::Request;

request! {
    /// The permissions that there are.
    GetPermissions {}
}

endpoints! {
    for caller: "/api/permissions/" => get_permissions, Reads, GetPermissions;
    get: get_permissions_get "GetPermissions_Get";
    post: get_permissions_post "GetPermissions_Post";
    document: {
        summary = "Lists permissions.",
        description = "For holders of `UserManage` all that there are; for other users their own.",
    }
    responses: {
        (status = 200, description = "The names of the permissions", body = Vec<String>),
        ReadRefusals,
    }
}

/// Lists permissions.
pub(crate) async fn get_permissions(request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let permissions = request.api.shared.accounts.permissions(&context).await?;
    let names: Vec<_> = permissions.iter().map(|permission| permission.to_string()).collect();
    Ok(HttpResponse::Ok().json(names))
}
