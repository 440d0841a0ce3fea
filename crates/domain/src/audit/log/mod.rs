//! The Merkle log of a store: what makes a removal, an exchange or a truncation show.
//!
//! - [`TreeHash`], [`Frontier`]: hashing as RFC 9162 has it, from the first leaf on
//! - [`Tile`], [`Edge`]: how the hashes are stored, and how the log grows
//! - [`Proof`]: that an entry is in it, and that it only grew
//! - [`note`], [`Checkpoint`], [`KeyTerm`]: what is signed
//! - [`LogRepository`], [`Logs`]: the ports
//! - [`Sealer`]: appends what is committed; [`LogService`]: reads the log

mod checkpoint;
mod event;
mod frontier;
mod growth;
mod hash;
pub mod note;
mod proof;
mod repository;
mod run;
mod seal;
mod service;
mod term;
mod tile;
mod upward;
mod witness;

pub use checkpoint::{Checkpoint, CheckpointError, StoredCheckpoint, origin};
pub use event::Event;
pub use frontier::Frontier;
pub use growth::Growth;
pub use hash::TreeHash;
pub use proof::{Proof, ProofError, Subtree, Tiles};
pub use repository::{LogHead, LogRepository, Logs, SealedEntry, Walk};
#[cfg(any(test, feature = "mocks"))]
pub use repository::{MockLogRepository, MockLogs};
pub use run::Run;
pub use seal::{Sealed, Sealer};
pub(crate) use seal::{genuine, lacking, seal_all};
pub(crate) use service::prove;
pub use service::{ConsistencyProof, InclusionProof, LogService};
pub use term::{KeyTerm, Succession, TermError};
pub use tile::{Edge, Tile, TileId};
pub(crate) use upward::{first_unfit, upper_tiles};
pub(crate) use witness::{Seen, Witness};

/// A number in decimal, in its one form.
fn decimal(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}
