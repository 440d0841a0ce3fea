use std::sync::Arc;

use domain::audit::Recorded;
use domain::id::StoreId;
use domain::store::{Store, StoreName, StoreRepository};
use domain::unit_of_work::{StoreError, Taken, Unique};

use super::unit::OpenUnit;

impl StoreRepository for OpenUnit<'_> {
    fn find(&mut self, id: StoreId) -> Result<Option<Store>, StoreError> {
        self.read(|image| image.stores.get(&id).map(|store| Store::clone(store)))
    }

    fn find_by_name(&mut self, name: &StoreName) -> Result<Option<Store>, StoreError> {
        self.read(|image| image.store_named(&name.folded()).map(|store| Store::clone(store)))
    }

    fn page(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<Store>, StoreError> {
        self.read(|image| {
            image.stores.page(after, limit).map(|store| Store::clone(store)).collect()
        })
    }

    fn insert_new(&mut self, store: &Recorded<Store>) -> Result<Result<(), Taken>, StoreError> {
        self.write(|image| {
            let record = store.record();
            if image.stores.contains(&record.id) {
                return Ok(Err(Taken { what: Unique::StoreId }));
            }
            if image.store_named(&record.name.folded()).is_some() {
                return Ok(Err(Taken { what: Unique::StoreName }));
            }
            image.stores.put(record.id, Arc::new(record.clone()));
            image.tenants.edit(record.id).log(store)?;
            Ok(Ok(()))
        })
    }
}
