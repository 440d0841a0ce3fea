use super::{Purpose, TokenHash};
use crate::id::UserId;
use crate::time::Instant;
use crate::unit_of_work::StoreError;

/// What is kept of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// Its hash.
    pub hash: TokenHash,
    /// From when on it is worth nothing.
    pub expires: Instant,
}

/// One-time tokens of users of one store: at most one of a purpose for each user. They go with their
/// user.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait TokenRepository {
    /// Keeps a token in place of the one before.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when there is no such user.
    fn put(
        &mut self,
        user: UserId,
        purpose: Purpose,
        token: &StoredToken,
    ) -> Result<(), StoreError>;

    /// The user's token. `None` when there is none.
    fn find(&mut self, user: UserId, purpose: Purpose) -> Result<Option<StoredToken>, StoreError>;

    /// Removes the token of that hash. Whether it was there: of several units that remove it, one is
    /// told so.
    fn take(
        &mut self,
        user: UserId,
        purpose: Purpose,
        hash: &TokenHash,
    ) -> Result<bool, StoreError>;

    /// Removes every token of these users, in one statement a chunk.
    fn clear(&mut self, users: &[UserId]) -> Result<(), StoreError>;
}
