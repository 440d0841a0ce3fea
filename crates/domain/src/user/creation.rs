//! Making users: one, or a batch whose statements grow with chunks and not with users.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;

use super::relation_writes::{
    LockedGroups, add_profiles, change_memberships, distinct_profiles, lock_groups, require_all,
};
use super::{User, UserDraft, UserWithRelations};
use crate::access::{Permission, Room};
use crate::audit::Recorded;
use crate::error::{Invalid, Missing, UseCaseError};
use crate::group::{Group, Membership};
use crate::id::{GroupId, UserId};

/// A user to make.
#[derive(Clone)]
pub(super) struct NewUser {
    pub(super) id: UserId,
    pub(super) draft: UserDraft,
}

impl NewUser {
    fn groups(&self) -> impl Iterator<Item = GroupId> + '_ {
        self.draft.groups.iter().flatten().copied()
    }

    /// How many audit entries it leaves.
    pub(super) fn entries(&self) -> u32 {
        let relations = self.draft.groups.as_ref().map_or(0, Vec::len)
            + self.draft.profiles.as_ref().map_or(0, Vec::len);
        u32::try_from(relations).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// Two users of one batch cannot have one id.
pub(super) fn refuse_repeated_ids(users: &[NewUser]) -> Result<(), UseCaseError> {
    let mut seen = BTreeSet::new();
    match users.iter().position(|user| !seen.insert(user.id)) {
        Some(index) => {
            let rule = "must not be given twice in one batch";
            Err(UseCaseError::from(Invalid::one("id", rule)).of_item(index))
        }
        None => Ok(()),
    }
}

/// Makes one user.
pub(super) fn create(
    room: &mut Room<'_>,
    user: &NewUser,
) -> Result<UserWithRelations, UseCaseError> {
    let made = create_all(room, slice::from_ref(user), 1).map_err(UseCaseError::of_whole)?;
    made.into_iter().next().ok_or(UseCaseError::NotFound(Missing::User))
}

/// Makes all of `users`, with the same number of statements for each `chunk` of them. All groups
/// are locked before the first chunk, so that no two batches wait for each other.
pub(super) fn create_all(
    room: &mut Room<'_>,
    users: &[NewUser],
    chunk: usize,
) -> Result<Vec<UserWithRelations>, UseCaseError> {
    if users.iter().any(|user| user.groups().next().is_some()) {
        room.require(Permission::GroupManage)?;
    }
    let mut groups = lock_groups(room, users.iter().flat_map(NewUser::groups).collect())?;
    let mut made = Vec::with_capacity(users.len());
    for chunk in users.chunks(chunk) {
        let first = made.len();
        made.extend(create_chunk(room, &mut groups, first, chunk)?);
    }
    Ok(made)
}

/// Makes the users of one chunk, the first of which stands at `first` in its batch.
fn create_chunk(
    room: &mut Room<'_>,
    groups: &mut LockedGroups,
    first: usize,
    chunk: &[NewUser],
) -> Result<Vec<UserWithRelations>, UseCaseError> {
    let mut joins = Vec::new();
    let mut profiles = Vec::new();
    for (index, user) in (first..).zip(chunk) {
        let wanted = require_all(groups, user.groups()).map_err(|e| e.of_item(index))?;
        joins.extend(wanted.into_iter().map(|group| Membership { group, user: user.id }));
        let own = distinct_profiles(user.id, user.draft.profiles.as_deref().unwrap_or_default());
        profiles.push(own.map_err(|e| UseCaseError::from(e).of_item(index))?);
    }
    let users = insert_users(room, first, chunk)?;
    change_memberships(room, groups, &joins, &[])?;
    add_profiles(room, profiles.iter().flatten())?;

    let mut by_user: BTreeMap<UserId, Vec<Group>> = BTreeMap::new();
    for Membership { group, user } in joins {
        by_user.entry(user).or_default().extend(groups.get(&group).cloned());
    }
    let store = room.store.id;
    let with_relations =
        users.into_iter().zip(profiles).map(|(user, profiles)| UserWithRelations {
            store,
            groups: Some(by_user.remove(&user.id).unwrap_or_default()),
            profiles: Some(profiles),
            user,
        });
    Ok(with_relations.collect())
}

fn insert_users(
    room: &mut Room<'_>,
    first: usize,
    chunk: &[NewUser],
) -> Result<Vec<User>, UseCaseError> {
    let mut recorded = Vec::with_capacity(chunk.len());
    for (index, NewUser { id, draft }) in (first..).zip(chunk) {
        let user = draft.clone().create(*id, room.journal.now());
        let user = user.map_err(|e| UseCaseError::from(e).of_item(index))?;
        recorded.push(room.journal.added(user)?);
    }
    // One user is the commonest case: its statement is the same every time, so it stays prepared.
    if let [one] = recorded.as_slice() {
        room.here().users().insert(one).map_err(|e| UseCaseError::from(e).of_item(first))?;
    } else {
        let outcomes = room.here().users().insert_new(&recorded)?;
        for (index, outcome) in (first..).zip(outcomes) {
            outcome.map_err(|taken| UseCaseError::Duplicate(taken.what).of_item(index))?;
        }
    }
    Ok(recorded.into_iter().map(Recorded::into_record).collect())
}
