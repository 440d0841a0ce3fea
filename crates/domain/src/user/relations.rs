use std::collections::HashMap;

use super::User;
use crate::access::{Permission, Room};
use crate::attribute::Profile;
use crate::error::UseCaseError;
use crate::group::Group;
use crate::id::{StoreId, UserId};

/// Which relations of a user to load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Include {
    /// The groups that the user is directly in.
    pub groups: bool,
    /// The user's profiles.
    pub profiles: bool,
}

impl Include {
    /// Every relation.
    pub const ALL: Self = Self { groups: true, profiles: true };
    /// No relation.
    pub const NONE: Self = Self { groups: false, profiles: false };

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { groups: self.groups || other.groups, profiles: self.profiles || other.profiles }
    }

    /// Without the groups, where the caller may not read groups.
    fn allowed_in(self, room: &Room<'_>) -> Self {
        Self { groups: self.groups && room.allows(Permission::GroupRead), ..self }
    }
}

/// A user with those relations that were asked for and that the caller may read; `None` elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserWithRelations {
    /// The store that the user belongs to.
    pub store: StoreId,
    /// The user.
    pub user: User,
    /// Direct groups, in order of id.
    pub groups: Option<Vec<Group>>,
    /// Profiles, in order of the folded key.
    pub profiles: Option<Vec<Profile>>,
}

/// Adds the relations of one user: one look-up each.
pub(crate) fn load(
    room: &mut Room<'_>,
    user: User,
    include: Include,
) -> Result<UserWithRelations, UseCaseError> {
    let store = room.store.id;
    let include = include.allowed_in(room);
    let mut here = room.here();
    let groups = include.groups.then(|| here.memberships().groups_of(user.id)).transpose()?;
    let profiles = include.profiles.then(|| here.profiles().of(user.id)).transpose()?;
    Ok(UserWithRelations { store, user, groups, profiles })
}

/// Adds the relations of many users: one statement each, however many users.
pub(crate) fn load_all(
    room: &mut Room<'_>,
    users: Vec<User>,
    include: Include,
) -> Result<Vec<UserWithRelations>, UseCaseError> {
    let include = include.allowed_in(room);
    load_whole(room, users, include)
}

/// The same, whatever the caller may read: for what is changed and not shown.
pub(super) fn load_whole(
    room: &mut Room<'_>,
    users: Vec<User>,
    include: Include,
) -> Result<Vec<UserWithRelations>, UseCaseError> {
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let store = room.store.id;
    let mut here = room.here();
    let mut groups = HashMap::new();
    if include.groups && !ids.is_empty() {
        groups = by_user(here.memberships().groups_of_all(&ids)?);
    }
    let mut profiles = HashMap::new();
    if include.profiles && !ids.is_empty() {
        profiles = by_user(here.profiles().of_all(&ids)?.into_iter().map(|p| (p.owner, p)));
    }
    let fill = |user: User| UserWithRelations {
        store,
        groups: include.groups.then(|| groups.remove(&user.id).unwrap_or_default()),
        profiles: include.profiles.then(|| profiles.remove(&user.id).unwrap_or_default()),
        user,
    };
    Ok(users.into_iter().map(fill).collect())
}

fn by_user<T>(rows: impl IntoIterator<Item = (UserId, T)>) -> HashMap<UserId, Vec<T>> {
    let mut map: HashMap<_, Vec<_>> = HashMap::new();
    for (user, row) in rows {
        map.entry(user).or_default().push(row);
    }
    map
}
