use domain::audit::{AuditRepository, Entry};
use domain::id::AuditId;
use domain::unit_of_work::StoreError;

use super::unit::OpenStore;

impl AuditRepository for OpenStore<'_, '_> {
    fn find(&mut self, id: AuditId) -> Result<Option<Entry>, StoreError> {
        self.read(|tenant| tenant.entries.get(&id).map(|entry| Entry::clone(entry)))
    }

    fn page(&mut self, after: Option<AuditId>, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read(|tenant| {
            tenant.entries.page(after, limit).map(|entry| Entry::clone(entry)).collect()
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
