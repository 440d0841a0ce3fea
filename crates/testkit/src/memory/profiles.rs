use std::sync::Arc;

use domain::attribute::{Profile, ProfileRepository};
use domain::audit::{Action, Recorded};
use domain::id::UserId;
use domain::unit_of_work::{StoreError, Unique};

use super::image::{Tenant, in_order};
use super::unit::OpenStore;

impl Tenant {
    fn change_profile(&mut self, change: &Recorded<Profile>) -> Result<(), StoreError> {
        let profile = change.record();
        let key = (profile.user, profile.key.folded());
        let present = self.profiles.contains(&key);
        match change.entry().action {
            Action::Added if !self.users.contains(&profile.user) => {
                return Err(StoreError::DanglingReference);
            }
            Action::Added if present => {
                return Err(StoreError::Conflict { what: Unique::ProfileKey });
            }
            Action::Modified | Action::Deleted if !present => return Err(StoreError::Stale),
            Action::Added | Action::Modified => self.profiles.put(key, Arc::new(profile.clone())),
            Action::Deleted => drop(self.profiles.remove(&key)),
        }
        self.log(change)
    }
}

impl ProfileRepository for OpenStore<'_, '_> {
    fn of(&mut self, user: UserId) -> Result<Vec<Profile>, StoreError> {
        self.read(|tenant| tenant.profiles_of(user).collect())
    }

    fn of_all(&mut self, users: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        self.read(|tenant| {
            in_order(users).into_iter().flat_map(|user| tenant.profiles_of(user)).collect()
        })
    }

    fn apply(&mut self, changes: &[Recorded<Profile>]) -> Result<(), StoreError> {
        self.write(|tenant| changes.iter().try_for_each(|change| tenant.change_profile(change)))
    }
}
