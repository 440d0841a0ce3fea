use std::collections::BTreeSet;

use domain::audit::PublicKeyInfo;
use domain::audit::log::{LogHead, Logs};
use domain::id::StoreId;
use domain::time::Instant;
use domain::unit_of_work::StoreError;
use jiff::SignedDuration;
use uuid::Uuid;

use super::image::{Image, Tenant};
use super::table::length;
use super::trail::Trail;
use super::unit::OpenUnit;

/// Who has a lease, and until when.
#[derive(Clone, Copy)]
pub(super) struct LeaseTaken {
    holder: Uuid,
    until: Instant,
}

impl Image {
    fn heads(&self, after: Option<StoreId>) -> impl Iterator<Item = LogHead> {
        self.tenants.behind(after).filter_map(|(store, tenant)| tenant.trail.head(*store))
    }
}

/// Whether anything of a log is there.
fn has_log(tenant: &Tenant) -> bool {
    let Trail { terms, entries, runs, .. } = &tenant.trail;
    !(terms.is_empty() && entries.is_empty() && runs.is_empty())
}

/// Writers take turns, so no two take a lease at once.
impl Logs for OpenUnit<'_> {
    fn waiting(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<StoreId>, StoreError> {
        self.read(|image| {
            let tenants = image.tenants.behind(after);
            let waiting = tenants.filter(|(_, tenant)| !tenant.trail.runs.is_empty());
            waiting.take(length(limit)).map(|(store, _)| *store).collect()
        })
    }

    fn stores(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<StoreId>, StoreError> {
        self.read(|image| {
            let stores = image.stores.behind(after).map(|(id, _)| *id);
            let logs = image.tenants.behind(after).filter(|(_, tenant)| has_log(tenant));
            let all: BTreeSet<_> = stores.chain(logs.map(|(id, _)| *id)).collect();
            all.into_iter().take(length(limit)).collect()
        })
    }

    fn heads(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<LogHead>, StoreError> {
        self.read(|image| image.heads(after).take(length(limit)).collect())
    }

    fn keys(&mut self) -> Result<Vec<PublicKeyInfo>, StoreError> {
        self.read(|image| image.audit_keys.values().copied().collect())
    }

    fn hold_last_key(&mut self) -> Result<Option<PublicKeyInfo>, StoreError> {
        self.write(|image| Ok(image.audit_keys.values().last().copied()))
    }

    fn register_key(&mut self, place: u32, key: &PublicKeyInfo) -> Result<bool, StoreError> {
        self.write(|image| {
            let keys = &mut image.audit_keys;
            let free = !keys.contains(&place) && keys.values().all(|other| other != key);
            if free {
                keys.put(place, *key);
            }
            Ok(free)
        })
    }

    fn lease(
        &mut self,
        name: &'static str,
        holder: Uuid,
        now: Instant,
        length: SignedDuration,
    ) -> Result<bool, StoreError> {
        self.write(|image| {
            let until = now.saturating_add(length);
            let taken = image.leases.get(&name).filter(|lease| lease.holder != holder);
            if taken.is_some_and(|lease| now < lease.until && lease.until <= until) {
                return Ok(false);
            }
            image.leases.put(name, LeaseTaken { holder, until });
            Ok(true)
        })
    }
}
