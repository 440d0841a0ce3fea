use super::{Store, StoreName};
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

    /// Up to `limit` stores whose id is greater than `after`, in order of id.
    fn page(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<Store>, StoreError>;

    /// Adds a store with its audit entry; `Err(Taken)` inside when id or name is taken, which is
    /// no failure of the call: another node may have been first.
    fn insert_new(&mut self, store: &Recorded<Store>) -> Result<Result<(), Taken>, StoreError>;
}
