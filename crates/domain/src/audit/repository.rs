use super::Entry;
use crate::id::AuditId;
use crate::unit_of_work::StoreError;

/// The audit trail of one store, to read. Entries are written by the repository of the record that
/// changed, together with the change.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AuditRepository {
    /// The entry of that number. `None` when the store has none.
    fn find(&mut self, id: AuditId) -> Result<Option<Entry>, StoreError>;

    /// Up to `limit` entries whose number is greater than `after`, ascending.
    fn page(&mut self, after: Option<AuditId>, limit: u32) -> Result<Vec<Entry>, StoreError>;

    /// Takes `count` successive numbers that nobody else will get, and returns the first. The
    /// first number of a store is 1. The store itself need not be there yet.
    fn reserve_ids(&mut self, count: u32) -> Result<AuditId, StoreError>;
}
