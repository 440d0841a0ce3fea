use domain::audit::{AuditRepository, Entry, EntryProperty, EntryQuery};
use domain::id::AuditId;
use domain::page::Place;
use domain::unit_of_work::StoreError;

use super::list::select;
use super::unit::OpenStore;

impl AuditRepository for OpenStore<'_, '_> {
    fn find(&mut self, id: AuditId) -> Result<Option<Entry>, StoreError> {
        self.read(|tenant| tenant.entries.get(&id).map(|entry| Entry::clone(entry)))
    }

    fn list(&mut self, query: &EntryQuery) -> Result<Vec<Entry>, StoreError> {
        self.read(|tenant| {
            let entries = tenant.entries.values().map(|entry| &**entry);
            let place = |_, entry: &Entry| Place { sort: String::new(), id: entry.id };
            select(entries, query, EntryProperty::value, place)
        })
    }

    fn reserve_ids(&mut self, count: u32) -> Result<AuditId, StoreError> {
        let store = self.id;
        // A store that is about to be made takes its first numbers before it is there.
        self.unit.write(|image| {
            let tenant = image.tenants.edit(store);
            let first = AuditId::new(tenant.reserved + 1);
            tenant.reserved += i64::from(count);
            first
                .ok_or_else(|| StoreError::Other("the numbers of audit entries are used up".into()))
        })
    }
}
