//! One-time tokens: whoever shows one is taken for its owner, once, for one purpose.

mod repository;
mod secret;

#[cfg(any(test, feature = "mocks"))]
pub use repository::MockTokenRepository;
pub use repository::{StoredToken, TokenRepository};
pub use secret::{Token, TokenHash};

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To set a new password.
    PasswordReset,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 1] = [Self::PasswordReset];

    /// What tokens of this purpose begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::PasswordReset => "usr_reset_",
        }
    }
}
