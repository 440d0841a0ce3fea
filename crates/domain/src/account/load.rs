//! How accounts are found, and loaded with what belongs to them.

use std::collections::{BTreeMap, BTreeSet};

use super::service::MANAGE;
use super::{Account, profiles};
use crate::access::{Authority, Grant, Holder, Permission, PermissionSet, Reach, RoleName, Room};
use crate::error::{Missing, UseCaseError};
use crate::group::{Group, GroupName};
use crate::id::UserId;
use crate::text::Folded;
use crate::user::{Include, User, find_by_login_name, load_all};

/// Opens groups to a use case: the users API asks for one permission, whatever of an account is read
/// or written.
pub(super) fn open_groups(room: &mut Room<'_>) {
    room.lend(PermissionSet::of(&[Permission::GroupRead, Permission::GroupManage]));
}

/// The user of that login name, when it is the caller or the caller manages users. Nobody else learns
/// whether there is one.
pub(super) fn find(room: &mut Room<'_>, login_name: &Folded) -> Result<User, UseCaseError> {
    if let Some(user) = find_by_login_name(room, login_name)? {
        return room.require_own_or(MANAGE, user.id).map(|()| user);
    }
    room.require(MANAGE)?;
    Err(UseCaseError::NotFound(Missing::User))
}

/// The accounts of these users, in their order: one statement for each of what belongs to them,
/// however many users.
pub(super) fn load(room: &mut Room<'_>, users: Vec<User>) -> Result<Vec<Account>, UseCaseError> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let mut holdings = Holdings::of(room, &users)?;
    let mut accounts = Vec::with_capacity(users.len());
    for loaded in load_all(room, users, Include::ALL)? {
        let id = loaded.user.id;
        accounts.push(Account {
            groups: by_name(loaded.groups.unwrap_or_default()),
            profiles: loaded.profiles.into_iter().flatten().filter(profiles::is_known).collect(),
            roles: holdings.direct.remove(&id).unwrap_or_default().into_iter().collect(),
            permissions: holdings.permissions(room, id),
            user: loaded.user,
        });
    }
    Ok(accounts)
}

/// The account of one user.
pub(super) fn load_one(room: &mut Room<'_>, user: User) -> Result<Account, UseCaseError> {
    load(room, vec![user])?.pop().ok_or(UseCaseError::NotFound(Missing::User))
}

fn by_name(mut groups: Vec<Group>) -> Vec<GroupName> {
    groups.sort_by_cached_key(|group| group.name.folded());
    groups.into_iter().map(|group| group.name).collect()
}

/// What users hold in the store.
struct Holdings {
    /// The roles that each holds directly.
    direct: BTreeMap<UserId, BTreeSet<RoleName>>,
    /// All that each holds, by groups too.
    all: BTreeMap<UserId, Vec<Grant>>,
}

impl Holdings {
    fn of(room: &mut Room<'_>, users: &[User]) -> Result<Self, UseCaseError> {
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let holders: Vec<_> = ids.iter().copied().map(Holder::User).collect();
        let here = Reach::Store(room.store.id);
        let mut direct: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for held in room.here().roles().of(&holders)? {
            if let Holder::User(id) = held.holder
                && held.grant.reach().covers(here)
            {
                direct.entry(id).or_default().insert(held.grant.role().clone());
            }
        }
        let mut all: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (id, grant) in room.here().roles().held_by_users(&ids)? {
            all.entry(id).or_default().push(grant);
        }
        Ok(Self { direct, all })
    }

    /// What a user may do in the store.
    fn permissions(&self, room: &Room<'_>, user: UserId) -> PermissionSet {
        let grants = self.all.get(&user).into_iter().flatten();
        Authority::of(&room.rules().roles, grants).within(Reach::Store(room.store.id))
    }
}
