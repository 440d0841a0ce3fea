use std::sync::Arc;

use domain::audit::Recorded;
use domain::id::StoreId;
use domain::store::{Store, StoreName, StoreRef, StoreRepository};
use domain::unit_of_work::{StoreError, Taken, Unique};

use super::image::{Image, Tenant};
use super::table::length;
use super::unit::OpenUnit;

impl Tenant {
    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty() && self.clients.is_empty()
    }

    /// What stays of a removed store: its trail.
    fn left_behind(&self) -> Self {
        Self { trail: self.trail.clone(), ..Self::default() }
    }
}

impl Image {
    fn name_taken_from(&self, store: &Store) -> bool {
        self.store_named(&store.name.folded()).is_some_and(|holder| holder.id != store.id)
    }
}

impl StoreRepository for OpenUnit<'_> {
    fn find(&mut self, id: StoreId) -> Result<Option<Store>, StoreError> {
        self.read(|image| image.stores.get(&id).map(|store| Store::clone(store)))
    }

    fn find_by_name(&mut self, name: &StoreName) -> Result<Option<Store>, StoreError> {
        self.read(|image| image.store_named(&name.folded()).map(|store| Store::clone(store)))
    }

    fn hold(&mut self, store: &StoreRef) -> Result<Option<Store>, StoreError> {
        self.write(|image| Ok(image.store_of(store).map(|store| Store::clone(store))))
    }

    fn find_for_update(&mut self, store: &StoreRef) -> Result<Option<Store>, StoreError> {
        self.write(|image| Ok(image.store_of(store).map(|store| Store::clone(store))))
    }

    fn page(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<Store>, StoreError> {
        self.read(|image| {
            let found = image.stores.behind(after).take(length(limit));
            found.map(|(_, store)| Store::clone(store)).collect()
        })
    }

    fn is_empty(&mut self, id: StoreId) -> Result<bool, StoreError> {
        self.read(|image| image.look_into(id, Tenant::is_empty))
    }

    fn insert_new(&mut self, store: &Recorded<Store>) -> Result<Result<(), Taken>, StoreError> {
        self.write(|image| {
            let record = store.record();
            if image.stores.contains(&record.id) {
                return Ok(Err(Taken { what: Unique::StoreId }));
            }
            if image.name_taken_from(record) {
                return Ok(Err(Taken { what: Unique::StoreName }));
            }
            image.stores.put(record.id, Arc::new(record.clone()));
            image.tenants.edit(record.id).log_alone(store)?;
            Ok(Ok(()))
        })
    }

    fn update(&mut self, store: &Recorded<Store>) -> Result<(), StoreError> {
        self.write(|image| {
            let record = store.record();
            if !image.stores.contains(&record.id) {
                return Err(StoreError::Stale);
            }
            if image.name_taken_from(record) {
                return Err(StoreError::Conflict { what: Unique::StoreName });
            }
            image.stores.put(record.id, Arc::new(record.clone()));
            image.tenants.edit(record.id).log_alone(store)
        })
    }

    fn remove(&mut self, store: &Recorded<Store>) -> Result<(), StoreError> {
        self.write(|image| {
            let id = store.record().id;
            image.stores.remove(&id).ok_or(StoreError::Stale)?;
            let tenant = image.tenants.edit(id);
            if !tenant.is_empty() {
                return Err(StoreError::DanglingReference);
            }
            *tenant = tenant.left_behind();
            tenant.log_alone(store)
        })
    }
}
