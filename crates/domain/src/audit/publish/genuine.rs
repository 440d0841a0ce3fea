use std::sync::Arc;

use crate::access::Gate;
use crate::audit::PublicKeys;
use crate::audit::log::{
    Checkpoint, KeyTerm, LogRepository, Proof, StoredCheckpoint, Succession, origin, prove,
};
use crate::id::StoreId;
use crate::unit_of_work::StoreError;

/// Tells whether a checkpoint in the database is one that was signed over its log. Whoever can write to
/// the database can put any there, and any keys beside it: what counts are the keys of this node.
#[derive(Clone)]
pub(super) struct Authority {
    gate: Gate,
    keys: Arc<dyn PublicKeys>,
}

impl Authority {
    pub(super) fn new(gate: Gate, keys: Arc<dyn PublicKeys>) -> Self {
        Self { gate, keys }
    }

    /// Whether the note is signed, by the key in charge and by no other, and says what the log is.
    pub(super) fn stands_for(
        &self,
        stored: &StoredCheckpoint,
        store: StoreId,
        log: &mut dyn LogRepository,
    ) -> Result<bool, StoreError> {
        let Some(checkpoint) = self.signed(&stored.note, store, &log.terms()?) else {
            return Ok(false);
        };
        if checkpoint.size != stored.size {
            return Ok(false);
        }
        Ok(prove(log, &Proof::of_root(stored.size))?.pop() == Some(checkpoint.root))
    }

    /// The checkpoint of the store that the note is.
    fn signed(&self, note: &str, store: StoreId, terms: &[KeyTerm]) -> Option<Checkpoint> {
        let (checkpoint, signatures) = Checkpoint::read(note).ok()?;
        let [signature] = signatures.as_slice() else { return None };
        let term = self.in_charge(store, terms, checkpoint.size.saturating_sub(1))?;
        let key = self.keys.read(&term.key)?;
        let is_signed = checkpoint.store == store
            && signature.names(&origin(store), &term.key)
            && signature.is_by(&*key, &checkpoint.text());
        is_signed.then_some(checkpoint)
    }

    /// The term of the key in charge of a leaf, where this node has that key, or one that it handed
    /// over to.
    fn in_charge<'a>(
        &self,
        store: StoreId,
        terms: &'a [KeyTerm],
        leaf: u64,
    ) -> Option<&'a KeyTerm> {
        let behind = terms.partition_point(|term| term.from <= leaf);
        let from_there = terms.get(behind.checked_sub(1)?..)?;
        let has = |term: &KeyTerm| self.gate.keys().find(&term.key).is_some();
        let ours = from_there.iter().position(has)?;
        let mut steps = from_there.get(..=ours)?.windows(2);
        let hands_over =
            |step: &[KeyTerm]| matches!(step, [old, new] if self.follows(store, old, new));
        if steps.all(hands_over) { from_there.first() } else { None }
    }

    /// Whether both keys have signed that the one follows the other.
    fn follows(&self, store: StoreId, old: &KeyTerm, new: &KeyTerm) -> bool {
        let keys = (self.keys.read(&old.key), self.keys.read(&new.key));
        let (Some(by_old), Some(by_new)) = keys else { return false };
        let statement = new.statement.as_deref().unwrap_or_default();
        Succession::read(statement, &*by_old, &*by_new).is_ok_and(|said| {
            (said.store, said.from, said.old, said.new) == (store, new.from, old.key, new.key)
        })
    }
}
