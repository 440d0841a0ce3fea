use super::export::piece;
use super::{Fault, Reason, Report};
use crate::access::{Caller, Gate, SystemRoom};
use crate::audit::log::{Proof, TileId, TreeHash, Walk, first_unfit, genuine, prove, upper_tiles};
use crate::error::UseCaseError;
use crate::id::StoreId;
use crate::page::Page;
use crate::unit_of_work::{Access, StoreError};

/// How many entries are looked at in one unit.
const AT_ONCE: u32 = 50_000;

/// Finds in the database what the bundle of a log does not show.
#[derive(Clone)]
pub struct Inspector {
    gate: Gate,
}

impl Inspector {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// Up to `limit` stores that have to have a log, after the one of id `after`; those that were
    /// removed are among them.
    ///
    /// # Errors
    /// The store failed; what the gate refuses.
    pub async fn stores(
        &self,
        caller: &Caller,
        after: Option<StoreId>,
        limit: u32,
    ) -> Result<Page<StoreId, StoreId>, UseCaseError> {
        let find = move |room: &mut SystemRoom<'_>| {
            let found = room.logs().stores(after, limit.saturating_add(1))?;
            Ok(Page::cut(found, limit, |store| *store))
        };
        self.gate.system(Access::Read, caller, None, find).await
    }

    /// What is wrong beside a bundle that is good: tiles that do not lead to its root, so that nothing
    /// can be proved by them; a log that is not what was signed last, so that nothing more is signed; or
    /// an entry that is in no log, which somebody wrote past this program.
    ///
    /// # Errors
    /// The store failed; what the gate refuses.
    pub async fn fault(
        &self,
        caller: &Caller,
        store: StoreId,
        good: &Report,
    ) -> Result<Option<Fault>, UseCaseError> {
        let (Some(size), Some(root)) = (good.size, good.root) else { return Ok(None) };
        if let Some(fault) = self.wrong_tiles(caller, store, size, root).await? {
            return Ok(Some(fault));
        }
        if let Some(fault) = self.not_as_signed(caller, store, size).await? {
            return Ok(Some(fault));
        }
        self.stray(caller, store, size).await
    }

    /// Why what stands at a leaf cannot be read; `None` where it can.
    ///
    /// # Errors
    /// The store failed otherwise; what the gate refuses.
    pub async fn unreadable(
        &self,
        caller: &Caller,
        store: StoreId,
        leaf: u64,
    ) -> Result<Option<String>, UseCaseError> {
        let read = move |room: &mut SystemRoom<'_>| {
            piece(room.inside(store).log(), leaf, leaf.saturating_add(1))
        };
        match self.gate.system(Access::Read, caller, None, read).await {
            Ok(_) | Err(UseCaseError::Archived { .. }) => Ok(None),
            Err(UseCaseError::Store(StoreError::Corrupt(why))) => Ok(Some(unreadable(&why))),
            Err(other) => Err(other),
        }
    }

    async fn wrong_tiles(
        &self,
        caller: &Caller,
        store: StoreId,
        size: u64,
        root: TreeHash,
    ) -> Result<Option<Fault>, UseCaseError> {
        for above in upper_tiles(size) {
            let find = move |room: &mut SystemRoom<'_>| {
                Ok(first_unfit(room.inside(store).log(), size, above)?)
            };
            let found = self.gate.system(Access::Read, caller, None, find).await;
            match or_corrupt(found)? {
                Ok(None) => {}
                Ok(Some(id)) => return Ok(Some(unfit(id))),
                Err(why) => return Ok(Some(misled(&why))),
            }
        }
        let find = move |room: &mut SystemRoom<'_>| {
            Ok(prove(room.inside(store).log(), &Proof::of_root(size))?.pop())
        };
        match or_corrupt(self.gate.system(Access::Read, caller, None, find).await)? {
            Ok(found) if found == Some(root) => Ok(None),
            Ok(_) => Ok(Some(misled("their root is another one"))),
            Err(why) => Ok(Some(misled(&why))),
        }
    }

    async fn not_as_signed(
        &self,
        caller: &Caller,
        store: StoreId,
        size: u64,
    ) -> Result<Option<Fault>, UseCaseError> {
        let seen = self.gate.witness().seen(store);
        let look = move |room: &mut SystemRoom<'_>| {
            let mut inside = room.inside(store);
            let log = inside.log();
            let Some(head) = log.head()? else { return Ok(()) };
            genuine(log, head, seen)?;
            Ok(())
        };
        let found = or_corrupt(self.gate.system(Access::Read, caller, None, look).await)?;
        Ok(found.err().map(|why| Fault::of_database(Reason::Malformed, size, why)))
    }

    async fn stray(
        &self,
        caller: &Caller,
        store: StoreId,
        size: u64,
    ) -> Result<Option<Fault>, UseCaseError> {
        let mut after = None;
        loop {
            let look = move |room: &mut SystemRoom<'_>| {
                Ok(room.inside(store).log().walk(after, AT_ONCE)?)
            };
            let found = self.gate.system(Access::Read, caller, None, look).await;
            match or_corrupt(found)? {
                Ok(Walk { stray: Some(id), .. }) => {
                    let detail = format!("entry {id} is in the database and in no log");
                    return Ok(Some(Fault::of_database(Reason::Inserted, size, detail)));
                }
                Ok(Walk { next: None, .. }) => return Ok(None),
                Ok(Walk { next, .. }) => after = next,
                Err(why) => {
                    return Ok(Some(Fault::of_database(Reason::Malformed, size, unreadable(&why))));
                }
            }
        }
    }
}

/// Takes a value that cannot be read for something that was found.
fn or_corrupt<T>(found: Result<T, UseCaseError>) -> Result<Result<T, String>, UseCaseError> {
    match found {
        Ok(found) => Ok(Ok(found)),
        Err(UseCaseError::Store(StoreError::Corrupt(why))) => Ok(Err(why)),
        Err(other) => Err(other),
    }
}

fn unfit(id: TileId) -> Fault {
    let TileId { level, number } = id;
    let detail = format!("the tile {number} of level {level} is not what the entries lead to");
    Fault::of_database(Reason::RootMismatch, id.first_leaf(), detail)
}

fn misled(why: &str) -> Fault {
    let detail = format!("the tiles do not lead to the root of the entries: {why}");
    Fault::of_database(Reason::RootMismatch, 0, detail)
}

fn unreadable(why: &str) -> String {
    format!("a value of the database cannot be read: {why}")
}
