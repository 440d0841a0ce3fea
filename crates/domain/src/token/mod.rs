//! Tokens: whoever shows one is taken for its owner, for one purpose. Those of a [`TokenRepository`] work
//! once, those of a [`crate::session`] until that ends.

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
    /// To set the password that was previewed.
    PasswordPreview,
    /// To act as somebody who has signed in.
    Session,
    /// To be given a further token of a session.
    Refresh,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] =
        [Self::PasswordReset, Self::PasswordPreview, Self::Session, Self::Refresh];

    /// What tokens of this purpose begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::PasswordReset => "usr_reset_",
            Self::PasswordPreview => "usr_preview_",
            Self::Session => "usr_session_",
            Self::Refresh => "usr_refresh_",
        }
    }
}
