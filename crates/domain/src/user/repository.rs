use super::User;
use crate::audit::{Recorded, Stamp};
use crate::id::UserId;
use crate::text::Folded;
use crate::unit_of_work::{StoreError, Taken};

/// Users of one store. Every write stores the change and its audit entry together.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait UserRepository {
    /// The user of that id. `None` when the store has none.
    fn find(&mut self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The same, locked against other writers until the unit ends.
    fn find_for_update(&mut self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The user whose login name folds to `name`. `None` when the store has none.
    fn find_by_login_name(&mut self, name: &Folded) -> Result<Option<User>, StoreError>;

    /// Up to `limit` users whose id is greater than `after`, in order of id.
    fn page(&mut self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError>;

    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] naming one that is taken of `UserId`, `LoginName`, `ExternalId`.
    fn insert(&mut self, user: &Recorded<User>) -> Result<(), StoreError>;

    /// Adds those users whose id, login name and external id are free, with their audit entries,
    /// and says of each of the others what is taken: the first of `UserId`, `LoginName`,
    /// `ExternalId` that is. Earlier users of the slice count as others. Statements grow with
    /// chunks, not with users.
    ///
    /// # Errors
    /// [`StoreError::Retryable`] when what was taken is free again by the time it is looked for.
    fn insert_new(
        &mut self,
        users: &[Recorded<User>],
    ) -> Result<Vec<Result<(), Taken>>, StoreError>;

    /// Replaces a user that was found for update in this unit.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it is not there, [`StoreError::Conflict`] naming `LoginName` or
    /// `ExternalId`.
    fn update(&mut self, user: &Recorded<User>) -> Result<(), StoreError>;

    /// Removes a user that has no profiles and memberships left.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when it is not there.
    fn remove(&mut self, user: &Recorded<User>) -> Result<(), StoreError>;

    /// Gives a user the version of a change of its relations that is recorded elsewhere.
    fn touch(&mut self, id: UserId, stamp: Stamp) -> Result<(), StoreError>;
}
