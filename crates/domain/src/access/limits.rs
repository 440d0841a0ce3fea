//! What holds beyond the permission of a use case: nobody grants what they lack, nobody acts upward,
//! and somebody stays who may do everything.

use std::collections::{BTreeMap, BTreeSet};

use super::{Authority, Grant, Reach, Room};
use crate::error::{Invalid, UseCaseError};
use crate::id::{GroupId, UserId};

/// What holders have: users with what they inherit, groups with what they give to their members.
pub(crate) struct Held<K>(BTreeMap<K, Vec<Grant>>);

impl Held<UserId> {
    /// What each of these users holds, by its groups too: one statement, none for no user.
    pub(crate) fn of_users(room: &mut Room<'_>, users: &[UserId]) -> Result<Self, UseCaseError> {
        if users.is_empty() {
            return Ok(Self::of(Vec::new()));
        }
        Ok(Self::of(room.here().roles().held_by_users(users)?))
    }
}

impl Held<GroupId> {
    /// What each of these groups gives to its members, with those above it: one statement, none for
    /// no group.
    pub(crate) fn of_groups(room: &mut Room<'_>, groups: &[GroupId]) -> Result<Self, UseCaseError> {
        if groups.is_empty() {
            return Ok(Self::of(Vec::new()));
        }
        Ok(Self::of(room.here().roles().given_by_groups(groups)?))
    }
}

impl<K: Ord + Copy> Held<K> {
    fn of(pairs: Vec<(K, Grant)>) -> Self {
        let mut held: BTreeMap<K, Vec<Grant>> = BTreeMap::new();
        for (holder, grant) in pairs {
            held.entry(holder).or_default().push(grant);
        }
        Self(held)
    }

    /// Those who hold something that the caller lacks.
    pub(crate) fn above(&self, room: &Room<'_>) -> BTreeSet<K> {
        let is_above = |grants: &Vec<Grant>| !covers(room, grants);
        self.0.iter().filter(|(_, grants)| is_above(grants)).map(|(holder, _)| *holder).collect()
    }

    /// Whether one of them holds `SystemAdmin`.
    pub(crate) fn includes_system_admin(&self) -> bool {
        self.0.values().flatten().any(Grant::is_system_admin)
    }
}

/// Whether the caller may do all that `grants` give.
pub(crate) fn covers<'a>(room: &Room<'_>, grants: impl IntoIterator<Item = &'a Grant>) -> bool {
    room.caller().authority().covers(&Authority::of(&room.rules().roles, grants))
}

/// Nobody acts on a user who holds what they lack.
///
/// # Errors
/// [`UseCaseError::Upward`].
pub(crate) fn refuse_upward(room: &mut Room<'_>, id: UserId) -> Result<(), UseCaseError> {
    let is_above = !room.caller().authority().is_everything()
        && !Held::of_users(room, &[id])?.above(room).is_empty();
    if is_above { Err(UseCaseError::Upward) } else { Ok(()) }
}

/// Where a request says what it grants, for the refusal that names the property.
pub(crate) struct GrantProperties {
    /// The property that names the role.
    pub(crate) role: &'static str,
    /// The property that names the store.
    pub(crate) store: &'static str,
}

/// The grant in its proper spelling, when the caller may give it: a role that there is, of which
/// they lack nothing, in a store that is there, since another could come to be later.
pub(crate) fn grantable(
    room: &mut Room<'_>,
    grant: &Grant,
    said: &GrantProperties,
) -> Result<Grant, UseCaseError> {
    let known = room.rules().roles.find(grant.role()).map(|role| grant.spelled(&role.name));
    let grant = known.ok_or_else(|| {
        Invalid::one(said.role, format!("must name a role, and {} is none", grant.role()))
    })?;
    if !covers(room, [&grant]) {
        return Err(UseCaseError::Upward);
    }
    match grant.reach() {
        Reach::Store(id) if !room.is_store(id)? => {
            Err(Invalid::one(said.store, format!("must name a store, and {id} is none")).into())
        }
        _ => Ok(grant),
    }
}

/// Does `work`. When it is `concerned` with a holder of `SystemAdmin`, nobody else changes who could
/// act as such meanwhile, and it is refused when nobody would be left.
///
/// # Errors
/// [`UseCaseError::LastSystemAdmin`]; what `work` refuses.
pub(crate) fn keep_an_administrator<T>(
    room: &mut Room<'_>,
    concerned: bool,
    work: impl FnOnce(&mut Room<'_>) -> Result<T, UseCaseError>,
) -> Result<T, UseCaseError> {
    // A known gap: who is concerned was read before the lock. Three units at once could leave nobody:
    // one gives the role to a group, one deactivates a member of a group below, who held nothing
    // when it looked, and one takes the role from the holder before. A lock of all who hold any role
    // in every change would cost more than a way in: `userstore key create` makes another key, and
    // so does the next start where no client is left at all (see `first_start`).
    if !concerned {
        return work(room);
    }
    room.administrators().lock()?;
    let done = work(room)?;
    let now = room.journal.now();
    if room.administrators().any(now)? { Ok(done) } else { Err(UseCaseError::LastSystemAdmin) }
}
