use super::{ApiKeyHash, Client};
use crate::audit::Recorded;
use crate::id::{ClientId, StoreId};
use crate::unit_of_work::StoreError;

/// Finds who holds an API key, in whatever store: the look-up of authentication.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait ClientDirectory {
    /// The client with that key, with its store and grants, in one statement. `None` when nobody
    /// holds the key.
    fn find_by_key(&mut self, hash: &ApiKeyHash) -> Result<Option<(StoreId, Client)>, StoreError>;

    /// Whether there is any client in any store.
    fn any(&mut self) -> Result<bool, StoreError>;
}

/// API clients that belong to one store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait ClientRepository {
    /// The client of that id with its grants. `None` when the store has none.
    fn find(&mut self, id: ClientId) -> Result<Option<Client>, StoreError>;

    /// The client of that id, locked against other writers. `None` when the store has none.
    fn find_for_update(&mut self, id: ClientId) -> Result<Option<Client>, StoreError>;

    /// Up to `limit` clients whose id is greater than `after`, in order of id, with their grants.
    fn page(&mut self, after: Option<ClientId>, limit: u32) -> Result<Vec<Client>, StoreError>;

    /// Adds a client with its key's hash, its grants and its audit entry.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] naming `ClientId` or `ClientName`.
    fn insert(&mut self, client: &Recorded<Client>) -> Result<(), StoreError>;

    /// Removes a client with what it holds of its grants: its key ends at once.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it is not there.
    fn remove(&mut self, client: &Recorded<Client>) -> Result<(), StoreError>;
}
