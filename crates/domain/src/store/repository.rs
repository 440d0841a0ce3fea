use super::{Store, StoreName, StoreRef};
use crate::audit::Recorded;
use crate::id::StoreId;
use crate::unit_of_work::{StoreError, Taken};

/// The register of user stores: the one repository that no store id narrows.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait StoreRepository {
    /// The store of that id. `None` when there is none.
    fn find(&mut self, id: StoreId) -> Result<Option<Store>, StoreError>;

    /// The store of that name, ignoring case. `None` when there is none.
    fn find_by_name(&mut self, name: &StoreName) -> Result<Option<Store>, StoreError>;

    /// The same by id or name, as it stays until the unit ends: what changes in a store holds it,
    /// and whoever changes the store itself waits for all of those.
    fn hold(&mut self, store: &StoreRef) -> Result<Option<Store>, StoreError>;

    /// The same, locked against everything that changes in the store and against its other changes.
    fn find_for_update(&mut self, store: &StoreRef) -> Result<Option<Store>, StoreError>;

    /// Up to `limit` stores whose id is greater than `after`, in order of id.
    fn page(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<Store>, StoreError>;

    /// Whether the store has no users, groups and clients.
    fn is_empty(&mut self, id: StoreId) -> Result<bool, StoreError>;

    /// Adds a store with its audit entry; `Err(Taken)` inside when id or name is taken, which is
    /// no failure of the call: another node may have been first.
    fn insert_new(&mut self, store: &Recorded<Store>) -> Result<Result<(), Taken>, StoreError>;

    /// Replaces a store that was found for update in this unit.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it is not there, [`StoreError::Conflict`] naming `StoreName`.
    fn update(&mut self, store: &Recorded<Store>) -> Result<(), StoreError>;

    /// Removes a store without users, groups and clients. Its audit trail stays.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it is not there, [`StoreError::DanglingReference`] when something
    /// is left in it.
    fn remove(&mut self, store: &Recorded<Store>) -> Result<(), StoreError>;
}
