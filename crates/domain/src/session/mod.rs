//! Sessions: what somebody has who signed in and is taken for that user until it ends.
//!
//! A session is a family of tokens. Each token ends when nobody uses it for a while, and all of them
//! end with the session: at its absolute end, when the user signs out, and when the password is
//! changed or the account locked, deactivated or removed. Only hashes of tokens are kept. What the
//! user may do, and whether a second factor or another password is due, is looked up at every request.

mod identity;
mod repository;
mod rules;
mod service;
mod tokens;

pub use identity::Identity;
pub(crate) use identity::identity;
#[cfg(any(test, feature = "mocks"))]
pub use repository::{MockSessionDirectory, MockSessionRepository};
pub use repository::{Presented, SessionDirectory, SessionRepository};
pub use rules::SessionRules;
pub use service::{SessionService, SignIn};
pub(crate) use tokens::NewTokens;
pub use tokens::SessionTokens;

use crate::id::{SessionId, UserId};
use crate::time::Instant;

/// A session as it is kept, without its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Immutable; no secret.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// Whether the second factor was shown too.
    pub second_factor: bool,
    /// Whether the user wished to be remembered: it lasts longer.
    pub remembered: bool,
    /// When the user signed in.
    pub started: Instant,
    /// From when on it is worth nothing, however much it is used.
    pub expires: Instant,
}
