use super::PasswordHash;
use crate::audit::Stamp;
use crate::id::UserId;
use crate::unit_of_work::StoreError;
use crate::version::Version;

/// The password of a user, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPassword {
    /// What is kept of it.
    pub hash: PasswordHash,
    /// Of the audit entry that recorded when it was set. A rehash leaves it.
    pub version: Version,
}

/// Passwords of users of one store. They go with their user.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait PasswordRepository {
    /// The user's password. `None` when there is no such user, or no password yet.
    fn find(&mut self, user: UserId) -> Result<Option<StoredPassword>, StoreError>;

    /// Up to `limit` hashes of the user's earlier passwords, the latest first; the present one is
    /// not among them.
    fn history(&mut self, user: UserId, limit: u32) -> Result<Vec<PasswordHash>, StoreError>;

    /// Sets the password. The one before becomes the latest of the earlier ones, of which the
    /// latest `keep` stay. `stamp` is that of the change of the user that records it.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when there is no such user.
    fn set(
        &mut self,
        user: UserId,
        hash: &PasswordHash,
        stamp: Stamp,
        keep: u32,
    ) -> Result<(), StoreError>;

    /// Replaces the hash by another one of the same password, unless it is no longer `before`.
    /// Whether it was replaced.
    fn rehash(
        &mut self,
        user: UserId,
        before: &PasswordHash,
        after: &PasswordHash,
    ) -> Result<bool, StoreError>;
}
