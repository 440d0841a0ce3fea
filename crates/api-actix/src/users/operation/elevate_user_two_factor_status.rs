use actix_web::{HttpResponse, post};
use domain::access::{Due, Needs, Permission};

use super::endpoint::{endpoints, request};
use super::read::{permitted, required_code, whole};
use super::refusals::SessionRefusals;
use crate::problem::Problem;
use crate::undivided::undivided;
use crate::users::cookies;
use crate::users::request::Request;
use crate::users::view::{AuthenticateResponse, joined};

request! {
    /// A second factor.
    ElevateUserTwoFactorStatus {
        /// Six digits of an authenticator, or a recovery code. Spaces do not count.
        #[schema(format = Password)]
        #[param(format = Password)]
        one_time_password: String,
    }
}

endpoints! {
    for caller: "/api/users/elevateTwoFactorStatus" =>
        elevate_user_two_factor_status, Writes, ElevateUserTwoFactorStatus;
    post: elevate_user_two_factor_status_post "ElevateUserTwoFactorStatus";
    document: {
        summary = "Shows the second factor of whoever is signed in.",
        description = "A wrong code counts as a failed attempt. The tokens of the session before are \
                       worth nothing any more. The first proof also answers recovery codes.",
    }
    responses: {
        (status = 200, description = "The session", body = AuthenticateResponse),
        SessionRefusals,
    }
}

/// Shows the second factor of whoever is signed in.
pub(crate) async fn elevate_user_two_factor_status(
    mut request: Request,
) -> Result<HttpResponse, Problem> {
    const NEEDS: Needs = Needs::own_or(Permission::UserRead).while_due(Due::SecondFactor);
    let context = request.context().await?;
    let code = required_code(&mut request.fields);
    let code = whole(&mut request.fields, code);
    let code = permitted(&request, &context, NEEDS, code).await?;
    let factors = request.api.shared.second_factors.clone();
    let elevated = undivided(async move { factors.elevate(&context, code).await }).await?;
    let codes = joined(&elevated.recovery_codes);
    let session = AuthenticateResponse::session(&elevated.identity, &elevated.tokens);
    let mut answer = HttpResponse::Ok().json(session.with_recovery_codes(&codes));
    cookies::keep(&mut answer, &request, &elevated.tokens);
    Ok(answer)
}
