//! The real sources of what a program cannot make by itself: time, chance, keys, and the hashes of
//! passwords.
//!
//! - [`SystemClock`] and [`SystemRandom`] are the only readers of the system clock and of its
//!   generator of random bytes; everything else asks the ports of `domain`
//! - [`Ed25519Signer`] signs audit entries
//! - [`KeyFile`] keeps its private key on disk; [`private_file`] is how secrets are written there
//! - [`Keyring`] has the key that signs, and the one that is to come next
//! - [`StrictKeys`] check signatures that others made
//! - [`SecretKeys`] seal and hash what is secret in the database; [`SecretKeyFile`] keeps them
//! - [`HashPool`] hashes passwords
//! - [`AuthenticatorCodes`] are the one-time passwords of authenticators
//! - [`Lists`] tells common and breached passwords: the shipped list ([`CommonPasswords`]) and the
//!   operator's ([`BreachFilter`])

mod blocklist;
mod hashing;
mod key_file;
mod keyring;
pub mod private_file;
mod secret_key_file;
mod secret_keys;
mod signer;
mod strict_keys;
mod system;
mod totp;

pub use blocklist::{
    BreachFilter, BreachFilterError, BuildError, Built, CommonPasswords, LineFault, Lists,
};
pub use hashing::{
    CostsError, EngineKind, HashOptions, HashPool, HashSettings, HashSettingsError, UnknownEngine,
};
pub use key_file::{KeyFile, KeyFileError};
pub use keyring::{Keyring, KeyringError};
pub use secret_key_file::{SecretKeyFile, SecretKeyFileError};
pub use secret_keys::SecretKeys;
pub use signer::Ed25519Signer;
pub use strict_keys::StrictKeys;
pub use system::{SystemClock, SystemRandom};
pub use totp::AuthenticatorCodes;
