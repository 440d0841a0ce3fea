use actix_web::{HttpResponse, get, post};

use super::endpoint::{endpoints, request};
use super::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::users::request::Request;

request! {
    /// Whoever is signed in.
    GetUserHasChangedPassword {}
}

endpoints! {
    for caller: "/api/userHasChangedPassword" => get_user_has_changed_password, Reads, GetUserHasChangedPassword;
    get: get_user_has_changed_password_get "GetUserHasChangedPassword_Get";
    post: get_user_has_changed_password_post "GetUserHasChangedPassword_Post";
    document: {
        summary = "Says whether the password of whoever is signed in is one of their own.",
    }
    responses: {
        (
            status = 200,
            description = "False while a password that somebody else has set is to be replaced",
            body = bool,
            content_type = "application/json",
        ),
        ReadRefusals,
    }
}

/// Says whether the password of whoever is signed in is one of their own.
pub(crate) async fn get_user_has_changed_password(
    request: Request,
) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let user = request.api.shared.sessions.whoami(&context).await?.user;
    Ok(HttpResponse::Ok().json(!user.password_change_required && !user.initial_password))
}
