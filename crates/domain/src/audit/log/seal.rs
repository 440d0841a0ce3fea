use crate::access::{Caller, Gate, SystemRoom};
use crate::audit::canonical;
use crate::error::UseCaseError;
use crate::id::StoreId;
use crate::page::Page;
use crate::time::Instant;
use crate::unit_of_work::{Access, StoreError};

use super::{
    Checkpoint, Edge, Growth, LogHead, LogRepository, Run, Seen, StoredCheckpoint, TreeHash,
};

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
        // Who was faster the first time may have looked before all of it waited. Who is faster the
        // second time has looked since.
        for _ in 0..2 {
            match self.try_to_seal(store).await {
                Err(UseCaseError::Store(StoreError::Stale)) => (),
                outcome => return outcome,
            }
        }
        Ok(Sealed { entries: 0, more: true })
    }

    async fn try_to_seal(&self, store: StoreId) -> Result<Sealed, UseCaseError> {
        let gate = self.gate.clone();
        let seen = gate.witness().seen(store);
        // Hashing and signing take place in the unit that reads, on a thread of the database.
        let prepared = self
            .gate
            .system(Access::Read, &Self::caller(), None, move |room| {
                let now = room.now();
                let mut inside = room.inside(store);
                let log = inside.log();
                let Some(head) = log.head()? else { return Ok(without_head(store, log)?) };
                Ok(prepare(&gate, log, head, seen, now)?)
            })
            .await?;
        let Some(Prepared { growth, more, root }) = prepared else { return Ok(Sealed::default()) };
        let sealed = Sealed { entries: growth.entries.len() as u64, more };
        let size = growth.checkpoint.size;
        let grow = move |room: &mut SystemRoom<'_>| Ok(room.inside(store).log().grow(&growth)?);
        self.gate.system(Access::Write, &Self::caller(), None, grow).await?;
        self.gate.witness().note(store, size, root);
        Ok(sealed)
    }
}

/// A store without a log, in which nothing waits either.
fn without_head(
    store: StoreId,
    log: &mut dyn LogRepository,
) -> Result<Option<Prepared>, StoreError> {
    if log.runs(1)?.is_empty() {
        return Ok(None);
    }
    Err(StoreError::Corrupt(format!(
        "the audit log of the store {store} is gone, and entries wait for it: nothing is signed for it"
    )))
}

/// How a log is to grow.
struct Prepared {
    growth: Growth,
    /// Whether more waits.
    more: bool,
    /// The root that it leads to.
    root: TreeHash,
}

/// Seals all that waits in a store whose changes wait for this unit, and gives where the log stands
/// then, locked; `None` when there is no log.
pub(crate) fn seal_all(
    gate: &Gate,
    log: &mut dyn LogRepository,
    seen: Seen,
    now: Instant,
) -> Result<Option<LogHead>, StoreError> {
    loop {
        let Some(head) = log.lock()? else { return Ok(None) };
        let Some(prepared) = prepare(gate, log, head, seen, now)? else { return Ok(Some(head)) };
        log.grow(&prepared.growth)?;
    }
}

/// How the log grows by what waits, up to [`Sealer::CHUNK`] entries. `None` when nothing does.
fn prepare(
    gate: &Gate,
    log: &mut dyn LogRepository,
    head: LogHead,
    seen: Seen,
    now: Instant,
) -> Result<Option<Prepared>, StoreError> {
    let waiting = log.waiting(Sealer::CHUNK)?;
    let Some(last) = waiting.last().map(|entry| entry.id) else { return Ok(None) };
    let runs = log.runs(Sealer::CHUNK)?;
    let signer = gate.keys().find(&head.key).ok_or_else(|| lacking(head.store))?;
    let (mut edge, before) = genuine(log, head, seen)?;
    let sealed_at = before.map_or(now, |before| before.max(now));
    let leaves: Vec<_> =
        waiting.iter().map(|entry| TreeHash::leaf(&canonical::leaf(entry))).collect();
    let tiles = edge.append(&leaves);
    let (size, root) = (edge.size(), edge.frontier().root());
    let note = Checkpoint { store: head.store, size, root }.sign(&*signer);
    // So no clock that is set back makes what is new look old.
    let checkpoint = StoredCheckpoint { size, sealed_at, note };
    let more = u32::try_from(waiting.len()).is_ok_and(|len| len == Sealer::CHUNK);
    let (taken, rest) = if more { Run::up_to(runs, last) } else { (runs, None) };
    let entries = waiting.iter().map(|entry| entry.id).collect();
    let growth = Growth { from: head.size, entries, tiles, checkpoint, taken, rest };
    Ok(Some(Prepared { growth, more, root }))
}

/// The edge of a log that is what was signed of it and what was seen, and when it was sealed last:
/// nothing is signed for any other.
pub(crate) fn genuine(
    log: &mut dyn LogRepository,
    head: LogHead,
    seen: Seen,
) -> Result<(Edge, Option<Instant>), StoreError> {
    let edge = Edge::of(head.size, log.tiles(&Edge::tiles(head.size))?)?;
    let root = edge.frontier().root();
    seen.check(head.store, log, (head.size, root))?;
    let sealed_at = signed_before(log, head, root)?;
    Ok((edge, sealed_at))
}

/// When the last checkpoint was sealed, which is over the log as it is; `None` where there is nothing
/// in it yet.
fn signed_before(
    log: &mut dyn LogRepository,
    head: LogHead,
    root: TreeHash,
) -> Result<Option<Instant>, StoreError> {
    let Some(latest) = log.latest_checkpoint()? else {
        return if head.size == 0 { Ok(None) } else { Err(unsigned(head)) };
    };
    let signed = Checkpoint { store: head.store, size: head.size, root };
    let is_signed = latest.size == head.size
        && Checkpoint::read(&latest.note).is_ok_and(|(read, _)| read == signed);
    if is_signed { Ok(Some(latest.sealed_at)) } else { Err(unsigned(head)) }
}

fn unsigned(head: LogHead) -> StoreError {
    StoreError::Corrupt(format!(
        "the audit log of the store {} is not what its last checkpoint says: nothing is signed for it",
        head.store
    ))
}

/// That this node cannot sign for the log.
pub(crate) fn lacking(store: StoreId) -> StoreError {
    StoreError::Unavailable(format!(
        "the key that signs the audit trail of the store {store} is not on this node"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::MockLogRepository;
    use super::*;
    use crate::audit::PublicKeyInfo;
    use crate::id::AuditId;

    fn store() -> StoreId {
        StoreId::new(uuid::Uuid::from_u128(1))
    }

    fn without_head_and(runs: Vec<Run>) -> Result<bool, StoreError> {
        let mut log = MockLogRepository::new();
        log.expect_runs().returning(move |_| Ok(runs.clone()));
        Ok(without_head(store(), &mut log)?.is_some())
    }

    #[test]
    fn an_empty_log_that_was_signed_before_was_emptied() {
        let head = LogHead { store: store(), size: 0, first: 0, key: PublicKeyInfo([0; 44]) };
        let before = |latest: Option<StoredCheckpoint>| {
            let mut log = MockLogRepository::new();
            log.expect_latest_checkpoint().returning(move || Ok(latest.clone()));
            signed_before(&mut log, head, TreeHash::empty())
        };
        assert_eq!(before(None), Ok(None));
        let sealed_at = Instant::from_micros(0).unwrap();
        let left = StoredCheckpoint { size: 3, sealed_at, note: String::new() };
        assert!(matches!(before(Some(left)), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn a_log_that_is_gone_is_told_when_entries_wait_for_it() {
        assert_eq!(without_head_and(vec![]), Ok(false));
        let id = AuditId::new(1).unwrap();
        let refused = without_head_and(vec![Run { first: id, last: id }]);
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
    }
}
