use actix_web::{HttpResponse, get, post};
use domain::access::RoleName;

use super::endpoint::{endpoints, request};
use super::read::{OWN, permitted, whole};
use super::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::users::request::{Fields, Request};
use crate::users::view::GetUserRolesResponse;

request! {
    /// The roles that there are.
    GetUserRoles {
        /// Only the role of this name, ignoring case.
        #[schema(nullable = false)]
        #[param(nullable = false)]
        role_name: Option<String>,
    }
}

endpoints! {
    for caller: "/api/userRoles" => get_user_roles, Reads, GetUserRoles;
    get: get_user_roles_get "GetUserRoles_Get";
    post: get_user_roles_post "GetUserRoles_Post";
    document: {
        summary = "Lists roles.",
        description = "For holders of `UserManage` all that there are; for other users their own.",
    }
    responses: {
        (status = 200, description = "The names of the roles", body = GetUserRolesResponse),
        ReadRefusals,
    }
}

/// Lists roles.
pub(crate) async fn get_user_roles(mut request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let named = read(&mut request.fields);
    let named = permitted(&request, &context, OWN, named).await?;
    let roles = request.api.shared.accounts.roles(&context).await?;
    Ok(HttpResponse::Ok().json(GetUserRolesResponse::new(&roles, named.as_ref())))
}

fn read(fields: &mut Fields) -> Result<Option<RoleName>, Problem> {
    const NAME: &str = "RoleName";
    let text = fields.text(NAME).filter(|text| !text.is_empty());
    let named = text.map(|text| RoleName::parse(&text)).transpose();
    let named = named.map_err(|rule| fields.refuse(NAME, rule.to_string())).ok();
    whole(fields, named)
}
