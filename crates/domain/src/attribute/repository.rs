use super::Profile;
use crate::audit::Recorded;
use crate::id::UserId;
use crate::unit_of_work::StoreError;

/// Profiles of the users of one store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait ProfileRepository {
    /// The profiles of a user, in order of the folded key.
    fn of(&mut self, user: UserId) -> Result<Vec<Profile>, StoreError>;

    /// The same for many users in one statement, in order of user and folded key.
    fn of_all(&mut self, users: &[UserId]) -> Result<Vec<Profile>, StoreError>;

    /// Adds, changes and removes profiles as each change says, with their audit entries.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when the user is not there, [`StoreError::Conflict`] when
    /// a key to add is taken, [`StoreError::Stale`] when one to change or remove is not there.
    fn apply(&mut self, changes: &[Recorded<Profile>]) -> Result<(), StoreError>;
}
