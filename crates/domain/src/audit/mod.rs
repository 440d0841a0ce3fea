//! The audit trail: every change of a record leaves one signed entry, stored with the change.
//!
//! - [`record`]: the JSON text of a record, which the entry commits to
//! - [`Entry`]: one line of the trail; [`canonical`]: the bytes that are signed
//! - [`Journal`]: makes entries; [`Recorded`] is its proof that a change has one
//! - [`AuditIds`]: numbers for entries, in blocks
//! - [`AuditService`]: reads the trail
//! - [`log`]: the Merkle log over it
//! - [`bundle`]: a part of it in one file
//! - [`AuditKeys`], [`KeyRotation`]: the keys that sign, one after the other
//! - [`Retention`], [`Publishing`], [`Lease`]: what goes on beside requests
//! - [`Erased`]: that a person was erased from it

pub mod bundle;
pub mod canonical;
mod entry;
mod erased;
mod ids;
mod journal;
mod keys;
mod lease;
pub mod log;
mod property;
mod publish;
pub mod record;
mod repository;
mod retention;
mod rotation;
mod service;
mod signer;

pub use entry::{Action, Area, Commitment, Entry, Opened};
pub use erased::Erased;
pub use ids::AuditIds;
pub(crate) use ids::{Source, Supply, reserve};
pub use journal::{Audited, IdsExhausted, Journal, Recorded, Stamp};
#[cfg(any(test, feature = "mocks"))]
pub use keys::MockAuditKeys;
pub use keys::{AuditKeys, PublicKey, PublicKeys};
pub use lease::Lease;
pub use property::EntryProperty;
pub use publish::{FailedPublisher, Publisher, Publishing, Unpublished};
pub use repository::AuditRepository;
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockAuditRepository;
pub use retention::{Archive, Retention};
pub use rotation::KeyRotation;
pub use service::AuditService;
#[cfg(any(test, feature = "mocks"))]
pub use signer::MockSigner;
pub use signer::{PublicKeyInfo, Signature, Signer};

use crate::id::AuditId;
use crate::page::{Query, SortKey};

/// In which order entries can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryOrder {
    /// As they were sealed: no entry ever comes to stand before one that was listed. Entries that
    /// wait to be sealed are not listed yet.
    Commit,
    /// By number.
    Id,
}

impl SortKey for EntryOrder {
    const ALL: &'static [Self] = &[Self::Commit, Self::Id];

    fn name(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Id => "id",
        }
    }
}

/// What of the audit trail is asked for.
pub type EntryQuery = Query<EntryProperty, EntryOrder, AuditId>;
