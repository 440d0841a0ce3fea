//! How users are found, and stored, with what a password changes of them.

use jiff::SignedDuration;

use super::PasswordHash;
use crate::access::{Room, refuse_upward};
use crate::delivery::{Notice, Occasion, tell};
use crate::error::{Missing, UseCaseError};
use crate::id::UserId;
use crate::store::Settings;
use crate::time::Instant;
use crate::user::{Include, User, UserWithRelations, find_for_update, load};
use crate::version::Precondition;

/// What the audit entry of every password write says.
pub(super) const FLAG: &str = "passwordSet";

/// The user, as it is.
pub(super) fn find(
    room: &mut Room<'_>,
    id: UserId,
    precondition: &Precondition,
) -> Result<User, UseCaseError> {
    let user = room.here().users().find(id)?;
    required(user, precondition)
}

/// The user, locked against other writers until the unit ends.
pub(super) fn locked(
    room: &mut Room<'_>,
    id: UserId,
    precondition: &Precondition,
) -> Result<User, UseCaseError> {
    required(find_for_update(room, id)?, precondition)
}

fn required(user: Option<User>, precondition: &Precondition) -> Result<User, UseCaseError> {
    let user = user.ok_or(UseCaseError::NotFound(Missing::User))?;
    if !precondition.is_met_by(user.version) {
        return Err(UseCaseError::Stale { present: Some(user.version) });
    }
    Ok(user)
}

/// The user, locked, when it is not the caller, who would need to prove to be it, and holds nothing that
/// the caller lacks: nobody acts upward.
pub(super) fn guarded(
    room: &mut Room<'_>,
    id: UserId,
    precondition: &Precondition,
) -> Result<User, UseCaseError> {
    let user = locked(room, id, precondition)?;
    refuse_own_or_upward(room, id)?;
    Ok(user)
}

/// Nobody does to themselves what takes no proof, nor to somebody who holds more.
pub(super) fn refuse_own_or_upward(room: &mut Room<'_>, id: UserId) -> Result<(), UseCaseError> {
    if room.is_caller(id) {
        return Err(UseCaseError::NotForOneself);
    }
    refuse_upward(room, id)
}

/// For what looks before it hashes: the unit that writes is refused anyway.
pub(crate) fn refuse_read_only(room: &Room<'_>) -> Result<(), UseCaseError> {
    if room.settings.read_only { Err(UseCaseError::StoreReadOnly) } else { Ok(()) }
}

/// Stores a password with its entry, voids every token, ends every session but the caller's own, and
/// tells the owner.
pub(super) fn store_password(
    room: &mut Room<'_>,
    before: &User,
    after: User,
    hash: &PasswordHash,
) -> Result<User, UseCaseError> {
    let recorded = room.journal.secret_set(before, after, FLAG)?;
    let keep = room.settings.password_history.saturating_sub(1);
    let session = room.caller().session().map(|by| by.session);
    let mut here = room.here();
    here.users().update_all(std::slice::from_ref(&recorded))?;
    here.passwords().set(before.id, hash, recorded.stamp(), keep)?;
    here.tokens().clear(&[before.id])?;
    // Whoever else is signed in as the user may be who the password was changed against.
    here.sessions().end_all(&[before.id], session)?;
    drop(here);
    let user = recorded.into_record();
    tell(room, Notice::to(&user, Occasion::PasswordChanged).into_iter().collect())?;
    Ok(user)
}

/// The user, with a password that they have set themselves.
pub(super) fn owned(user: &User, settings: &Settings, now: Instant) -> User {
    let days = settings.password_max_age_days;
    let ages = days > 0 && !user.password_never_expires;
    User {
        initial_password: false,
        password_change_required: false,
        password_expires: ages.then(|| in_days(days, now)),
        ..user.clone()
    }
}

/// The user, with a first password that has to be replaced by then.
pub(super) fn initial(user: &User, expires: Instant) -> User {
    User {
        initial_password: true,
        password_change_required: true,
        password_expires: Some(expires),
        ..user.clone()
    }
}

/// Until when a password that an administrator has set may be used.
pub(super) fn deadline(settings: &Settings, now: Instant) -> Instant {
    in_days(settings.password_deadline_days, now)
}

fn in_days(days: u32, now: Instant) -> Instant {
    now.saturating_add(SignedDuration::from_hours(24 * i64::from(days)))
}

pub(super) fn show(room: &mut Room<'_>, user: User) -> Result<UserWithRelations, UseCaseError> {
    load(room, user, Include::ALL)
}
