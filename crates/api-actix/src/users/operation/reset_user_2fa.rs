use actix_web::{HttpResponse, get, post};
use domain::second_factor::OwnProof;

use super::endpoint::{endpoints, request};
use super::read::{OWN, code, password, permitted, user_name, whole};
use super::refusals::AttemptRefusals;
use crate::problem::Problem;
use crate::undivided::undivided;
use crate::users::request::Request;

request! {
    /// A second factor to be removed.
    ResetUser2fa {
        /// The name that the user signs in with.
        user_name: String,
        /// The present password: needed by users who remove their own.
        #[schema(format = Password)]
        #[param(nullable = false, format = Password)]
        current_password: Option<String>,
        /// A code of the second factor, or a recovery code: needed by users who remove their own.
        #[schema(format = Password)]
        #[param(nullable = false, format = Password)]
        one_time_password: Option<String>,
    }
}

endpoints! {
    for caller: "/api/users/reset2fa/" => reset_user_2fa, Writes, ResetUser2fa;
    get: reset_user_2fa_get "ResetUser2fa_Get";
    post: reset_user_2fa_post "ResetUser2fa_Post";
    document: {
        summary = "Removes the second factor of a user, with the recovery codes.",
        description = "For the user, and for holders of `UserManage`. Where one is asked for, another \
                       has to be proved.",
    }
    responses: {
        (status = 204, description = "It is gone"),
        AttemptRefusals,
    }
}

/// Removes the second factor of a user, with the recovery codes.
pub(crate) async fn reset_user_2fa(mut request: Request) -> Result<HttpResponse, Problem> {
    let context = request.context().await?;
    let fields = &mut request.fields;
    let name = user_name(fields);
    let proof = OwnProof { password: password(fields, "CurrentPassword"), code: code(fields) };
    let name = whole(fields, name);
    let name = permitted(&request, &context, OWN, name).await?;
    let factors = request.api.shared.second_factors.clone();
    undivided(async move { factors.reset(&context, name, proof).await }).await?;
    Ok(HttpResponse::NoContent().finish())
}
