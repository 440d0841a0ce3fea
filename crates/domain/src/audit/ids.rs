use std::collections::HashMap;
use std::mem;
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
    /// Up to so many numbers a unit draws from the block that all share; a larger one gets a block
    /// of its own, so that large ones do not take one another's numbers.
    pub(crate) const FEW: u32 = 64;

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

/// Where the numbers of a unit come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The block that all share.
    Common,
    /// A block of its own, this large.
    Own(u32),
}

/// Where the numbers of one unit come from, run after run. The first run draws from the common
/// block.
pub(crate) struct Supply {
    /// The most that the unit may take: all its entries stay in memory until it ends.
    most: u32,
    /// The least that a block of its own has.
    size: u32,
    /// Whether the common block may do, filled up again. Who runs out of that a second time needs a
    /// block of its own.
    shares: bool,
}

impl Supply {
    /// The supply of a unit that is known to take `entries` numbers and may take `most`.
    pub(crate) fn new(entries: u32, most: u32) -> Self {
        Self { most, size: entries.max(AuditIds::BLOCK), shares: entries <= AuditIds::FEW }
    }

    /// The source of the next run, when the last one turned out to need `least` numbers. A unit
    /// that cannot say what it needs gets twice as many each time. `None` when it needs too many.
    pub(crate) fn next(&mut self, least: u32) -> Option<Source> {
        if least > self.most {
            return None;
        }
        if mem::take(&mut self.shares) && least <= AuditIds::FEW {
            return Some(Source::Common);
        }
        let size = self.size.max(least).min(self.most);
        self.size = size.saturating_mul(2);
        Some(Source::Own(size))
    }
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

    #[test]
    fn a_small_unit_shares_once_and_then_has_twice_as_many_each_time_up_to_the_most() {
        let mut supply = Supply::new(1, 5000);
        let mut runs = |least| supply.next(least);
        assert_eq!(runs(2), Some(Source::Common));
        assert_eq!(runs(3), Some(Source::Own(1024)));
        assert_eq!(runs(1025), Some(Source::Own(2048)));
        assert_eq!(runs(2049), Some(Source::Own(4096)));
        assert_eq!(runs(4097), Some(Source::Own(5000)));
        assert_eq!(runs(5001), None);
    }

    #[test]
    fn a_unit_that_says_what_it_needs_has_it_in_its_next_run() {
        assert_eq!(Supply::new(1, 5000).next(AuditIds::FEW + 1), Some(Source::Own(1024)));
        assert_eq!(Supply::new(1, 5000).next(4000), Some(Source::Own(4000)));
        assert_eq!(Supply::new(3000, 5000).next(3000), Some(Source::Own(3000)));
        assert_eq!(Supply::new(1, 5000).next(5000), Some(Source::Own(5000)));
    }

    #[test]
    fn a_unit_that_needs_more_than_the_most_does_not_run_again() {
        assert_eq!(Supply::new(1, 10).next(11), None);
        assert_eq!(Supply::new(11, 10).next(11), None);
        // The most is no less than it says, and no more.
        let mut supply = Supply::new(1, 100);
        assert_eq!(supply.next(100), Some(Source::Own(100)));
        assert_eq!(supply.next(101), None);
    }

    #[test]
    fn a_unit_whose_numbers_were_lost_gets_as_many_again() {
        let mut supply = Supply::new(100, 100);
        assert_eq!(supply.next(100), Some(Source::Own(100)));
        assert_eq!(supply.next(100), Some(Source::Own(100)));
    }
}
