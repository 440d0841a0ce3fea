//! Hashes of passwords with Argon2 (RFC 9106): slow on purpose, so computed on a fixed set of
//! threads behind a bounded queue.
//!
//! - [`HashPool`] is the port's adapter: places, a queue, threads that each reuse their memory
//! - [`HashSettings`] says how many, at which cost, and refuses what is too cheap
//! - `Phc` reads and writes the stored form; `Scheme` is what it says of how a hash was made
//! - `Engine` computes; there are two, of equal output

mod costs;
mod engine;
mod job;
mod phc;
mod pool;
mod queue;
mod scheme;
mod settings;
mod worker;

pub use costs::CostsError;
pub use engine::{EngineKind, UnknownEngine};
pub use pool::HashPool;
pub use settings::{HashOptions, HashSettings, HashSettingsError};
