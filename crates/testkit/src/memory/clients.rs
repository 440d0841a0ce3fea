use std::sync::Arc;

use domain::audit::Recorded;
use domain::client::{ApiKeyHash, Client, ClientDirectory, ClientRepository};
use domain::id::{ClientId, StoreId};
use domain::time::Instant;
use domain::unit_of_work::{StoreError, Unique};

use super::image::Image;
use super::unit::{OpenStore, OpenUnit};

impl Image {
    fn clients(&self) -> impl Iterator<Item = (StoreId, &Arc<Client>)> {
        self.tenants
            .iter()
            .flat_map(|(store, tenant)| tenant.clients.iter().map(|(_, client)| (*store, client)))
    }
}

impl ClientDirectory for OpenUnit<'_> {
    fn find_by_key(&mut self, hash: &ApiKeyHash) -> Result<Option<(StoreId, Client)>, StoreError> {
        self.read(|image| {
            let (store, client) = image.clients().find(|(_, client)| client.key_hash == *hash)?;
            Some((store, Client::clone(client)))
        })
    }

    fn any(&mut self) -> Result<bool, StoreError> {
        self.read(|image| image.clients().next().is_some())
    }
}

impl ClientRepository for OpenStore<'_, '_> {
    fn find_for_update(&mut self, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.read_locked(|tenant| tenant.clients.get(&id).map(|client| Client::clone(client)))
    }

    fn page(&mut self, after: Option<ClientId>, limit: u32) -> Result<Vec<Client>, StoreError> {
        self.read(|tenant| {
            tenant.clients.page(after, limit).map(|client| Client::clone(client)).collect()
        })
    }

    fn insert(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        self.write(|tenant| {
            let record = client.record();
            if tenant.clients.contains(&record.id) {
                return Err(StoreError::Conflict { what: Unique::ClientId });
            }
            if tenant.client_names.contains(&record.name.folded()) {
                return Err(StoreError::Conflict { what: Unique::ClientName });
            }
            tenant.clients.put(record.id, Arc::new(record.clone()));
            tenant.client_names.put(record.name.folded(), record.id);
            tenant.log(client)
        })
    }

    fn remove(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        self.write(|tenant| {
            let removed = tenant.clients.remove(&client.record().id).ok_or(StoreError::Stale)?;
            tenant.client_names.remove(&removed.name.folded());
            tenant.log(client)
        })
    }

    fn other_system_admins(&mut self, except: ClientId, now: Instant) -> Result<u64, StoreError> {
        let here = self.id;
        self.unit.write(|image| {
            let others = image
                .clients()
                .filter(|(store, client)| (*store, client.id) != (here, except))
                .filter(|(_, client)| client.is_system_admin())
                .filter(|(_, client)| client.expires.is_none_or(|at| now < at));
            Ok(others.fold(0, |count, _| count + 1))
        })
    }
}
