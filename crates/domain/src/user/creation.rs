//! Making users: one, or a batch whose statements grow with chunks and not with users.

use std::collections::BTreeSet;
use std::slice;

use super::relation_writes::{
    LockedGroups, add_profiles, change_memberships, distinct_profiles, lock_groups, require_all,
};
use super::{User, UserDraft, UserWithRelations};
use crate::access::{Permission, Room};
use crate::attribute::Profile;
use crate::audit::Recorded;
use crate::error::{Invalid, Missing, UseCaseError};
use crate::group::Membership;
use crate::id::{GroupId, UserId};
use crate::time::Instant;

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

    /// How many audit entries it leaves, memberships apart: groups that are named need not be
    /// there, and no numbers are reserved for what may be refused.
    pub(super) fn entries(&self) -> u32 {
        let profiles = self.draft.profiles.as_ref().map_or(0, Vec::len);
        u32::try_from(profiles).unwrap_or(u32::MAX).saturating_add(1)
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

/// Makes the users of one chunk, the first of which stands at `first` in its batch. When several
/// cannot be made, the first of them is told.
fn create_chunk(
    room: &mut Room<'_>,
    groups: &mut LockedGroups,
    first: usize,
    chunk: &[NewUser],
) -> Result<Vec<UserWithRelations>, UseCaseError> {
    let mut sound = Vec::with_capacity(chunk.len());
    let mut refusal = None;
    for (index, new) in (first..).zip(chunk) {
        match Sound::of(new, groups, room.journal.now()) {
            Ok(user) => sound.push(user),
            Err(error) => {
                refusal = Some(error.of_item(index));
                break;
            }
        }
    }
    let users = insert_users(room, first, sound.iter().map(|sound| sound.user.clone()))?;
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    let joins: Vec<_> = sound.iter().flat_map(Sound::joins).collect();
    change_memberships(room, groups, &joins, &[])?;
    add_profiles(room, sound.iter().flat_map(|sound| &sound.profiles))?;

    let store = room.store.id;
    let shows_groups = room.allows(Permission::GroupRead);
    let made = users.into_iter().zip(sound).map(|(user, sound)| {
        let joined = || sound.groups.iter().filter_map(|id| groups.get(id).cloned()).collect();
        UserWithRelations {
            store,
            user,
            groups: shows_groups.then(joined),
            profiles: Some(sound.profiles),
        }
    });
    Ok(made.collect())
}

/// A new user whose own rules hold, and whose groups are there.
struct Sound {
    user: User,
    groups: BTreeSet<GroupId>,
    profiles: Vec<Profile>,
}

impl Sound {
    fn of(new: &NewUser, groups: &LockedGroups, now: Instant) -> Result<Self, UseCaseError> {
        let user = new.draft.clone().create(new.id, now)?;
        let drafts = new.draft.profiles.as_deref().unwrap_or_default();
        let profiles = distinct_profiles(new.id, drafts)?;
        Ok(Self { user, groups: require_all(groups, new.groups())?, profiles })
    }

    fn joins(&self) -> impl Iterator<Item = Membership> + '_ {
        self.groups.iter().map(|group| Membership { group: *group, user: self.user.id })
    }
}

fn insert_users(
    room: &mut Room<'_>,
    first: usize,
    users: impl Iterator<Item = User>,
) -> Result<Vec<User>, UseCaseError> {
    let mut recorded = Vec::new();
    for user in users {
        recorded.push(room.journal.added(user)?);
    }
    // One user is the commonest case: its statement is the same every time, so it stays prepared.
    match recorded.as_slice() {
        [] => {}
        [one] => {
            room.here().users().insert(one).map_err(|e| UseCaseError::from(e).of_item(first))?;
        }
        many => {
            let outcomes = room.here().users().insert_new(many)?;
            for (index, outcome) in (first..).zip(outcomes) {
                outcome.map_err(|taken| UseCaseError::Duplicate(taken.what).of_item(index))?;
            }
        }
    }
    Ok(recorded.into_iter().map(Recorded::into_record).collect())
}
