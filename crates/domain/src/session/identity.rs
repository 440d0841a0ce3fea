use std::collections::BTreeSet;

use crate::access::{Authority, PermissionSet, Reach, RoleName, Room};
use crate::error::UseCaseError;
use crate::user::User;

/// Somebody who has signed in, and what they may do in their store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub user: User,
    /// The roles that they hold there, by their groups too, by name.
    pub roles: Vec<RoleName>,
    /// What those roles give.
    pub permissions: PermissionSet,
}

/// Looks up what a user may do: one statement.
pub(crate) fn identity(room: &mut Room<'_>, user: User) -> Result<Identity, UseCaseError> {
    let here = Reach::Store(room.store.id);
    let held = room.here().roles().held_by_users(&[user.id])?;
    let grants: Vec<_> =
        held.into_iter().map(|(_, grant)| grant).filter(|it| it.reach().covers(here)).collect();
    let permissions = Authority::of(&room.rules().roles, &grants).within(here);
    let names: BTreeSet<_> = grants.iter().map(|grant| grant.role().clone()).collect();
    Ok(Identity { user, roles: names.into_iter().collect(), permissions })
}
