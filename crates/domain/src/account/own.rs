//! What users may change of themselves who do not manage users.

use super::service::MANAGE;
use super::{Account, AccountEdit};
use crate::access::Room;
use crate::attempt::Proven;
use crate::error::{Invalid, UseCaseError};
use crate::user::User;

/// Refuses an edit of what is not the caller's to change; whether it asks for the current password.
/// Who manages users is asked for nothing.
///
/// # Errors
/// [`UseCaseError::Forbidden`].
pub(super) fn asks_for_proof(
    room: &Room<'_>,
    present: &Account,
    edit: &AccountEdit,
) -> Result<bool, UseCaseError> {
    if room.allows(MANAGE) {
        return Ok(false);
    }
    if edit.reaches_beyond_own(present) {
        return Err(UseCaseError::Forbidden(MANAGE));
    }
    Ok(edit.changes_email(present))
}

/// That the user, who is locked, has shown the password that is theirs.
///
/// # Errors
/// [`UseCaseError::Invalid`] naming `currentPassword` where none was shown;
/// [`UseCaseError::WrongPassword`] where it is no longer theirs.
pub(super) fn require_proof(
    room: &mut Room<'_>,
    user: &User,
    shown: Option<&Proven>,
) -> Result<(), UseCaseError> {
    let shown = shown.filter(|shown| shown.user.id == user.id).ok_or_else(no_password)?;
    let present = room.here().passwords().find(user.id)?;
    // Somebody else was faster, and what was proved is proved no longer.
    if present.is_none_or(|present| present.version != shown.password.version) {
        return Err(UseCaseError::WrongPassword);
    }
    Ok(())
}

/// That the current password is not in the request.
pub(super) fn no_password() -> UseCaseError {
    Invalid::one("currentPassword", "must be present where the e-mail address changes").into()
}
