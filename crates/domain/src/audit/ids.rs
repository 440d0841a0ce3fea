use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::id::{AuditId, StoreId};
use crate::unit_of_work::{Access, StoreError, UnitOfWork, transact};

/// Numbers for audit entries, taken from the database in blocks by a unit of their own, so that
/// writers do not wait for one another. What a stopped process had left of its block is a gap.
#[derive(Default)]
pub struct AuditIds {
    blocks: Mutex<HashMap<StoreId, Range<i64>>>,
}

impl AuditIds {
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

    /// Reserves a block of `size` numbers.
    pub(crate) async fn refill(
        &self,
        unit_of_work: &dyn UnitOfWork,
        store: StoreId,
        size: u32,
    ) -> Result<(), StoreError> {
        let first = transact(unit_of_work, Access::Write, move |tx| {
            tx.store(store).audit().reserve_ids(size)
        })
        .await?;
        self.adopt(store, first, size);
        Ok(())
    }

    /// Goes on with the block of `size` numbers from `first`. Of two blocks the later one stays, so
    /// that the numbers of a node ascend.
    pub(crate) fn adopt(&self, store: StoreId, first: AuditId, size: u32) {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let block = blocks.entry(store).or_insert(0..0);
        if first.get() >= block.end {
            *block = first.get()..first.get() + i64::from(size);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn numbers_ascend_and_end_with_the_block() {
        let ids = AuditIds::default();
        let store = StoreId::new(Uuid::from_u128(1));
        assert_eq!(ids.next(store), None);
        ids.adopt(store, AuditId::new(5).expect("valid"), 2);
        assert!(ids.holds(store, 2));
        assert!(!ids.holds(store, 3));
        let taken: Vec<_> = std::iter::from_fn(|| ids.next(store)).map(AuditId::get).collect();
        assert_eq!(taken, [5, 6]);
    }

    #[test]
    fn an_earlier_block_does_not_come_back() {
        let ids = AuditIds::default();
        let store = StoreId::new(Uuid::from_u128(1));
        ids.adopt(store, AuditId::new(100).expect("valid"), 10);
        ids.adopt(store, AuditId::new(50).expect("valid"), 10);
        assert_eq!(ids.next(store).map(AuditId::get), Some(100));
    }
}
