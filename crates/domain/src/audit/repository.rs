use super::{Entry, EntryQuery};
use crate::id::AuditId;
use crate::unit_of_work::StoreError;

/// The audit trail of one store, to read. Entries are written by the repository of the record that
/// changed, together with the change.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AuditRepository {
    /// The entry of that number. `None` when the store has none.
    fn find(&mut self, id: AuditId) -> Result<Option<Entry>, StoreError>;

    /// The entries that the query asks for, in one statement.
    fn list(&mut self, query: &EntryQuery) -> Result<Vec<Entry>, StoreError>;

    /// Takes `count` successive numbers that nobody else will get, and returns the first. The
    /// first number of a store is 1. The store itself need not be there yet.
    fn reserve_ids(&mut self, count: u32) -> Result<AuditId, StoreError>;
}
