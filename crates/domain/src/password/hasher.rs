//! Hashing as a port: slow on purpose, so it has a bounded queue, and a place in it is taken before
//! anything is counted.
#![cfg_attr(
    any(test, feature = "mocks"),
    expect(clippy::ref_option_ref, reason = "a mock takes its arguments by reference")
)]

use async_trait::async_trait;
use thiserror::Error;

use super::{Password, PasswordHash};

/// Gives places in a bounded queue.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait PasswordHasher: Send + Sync + 'static {
    /// A place for one request, which may compute several hashes one after the other.
    ///
    /// # Errors
    /// [`Overloaded`] when there is none: nothing was done and nothing waits.
    fn admit(&self) -> Result<Box<dyn HashTicket>, Overloaded>;
}

/// A place in the queue; it is free again when this is dropped.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait HashTicket: Send + Sync {
    /// Hashes a password with the present algorithm, parameters and pepper and a new salt.
    ///
    /// # Errors
    /// [`HashError`].
    async fn hash(&self, password: &Password) -> Result<PasswordHash, HashError>;

    /// Whether this is the password that was hashed, compared in constant time. Without a hash, and
    /// with one that no engine can read, it is wrong, at the cost of one hash with the present
    /// parameters; a hash that cannot be read is reported to the operator.
    ///
    /// # Errors
    /// [`HashError`].
    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<Verified, HashError>;
}

/// What became of a verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It is the password.
    Right {
        /// Whether the hash was made with other parameters, another algorithm or another pepper
        /// than the present ones.
        outdated: bool,
    },
    /// It is not, or there is none.
    Wrong,
}

/// There is no place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many passwords are being hashed")]
pub struct Overloaded;

/// Why nothing could be hashed. Nothing is known of the password.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HashError {
    /// The hash is peppered with a key that is not here.
    #[error("the pepper key {key_id} is not in the file of secret keys")]
    UnknownPepper {
        /// The name of the key.
        key_id: String,
    },
    /// The hash did not come to its turn in time, or the threads have ended.
    #[error("no password could be hashed in time")]
    Overloaded,
}
