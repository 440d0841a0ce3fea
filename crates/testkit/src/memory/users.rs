use std::sync::Arc;

use domain::audit::{Recorded, Stamp};
use domain::id::UserId;
use domain::text::Folded;
use domain::unit_of_work::{StoreError, Taken, Unique};
use domain::user::{User, UserRepository};

use super::image::Tenant;
use super::unit::OpenStore;

impl Tenant {
    /// What of `user` another user holds.
    fn taken_from(&self, user: &User) -> Option<Unique> {
        let by_other = |holder: Option<&UserId>| holder.is_some_and(|holder| *holder != user.id);
        if by_other(self.login_names.get(&user.login_name.folded())) {
            return Some(Unique::LoginName);
        }
        let external_id = user.external_id.as_ref()?;
        by_other(self.external_ids.get(external_id)).then_some(Unique::ExternalId)
    }

    fn index(&mut self, user: &User) {
        self.users.put(user.id, Arc::new(user.clone()));
        self.login_names.put(user.login_name.folded(), user.id);
        if let Some(external_id) = &user.external_id {
            self.external_ids.put(external_id.clone(), user.id);
        }
    }

    fn unindex(&mut self, id: UserId) -> Result<(), StoreError> {
        let user = self.users.remove(&id).ok_or(StoreError::Stale)?;
        self.login_names.remove(&user.login_name.folded());
        if let Some(external_id) = &user.external_id {
            self.external_ids.remove(external_id);
        }
        Ok(())
    }

    /// Adds a user with its entry, or says what is taken.
    fn add_user(&mut self, user: &Recorded<User>) -> Result<Result<(), Taken>, StoreError> {
        let record = user.record();
        let id_taken = self.users.contains(&record.id).then_some(Unique::UserId);
        if let Some(what) = id_taken.or_else(|| self.taken_from(record)) {
            return Ok(Err(Taken { what }));
        }
        self.index(record);
        self.log(user)?;
        Ok(Ok(()))
    }
}

impl UserRepository for OpenStore<'_, '_> {
    fn find(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(|tenant| tenant.users.get(&id).map(|user| User::clone(user)))
    }

    fn find_for_update(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read_locked(|tenant| tenant.users.get(&id).map(|user| User::clone(user)))
    }

    fn find_by_login_name(&mut self, name: &Folded) -> Result<Option<User>, StoreError> {
        self.read(|tenant| {
            let id = tenant.login_names.get(name)?;
            tenant.users.get(id).map(|user| User::clone(user))
        })
    }

    fn page(&mut self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        self.read(|tenant| tenant.users.page(after, limit).map(|user| User::clone(user)).collect())
    }

    fn insert(&mut self, user: &Recorded<User>) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.add_user(user)?.map_err(|Taken { what }| StoreError::Conflict { what })
        })
    }

    fn insert_new(
        &mut self,
        users: &[Recorded<User>],
    ) -> Result<Vec<Result<(), Taken>>, StoreError> {
        self.write(|tenant| users.iter().map(|user| tenant.add_user(user)).collect())
    }

    fn update(&mut self, user: &Recorded<User>) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.unindex(user.record().id)?;
            if let Some(what) = tenant.taken_from(user.record()) {
                return Err(StoreError::Conflict { what });
            }
            tenant.index(user.record());
            tenant.log(user)
        })
    }

    fn remove(&mut self, user: &Recorded<User>) -> Result<(), StoreError> {
        self.write(|tenant| {
            let id = user.record().id;
            tenant.unindex(id)?;
            let in_use = tenant.memberships_of(id).next().is_some()
                || tenant.profiles_of(id).next().is_some();
            if in_use {
                return Err(StoreError::DanglingReference);
            }
            tenant.log(user)
        })
    }

    fn touch(&mut self, id: UserId, stamp: Stamp) -> Result<(), StoreError> {
        self.write(|tenant| {
            let mut user = User::clone(tenant.users.get(&id).ok_or(StoreError::Stale)?);
            user.version = stamp.version();
            tenant.users.put(id, Arc::new(user));
            Ok(())
        })
    }
}
