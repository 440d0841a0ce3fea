use std::mem;

use super::write::{self, Outline};
use crate::access::{Caller, Gate, SystemRoom};
use crate::audit::log::{LogHead, LogRepository, Proof, SealedEntry, Sealer, prove};
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
    /// leaves; without it what waits is sealed first, and the bundle goes as far as the log.
    ///
    /// # Errors
    /// [`Missing::Store`]; [`Missing::Checkpoint`] when there is none of that size, or nothing is
    /// sealed; [`UseCaseError::Archived`] when the entries up to it are in the database no more; what
    /// the gate refuses.
    pub async fn begin(
        &self,
        caller: &Caller,
        store: StoreId,
        size: Option<u64>,
    ) -> Result<Export, UseCaseError> {
        if size.is_none() {
            let sealer = Sealer::new(self.gate.clone());
            while sealer.seal(store).await?.more {}
        }
        let read = move |room: &mut SystemRoom<'_>| begin(room.inside(store).log(), size);
        let Begun { head, first, size } =
            self.gate.system(Access::Read, caller, None, read).await?;
        Ok(Export {
            gate: self.gate.clone(),
            caller: caller.clone(),
            store,
            head,
            next: first,
            size,
        })
    }
}

/// A bundle of which the first lines are written.
struct Begun {
    head: Vec<u8>,
    first: u64,
    size: u64,
}

fn begin(log: &mut dyn LogRepository, size: Option<u64>) -> Result<Begun, UseCaseError> {
    let LogHead { store, first, size: all, .. } = head(log)?;
    let missing = UseCaseError::NotFound(Missing::Checkpoint);
    // What the log says of itself goes into the bundle as it is: to judge it is for the verifier.
    let size = match size {
        Some(size) => log.checkpoint(size)?.map(|checkpoint| checkpoint.size),
        None => Some(all).filter(|all| *all > 0),
    };
    let size = size.ok_or(missing)?;
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
}

impl Export {
    /// How many leaves the log has at the end of the bundle.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The next piece of the file: whole lines, of a few hundred entries at most. `None` at its end.
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
        }
        Ok(None)
    }

    async fn piece(&mut self) -> Result<Vec<u8>, UseCaseError> {
        let (store, from) = (self.store, self.next);
        let to = from.saturating_add(AT_ONCE.into()).min(self.size);
        let read = move |room: &mut SystemRoom<'_>| piece(room.inside(store).log(), from, to);
        let piece = self.gate.system(Access::Read, &self.caller, None, read).await?;
        self.next = to;
        Ok(piece)
    }
}

/// The lines of the leaves `from` to `to`, that one left out, each checkpoint behind its last leaf.
fn piece(log: &mut dyn LogRepository, from: u64, to: u64) -> Result<Vec<u8>, UseCaseError> {
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

fn entries(
    log: &mut dyn LogRepository,
    from: u64,
    to: u64,
) -> Result<Vec<SealedEntry>, StoreError> {
    // The place before the first one: no other entry has that leaf, so its number does not matter.
    let before = |leaf: u64| Place { sort: leaf.to_string(), id: AuditId::NONE };
    let after = from.checked_sub(1).map(before);
    let query = EntryQuery { after, ..Query::first(EntryOrder::Commit, AT_ONCE) };
    let mut entries = log.entries(&query)?;
    entries.retain(|sealed| sealed.leaf < to);
    Ok(entries)
}
