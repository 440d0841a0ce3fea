//! Writing the relations of users: memberships and profiles, with one entry for each that changes.

use std::collections::{BTreeMap, BTreeSet};

use super::ProfileDraft;
use crate::access::Room;
use crate::attribute::Profile;
use crate::audit::{Recorded, Stamp};
use crate::error::{Invalid, UseCaseError};
use crate::group::{Group, Membership};
use crate::id::{GroupId, UserId};

/// The most profiles that one user may have: they are read and answered as a whole.
const MOST_PROFILES: usize = 1_000;

/// Groups that are locked until the unit ends.
pub(super) type LockedGroups = BTreeMap<GroupId, Group>;

/// Locks those of `ids` that are there, in one order for every writer.
pub(super) fn lock_groups(
    room: &mut Room<'_>,
    ids: BTreeSet<GroupId>,
) -> Result<LockedGroups, UseCaseError> {
    if ids.is_empty() {
        return Ok(LockedGroups::new());
    }
    let ids: Vec<_> = ids.into_iter().collect();
    let groups = room.here().groups().find_all_for_update(&ids)?;
    Ok(groups.into_iter().map(|group| (group.id, group)).collect())
}

/// The set of `wanted`, all of which must be there.
pub(super) fn require_all(
    groups: &LockedGroups,
    wanted: impl Iterator<Item = GroupId>,
) -> Result<BTreeSet<GroupId>, UseCaseError> {
    let wanted: BTreeSet<_> = wanted.collect();
    match wanted.iter().find(|id| !groups.contains_key(id)) {
        Some(id) => {
            let rule = format!("must name groups of this store, and {id} is none");
            Err(Invalid::one("memberOfGroups", rule).into())
        }
        None => Ok(wanted),
    }
}

/// Adds and removes memberships in locked groups, and gives both ends their new version: the
/// groups here, the users by the caller, with the stamp that this returns.
pub(super) fn change_memberships(
    room: &mut Room<'_>,
    groups: &mut LockedGroups,
    added: &[Membership],
    removed: &[Membership],
) -> Result<Option<Stamp>, UseCaseError> {
    let mut changes = Vec::with_capacity(added.len() + removed.len());
    for membership in removed {
        changes.push(room.journal.deleted(*membership)?);
    }
    for membership in added {
        changes.push(room.journal.added(*membership)?);
    }
    let Some(stamp) = changes.last().map(Recorded::stamp) else { return Ok(None) };
    let ends: BTreeSet<_> = added.iter().chain(removed).map(|change| change.group).collect();
    for group in groups.values_mut().filter(|group| ends.contains(&group.id)) {
        group.version = stamp.version();
    }
    let ends: Vec<_> = ends.into_iter().collect();
    let mut here = room.here();
    here.memberships().apply(&changes)?;
    here.groups().touch(&ends, stamp)?;
    Ok(Some(stamp))
}

/// The profiles that a request wants a user to have, in order of the folded key.
pub(super) fn distinct_profiles(
    user: UserId,
    drafts: &[ProfileDraft],
) -> Result<Vec<Profile>, Invalid> {
    if drafts.len() > MOST_PROFILES {
        let rule = format!("must hold at most {MOST_PROFILES} profiles");
        return Err(Invalid::one("userProfiles", rule));
    }
    if let Some(key) = ProfileDraft::repeated_key(drafts) {
        let rule = format!("must not hold the key {key} twice");
        return Err(Invalid::one("userProfiles", rule));
    }
    let of_user = |ProfileDraft { key, value }: ProfileDraft| Profile { user, key, value };
    let mut profiles: Vec<_> = drafts.iter().cloned().map(of_user).collect();
    profiles.sort_by_cached_key(|profile| profile.key.folded());
    Ok(profiles)
}

/// Adds profiles of new users.
pub(super) fn add_profiles<'a>(
    room: &mut Room<'_>,
    profiles: impl Iterator<Item = &'a Profile>,
) -> Result<(), UseCaseError> {
    let mut changes = Vec::new();
    for profile in profiles {
        changes.push(room.journal.added(profile.clone())?);
    }
    if !changes.is_empty() {
        room.here().profiles().apply(&changes)?;
    }
    Ok(())
}

/// Makes the set of groups that a user is directly in the set `wanted`.
pub(super) fn set_groups(
    room: &mut Room<'_>,
    user: UserId,
    present: &[Group],
    wanted: &[GroupId],
) -> Result<Option<Stamp>, UseCaseError> {
    let present: BTreeSet<_> = present.iter().map(|group| group.id).collect();
    let wanted: BTreeSet<_> = wanted.iter().copied().collect();
    if present == wanted {
        return Ok(None);
    }
    let mut groups = lock_groups(room, present.symmetric_difference(&wanted).copied().collect())?;
    require_all(&groups, wanted.difference(&present).copied())?;
    let of_user = |group: &GroupId| Membership { group: *group, user };
    let joined: Vec<_> = wanted.difference(&present).map(of_user).collect();
    let left: Vec<_> = present.difference(&wanted).map(of_user).collect();
    change_memberships(room, &mut groups, &joined, &left)
}

/// Makes the set of profiles of a user the set `wanted`.
pub(super) fn set_profiles(
    room: &mut Room<'_>,
    user: UserId,
    present: Vec<Profile>,
    wanted: &[ProfileDraft],
) -> Result<Option<Stamp>, UseCaseError> {
    let mut wanted: BTreeMap<_, _> = distinct_profiles(user, wanted)?
        .into_iter()
        .map(|profile| (profile.key.folded(), profile))
        .collect();
    let mut changes = Vec::new();
    for before in present {
        match wanted.remove(&before.key.folded()) {
            Some(after) => changes.extend(room.journal.modified(&before, after)?),
            None => changes.push(room.journal.deleted(before)?),
        }
    }
    for profile in wanted.into_values() {
        changes.push(room.journal.added(profile)?);
    }
    if !changes.is_empty() {
        room.here().profiles().apply(&changes)?;
    }
    Ok(changes.last().map(Recorded::stamp))
}
