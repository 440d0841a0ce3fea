use domain::attempt::{NameKey, NameRecord, ThrottleRepository};
use domain::unit_of_work::StoreError;

use super::image::Tenant;
use super::unit::OpenStore;

impl Tenant {
    /// What is counted under a name, unless its place is empty or holds another one.
    fn record_of(&self, name: &NameKey) -> Option<NameRecord> {
        let (holder, record) = self.sign_in_names.get(&name.slot())?;
        (holder == name).then_some(*record)
    }
}

/// Writers take turns, so what is found is locked until the unit ends.
impl ThrottleRepository for OpenStore<'_, '_> {
    fn lock(&mut self, name: &NameKey) -> Result<NameRecord, StoreError> {
        self.write(|tenant| Ok(tenant.record_of(name).unwrap_or_default()))
    }

    fn save(&mut self, name: &NameKey, record: &NameRecord) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.sign_in_names.put(name.slot(), (*name, *record));
            Ok(())
        })
    }

    fn clear(&mut self, names: &[NameKey]) -> Result<(), StoreError> {
        self.write(|tenant| {
            for name in names {
                if tenant.record_of(name).is_some() {
                    tenant.sign_in_names.remove(&name.slot());
                }
            }
            Ok(())
        })
    }
}
