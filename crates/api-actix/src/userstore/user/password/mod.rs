//! What administrators and front ends do to passwords and locks of users:
//! `…/administration/User/{userId}/password`, `…/lockout`, and the question whether a password is
//! right.
//!
//! An `Idempotency-Key` is ignored where there are secrets: nothing is kept that was sent with one.

mod change;
mod initial;
mod lockout;
pub(in crate::userstore) mod request;
mod reset;
mod token;
mod verify;

use domain::error::{Missing, UseCaseError};
use domain::id::UserId;
use domain::password::PasswordService;
use domain::user::User;
use domain::version::Precondition;

use self::request::SecretBody;
use crate::caller::Call;
use crate::openapi::ServiceConfig;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::request::precondition;
use crate::userstore::resource::admitted_unkept;

/// Registers the operations on passwords and locks.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(initial::set_initial_password)
        .service(initial::reset_initial_password_expiration)
        .service(reset::reset_password)
        .service(token::send_password_reset_email)
        .service(token::reset_password_token_request)
        .service(token::reset_password_token_response)
        .service(lockout::reset_access_failed_count)
        .service(change::change_password)
        .service(verify::verify_password);
}

/// The use cases.
fn passwords(call: &Call) -> &PasswordService {
    &call.api.shared.passwords
}

/// Whose password it is about, and in which version of theirs.
struct Target {
    id: UserId,
    condition: Precondition,
}

/// The target of an act that sends nothing.
async fn target(call: &Call) -> Result<Target, Problem> {
    admitted_unkept::<User, _>(call, async { read_target(call) }).await
}

/// The target of an act, and what it sends.
async fn target_and<T: SecretBody>(call: &Call, body: Body) -> Result<(Target, T), Problem> {
    let reading = async {
        let target = read_target(call)?;
        let sent = request::read(&call.api, call.headers(), body).await?;
        Ok((target, sent))
    };
    admitted_unkept::<User, _>(call, reading).await
}

fn read_target(call: &Call) -> Result<Target, Problem> {
    call.query().refuse_all()?;
    let condition = precondition::if_match(call.headers())?;
    let id = call.parameter("userId").parse();
    let id = id.map_err(|_| UseCaseError::NotFound(Missing::User))?;
    Ok(Target { id, condition })
}
