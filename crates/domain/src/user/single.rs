//! One user, for the use cases that change it without a draft.

use std::slice;

use super::User;
use crate::access::Room;
use crate::error::UseCaseError;
use crate::id::UserId;
use crate::unit_of_work::StoreError;

/// The user, locked against other writers until the unit ends. `None` when there is none.
pub(crate) fn find_for_update(room: &mut Room<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    Ok(room.here().users().find_all_for_update(&[id])?.pop())
}

/// Stores what becomes of a user that was locked, unless that is nothing. The user as it is then.
pub(crate) fn update(
    room: &mut Room<'_>,
    before: &User,
    after: User,
) -> Result<User, UseCaseError> {
    let Some(recorded) = room.journal.modified(before, after)? else { return Ok(before.clone()) };
    room.here().users().update_all(slice::from_ref(&recorded))?;
    Ok(recorded.into_record())
}
