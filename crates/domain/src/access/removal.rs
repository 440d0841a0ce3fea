use super::{Assignment, Holder, Room};
use crate::error::UseCaseError;

/// Takes from holders that go what they hold, each with its own entry.
///
/// # Errors
/// What the store says.
pub(crate) fn remove_roles(room: &mut Room<'_>, holders: &[Holder]) -> Result<(), UseCaseError> {
    let held: Vec<Assignment> = room.here().roles().of(holders)?;
    let mut changes = Vec::with_capacity(held.len());
    for assignment in held {
        changes.push(room.journal.deleted(assignment)?);
    }
    if changes.is_empty() {
        return Ok(());
    }
    Ok(room.here().roles().remove_all(&changes)?)
}
