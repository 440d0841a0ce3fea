//! How attributes of one owner are stored: one or many.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::set::{self, MOST_ATTRIBUTES, MOST_BYTES};
use super::{Attribute, AttributeDraft, AttributeInStore, Extent, Kept};
use crate::access::{Permission, Room};
use crate::audit::Recorded;
use crate::error::{Invalid, UseCaseError};
use crate::random::Random;
use crate::resource::{Change, Outcome, Planned, Resource, Step, step};
use crate::text::Folded;
use crate::unit_of_work::Unique;
use crate::version::Version;

impl<O: Kept> Resource for Attribute<O> {
    type Scope = O;
    type Id = Folded;
    type Name = Folded;
    type Draft = AttributeDraft;
    type Include = ();
    type Shown = AttributeInStore<O>;

    const MANAGE: Permission = O::MANAGE;
    const ID: &'static str = "key";
    const NAME: &'static str = "key";
    const FOUND_BY: [Unique; 2] = [O::UNIQUE; 2];

    /// A key is its own id.
    fn new_id(draft: Option<&AttributeDraft>, _: &dyn Random) -> Folded {
        draft.map_or_else(|| Folded::of(""), |draft| draft.key.folded())
    }

    fn entries(_: &AttributeDraft) -> u32 {
        1
    }

    fn concern_graph(_: &[Arc<Change<Self>>]) -> bool {
        false
    }

    fn find_ids(
        _: &mut Room<'_>,
        _: &O,
        names: &[Folded],
    ) -> Result<BTreeMap<Folded, Folded>, UseCaseError> {
        Ok(names.iter().map(|key| (key.clone(), key.clone())).collect())
    }

    fn write(
        room: &mut Room<'_>,
        owner: &O,
        changes: &[Planned<Self>],
    ) -> Result<Vec<Outcome<Self>>, UseCaseError> {
        // Whoever changes attributes of an owner has it locked, so what is found here stays so.
        if !O::lock(&mut *room.here(), *owner)? {
            let missing = || Err(UseCaseError::NotFound(O::MISSING));
            return Ok(changes.iter().map(|_| missing()).collect());
        }
        let mut present = find(room, *owner, changes)?;
        let mut extent = extent(room, *owner, changes)?;
        let mut recorded = Vec::new();
        let mut outcomes = Vec::with_capacity(changes.len());
        for planned in changes {
            let before = present.remove(&planned.id);
            let change = change(room, *owner, planned, before.as_ref(), &mut extent);
            outcomes.push(match change {
                Ok(Changed::To(change)) => {
                    recorded.push(change.clone());
                    Ok(shown(room, change.into_record()))
                }
                Ok(Changed::Nothing(attribute)) => Ok(shown(room, attribute)),
                Ok(Changed::Gone(change)) => {
                    recorded.push(change);
                    Ok(None)
                }
                Err(UseCaseError::IdsExhausted(none)) => return Err(none.into()),
                Err(refusal) => Err(refusal),
            });
        }
        set::apply(room, &recorded)?;
        if let Some(last) = recorded.last().map(Recorded::stamp) {
            O::touch(&mut *room.here(), *owner, last)?;
        }
        Ok(outcomes)
    }
}

/// What a change comes to.
enum Changed<O> {
    To(Recorded<Attribute<O>>),
    Nothing(Attribute<O>),
    Gone(Recorded<Attribute<O>>),
}

/// The attributes that the changes mean, as far as they are there.
fn find<O: Kept>(
    room: &mut Room<'_>,
    owner: O,
    changes: &[Planned<Attribute<O>>],
) -> Result<BTreeMap<Folded, AttributeInStore<O>>, UseCaseError> {
    let keys: BTreeSet<_> = changes.iter().map(|planned| planned.id.clone()).collect();
    let keys: Vec<_> = keys.into_iter().collect();
    let store = room.store.id;
    let found = O::attributes(&mut *room.here()).find_all(owner, &keys)?;
    let in_store = |attribute| AttributeInStore { store, attribute };
    Ok(found.into_iter().map(|found| (found.key.folded(), in_store(found))).collect())
}

/// How much the attributes of the owner are, where that may grow.
fn extent<O: Kept>(
    room: &mut Room<'_>,
    owner: O,
    changes: &[Planned<Attribute<O>>],
) -> Result<Extent, UseCaseError> {
    if changes.iter().all(|planned| matches!(*planned.change, Change::Remove { .. })) {
        return Ok(Extent::default());
    }
    Ok(O::attributes(&mut *room.here()).extent(owner)?)
}

fn change<O: Kept>(
    room: &Room<'_>,
    owner: O,
    planned: &Planned<Attribute<O>>,
    before: Option<&AttributeInStore<O>>,
    extent: &mut Extent,
) -> Result<Changed<O>, UseCaseError> {
    let step = step::<Attribute<O>>(
        planned,
        before,
        UseCaseError::NotFound(O::MISSING_ATTRIBUTE),
        |shown| shown.attribute.version,
        |_, _| true,
    )?;
    let before = before.map(|before| &before.attribute);
    match (step, before) {
        (Step::Make(_), Some(_)) => Err(UseCaseError::Duplicate(O::UNIQUE)),
        (Step::Make(draft), None) => {
            let made = draft.of(owner, Version::UNRECORDED);
            *extent = grown(*extent, Extent::default(), Extent::of(&made))?;
            Ok(Changed::To(room.journal.added(made)?))
        }
        (Step::Edit(draft), Some(before)) => {
            if draft.key.folded() != planned.id {
                return Err(Invalid::one("key", "must be the key in the path").into());
            }
            let after = draft.of(owner, before.version);
            *extent = grown(*extent, Extent::of(before), Extent::of(&after))?;
            let change = room.journal.modified(before, after)?;
            Ok(change.map_or_else(|| Changed::Nothing(before.clone()), Changed::To))
        }
        (Step::Remove, Some(before)) => {
            *extent = extent.without(Extent::of(before));
            Ok(Changed::Gone(room.journal.deleted(before.clone())?))
        }
        (Step::Edit(_) | Step::Remove, None) => Err(UseCaseError::NotFound(O::MISSING_ATTRIBUTE)),
    }
}

/// What the attributes of an owner are when one becomes another; refused where it grows too large.
/// One that was larger before the bound was may still shrink.
fn grown(present: Extent, before: Extent, after: Extent) -> Result<Extent, Invalid> {
    let whole = present.without(before).and(after);
    if whole.count > present.count && whole.count > MOST_ATTRIBUTES as u64 {
        let rule = format!("must be one of at most {MOST_ATTRIBUTES} keys");
        return Err(Invalid::one("key", rule));
    }
    if whole.bytes > present.bytes && whole.bytes > MOST_BYTES {
        let rule = format!("must leave at most {MOST_BYTES} bytes in all keys and values together");
        return Err(Invalid::one("value", rule));
    }
    Ok(whole)
}

#[expect(clippy::unnecessary_wraps, reason = "the form of an outcome")]
fn shown<O: Kept>(room: &Room<'_>, attribute: Attribute<O>) -> Option<AttributeInStore<O>> {
    Some(AttributeInStore { store: room.store.id, attribute })
}
