use actix_web::{HttpResponse, get, post};

use super::endpoint::{endpoints, request};
use super::refusals::SessionRefusals;
use crate::problem::Problem;
use crate::users::cookies;
use crate::users::request::Request;
use crate::users::view::AuthenticateResponse;

request! {
    /// Somebody who signs out.
    SignOut {}
}

endpoints! {
    for caller: "/api/auth/logout" => sign_out, Writes, SignOut;
    get: sign_out_get "AuthenticateLogout_Get";
    post: sign_out_post "AuthenticateLogout_Post";
    document: {
        summary = "Signs out.",
        description = "Every token of the session is worth nothing any more.",
    }
    responses: {
        (status = 200, description = "The session has ended", body = AuthenticateResponse),
        SessionRefusals,
    }
}

/// Signs out.
pub(crate) async fn sign_out(request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    request.api.shared.sessions.sign_out(&context).await?;
    let mut answer = HttpResponse::Ok().json(AuthenticateResponse::default());
    cookies::forget(&mut answer, &request);
    Ok(answer)
}
