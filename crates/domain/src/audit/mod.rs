//! The audit trail: every change of a record leaves one signed entry, stored with the change.
//!
//! - [`record`]: the JSON text of a record, which the entry commits to
//! - [`Entry`]: one line of the trail; [`canonical`]: the bytes that are signed
//! - [`Journal`]: makes entries; [`Recorded`] is its proof that a change has one
//! - [`AuditIds`]: numbers for entries, in blocks
//! - [`AuditService`]: reads the trail

pub mod canonical;
mod entry;
mod ids;
mod journal;
mod property;
pub mod record;
mod repository;
mod service;
mod signer;

pub use entry::{Action, Area, Commitment, Entry, Opened};
pub use ids::AuditIds;
pub(crate) use ids::{Source, Supply, reserve};
pub use journal::{Audited, IdsExhausted, Journal, Recorded, Stamp};
pub use property::EntryProperty;
pub use repository::AuditRepository;
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockAuditRepository;
pub use service::AuditService;
#[cfg(any(test, feature = "mocks"))]
pub use signer::MockSigner;
pub use signer::{PublicKeyInfo, Signature, Signer};

use crate::id::AuditId;
use crate::page::{Query, SortKey};

/// In which order entries can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryOrder {
    /// By number.
    Id,
}

impl SortKey for EntryOrder {
    const ALL: &'static [Self] = &[Self::Id];

    fn name(self) -> &'static str {
        "id"
    }
}

/// What of the audit trail is asked for.
pub type EntryQuery = Query<EntryProperty, EntryOrder, AuditId>;
