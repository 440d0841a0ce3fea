use jiff::SignedDuration;
use uuid::Uuid;

use super::{Event, Growth, KeyTerm, Run, StoredCheckpoint, Tile, TileId};
use crate::audit::{Entry, EntryQuery, PublicKeyInfo};
use crate::id::{AuditId, StoreId};
use crate::time::Instant;
use crate::unit_of_work::StoreError;

/// Where a log stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// Whose log.
    pub store: StoreId,
    /// How many leaves it has.
    pub size: u64,
    /// The first leaf whose entry is still in the database; those before are archived.
    pub first: u64,
    /// The key that signs now: that of the last term.
    pub key: PublicKeyInfo,
}

/// An entry with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEntry {
    /// Its leaf.
    pub leaf: u64,
    /// The entry.
    pub entry: Entry,
}

/// A part of the way along the entries of a store, in order of their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// The first entry that is neither sealed nor waits: none ever is, unless somebody wrote past this
    /// program.
    pub stray: Option<AuditId>,
    /// The entry behind which the way goes on; `None` at its end.
    pub next: Option<AuditId>,
}

/// The Merkle log of one store. A store's log outlives it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait LogRepository {
    /// Begins the log, empty, with the term of its first key.
    fn begin(&mut self, key: &PublicKeyInfo) -> Result<(), StoreError>;

    /// Where it stands; `None` when there never was such a store.
    fn head(&mut self) -> Result<Option<LogHead>, StoreError>;

    /// The same, and nobody else makes it grow or appoints a key before the unit ends.
    fn lock(&mut self) -> Result<Option<LogHead>, StoreError>;

    /// Adds the term of a further key to a log that is locked in this unit. It has as many leaves as
    /// `term.from` says.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it has not.
    fn appoint(&mut self, term: &KeyTerm) -> Result<(), StoreError>;

    /// The terms of all keys, in order.
    fn terms(&mut self) -> Result<Vec<KeyTerm>, StoreError>;

    /// Up to `limit` of the runs that wait, in order of their numbers.
    fn runs(&mut self, limit: u32) -> Result<Vec<Run>, StoreError>;

    /// Up to `limit` of the entries that wait, in order of their numbers. Their contents are not
    /// loaded: commitments are not opened.
    fn waiting(&mut self, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// Those of the tiles that are there.
    fn tiles(&mut self, ids: &[TileId]) -> Result<Vec<Tile>, StoreError>;

    /// Makes the log grow.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it has another size than `growth.from`, or one of the runs waits no
    /// longer as it was: somebody else was here.
    fn grow(&mut self, growth: &Growth) -> Result<(), StoreError>;

    /// The leaf of an entry; `None` while it waits.
    fn leaf_of(&mut self, id: AuditId) -> Result<Option<u64>, StoreError>;

    /// The sealed entries that the query asks for, in order of their leaves, whatever order it names;
    /// the sort value of its place is the leaf in decimal.
    fn entries(&mut self, query: &EntryQuery) -> Result<Vec<SealedEntry>, StoreError>;

    /// Up to `limit` events, from the leaf `from` on.
    fn events(&mut self, from: u64, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// The checkpoint of that size.
    fn checkpoint(&mut self, size: u64) -> Result<Option<StoredCheckpoint>, StoreError>;

    /// The checkpoint of the largest size.
    fn latest_checkpoint(&mut self) -> Result<Option<StoredCheckpoint>, StoreError>;

    /// Up to `limit` of the checkpoints of more than `after` leaves and at most `size`, in order.
    fn checkpoints(
        &mut self,
        after: u64,
        size: u64,
        limit: u32,
    ) -> Result<Vec<StoredCheckpoint>, StoreError>;

    /// How many those are in all.
    fn count_checkpoints(&mut self, after: u64, size: u64) -> Result<u64, StoreError>;

    /// The largest checkpoint that was sealed before that time.
    fn sealed_before(&mut self, time: Instant) -> Result<Option<StoredCheckpoint>, StoreError>;

    /// Drops up to `limit` entries of the leaves before `cut`, the first ones first, and the
    /// checkpoints of no more leaves than the log then begins with, but for that of `cut`; tiles stay.
    /// Says whether entries before `cut` are left.
    fn drop_before(&mut self, cut: u64, limit: u32) -> Result<bool, StoreError>;

    /// Looks at up to `limit` entries, at least one, after the one of number `after`, for one that is
    /// in no log.
    fn walk(&mut self, after: Option<AuditId>, limit: u32) -> Result<Walk, StoreError>;
}

/// The logs of all stores, and what their keepers agree on.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Logs {
    /// Up to `limit` stores that have to have a log, after the one of id `after`, in order of id: those
    /// that are there, and those of which anything of a log is there.
    fn stores(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<StoreId>, StoreError>;

    /// Up to `limit` stores in whose logs entries wait to be sealed, after the one of id `after`, in
    /// order of id.
    fn waiting(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<StoreId>, StoreError>;

    /// Up to `limit` logs, after that of the store `after`, in order of their stores' ids.
    fn heads(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<LogHead>, StoreError>;

    /// Every key that was ever to sign, in order; the last one begins the logs of new stores.
    fn keys(&mut self) -> Result<Vec<PublicKeyInfo>, StoreError>;

    /// The last of them, which stays the last until the unit ends. `None` when there is none.
    fn hold_last_key(&mut self) -> Result<Option<PublicKeyInfo>, StoreError>;

    /// Adds a key as that of this place in the order, from 0 on, when nobody holds the last one any
    /// more. `false` when somebody else has the place.
    fn register_key(&mut self, place: u32, key: &PublicKeyInfo) -> Result<bool, StoreError>;

    /// Takes a lease for `holder`, or prolongs it: nobody else gets it before it ends. `false` when
    /// somebody else holds it. One that ends more than `length` from now counts as ended: whoever took
    /// it had another clock, and may never come back. A lease saves work that two would do; that
    /// nothing is done twice does not rest on it.
    fn lease(
        &mut self,
        name: &'static str,
        holder: Uuid,
        now: Instant,
        length: SignedDuration,
    ) -> Result<bool, StoreError>;
}
