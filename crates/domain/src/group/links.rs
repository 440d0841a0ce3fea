//! Changing who is in which group: a membership or a nesting, each with its entry and with a new
//! version of both its ends.

use std::collections::{BTreeMap, BTreeSet};

use super::{Group, Membership, Nesting};
use crate::access::Room;
use crate::audit::{Recorded, Stamp};
use crate::error::{Invalid, UseCaseError};
use crate::id::GroupId;

/// Groups that are locked until the unit ends.
pub(crate) type LockedGroups = BTreeMap<GroupId, Group>;

/// Locks those of `ids` that are there, in one order for every writer.
///
/// # Errors
/// What the store says.
pub(crate) fn lock_groups(
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

/// That all of `wanted` are there.
///
/// # Errors
/// `property` names one that is not.
pub(crate) fn require_all<'a>(
    groups: &LockedGroups,
    wanted: impl IntoIterator<Item = &'a GroupId>,
    property: &str,
) -> Result<(), Invalid> {
    match wanted.into_iter().find(|id| !groups.contains_key(id)) {
        Some(id) => {
            let rule = format!("must name groups of this store, and {id} is none");
            Err(Invalid::one(property, rule))
        }
        None => Ok(()),
    }
}

/// Pairs to add and to remove.
#[derive(Clone, Debug)]
pub(crate) struct Links<T> {
    pub(crate) added: Vec<T>,
    pub(crate) removed: Vec<T>,
}

impl<T> Default for Links<T> {
    fn default() -> Self {
        Self { added: Vec::new(), removed: Vec::new() }
    }
}

impl<T: crate::audit::Audited + Copy + Ord> Links<T> {
    /// Brings the pairs into one order, each once: two ends of one batch may ask for the same.
    pub(crate) fn tidy(&mut self) {
        for pairs in [&mut self.added, &mut self.removed] {
            pairs.sort_unstable();
            pairs.dedup();
        }
    }

    fn recorded(&self, room: &Room<'_>) -> Result<Vec<Recorded<T>>, UseCaseError> {
        let mut changes = Vec::with_capacity(self.added.len() + self.removed.len());
        for pair in &self.removed {
            changes.push(room.journal.deleted(*pair)?);
        }
        for pair in &self.added {
            changes.push(room.journal.added(*pair)?);
        }
        Ok(changes)
    }

    /// Every pair.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.added.iter().chain(&self.removed)
    }
}

impl Links<Membership> {
    /// Stores the changes. The ends get their new version by the caller, who knows what else of
    /// them changes, from the stamp that this returns.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn apply(&self, room: &mut Room<'_>) -> Result<Option<Stamp>, UseCaseError> {
        let changes = self.recorded(room)?;
        let Some(last) = changes.last() else { return Ok(None) };
        room.here().memberships().apply(&changes)?;
        Ok(Some(last.stamp()))
    }
}

impl Links<Nesting> {
    /// The same for nestings.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn apply(&self, room: &mut Room<'_>) -> Result<Option<Stamp>, UseCaseError> {
        let changes = self.recorded(room)?;
        let Some(last) = changes.last() else { return Ok(None) };
        room.here().nestings().apply(&changes)?;
        Ok(Some(last.stamp()))
    }
}
