//! One user, for the use cases that change it without a draft.

use std::slice;

use super::User;
use crate::access::Room;
use crate::error::UseCaseError;
use crate::id::UserId;
use crate::text::Folded;
use crate::unit_of_work::StoreError;

/// The user of that login name. `None` when there is none.
pub(crate) fn find_by_login_name(
    room: &mut Room<'_>,
    name: &Folded,
) -> Result<Option<User>, StoreError> {
    // Nobody is called so, and a database may refuse such a text even as a question.
    if name.as_str().contains(char::is_control) {
        return Ok(None);
    }
    room.here().users().find_by_login_name(name)
}

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
