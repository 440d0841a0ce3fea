//! The real sources of what a program cannot make by itself: time, chance and signing keys.
//!
//! - [`SystemClock`] and [`SystemRandom`] are the only readers of the system clock and of its
//!   generator of random bytes; everything else asks the ports of `domain`
//! - [`Ed25519Signer`] signs audit entries
//! - [`KeyFile`] keeps its private key on disk; [`private_file`] is how secrets are written there

mod key_file;
pub mod private_file;
mod signer;
mod system;

pub use key_file::{KeyFile, KeyFileError};
pub use signer::Ed25519Signer;
pub use system::{SystemClock, SystemRandom};
