use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::id::{AuditId, StoreId};
use crate::unit_of_work::{Access, StoreError, UnitOfWork, transact};

/// Numbers for audit entries, taken from the database in blocks by a unit of their own, so that
/// writers do not wait for one another. What a stopped process had left of its block is a gap.
#[derive(Default)]
pub struct AuditIds {
    blocks: Mutex<HashMap<StoreId, Range<i64>>>,
}

impl AuditIds {
    /// How many numbers the common block has.
    pub(crate) const BLOCK: u32 = 1024;

    /// The `size` numbers from `first`, for one unit alone.
    pub(crate) fn of_one_unit(store: StoreId, first: AuditId, size: u32) -> Arc<Self> {
        let ids = Self::default();
        ids.adopt(store, first, size);
        Arc::new(ids)
    }

    /// The next number of the present block; `None` when it is used up.
    pub(super) fn next(&self, store: StoreId) -> Option<AuditId> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.get_mut(&store)?.next().and_then(AuditId::new)
    }

    /// Whether `count` numbers are at hand.
    pub(crate) fn holds(&self, store: StoreId, count: u32) -> bool {
        let blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.get(&store).is_some_and(|block| block.end - block.start >= i64::from(count))
    }

    /// Goes on with a new block.
    pub(crate) async fn refill(
        &self,
        unit_of_work: &dyn UnitOfWork,
        store: StoreId,
    ) -> Result<(), StoreError> {
        let first = reserve(unit_of_work, store, Self::BLOCK).await?;
        self.adopt(store, first, Self::BLOCK);
        Ok(())
    }

    /// Gives up the present block: another node turned out to have numbers of it.
    pub(crate) fn forget(&self, store: StoreId) {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = blocks.get_mut(&store) {
            block.start = block.end;
        }
    }

    /// Of two blocks the later one stays, so that the numbers of a node ascend.
    fn adopt(&self, store: StoreId, first: AuditId, size: u32) {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let block = blocks.entry(store).or_insert(0..0);
        if first.get() >= block.end {
            *block = first.get()..first.get() + i64::from(size);
        }
    }
}

/// Takes `size` numbers in a unit of its own.
///
/// # Errors
/// The store failed. Whether numbers were taken does not matter then: they become a gap, and the
/// change that wanted them has not begun.
pub(crate) async fn reserve(
    unit_of_work: &dyn UnitOfWork,
    store: StoreId,
    size: u32,
) -> Result<AuditId, StoreError> {
    let reserved =
        transact(unit_of_work, Access::Write, move |tx| tx.store(store).audit().reserve_ids(size));
    reserved.await.map_err(|error| match error {
        StoreError::OutcomeUnknown => {
            StoreError::Unavailable("numbers for audit entries could not be reserved".into())
        }
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn store() -> StoreId {
        StoreId::new(Uuid::from_u128(1))
    }

    fn number(n: i64) -> AuditId {
        AuditId::new(n).expect("valid")
    }

    #[test]
    fn numbers_ascend_and_end_with_the_block() {
        assert_eq!(AuditIds::default().next(store()), None);
        let ids = AuditIds::of_one_unit(store(), number(5), 2);
        assert!(ids.holds(store(), 2));
        assert!(!ids.holds(store(), 3));
        let taken: Vec<_> = std::iter::from_fn(|| ids.next(store())).map(AuditId::get).collect();
        assert_eq!(taken, [5, 6]);
    }

    #[test]
    fn an_earlier_block_does_not_come_back() {
        let ids = AuditIds::of_one_unit(store(), number(100), 10);
        ids.adopt(store(), number(50), 10);
        assert_eq!(ids.next(store()), Some(number(100)));
    }

    #[test]
    fn a_forgotten_block_has_no_numbers_and_does_not_come_back() {
        let ids = AuditIds::of_one_unit(store(), number(100), 10);
        ids.forget(store());
        assert_eq!(ids.next(store()), None);
        ids.adopt(store(), number(100), 10);
        assert_eq!(ids.next(store()), None);
        ids.adopt(store(), number(110), 10);
        assert_eq!(ids.next(store()), Some(number(110)));
    }
}
