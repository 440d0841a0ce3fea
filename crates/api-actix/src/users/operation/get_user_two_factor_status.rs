use actix_web::{HttpResponse, post};
use domain::second_factor::Enrolment;

use super::endpoint::{endpoints, request};
use super::read::{required_password, user_name, whole};
use super::refusals::AnyoneRefusals;
use crate::problem::Problem;
use crate::undivided::undivided;
use crate::users::qr;
use crate::users::request::Request;
use crate::users::view::TwoFactorStatusView;

request! {
    /// Somebody who is going to sign in.
    GetUserTwoFactorStatus {
        /// The name to sign in with.
        user_name: String,
        /// The password.
        #[schema(format = Password)]
        #[param(format = Password)]
        password: String,
    }
}

endpoints! {
    for anyone: "/api/users/twoFactorStatus" => get_user_two_factor_status, Writes, GetUserTwoFactorStatus;
    post: get_user_two_factor_status_post "GetUserTwoFactorStatus";
    document: {
        summary = "Says whether a user has to show a second factor, and offers one that is missing.",
        description = "For whoever knows the password: a wrong one counts as a failed attempt. While a \
                       required second factor is not proved, the answer has the secret for an \
                       authenticator, each time the same.",
    }
    responses: {
        (status = 200, description = "How far the user is", body = TwoFactorStatusView),
        AnyoneRefusals,
    }
}

/// Says whether a user has to show a second factor, and offers one that is missing.
pub(crate) async fn get_user_two_factor_status(
    mut request: Request,
) -> Result<HttpResponse, Problem> {
    let store = request.anonymous()?;
    let fields = &mut request.fields;
    let (name, password) = (user_name(fields), required_password(fields, "Password"));
    let (name, password) = whole(fields, name.zip(password))?;
    let shared = &request.api.shared;
    let (factors, issuer) =
        (shared.second_factors.clone(), shared.users_api.two_factor_issuer.clone());
    let work = async move { factors.status(store, name, password, &issuer).await };
    let status = undivided(work).await?;
    let (code, image) = match &status.enrolment {
        Some(Enrolment { seed, uri }) => (Some(seed.base32()), qr::data_uri(uri)),
        None => (None, None),
    };
    let (code, image) = (code.as_deref(), image.as_deref());
    let view =
        TwoFactorStatusView::new(&status, code.map(String::as_str), image.map(String::as_str));
    Ok(HttpResponse::Ok().json(view))
}
