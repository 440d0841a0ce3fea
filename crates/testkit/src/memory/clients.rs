use std::sync::Arc;

use domain::access::{Assignment, Holder};
use domain::audit::Recorded;
use domain::client::{ApiKeyHash, Client, ClientDirectory, ClientRepository};
use domain::id::{ClientId, StoreId};
use domain::unit_of_work::{StoreError, Unique};

use super::image::Tenant;
use super::table::length;
use super::unit::{OpenStore, OpenUnit};

impl Tenant {
    /// A client with its grants.
    fn whole(&self, client: &Client) -> Client {
        let grants = self.grants_of(Holder::Client(client.id)).collect();
        Client { grants, ..client.clone() }
    }

    fn client(&self, id: ClientId) -> Option<Client> {
        self.clients.get(&id).map(|client| self.whole(client))
    }

    fn add_client(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        let record = client.record();
        if self.clients.contains(&record.id) {
            return Err(StoreError::Conflict { what: Unique::ClientId });
        }
        if self.client_names.contains(&record.name.folded()) {
            return Err(StoreError::Conflict { what: Unique::ClientName });
        }
        let holder = Holder::Client(record.id);
        for grant in record.grants.iter().cloned() {
            self.assignments.put(Assignment { holder, grant }, ());
        }
        let without_grants = Client { grants: Vec::new(), ..record.clone() };
        self.clients.put(record.id, Arc::new(without_grants));
        self.client_names.put(record.name.folded(), record.id);
        self.log(client)
    }

    fn remove_client(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        let id = client.record().id;
        let removed = self.clients.remove(&id).ok_or(StoreError::Stale)?;
        self.client_names.remove(&removed.name.folded());
        self.assignments.retain(|assignment, ()| assignment.holder != Holder::Client(id));
        self.log(client)
    }
}

impl ClientDirectory for OpenUnit<'_> {
    fn find_by_key(&mut self, hash: &ApiKeyHash) -> Result<Option<(StoreId, Client)>, StoreError> {
        self.read(|image| {
            image.tenants.iter().find_map(|(store, tenant)| {
                let found = tenant.clients.values().find(|client| client.key_hash == *hash)?;
                Some((*store, tenant.whole(found)))
            })
        })
    }

    fn any(&mut self) -> Result<bool, StoreError> {
        self.read(|image| image.tenants.values().any(|tenant| !tenant.clients.is_empty()))
    }
}

impl ClientRepository for OpenStore<'_, '_> {
    fn find(&mut self, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.read(|tenant| tenant.client(id))
    }

    fn find_for_update(&mut self, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.read_locked(|tenant| tenant.client(id))
    }

    fn page(&mut self, after: Option<ClientId>, limit: u32) -> Result<Vec<Client>, StoreError> {
        self.read(|tenant| {
            let found = tenant.clients.behind(after).take(length(limit));
            found.map(|(_, client)| tenant.whole(client)).collect()
        })
    }

    fn insert(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        self.write(|tenant| tenant.add_client(client))
    }

    fn remove(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        self.write(|tenant| tenant.remove_client(client))
    }
}
