//! Removing a store with everything in it.

use super::StoreName;
use crate::access::limits::keep_an_administrator;
use crate::access::{AssignmentFilter, RoleName, Room};
use crate::error::{Invalid, UseCaseError};
use crate::{group, user};

/// How many records one statement finds.
const PAGE: u32 = 500;

/// Removes the store of the room, which is locked, so that nothing changes in it meanwhile.
pub(super) fn remove(
    room: &mut Room<'_>,
    confirmed: Option<&StoreName>,
) -> Result<(), UseCaseError> {
    let confirmed = confirmed.map(|name| is_named(room, name)).transpose()?.is_some();
    let id = room.store.id;
    let empty = room.stores().is_empty(id)?;
    if !empty && !confirmed {
        return Err(UseCaseError::StoreNotEmpty);
    }
    let concerned = holds_an_administrator(room)?;
    keep_an_administrator(room, concerned, |room| {
        if !empty {
            remove_clients(room)?;
            remove_assignments(room)?;
            user::remove_everybody(room)?;
            group::remove_everything(room)?;
        }
        let recorded = room.journal.deleted(room.store.clone())?;
        Ok(room.stores().remove(&recorded)?)
    })
}

fn is_named(room: &Room<'_>, name: &StoreName) -> Result<(), Invalid> {
    if name.folded() == room.store.name.folded() {
        return Ok(());
    }
    Err(Invalid::one("confirm", "must be the name of the store"))
}

fn holds_an_administrator(room: &mut Room<'_>) -> Result<bool, UseCaseError> {
    let role = Some(RoleName::SYSTEM_ADMIN);
    let filter = AssignmentFilter { role, ..AssignmentFilter::default() };
    Ok(!room.here().roles().page(&filter, None, 1)?.is_empty())
}

/// A client goes with its roles, which are part of its record.
fn remove_clients(room: &mut Room<'_>) -> Result<(), UseCaseError> {
    loop {
        let clients = room.here().clients().page(None, PAGE)?;
        if clients.is_empty() {
            return Ok(());
        }
        for client in clients {
            let recorded = room.journal.deleted(client)?;
            room.here().clients().remove(&recorded)?;
        }
    }
}

fn remove_assignments(room: &mut Room<'_>) -> Result<(), UseCaseError> {
    loop {
        let held = room.here().roles().page(&AssignmentFilter::default(), None, PAGE)?;
        if held.is_empty() {
            return Ok(());
        }
        let recorded: Result<Vec<_>, _> =
            held.into_iter().map(|assignment| room.journal.deleted(assignment)).collect();
        room.here().roles().remove_all(&recorded?)?;
    }
}
