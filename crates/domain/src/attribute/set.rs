//! The whole set of attributes of an owner: what a request wants it to be, and what has to change.

use std::collections::BTreeMap;

use super::{Attribute, AttributeDraft, Extent, Kept, Owner};
use crate::access::Room;
use crate::audit::{IdsExhausted, Journal, Recorded};
use crate::error::{Invalid, UseCaseError};
use crate::text::Folded;
use crate::version::Version;

/// The most attributes that one owner may have: they are read and answered as a whole.
pub(crate) const MOST_ATTRIBUTES: usize = 1_000;
/// The most bytes of UTF-8 that they may be together, keys and values.
pub(crate) const MOST_BYTES: u64 = 1024 * 1024;

/// The attributes that a request wants an owner to have, in order of the folded key.
///
/// # Errors
/// Too many of them, too many bytes, or one key twice.
pub(crate) fn distinct<O: Owner>(
    owner: O,
    drafts: &[AttributeDraft],
) -> Result<Vec<Attribute<O>>, Invalid> {
    if drafts.len() > MOST_ATTRIBUTES {
        let rule = format!("must hold at most {MOST_ATTRIBUTES} keys");
        return Err(Invalid::one(O::LIST, rule));
    }
    if let Some(key) = AttributeDraft::repeated_key(drafts) {
        return Err(Invalid::one(O::LIST, format!("must not hold the key {key} twice")));
    }
    let mut attributes: Vec<_> =
        drafts.iter().cloned().map(|draft| draft.of(owner, Version::UNRECORDED)).collect();
    if extent(&attributes).bytes > MOST_BYTES {
        let rule = format!("must hold at most {MOST_BYTES} bytes, keys and values together");
        return Err(Invalid::one(O::LIST, rule));
    }
    attributes.sort_by_cached_key(|attribute| attribute.key.folded());
    Ok(attributes)
}

fn extent<O>(attributes: &[Attribute<O>]) -> Extent {
    attributes.iter().map(Extent::of).fold(Extent::default(), Extent::and)
}

/// The changes that make the set `present` of one owner the set `wanted`.
///
/// # Errors
/// No numbers for audit entries are left.
pub(crate) fn difference<O: Owner>(
    journal: &Journal,
    present: Vec<Attribute<O>>,
    wanted: Vec<Attribute<O>>,
) -> Result<Vec<Recorded<Attribute<O>>>, IdsExhausted> {
    let mut wanted: BTreeMap<Folded, _> =
        wanted.into_iter().map(|attribute| (attribute.key.folded(), attribute)).collect();
    let mut changes = Vec::new();
    for before in present {
        match wanted.remove(&before.key.folded()) {
            Some(after) => {
                let after = Attribute { version: before.version, ..after };
                changes.extend(journal.modified(&before, after)?);
            }
            None => changes.push(journal.deleted(before)?),
        }
    }
    for attribute in wanted.into_values() {
        changes.push(journal.added(attribute)?);
    }
    Ok(changes)
}

/// Stores changes of attributes.
///
/// # Errors
/// What the store says.
pub(crate) fn apply<O: Kept>(
    room: &mut Room<'_>,
    changes: &[Recorded<Attribute<O>>],
) -> Result<(), UseCaseError> {
    if changes.is_empty() {
        return Ok(());
    }
    Ok(O::attributes(&mut *room.here()).apply(changes)?)
}

impl AttributeDraft {
    /// The attribute of `owner` that this draft describes.
    pub(crate) fn of<O: Owner>(self, owner: O, version: Version) -> Attribute<O> {
        Attribute { owner, key: self.key, value: self.value, version }
    }
}
