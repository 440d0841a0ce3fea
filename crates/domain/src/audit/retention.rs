use crate::access::{Caller, Gate, SystemRoom};
use crate::error::{Missing, UseCaseError};
use crate::id::StoreId;
use crate::time::Instant;
use crate::unit_of_work::Access;

/// What of a log is to be archived: the leaves from `first` up to `cut`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archive {
    /// The first leaf that is in the database.
    pub first: u64,
    /// The first leaf that stays: the size of a checkpoint.
    pub cut: u64,
}

/// Drops old entries from the database, once they are archived. The tree over them stays, so that
/// later ones are proved as before.
#[derive(Clone)]
pub struct Retention {
    gate: Gate,
}

/// How many entries are dropped in one unit: others wait for it.
const AT_ONCE: u32 = 1_000;

impl Retention {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    fn caller() -> Caller {
        Caller::system("retention")
    }

    /// What of a store's log was sealed before `time`. What counts is when a checkpoint was sealed,
    /// which never goes back, whatever the clock did then.
    ///
    /// # Errors
    /// The store failed.
    pub async fn due(
        &self,
        store: StoreId,
        time: Instant,
    ) -> Result<Option<Archive>, UseCaseError> {
        let find = move |room: &mut SystemRoom<'_>| {
            let mut inside = room.inside(store);
            let log = inside.log();
            let head = log.head()?.ok_or(UseCaseError::NotFound(Missing::Store))?;
            let cut = log.sealed_before(time)?.map(|checkpoint| checkpoint.size);
            let cut = cut.filter(|cut| *cut > head.first);
            Ok(cut.map(|cut| Archive { first: head.first, cut }))
        };
        self.gate.system(Access::Read, &Self::caller(), None, find).await
    }

    /// Drops what is archived. Whoever calls this has the archive on disk, and has verified it.
    ///
    /// # Errors
    /// The store failed: what is left is dropped when it is called again.
    pub async fn drop_before(&self, store: StoreId, cut: u64) -> Result<(), UseCaseError> {
        let work = move |room: &mut SystemRoom<'_>| {
            Ok(room.inside(store).log().drop_before(cut, AT_ONCE)?)
        };
        while self.gate.system(Access::Write, &Self::caller(), None, work).await? {}
        Ok(())
    }
}
