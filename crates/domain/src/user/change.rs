//! Changing and removing one user that is locked in this unit.

use std::collections::BTreeSet;

use super::relation_writes::{set_groups, set_profiles};
use super::relations::load;
use super::{Edit, Include, User, UserWithRelations};
use crate::access::{Permission, Room};
use crate::audit::Stamp;
use crate::error::UseCaseError;
use crate::group::Group;
use crate::id::GroupId;

/// Changes `user` as `edit` says; `needs` names the relations that `edit` looks at.
pub(super) fn change(
    room: &mut Room<'_>,
    user: User,
    needs: Include,
    edit: &Edit,
) -> Result<UserWithRelations, UseCaseError> {
    if needs.groups {
        room.require(Permission::GroupRead)?;
    }
    let before = load(room, user, needs)?;
    let draft = edit(&before)?;
    let UserWithRelations { user: before, groups, profiles, .. } = before;
    let (wanted_groups, wanted_profiles) = (draft.groups.clone(), draft.profiles.clone());

    let mut after = draft.apply(&before, room.journal.now())?;
    let changed = room.journal.modified(&before, after.clone())?;
    if let Some(recorded) = &changed {
        room.here().users().update(recorded)?;
        after = recorded.record().clone();
    }
    let mut stamp = None;
    if let Some(wanted) = wanted_groups {
        let present = groups.map_or_else(|| room.here().memberships().groups_of(after.id), Ok)?;
        if !is_same_set(&present, &wanted) {
            room.require(Permission::GroupManage)?;
        }
        stamp = set_groups(room, after.id, &present, &wanted)?;
    }
    if let Some(wanted) = wanted_profiles {
        let present = profiles.map_or_else(|| room.here().profiles().of(after.id), Ok)?;
        stamp = set_profiles(room, after.id, present, &wanted)?.or(stamp);
    }
    if changed.is_none() {
        touch(room, &mut after, stamp)?;
    }
    load(room, after, Include::ALL)
}

/// Whether a request sends the groups back as they are, which needs no right to change them.
fn is_same_set(present: &[Group], wanted: &[GroupId]) -> bool {
    let present: BTreeSet<_> = present.iter().map(|group| group.id).collect();
    present == wanted.iter().copied().collect()
}

/// A user whose relations alone changed takes their version.
fn touch(room: &mut Room<'_>, user: &mut User, stamp: Option<Stamp>) -> Result<(), UseCaseError> {
    if let Some(stamp) = stamp {
        room.here().users().touch(user.id, stamp)?;
        user.version = stamp.version();
    }
    Ok(())
}

/// Removes `user` with its profiles and memberships, each with its own entry. That its memberships
/// end with it is no change of groups, and needs no right to change them.
pub(super) fn remove(room: &mut Room<'_>, user: User) -> Result<(), UseCaseError> {
    let groups = room.here().memberships().groups_of(user.id)?;
    set_groups(room, user.id, &groups, &[])?;
    let profiles = room.here().profiles().of(user.id)?;
    set_profiles(room, user.id, profiles, &[])?;
    let recorded = room.journal.deleted(user)?;
    Ok(room.here().users().remove(&recorded)?)
}
