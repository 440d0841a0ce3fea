use super::Session;
use crate::id::{SessionId, StoreId, UserId};
use crate::time::Instant;
use crate::token::TokenHash;
use crate::unit_of_work::StoreError;
use crate::user::User;

/// What a token of a session leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presented {
    /// In which store.
    pub store: StoreId,
    /// The session.
    pub session: Session,
    /// When the token was used last, as far as that was noted.
    pub used: Instant,
    /// The user as it is now.
    pub user: User,
}

/// Finds sessions by what is shown, in whatever store: the look-up of authentication. What has
/// expired may be found still: whoever asks looks at the clock.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait SessionDirectory {
    /// The session of a token, with its user, in one statement. `None` when there is no such token.
    fn find_by_token(&mut self, token: &TokenHash) -> Result<Option<Presented>, StoreError>;

    /// The session whose refresh token this is. `None` when there is none.
    fn find_by_refresh(
        &mut self,
        refresh: &TokenHash,
    ) -> Result<Option<(StoreId, Session)>, StoreError>;
}

/// Sessions of users of one store. They go with their user, and tokens with their session.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait SessionRepository {
    /// Adds a session with its first token, used at its start.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when there is no such user.
    fn insert(
        &mut self,
        session: &Session,
        token: &TokenHash,
        refresh: Option<TokenHash>,
    ) -> Result<(), StoreError>;

    /// The session of that id, locked against other writers until the unit ends. `None` when the store
    /// has none.
    fn find_for_update(&mut self, id: SessionId) -> Result<Option<Session>, StoreError>;

    /// Stores that the second factor was shown: all tokens of the session end, and these take their
    /// place.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when there is no such session.
    fn elevate(
        &mut self,
        id: SessionId,
        token: &TokenHash,
        refresh: &TokenHash,
        now: Instant,
    ) -> Result<(), StoreError>;

    /// Adds a further token to a session, used now. Those that were not used since `unused_since` go,
    /// and of the others all but the `keep` used last.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when there is no such session.
    fn add_token(
        &mut self,
        id: SessionId,
        token: &TokenHash,
        now: Instant,
        unused_since: Instant,
        keep: u32,
    ) -> Result<(), StoreError>;

    /// Notes that a token is used now. Nothing when it is gone.
    fn touch(&mut self, token: &TokenHash, now: Instant) -> Result<(), StoreError>;

    /// Ends a session. Whether it was there.
    fn end(&mut self, id: SessionId) -> Result<bool, StoreError>;

    /// Ends every session of these users but `except`, in one statement a chunk.
    fn end_all(&mut self, users: &[UserId], except: Option<SessionId>) -> Result<(), StoreError>;

    /// Forgets those sessions of a user that have expired by `now`, and of the others all but `keep`:
    /// those that have shown the second factor before those that have not, then those that started
    /// last. So nobody who knows the password alone drives out the owner.
    fn tidy(&mut self, user: UserId, now: Instant, keep: u32) -> Result<(), StoreError>;
}
