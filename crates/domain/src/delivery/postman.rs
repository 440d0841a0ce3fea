use async_trait::async_trait;
use thiserror::Error;

use super::Letter;

/// Sends mail: by SMTP, into a directory, or however an adapter does it.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Postman: Send + Sync + 'static {
    /// Hands a letter over to where it goes, within a time that the adapter bounds: far below the
    /// minute for which a delivery is leased. `Ok` means that it was taken; a letter that comes a
    /// second time has the same id.
    ///
    /// # Errors
    /// [`Undelivered`].
    async fn send(&self, letter: &Letter) -> Result<(), Undelivered>;
}

/// Why a letter was not taken. The texts are for the operator and hold no part of the letter.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Undelivered {
    /// It may be taken later: no connection, a full mailbox, a server that is busy.
    #[error("not now: {0}")]
    NotNow(String),
    /// It will never be taken: an address that is refused, a template that cannot be filled in.
    #[error("never: {0}")]
    Never(String),
}
