use actix_web::{HttpRequest, HttpResponse, get, post};
use domain::access::Context;
use domain::account::Account;
use domain::error::{Missing, UseCaseError};
use domain::text::Folded;
use utoipa::IntoParams;

use super::endpoint::FormatQuery;
use super::read::{OWN, login_name, named};
use super::refusals::FindRefusals;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::users::request::{Effect, Request};
use crate::users::view::UserDetails;

/// Which user; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path, rename_all = "PascalCase")]
#[expect(dead_code, reason = "describes the path; the operation reads it")]
struct UserNamePath {
    /// The name to sign in with. A suffix such as `.json`, where nobody is called so with it, is the
    /// format of the answer.
    user_name: String,
}

/// Shows a user: for the user, and for holders of `UserManage`.
#[utoipa::path(
    operation_id = "GetUser_Get",
    tag = "Users",
    security(
        ("apiKey" = []),
        ("sessionHeader" = []),
        ("sessionCookie" = []),
        ("rememberedCookie" = []),
    ),
    params(UserNamePath, FormatQuery),
    responses((status = 200, description = "The user", body = UserDetails), FindRefusals),
)]
#[get("/api/users/{UserName}")]
pub(crate) async fn get_user_get(http: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    get_user(Request::receive(http, body, Effect::Reads).await?).await
}

/// Shows a user: for the user, and for holders of `UserManage`.
#[utoipa::path(
    operation_id = "GetUser_Post",
    tag = "Users",
    security(
        ("apiKey" = []),
        ("sessionHeader" = []),
        ("sessionCookie" = []),
        ("rememberedCookie" = []),
    ),
    params(UserNamePath, FormatQuery),
    responses((status = 200, description = "The user", body = UserDetails), FindRefusals),
)]
#[post("/api/users/{UserName}")]
pub(crate) async fn get_user_post(http: HttpRequest, body: Body) -> Result<HttpResponse, Problem> {
    get_user(Request::receive(http, body, Effect::Reads).await?).await
}

/// Shows a user.
pub(crate) async fn get_user(mut request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let name = named(&mut request, &context, OWN).await?;
    let account = find(&request, &context, name).await?;
    Ok(HttpResponse::Ok().json(UserDetails::from(&account)))
}

/// The account of that name, or else, where the name ends like a format, of what stands before that.
async fn find(request: &Request, context: &Context, name: Folded) -> Result<Account, Problem> {
    let accounts = &request.api.shared.accounts;
    let refusal = match accounts.find(context, name).await {
        Ok(account) => return Ok(account),
        Err(refusal) => refusal,
    };
    // Who may not see other users is not told whether there is one of that name.
    let unknown =
        matches!(refusal, UseCaseError::NotFound(Missing::User) | UseCaseError::Forbidden(_));
    let bare = if unknown { request.name_without_suffix()? } else { None };
    match bare {
        Some(bare) => Ok(accounts.find(context, login_name(&bare)).await?),
        None => Err(refusal.into()),
    }
}
