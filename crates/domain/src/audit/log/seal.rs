use crate::access::{Caller, Gate, SystemRoom};
use crate::audit::{AuditKeys, canonical};
use crate::error::UseCaseError;
use crate::id::StoreId;
use crate::page::Page;
use crate::time::Instant;
use crate::unit_of_work::{Access, StoreError};

use super::{Checkpoint, Edge, Growth, LogHead, LogRepository, Run, StoredCheckpoint, TreeHash};

/// What was sealed at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// How many entries.
    pub entries: u64,
    /// Whether more wait.
    pub more: bool,
}

/// Appends committed entries to the logs of their stores, and signs a checkpoint over each log that
/// grew.
///
/// Any number may work at once, on any number of nodes: what one has read of a log has no place in it
/// any more when another made it grow. Writers wait for none of them.
#[derive(Clone)]
pub struct Sealer {
    gate: Gate,
}

impl Sealer {
    /// How many entries are sealed at once at most: they are in memory meanwhile.
    pub const CHUNK: u32 = 4_096;

    /// The worker behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    pub(super) fn caller() -> Caller {
        Caller::system("sealing")
    }

    /// Up to `limit` stores in whose logs entries wait, after the one of id `after`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn waiting(
        &self,
        after: Option<StoreId>,
        limit: u32,
    ) -> Result<Page<StoreId, StoreId>, UseCaseError> {
        let find = move |room: &mut SystemRoom<'_>| {
            let found = room.logs().waiting(after, limit.saturating_add(1))?;
            Ok(Page::cut(found, limit, |store| *store))
        };
        self.gate.system(Access::Read, &Self::caller(), None, find).await
    }

    /// Seals up to [`Self::CHUNK`] of what waits in a store. Nothing, when somebody else was faster:
    /// they have sealed it.
    ///
    /// # Errors
    /// The store failed; [`StoreError::Unavailable`] where this node lacks the key of the log.
    pub async fn seal(&self, store: StoreId) -> Result<Sealed, UseCaseError> {
        let gate = self.gate.clone();
        // Hashing and signing take place in the unit that reads, on a thread of the database.
        let prepared = self
            .gate
            .system(Access::Read, &Self::caller(), None, move |room| {
                let now = room.now();
                let mut inside = room.inside(store);
                let log = inside.log();
                let Some(head) = log.head()? else { return Ok(None) };
                Ok(prepare(log, head, gate.keys(), now)?)
            })
            .await?;
        let Some((growth, more)) = prepared else { return Ok(Sealed::default()) };
        let sealed = Sealed { entries: growth.entries.len() as u64, more };
        let grow = move |room: &mut SystemRoom<'_>| Ok(room.inside(store).log().grow(&growth)?);
        match self.gate.system(Access::Write, &Self::caller(), None, grow).await {
            Ok(()) => Ok(sealed),
            Err(UseCaseError::Store(StoreError::Stale)) => Ok(Sealed::default()),
            Err(error) => Err(error),
        }
    }
}

/// Seals all that waits in a store whose changes wait for this unit, and gives where the log stands
/// then, locked; `None` when there is no log.
pub(crate) fn seal_all(
    log: &mut dyn LogRepository,
    keys: &dyn AuditKeys,
    now: Instant,
) -> Result<Option<LogHead>, StoreError> {
    loop {
        let Some(head) = log.lock()? else { return Ok(None) };
        let Some((growth, _)) = prepare(log, head, keys, now)? else { return Ok(Some(head)) };
        log.grow(&growth)?;
    }
}

/// How the log grows by what waits, up to [`Sealer::CHUNK`] entries, and whether more wait. `None`
/// when nothing does.
fn prepare(
    log: &mut dyn LogRepository,
    head: LogHead,
    keys: &dyn AuditKeys,
    now: Instant,
) -> Result<Option<(Growth, bool)>, StoreError> {
    let waiting = log.waiting(Sealer::CHUNK)?;
    let Some(last) = waiting.last().map(|entry| entry.id) else { return Ok(None) };
    let runs = log.runs(Sealer::CHUNK)?;
    let signer = keys.find(&head.key).ok_or_else(|| lacking(head.store))?;
    let mut edge = Edge::of(head.size, log.tiles(&Edge::tiles(head.size))?)?;
    let leaves: Vec<_> =
        waiting.iter().map(|entry| TreeHash::leaf(&canonical::leaf(entry))).collect();
    let tiles = edge.append(&leaves);
    let frontier = edge.frontier();
    let checkpoint = Checkpoint { store: head.store, size: frontier.size(), root: frontier.root() };
    let note = checkpoint.sign(&*signer);
    // So no clock that is set back makes what is new look old.
    let sealed_at = log.latest_checkpoint()?.map_or(now, |before| before.sealed_at.max(now));
    let checkpoint = StoredCheckpoint { size: checkpoint.size, sealed_at, note };
    let more = u32::try_from(waiting.len()).is_ok_and(|len| len == Sealer::CHUNK);
    let (taken, rest) = if more { Run::up_to(runs, last) } else { (runs, None) };
    let entries = waiting.iter().map(|entry| entry.id).collect();
    let growth = Growth { from: head.size, entries, tiles, checkpoint, taken, rest };
    Ok(Some((growth, more)))
}

/// That this node cannot sign for the log.
pub(crate) fn lacking(store: StoreId) -> StoreError {
    StoreError::Unavailable(format!(
        "the key that signs the audit trail of the store {store} is not on this node"
    ))
}
