use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use thiserror::Error;

use super::{
    Action, Area, AuditIds, Commitment, Entry, PublicKeyInfo, Signature, Signer, canonical,
};
use crate::access::Principal;
use crate::id::{AuditId, StoreId};
use crate::random::Random;
use crate::store::Store;
use crate::time::Instant;
use crate::version::Version;

/// A record whose changes are audited.
pub trait Audited: Clone + PartialEq {
    /// What kind of record it is.
    const AREA: Area;

    /// Which one it is, in the words of the audit trail.
    fn primary_key(&self) -> String;

    /// The record as JSON text; see [`super::record`].
    fn content(&self, store: StoreId) -> String;

    /// Takes the number of the entry that records that it is made. Most records do not keep it.
    fn set_number(&mut self, number: AuditId) {
        let _ = number;
    }

    /// Takes the version that a change leads to. Records without a version of their own ignore it.
    fn set_version(&mut self, version: Version) {
        let _ = version;
    }
}

/// A change with its signed audit entry. Only a [`Journal`] makes one, and a repository write takes
/// nothing else: so no change is stored without its entry, and none but the recorded one.
#[derive(Clone, Debug)]
pub struct Recorded<T> {
    record: T,
    entry: Entry,
}

impl<T> Recorded<T> {
    /// The record as it is after the change; as it was before, when it is deleted.
    pub fn record(&self) -> &T {
        &self.record
    }

    /// The entry to store with it.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// The version that the change gives to the resources it touches.
    pub fn stamp(&self) -> Stamp {
        Stamp(Version::of(self.entry.id))
    }

    /// The record, when the change is stored.
    pub fn into_record(self) -> T {
        self.record
    }
}

/// The version that a recorded change gives to the resources whose relations it changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(Version);

impl Stamp {
    /// The version.
    pub fn version(self) -> Version {
        self.0
    }
}

/// There are not numbers enough at hand: reserve more and run the unit again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not enough numbers for audit entries are reserved")]
pub struct IdsExhausted {
    /// The store whose trail it is.
    pub store: StoreId,
    /// How many the whole unit needs at least, as far as it has come.
    pub least: u32,
}

/// Makes the audit entries of one use case in one store: who, when, where.
///
/// Pure but for its ports, so a unit of work that runs again makes a new journal and new entries.
#[derive(Clone)]
pub struct Journal {
    principal: Principal,
    now: Instant,
    store: StoreId,
    data_source: String,
    ids: Arc<AuditIds>,
    /// How many numbers this unit has taken, in every room that shares the journal.
    taken: Arc<AtomicU32>,
    random: Arc<dyn Random>,
    signer: Arc<dyn Signer>,
}

impl Journal {
    /// A journal of what `principal` does in `store` at `now`.
    pub(crate) fn new(
        principal: Principal,
        now: Instant,
        store: &Store,
        ids: Arc<AuditIds>,
        random: Arc<dyn Random>,
        signer: Arc<dyn Signer>,
    ) -> Self {
        let (store, data_source) = (store.id, store.name.to_string());
        Self { principal, now, store, data_source, ids, taken: Arc::default(), random, signer }
    }

    /// The same journal with numbers from `ids`.
    pub(crate) fn with_ids(self, ids: Arc<AuditIds>) -> Self {
        Self { ids, ..self }
    }

    /// The key that signs.
    pub(crate) fn key(&self) -> PublicKeyInfo {
        self.signer.public_key()
    }

    /// The moment of the use case.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Makes sure that `count` further entries can be recorded: for a unit that finds out late how
    /// many there are, so that it does not run into the end of its numbers again and again.
    ///
    /// # Errors
    /// [`IdsExhausted`], which says so: the gate reserves as many and runs the unit again.
    pub fn expect(&self, count: usize) -> Result<(), IdsExhausted> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        if self.ids.holds(self.store, count) { Ok(()) } else { Err(self.lacking(count)) }
    }

    /// That `count` numbers are not at hand.
    fn lacking(&self, count: u32) -> IdsExhausted {
        let least = self.taken.load(Ordering::Relaxed).saturating_add(count);
        IdsExhausted { store: self.store, least }
    }

    /// Records that `record` is made.
    ///
    /// # Errors
    /// [`IdsExhausted`]: the gate reserves more and runs the unit again.
    pub fn added<T: Audited>(&self, record: T) -> Result<Recorded<T>, IdsExhausted> {
        let current = self.commit(&record);
        self.record(Action::Added, None, Some(current), record)
    }

    /// Records that `record` is made, and what no record shows: `flags` say so in the entry.
    ///
    /// # Errors
    /// [`IdsExhausted`]: the gate reserves more and runs the unit again.
    pub(crate) fn added_with<T: Audited>(
        &self,
        record: T,
        flags: &[&str],
    ) -> Result<Recorded<T>, IdsExhausted> {
        let content = record.content(self.store);
        let current =
            self.commit_to(flags.iter().fold(content, |text, flag| with_flag(text, flag)));
        self.record(Action::Added, None, Some(current), record)
    }

    /// Records that `before` becomes `after`; `None` when nothing changes, which leaves no entry.
    ///
    /// # Errors
    /// [`IdsExhausted`]: the gate reserves more and runs the unit again.
    pub fn modified<T: Audited>(
        &self,
        before: &T,
        after: T,
    ) -> Result<Option<Recorded<T>>, IdsExhausted> {
        if *before == after {
            return Ok(None);
        }
        let (original, current) = (self.commit(before), self.commit(&after));
        self.record(Action::Modified, Some(original), Some(current), after).map(Some)
    }

    /// Records that a secret of `before` is set, which no record shows: `flag` says so in the entry,
    /// which there always is, also where `after` equals `before`.
    ///
    /// # Errors
    /// [`IdsExhausted`]: the gate reserves more and runs the unit again.
    pub(crate) fn secret_set<T: Audited>(
        &self,
        before: &T,
        after: T,
        flag: &str,
    ) -> Result<Recorded<T>, IdsExhausted> {
        let current = with_flag(after.content(self.store), flag);
        let (original, current) = (self.commit(before), self.commit_to(current));
        self.record(Action::Modified, Some(original), Some(current), after)
    }

    /// Records what happened to a record and is no change of it: the entry says what it is now.
    ///
    /// # Errors
    /// [`IdsExhausted`]: the gate reserves more and runs the unit again.
    pub fn noted<T: Audited>(&self, record: T) -> Result<Recorded<T>, IdsExhausted> {
        let current = self.commit(&record);
        self.record(Action::Modified, None, Some(current), record)
    }

    /// Records that `record` is removed.
    ///
    /// # Errors
    /// [`IdsExhausted`]: the gate reserves more and runs the unit again.
    pub fn deleted<T: Audited>(&self, record: T) -> Result<Recorded<T>, IdsExhausted> {
        let original = self.commit(&record);
        self.record(Action::Deleted, Some(original), None, record)
    }

    fn commit<T: Audited>(&self, record: &T) -> Commitment {
        self.commit_to(record.content(self.store))
    }

    fn commit_to(&self, content: String) -> Commitment {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        Commitment::to(content, salt)
    }

    fn record<T: Audited>(
        &self,
        action: Action,
        original: Option<Commitment>,
        current: Option<Commitment>,
        mut record: T,
    ) -> Result<Recorded<T>, IdsExhausted> {
        let id = self.ids.next(self.store).ok_or_else(|| self.lacking(1))?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        let mut entry = Entry {
            id,
            store: self.store,
            timestamp: self.now,
            user: self.principal.to_string(),
            area: T::AREA,
            primary_key: record.primary_key(),
            action,
            data_source: self.data_source.clone(),
            original,
            current,
            signature: Signature([0; 64]),
            public_key: self.signer.public_key(),
        };
        entry.signature = self.signer.sign(&canonical::bytes(&entry));
        if action == Action::Added {
            record.set_number(id);
        }
        if action != Action::Deleted {
            record.set_version(Version::of(id));
        }
        Ok(Recorded { record, entry })
    }
}

/// The JSON object `content` with a further property of that name, which is true.
fn with_flag(mut content: String, flag: &str) -> String {
    if content.pop().is_some() {
        content.push_str(",\"");
        content.push_str(flag);
        content.push_str("\":true}");
    }
    content
}
