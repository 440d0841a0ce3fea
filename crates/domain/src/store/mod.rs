//! User stores: the tenants. Every user, group, client and audit entry belongs to exactly one.

mod change;
mod name;
mod removal;
mod repository;
mod service;
mod setting;
mod settings;

pub(crate) use change::found;
pub use name::{StoreName, StoreNameError};
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockStoreRepository;
pub use repository::StoreRepository;
pub use service::{EditStore, NewStore, StoreDraft, StoreService};
pub use setting::{Setting, SettingValue, Values, printed_name};
pub use settings::{Overrides, PasswordPolicy, Settings, StoreRules};

use crate::audit::PublicKeyInfo;
use crate::id::StoreId;
use crate::version::Version;

/// A user store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Immutable.
    pub id: StoreId,
    /// Unique ignoring case; an alternative to the id in every path.
    pub name: StoreName,
    /// What is set for it, through the API or the command line.
    pub set: Overrides,
    /// The key that signs its audit trail.
    pub audit_key: PublicKeyInfo,
    /// Changes with every change of the store's own properties.
    pub version: Version,
}

/// How a caller names a store: by id or by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StoreRef {
    /// By id.
    Id(StoreId),
    /// By name, ignoring case.
    Name(StoreName),
}

impl StoreRef {
    /// Reads a path segment: what is a UUID is an id, everything else a name.
    ///
    /// # Errors
    /// The text is neither; no such store can exist.
    pub fn parse(text: &str) -> Result<Self, StoreNameError> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => StoreName::parse(text).map(Self::Name),
        }
    }
}
