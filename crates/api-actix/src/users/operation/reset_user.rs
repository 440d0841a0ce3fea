use actix_web::{HttpResponse, get, post};

use super::endpoint::{endpoints, request};
use super::read::{OWN, named};
use super::refusals::ChangeRefusals;
use crate::problem::Problem;
use crate::users::request::Request;

request! {
    /// A user to be reset.
    ResetUser {
        /// The name to sign in with.
        user_name: String,
    }
}

endpoints! {
    for caller: "/api/users/reset/" => reset_user, Writes, ResetUser;
    get: reset_user_get "ResetUser_Get";
    post: reset_user_post "ResetUser_Post";
    document: {
        summary = "Lifts the locks of a user and ends what is pending.",
        description = "For the user, and for holders of `UserManage`. Counters of failures begin anew, \
                       tokens of resets and previews are void, other sessions end. Roles, groups and \
                       password stay.",
    }
    responses: {
        (status = 204, description = "It is done"),
        ChangeRefusals,
    }
}

/// Lifts the locks of a user and ends what is pending.
pub(crate) async fn reset_user(mut request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let name = named(&mut request, &context, OWN).await?;
    request.api.shared.accounts.reset(&context, name).await?;
    Ok(HttpResponse::NoContent().finish())
}
