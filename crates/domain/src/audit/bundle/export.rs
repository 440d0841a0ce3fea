use std::mem;

use super::write::{self, Outline};
use crate::access::{Caller, Gate, SystemRoom};
use crate::audit::log::{LogHead, LogRepository, Proof, Sealed, SealedEntry, Sealer, prove};
use crate::audit::{EntryOrder, EntryQuery};
use crate::error::{Missing, UseCaseError};
use crate::id::{AuditId, StoreId};
use crate::page::{Place, Query};
use crate::unit_of_work::{Access, StoreError};

/// How many leaves a piece is about: its entries are in memory meanwhile, each up to some 130 KiB.
const AT_ONCE: u32 = 128;

/// Writes bundles.
#[derive(Clone)]
pub struct Exporter {
    gate: Gate,
}

impl Exporter {
    /// The use case behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// Begins the bundle of what the database holds of a store's log, up to the checkpoint of `size`
    /// leaves; without it what waits is sealed first, and the bundle goes as far as the log. Where
    /// that is [refused](Export::refused), it goes as far as the last checkpoint.
    ///
    /// # Errors
    /// [`Missing::Store`]; [`Missing::Checkpoint`] when there is none of that size, or nothing is
    /// sealed; why sealing is refused, when nothing is; [`UseCaseError::Archived`] when the entries up to it are in the database no more; what
    /// the gate refuses.
    pub async fn begin(
        &self,
        caller: &Caller,
        store: StoreId,
        size: Option<u64>,
    ) -> Result<Export, UseCaseError> {
        let (end, refused) = match size {
            Some(size) => (End::At(size), None),
            None => match self.seal(store).await? {
                None => (End::OfLog, None),
                refused => (End::Sealed, refused),
            },
        };
        let read = move |room: &mut SystemRoom<'_>| begin(room.inside(store).log(), end);
        let begun = self.gate.system(Access::Read, caller, None, read).await;
        let Begun { head, first, size } = match (begun, &refused) {
            (Err(UseCaseError::NotFound(Missing::Checkpoint)), Some(why)) => {
                return Err(why.clone().into());
            }
            (begun, _) => begun?,
        };
        Ok(Export {
            gate: self.gate.clone(),
            caller: caller.clone(),
            store,
            head,
            next: first,
            size,
            refused,
            unreadable: Unreadable::Fails,
        })
    }

    /// Seals what waits in a store. Gives why that is refused: the key is not at hand, the database is
    /// not to be written to, or the log is not what was signed.
    async fn seal(&self, store: StoreId) -> Result<Option<StoreError>, UseCaseError> {
        let sealer = Sealer::new(self.gate.clone());
        loop {
            match sealer.seal(store).await {
                Ok(Sealed { more: true, .. }) => {}
                Ok(_) => return Ok(None),
                // A row in the way of what is to be written is a failure of another kind.
                Err(UseCaseError::Store(
                    why @ (StoreError::Corrupt(_)
                    | StoreError::Unavailable(_)
                    | StoreError::Other(_)),
                )) => return Ok(Some(why)),
                Err(other) => return Err(other),
            }
        }
    }
}

/// Where a bundle ends.
#[derive(Clone, Copy)]
enum End {
    /// At the checkpoint of so many leaves.
    At(u64),
    /// Where the log says that it ends.
    OfLog,
    /// At the last checkpoint, though more may wait.
    Sealed,
}

/// A bundle of which the first lines are written.
struct Begun {
    head: Vec<u8>,
    first: u64,
    size: u64,
}

fn begin(log: &mut dyn LogRepository, end: End) -> Result<Begun, UseCaseError> {
    let head @ LogHead { store, first, .. } = head(log)?;
    if first > head.size {
        return Err(StoreError::Corrupt("audit_logs.first_leaf".into()).into());
    }
    let size = end.size(log, head)?.ok_or(UseCaseError::NotFound(Missing::Checkpoint))?;
    if size < first {
        return Err(UseCaseError::Archived { first });
    }
    let mut terms = log.terms()?;
    // A key whose term begins behind the end has signed nothing of this.
    let later = terms.iter().skip(1).take_while(|term| term.from < size).count();
    terms.truncate(later + 1);
    let alone = if first == size { log.checkpoint(size)? } else { None };
    let outline = Outline {
        store,
        first,
        size,
        keys: terms.len() as u64,
        // There is always one at the end. Where it is missing, the verifier says so.
        checkpoints: log.count_checkpoints(first, size)?.max(1),
        prefix: &prove(log, &Proof::of_frontier(first))?,
    };
    let mut lines = Vec::new();
    write::manifest(&mut lines, &outline);
    for term in &terms {
        write::key(&mut lines, term);
    }
    if let Some(checkpoint) = alone {
        write::checkpoint(&mut lines, &checkpoint.note);
    }
    Ok(Begun { head: lines, first, size })
}

impl End {
    /// How many leaves the log has there; `None` where there is no such checkpoint.
    fn size(self, log: &mut dyn LogRepository, head: LogHead) -> Result<Option<u64>, StoreError> {
        let found = match self {
            Self::At(size) => log.checkpoint(size)?,
            Self::OfLog => None,
            Self::Sealed => log.latest_checkpoint()?.filter(|latest| latest.size >= head.first),
        };
        // What the log says of itself goes into the bundle as it is: to judge it is for the verifier.
        let of_log = Some(head.size).filter(|size| *size > 0 && !matches!(self, Self::At(_)));
        Ok(found.map(|checkpoint| checkpoint.size).or(of_log))
    }
}

fn head(log: &mut dyn LogRepository) -> Result<LogHead, UseCaseError> {
    log.head()?.ok_or(UseCaseError::NotFound(Missing::Store))
}

/// A bundle that is being written.
pub struct Export {
    gate: Gate,
    caller: Caller,
    store: StoreId,
    /// The lines before the first entry; empty once they were given.
    head: Vec<u8>,
    /// The first leaf that was not read yet.
    next: u64,
    size: u64,
    refused: Option<StoreError>,
    unreadable: Unreadable,
}

/// What becomes of a value that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unreadable {
    /// The export fails.
    Fails,
    /// A line tells of it, and ends the file.
    Told,
}

/// A line that no bundle has.
const NOT_READ: &[u8] = b"{\"unreadable\":true}\n";

impl Export {
    /// How many leaves the log has at the end of the bundle.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Why what waits was not sealed before, where that was refused: it may be that a node without
    /// the key exports, and it may be that somebody has changed the log.
    pub fn refused(&self) -> Option<&StoreError> {
        self.refused.as_ref()
    }

    /// The same for a verifier: where something cannot be read the export does not fail, but ends with
    /// a line that no bundle has, right behind what could be read.
    #[must_use]
    pub fn for_verifier(self) -> Self {
        Self { unreadable: Unreadable::Told, ..self }
    }

    /// The next piece of the file: whole lines, of 128 entries at most. `None` at its end.
    ///
    /// # Errors
    /// [`UseCaseError::Archived`] when entries were archived meanwhile; the store failed.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, UseCaseError> {
        if !self.head.is_empty() {
            return Ok(Some(mem::take(&mut self.head)));
        }
        // Where entries are missing, a piece may come out empty.
        while self.next < self.size {
            let piece = self.piece().await?;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
            self.skip().await?;
        }
        Ok(None)
    }

    /// Goes on to where something stands again: the size that a log says it has may be any number.
    async fn skip(&mut self) -> Result<(), UseCaseError> {
        let (store, from, size) = (self.store, self.next, self.size);
        let find =
            move |room: &mut SystemRoom<'_>| Ok(first_from(room.inside(store).log(), from, size)?);
        match self.gate.system(Access::Read, &self.caller, None, find).await {
            Ok(next) => self.next = next,
            // Whoever reads it will see.
            Err(UseCaseError::Store(StoreError::Corrupt(_))) => {}
            Err(other) => return Err(other),
        }
        Ok(())
    }

    async fn piece(&mut self) -> Result<Vec<u8>, UseCaseError> {
        let from = self.next;
        let to = from.saturating_add(AT_ONCE.into()).min(self.size);
        match self.read(from, to).await {
            Err(UseCaseError::Store(StoreError::Corrupt(_)))
                if self.unreadable == Unreadable::Told =>
            {
                self.as_far_as_it_can_be_read(to).await
            }
            piece => {
                let piece = piece?;
                self.next = to;
                Ok(piece)
            }
        }
    }

    async fn read(&self, from: u64, to: u64) -> Result<Vec<u8>, UseCaseError> {
        let store = self.store;
        let read = move |room: &mut SystemRoom<'_>| piece(room.inside(store).log(), from, to);
        self.gate.system(Access::Read, &self.caller, None, read).await
    }

    /// Leaf by leaf up to `to`; the file ends with the first one that cannot be read.
    async fn as_far_as_it_can_be_read(&mut self, to: u64) -> Result<Vec<u8>, UseCaseError> {
        let mut file = Vec::new();
        while self.next < to {
            let after = self.next.saturating_add(1);
            match self.read(self.next, after).await {
                Ok(lines) => file.extend(lines),
                Err(UseCaseError::Store(StoreError::Corrupt(_))) => {
                    file.extend(NOT_READ);
                    self.next = self.size;
                    return Ok(file);
                }
                Err(other) => return Err(other),
            }
            self.next = after;
        }
        Ok(file)
    }
}

/// The lines of the leaves `from` to `to`, that one left out, each checkpoint behind its last leaf.
pub(super) fn piece(
    log: &mut dyn LogRepository,
    from: u64,
    to: u64,
) -> Result<Vec<u8>, UseCaseError> {
    let first = head(log)?.first;
    if first > from {
        return Err(UseCaseError::Archived { first });
    }
    let entries = entries(log, from, to)?;
    let mut checkpoints = log.checkpoints(from, to, AT_ONCE)?.into_iter().peekable();
    let mut file = Vec::new();
    for sealed in &entries {
        while let Some(before) = checkpoints.next_if(|checkpoint| checkpoint.size <= sealed.leaf) {
            write::checkpoint(&mut file, &before.note);
        }
        write::entry(&mut file, sealed);
    }
    for behind in checkpoints {
        write::checkpoint(&mut file, &behind.note);
    }
    Ok(file)
}

/// The first leaf from `from` on with an entry or right before a checkpoint; `size` without any.
fn first_from(log: &mut dyn LogRepository, from: u64, size: u64) -> Result<u64, StoreError> {
    let entry = log.events(from, 1)?.pop().map(|event| event.leaf);
    let checkpoint = log.checkpoints(from, size, 1)?.pop();
    let checkpoint = checkpoint.map(|checkpoint| checkpoint.size.saturating_sub(1));
    Ok([entry, checkpoint].into_iter().flatten().min().map_or(size, |next| next.min(size)))
}

fn entries(
    log: &mut dyn LogRepository,
    from: u64,
    to: u64,
) -> Result<Vec<SealedEntry>, StoreError> {
    // The place before the first one: no other entry has that leaf, so its number does not matter.
    let before = |leaf: u64| Place { sort: leaf.to_string(), id: AuditId::NONE };
    let after = from.checked_sub(1).map(before);
    let most = u32::try_from(to.saturating_sub(from)).unwrap_or(AT_ONCE).min(AT_ONCE);
    let query = EntryQuery { after, ..Query::first(EntryOrder::Commit, most) };
    let mut entries = log.entries(&query)?;
    entries.retain(|sealed| sealed.leaf < to);
    Ok(entries)
}
