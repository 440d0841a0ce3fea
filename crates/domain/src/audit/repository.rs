use super::{Entry, EntryQuery, Erased, Recorded};
use crate::id::AuditId;
use crate::unit_of_work::StoreError;

/// The audit trail of one store, to read. Entries are written by the repository of the record that
/// changed, together with the change.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AuditRepository {
    /// The entry of that number. `None` when the store has none.
    fn find(&mut self, id: AuditId) -> Result<Option<Entry>, StoreError>;

    /// The entries that the query asks for, in one statement; in order of their numbers, whatever
    /// order it names.
    fn list(&mut self, query: &EntryQuery) -> Result<Vec<Entry>, StoreError>;

    /// Erases contents and salts of every entry of the user and of their profiles, stores the entry
    /// that says so, and gives how many entries of theirs there were, erased now or before. That entry
    /// is not counted and not erased, nor is any other that says the same.
    fn erase(&mut self, erased: &Recorded<Erased>) -> Result<u64, StoreError>;

    /// Takes `count` successive numbers that nobody else will get, and returns the first. The
    /// first number of a store is 1. The store itself need not be there yet.
    fn reserve_ids(&mut self, count: u32) -> Result<AuditId, StoreError>;
}
