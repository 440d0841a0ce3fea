//! Making and changing stores.

use super::setting::printed_name;
use super::{EditStore, NewStore, Overrides, Store, StoreDraft, StoreName, StoreRules};
use crate::access::{Room, SystemRoom};
use crate::error::{Invalid, UseCaseError};
use crate::id::StoreId;
use crate::unit_of_work::Unique;
use crate::version::Version;

/// Adds a store that somebody asked for.
pub(super) fn create(
    room: &mut SystemRoom<'_>,
    id: StoreId,
    new: &NewStore,
) -> Result<Store, UseCaseError> {
    refuse_nil(id)?;
    in_range(&new.set)?;
    unpinned(&room.rules().stores, &new.name, &Overrides::default(), &new.set)?;
    found(room, id, new)
}

/// Adds a new store to the register.
///
/// # Errors
/// [`UseCaseError::Duplicate`] when its id or name is taken.
pub(crate) fn found(
    room: &mut SystemRoom<'_>,
    id: StoreId,
    new: &NewStore,
) -> Result<Store, UseCaseError> {
    let audit_key = room.founding_key()?;
    let (name, set, version) = (new.name.clone(), new.set, Version::UNRECORDED);
    let store = Store { id, name, set, audit_key, version };
    let recorded = room.founding_journal(&store, 1)?.added(store)?;
    // The trail of a store outlives it, and so may roles that somebody holds in it: whoever came
    // to bear its id would inherit both.
    if recorded.entry().id.get() > 1 {
        return Err(UseCaseError::Duplicate(Unique::StoreId));
    }
    let outcome = room.stores().insert_new(&recorded)?;
    outcome.map_err(|taken| UseCaseError::Duplicate(taken.what))?;
    room.inside(id).log().begin(&audit_key)?;
    Ok(recorded.into_record())
}

/// Changes the store of the room, which is locked.
pub(super) fn change(room: &mut Room<'_>, edit: &EditStore) -> Result<Store, UseCaseError> {
    let rules = &room.rules().stores;
    let before = room.store.clone();
    let StoreDraft { name, set } = edit(&before)?;
    let after = Store { name, set, ..before.clone() };
    in_range(&after.set)?;
    for bearing in [&before, &after] {
        unpinned(rules, &bearing.name, &before.set, &after.set)?;
    }
    let Some(recorded) = room.journal.modified(&before, after)? else { return Ok(before) };
    room.stores().update(&recorded)?;
    let after = recorded.into_record();
    let by_email = rules.of(&after).login_by_email;
    // Saying it again, in the store's own words, is enough: the configuration may have changed.
    let said = before.set.login_by_email != after.set.login_by_email;
    if said || rules.of(&before).login_by_email != by_email {
        room.here().users().sign_in_by_email(by_email)?;
    }
    Ok(after)
}

/// The nil UUID stands for every store where roles are kept.
fn refuse_nil(id: StoreId) -> Result<(), Invalid> {
    if id.as_uuid().is_nil() {
        return Err(Invalid::one("id", "must not be the nil UUID"));
    }
    Ok(())
}

fn in_range(set: &Overrides) -> Result<(), Invalid> {
    match set.first_out_of_range() {
        None => Ok(()),
        Some((setting, rule)) => {
            Err(Invalid::one(format!("settings.{}", printed_name(setting)), rule))
        }
    }
}

/// What is pinned for the name that the store bears is not set.
fn unpinned(
    rules: &StoreRules,
    name: &StoreName,
    before: &Overrides,
    after: &Overrides,
) -> Result<(), UseCaseError> {
    let pinned = rules.pinned(&name.folded());
    Overrides::first_pinned_change(before, after, &pinned)
        .map_or(Ok(()), |setting| Err(UseCaseError::Pinned(setting)))
}
