use domain::access::{Grant, Reach, RoleName};
use domain::client::{ApiKeyHash, Client, ClientName};
use domain::id::{ClientId, StoreId};
use domain::time::{Clock as _, Instant};

use super::uuid_of;
use crate::ManualClock;

/// Makes an API client.
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    client: Client,
}

/// A client of that name without a role, whose key is `key of <name>`.
pub fn a_client(name: &str) -> ClientBuilder {
    ClientBuilder {
        client: Client {
            id: ClientId::new(uuid_of("client", name)),
            name: ClientName::parse(name).expect("a name of a client"),
            key_hash: ApiKeyHash::of(&format!("key of {name}")),
            grants: Vec::new(),
            created: ManualClock::default().now(),
            expires: None,
        },
    }
}

impl ClientBuilder {
    /// With this id instead of the one that follows from the name.
    #[must_use]
    pub fn id(mut self, id: ClientId) -> Self {
        self.client.id = id;
        self
    }

    /// With this key.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.client.key_hash = ApiKeyHash::of(key);
        self
    }

    /// Holds `SystemAdmin`.
    #[must_use]
    pub fn system_admin(self) -> Self {
        self.grant(Grant::system_admin())
    }

    /// Holds `role` in `store`.
    #[must_use]
    pub fn holding(self, role: RoleName, store: StoreId) -> Self {
        self.grant(Grant::new(role, Reach::Store(store)).expect("a role of a store"))
    }

    /// Holds `role` in every store.
    #[must_use]
    pub fn holding_everywhere(self, role: RoleName) -> Self {
        self.grant(Grant::new(role, Reach::Everywhere).expect("a role of every store"))
    }

    /// Its key is refused from `at` on.
    #[must_use]
    pub fn expiring(mut self, at: Instant) -> Self {
        self.client.expires = Some(at);
        self
    }

    /// The client, with its grants in order.
    pub fn build(self) -> Client {
        self.client
    }

    fn grant(mut self, grant: Grant) -> Self {
        self.client.grants.push(grant);
        self.client.grants.sort_unstable();
        self.client.grants.dedup();
        self
    }
}
