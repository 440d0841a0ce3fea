use domain::audit::{AuditRepository, Entry, EntryProperty, EntryQuery, Erased, Recorded};
use domain::id::AuditId;
use domain::page::Place;
use domain::unit_of_work::StoreError;

use super::list::select;
use super::unit::OpenStore;

impl AuditRepository for OpenStore<'_, '_> {
    fn find(&mut self, id: AuditId) -> Result<Option<Entry>, StoreError> {
        self.read(|tenant| tenant.trail.entries.get(&id).map(|entry| Entry::clone(entry)))
    }

    fn list(&mut self, query: &EntryQuery) -> Result<Vec<Entry>, StoreError> {
        self.read(|tenant| {
            let entries = tenant.trail.entries.values().map(|entry| &**entry);
            let place = |_, entry: &Entry| Place { sort: String::new(), id: entry.id };
            select(entries, query, EntryProperty::value, place)
        })
    }

    fn erase(&mut self, erased: &Recorded<Erased>) -> Result<u64, StoreError> {
        self.write(|tenant| {
            let count = tenant.trail.erase(erased.record().user);
            tenant.log(erased)?;
            Ok(count)
        })
    }

    fn reserve_ids(&mut self, count: u32) -> Result<AuditId, StoreError> {
        // A store that is about to be made takes its first numbers before it is there.
        self.write_trail(|trail| {
            let first = AuditId::new(trail.reserved + 1);
            trail.reserved += i64::from(count);
            first
                .ok_or_else(|| StoreError::Other("the numbers of audit entries are used up".into()))
        })
    }
}
