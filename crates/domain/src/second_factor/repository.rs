use super::{RecoveryHash, SecondFactor};
use crate::id::UserId;
use crate::unit_of_work::StoreError;

/// Second factors of users of one store. They go with their user.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait SecondFactorRepository {
    /// The second factor of a user, locked until the unit ends. `None` when there is none: whoever is
    /// going to [`Self::put`] one has the user locked.
    fn lock(&mut self, user: UserId) -> Result<Option<SecondFactor>, StoreError>;

    /// Keeps a second factor in place of the one before. Recovery codes stay.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when there is no such user.
    fn put(&mut self, user: UserId, factor: &SecondFactor) -> Result<(), StoreError>;

    /// Removes the second factor of a user with every recovery code. Nothing when there is none.
    fn remove(&mut self, user: UserId) -> Result<(), StoreError>;

    /// Forgets the wrong codes of these users, in one statement a chunk.
    fn clear_attempts(&mut self, users: &[UserId]) -> Result<(), StoreError>;

    /// Keeps these recovery codes in place of those before.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when there is no such user.
    fn set_recovery_codes(
        &mut self,
        user: UserId,
        codes: &[RecoveryHash],
    ) -> Result<(), StoreError>;

    /// Removes a recovery code. Whether it was there: of several units that remove it, one is told
    /// so.
    fn take_recovery_code(&mut self, user: UserId, code: &RecoveryHash)
    -> Result<bool, StoreError>;
}
