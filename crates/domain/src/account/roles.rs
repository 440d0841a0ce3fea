//! The roles that a user holds here directly, as the users API writes them.

use std::collections::BTreeSet;

use crate::access::limits::{GrantProperties, covers, grantable};
use crate::access::{
    Assignment, Grant, Holder, PermissionSet, Reach, RoleName, Room, keep_an_administrator,
};
use crate::error::{Invalid, UseCaseError};
use crate::id::{StoreId, UserId};

const ROLES: &str = "roles";
/// A request names roles alone: they are held in its store.
const SAID: GrantProperties = GrantProperties { role: ROLES, store: ROLES };

/// Gives a user, who is locked, the roles of `wanted` that they lack here, and takes the others that
/// they hold here.
///
/// # Errors
/// [`UseCaseError::Invalid`] naming `roles` where there is none such; [`UseCaseError::Upward`] where
/// one that is given or taken holds what the caller lacks; [`UseCaseError::LastSystemAdmin`].
pub(super) fn replace(
    room: &mut Room<'_>,
    user: UserId,
    wanted: &[RoleName],
) -> Result<(), UseCaseError> {
    let (store, holder) = (room.store.id, Holder::User(user));
    let wanted: BTreeSet<_> = wanted.iter().collect();
    let mut present = room.here().roles().of(&[holder])?;
    present.retain(|held| held.grant.reach().covers(Reach::Store(store)));
    let missing: Vec<_> = wanted
        .iter()
        .filter(|role| !present.iter().any(|held| held.grant.role() == **role))
        .copied()
        .collect();
    let (_, taken): (Vec<_>, Vec<_>) =
        present.into_iter().partition(|held| wanted.contains(held.grant.role()));
    if !covers(room, taken.iter().map(|held| &held.grant)) {
        return Err(UseCaseError::Upward);
    }
    let given = grants(room, store, &missing)?;
    room.journal.expect(taken.len() + given.len())?;
    let concerned = taken.iter().any(|held| held.grant.is_system_admin());
    keep_an_administrator(room, concerned, |room| {
        take(room, taken)?;
        give(room, holder, given)
    })
}

/// These roles as they are given in the store, when the caller may give them.
fn grants(
    room: &mut Room<'_>,
    store: StoreId,
    roles: &[&RoleName],
) -> Result<Vec<Grant>, UseCaseError> {
    let mut invalid = Invalid::default();
    for role in roles.iter().filter(|role| room.rules().roles.find(role).is_none()) {
        invalid.add(ROLES, format!("must name roles, and {role} is none"));
    }
    invalid.or(())?;
    let mut grants = Vec::with_capacity(roles.len());
    for role in roles {
        grants.push(grantable(room, &grant_in(store, role)?, &SAID)?);
    }
    Ok(grants)
}

/// The role where a store can give it: there, or everywhere where it is held in no other way.
fn grant_in(store: StoreId, role: &RoleName) -> Result<Grant, Invalid> {
    if *role == RoleName::SYSTEM_ADMIN {
        return Ok(Grant::system_admin());
    }
    Grant::new(role.clone(), Reach::Store(store))
        .map_err(|_| Invalid::one(ROLES, format!("must be held in a store, and {role} is not")))
}

fn take(room: &mut Room<'_>, taken: Vec<Assignment>) -> Result<(), UseCaseError> {
    if taken.is_empty() {
        return Ok(());
    }
    let mut changes = Vec::with_capacity(taken.len());
    for held in taken {
        changes.push(room.journal.deleted(held)?);
    }
    Ok(room.here().roles().remove_all(&changes)?)
}

fn give(room: &mut Room<'_>, holder: Holder, given: Vec<Grant>) -> Result<(), UseCaseError> {
    for grant in given {
        let recorded = room.journal.added(Assignment { holder, grant })?;
        room.here().roles().insert(&recorded)?;
    }
    Ok(())
}

/// Refuses permissions that are neither those of the account `before` the change nor those `after` it:
/// they follow from the roles.
///
/// # Errors
/// [`UseCaseError::Upward`] where the caller would give what they lack; else
/// [`UseCaseError::Invalid`] naming `permissions`.
pub(super) fn check_permissions(
    room: &Room<'_>,
    wanted: PermissionSet,
    before: PermissionSet,
    after: PermissionSet,
) -> Result<(), UseCaseError> {
    if wanted == before || wanted == after {
        return Ok(());
    }
    let own = room.caller().permissions_in(room.store.id);
    if !wanted.is_subset_of(own.union(before)) {
        return Err(UseCaseError::Upward);
    }
    Err(Invalid::one("permissions", "must be those that the roles give").into())
}
