use actix_web::{HttpResponse, get, post};
use domain::token::{Purpose, Token};

use super::endpoint::{endpoints, request};
use super::read::{required, whole};
use super::refusals::AnyoneRefusals;
use crate::problem::Problem;
use crate::users::cookies;
use crate::users::request::Request;
use crate::users::view::GetAccessTokenResponse;

request! {
    /// A refresh token.
    GetAccessToken {
        /// What signing in or showing the second factor has answered.
        #[schema(format = Password)]
        #[param(format = Password)]
        refresh_token: String,
    }
}

endpoints! {
    for anyone: "/api/access-token" => get_access_token, Writes, GetAccessToken;
    get: get_access_token_get "GetAccessToken_Get";
    post: get_access_token_post "GetAccessToken_Post";
    document: {
        summary = "Gives a further token of a session.",
        description = "For whoever has its refresh token, which stays as it is until the session ends.",
    }
    responses: {
        (status = 200, description = "The token", body = GetAccessTokenResponse),
        AnyoneRefusals,
    }
}

/// Gives a further token of a session.
pub(crate) async fn get_access_token(mut request: Request) -> Result<HttpResponse, Problem> {
    let store = request.anonymous()?;
    let token = required(&mut request.fields, "RefreshToken");
    let mut token = whole(&mut request.fields, token)?;
    let token = Token::shown(Purpose::Refresh, std::mem::take(&mut *token));
    let tokens = request.api.shared.sessions.refresh(store, token).await?;
    let mut answer = HttpResponse::Ok().json(GetAccessTokenResponse::from(&tokens));
    // The browser of somebody who is remembered goes on with the further token.
    if request.has_cookie() {
        cookies::keep(&mut answer, &request, &tokens);
    }
    Ok(answer)
}
