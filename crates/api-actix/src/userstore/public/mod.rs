//! What users do for themselves without a credential: `…/PublicAdmin/user/loginname/{loginName}`.
//!
//! Whatever is wrong with the name, the account or what was shown, the answer is the same to the
//! byte, but for the id of the request.

mod change;
mod reset;

use domain::password::PasswordService;

use crate::anonymous::Anonymous;
use crate::openapi::ServiceConfig;

/// Registers the operations without a credential.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(change::change_password_public)
        .service(reset::reset_password_token_response_public)
        .service(reset::reset_password_token_request_public);
}

/// The use cases.
fn passwords(call: &Anonymous) -> &PasswordService {
    &call.api.shared.passwords
}
