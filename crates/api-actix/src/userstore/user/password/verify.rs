use actix_web::{HttpResponse, post};
use domain::access::Permission;
use domain::attempt::Outcome;
use domain::password::Verification;
use serde::Serialize;
use utoipa::ToSchema;

use super::passwords;
use super::request::{self, ShownPassword};
use crate::anonymous::login_name;
use crate::caller::Call;
use crate::openapi::refusals::VerifyRefusals;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::undivided::undivided;
use crate::userstore::StorePath;
use crate::userstore::user::view::UserView;

/// Says whether this is the password of the user of that login name, or of that e-mail address where
/// users of the store sign in by it. A wrong one counts as a failed attempt. Where a second factor is
/// required, it is looked at too. For a front end that is trusted with passwords.
#[utoipa::path(
    operation_id = "VerifyPassword",
    tags = ["User", "Extension"],
    params(StorePath, ("userName" = String, Path, description = "The login name")),
    request_body = ShownPassword,
    responses(
        (status = 200, description = "What came of it", body = VerificationView),
        VerifyRefusals,
    ),
)]
#[post("/administration/User/loginname/{userName}/password/verify")]
pub(crate) async fn verify_password(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let ShownPassword { password, one_time_password } = read(&call, body).await?;
    let name = login_name(call.parameter("userName"));
    let (passwords, context) = (passwords(&call).clone(), call.context.clone());
    let work = async move { passwords.verify(&context, name, password, one_time_password).await };
    let verification = undivided(work).await?;
    Ok(HttpResponse::Ok().json(VerificationView::from(&verification)))
}

/// What the request sends. When it cannot be read, who may not verify here hears that instead.
async fn read(call: &Call, body: Body) -> Result<ShownPassword, Problem> {
    let reading = async {
        call.query().refuse_all()?;
        request::read(&call.api, call.headers(), body).await
    };
    match reading.await {
        Ok(read) => Ok(read),
        Err(problem) => {
            let gate = &call.api.shared.gate;
            gate.point(&call.context, Permission::PasswordVerify, |_| Ok(())).await?;
            Err(problem)
        }
    }
}

/// What came of an attempt.
#[derive(Serialize, ToSchema)]
#[schema(as = Verification)]
struct VerificationView<'a> {
    /// What is known now.
    outcome: OutcomeView,
    /// The user, where the password was right and may be used, and the caller may read users; else
    /// null.
    #[schema(required)]
    user: Option<UserView<'a>>,
}

impl<'a> From<&'a Verification> for VerificationView<'a> {
    fn from(verification: &'a Verification) -> Self {
        Self {
            outcome: verification.outcome.into(),
            user: verification.user.as_ref().map(UserView::from),
        }
    }
}

/// What is known after an attempt.
#[derive(Serialize, ToSchema)]
#[schema(as = Outcome)]
enum OutcomeView {
    /// It is the user.
    Succeeded,
    /// It is the user, who has to set another password first.
    PasswordChangeRequired,
    /// It is the user as far as the password says, and a second factor is due.
    TwoFactorRequired,
    /// No user of that name, no password, or a wrong one; or a wrong second factor.
    Failed,
    /// The account is locked, for a time or until an administrator lifts it.
    Locked,
    /// The account is inactive, or outside of the time in which it may be used.
    NotValid,
    /// The password has expired, and the user may not change it.
    Expired,
}

impl From<Outcome> for OutcomeView {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::PasswordChangeRequired => Self::PasswordChangeRequired,
            Outcome::TwoFactorRequired => Self::TwoFactorRequired,
            Outcome::Failed => Self::Failed,
            Outcome::Locked => Self::Locked,
            Outcome::NotValid => Self::NotValid,
            Outcome::Expired => Self::Expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_shown_by_its_name() {
        for outcome in Outcome::ALL {
            let shown = serde_json::to_value(OutcomeView::from(outcome)).expect("JSON");
            assert_eq!(shown, outcome.name());
        }
    }
}
