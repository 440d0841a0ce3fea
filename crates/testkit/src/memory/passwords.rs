use std::sync::Arc;

use domain::audit::Stamp;
use domain::id::UserId;
use domain::password::{PasswordHash, PasswordRepository, StoredPassword};
use domain::unit_of_work::StoreError;

use super::image::Tenant;
use super::table::length;
use super::unit::OpenStore;

/// The password of a user and the hashes of those before, the latest first.
#[derive(Clone)]
pub(super) struct KeptPasswords {
    present: StoredPassword,
    earlier: Vec<PasswordHash>,
}

impl KeptPasswords {
    /// What is kept once `present` has taken the place of what was kept `before`.
    fn after(before: Option<&Self>, present: StoredPassword, keep: u32) -> Self {
        let earlier = before.into_iter().flat_map(|before| {
            [&before.present.hash].into_iter().chain(&before.earlier).take(length(keep)).cloned()
        });
        Self { earlier: earlier.collect(), present }
    }
}

impl Tenant {
    fn rehash(&mut self, user: UserId, before: &PasswordHash, after: &PasswordHash) -> bool {
        let found = self.passwords.get(&user).filter(|kept| kept.present.hash == *before);
        let Some(found) = found else { return false };
        let present = StoredPassword { hash: after.clone(), ..found.present.clone() };
        let kept = KeptPasswords { present, earlier: found.earlier.clone() };
        self.passwords.put(user, Arc::new(kept));
        true
    }
}

impl PasswordRepository for OpenStore<'_, '_> {
    fn find(&mut self, user: UserId) -> Result<Option<StoredPassword>, StoreError> {
        self.read(|tenant| tenant.passwords.get(&user).map(|kept| kept.present.clone()))
    }

    fn history(&mut self, user: UserId, limit: u32) -> Result<Vec<PasswordHash>, StoreError> {
        self.read(|tenant| {
            let earlier = tenant.passwords.get(&user).into_iter().flat_map(|kept| &kept.earlier);
            earlier.take(length(limit)).cloned().collect()
        })
    }

    fn set(
        &mut self,
        user: UserId,
        hash: &PasswordHash,
        stamp: Stamp,
        keep: u32,
    ) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.require_user(user)?;
            let present = StoredPassword { hash: hash.clone(), version: stamp.version() };
            let before = tenant.passwords.get(&user).map(|kept| &**kept);
            let kept = KeptPasswords::after(before, present, keep);
            tenant.passwords.put(user, Arc::new(kept));
            Ok(())
        })
    }

    fn rehash(
        &mut self,
        user: UserId,
        before: &PasswordHash,
        after: &PasswordHash,
    ) -> Result<bool, StoreError> {
        self.write(|tenant| Ok(tenant.rehash(user, before, after)))
    }
}
