//! API clients: programs that call with an API key.

mod api_key;
mod repository;
mod service;

pub use api_key::{ApiKey, ApiKeyError, ApiKeyHash};
pub use repository::{ClientDirectory, ClientRepository};
#[cfg(any(test, feature = "mocks"))]
pub use repository::{MockClientDirectory, MockClientRepository};
pub use service::{ClientService, NewClient};

use crate::access::Grant;
use crate::id::ClientId;
use crate::text::text_type;
use crate::time::Instant;

text_type!(
    /// What a client is called: 1 to 256 characters, unique in its store ignoring case.
    ClientName, 1..=256
);

/// An API client. It belongs to one store; its grants may reach further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Immutable.
    pub id: ClientId,
    /// For people; not an identity.
    pub name: ClientName,
    /// SHA-256 of its key; the key itself is nowhere.
    pub key_hash: ApiKeyHash,
    /// What it may do, and where; in order, each once.
    pub grants: Vec<Grant>,
    /// When it was made.
    pub created: Instant,
    /// From when on its key is refused; checked against the clock at every use.
    pub expires: Option<Instant>,
}
