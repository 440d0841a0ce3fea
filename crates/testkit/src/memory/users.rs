use std::collections::BTreeSet;
use std::sync::Arc;

use domain::audit::{Recorded, Stamp};
use domain::id::UserId;
use domain::text::Folded;
use domain::unit_of_work::{StoreError, Taken, Unique};
use domain::user::{
    EmailAddress, Holdings, User, UserOrder, UserProperty, UserQuery, UserRepository,
};

use super::attempts::showing;
use super::image::Tenant;
use super::list::select;
use super::table::{in_order, length};
use super::unit::OpenStore;

/// The address that no other user may sign in by.
fn claim(user: &User) -> Option<Folded> {
    user.email.as_ref().filter(|_| user.signs_in_by_email).map(EmailAddress::folded)
}

impl Tenant {
    /// What of `user` another user holds.
    fn taken_from(&self, user: &User) -> Option<Unique> {
        let by_other = |holder: Option<&UserId>| holder.is_some_and(|holder| *holder != user.id);
        if by_other(self.login_names.get(&user.login_name.folded())) {
            return Some(Unique::LoginName);
        }
        let same_id = user.external_id.as_ref().and_then(|id| self.external_ids.get(id));
        if by_other(same_id) {
            return Some(Unique::ExternalId);
        }
        let same_address = claim(user).and_then(|address| self.addresses.get(&address));
        by_other(same_address).then_some(Unique::EmailAddress)
    }

    /// Keeps a user, who shows what the attempts tell, whatever it carries.
    fn index(&mut self, user: &User) {
        let user = showing(self.attempts_on(user.id), user);
        self.login_names.put(user.login_name.folded(), user.id);
        if let Some(external_id) = &user.external_id {
            self.external_ids.put(external_id.clone(), user.id);
        }
        if let Some(address) = claim(&user) {
            self.addresses.put(address, user.id);
        }
        self.users.put(user.id, Arc::new(user));
    }

    fn unindex(&mut self, id: UserId) -> Result<Arc<User>, StoreError> {
        let user = self.users.remove(&id).ok_or(StoreError::Stale)?;
        self.login_names.remove(&user.login_name.folded());
        if let Some(external_id) = &user.external_id {
            self.external_ids.remove(external_id);
        }
        if let Some(address) = claim(&user) {
            self.addresses.remove(&address);
        }
        Ok(user)
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

    fn update_user(&mut self, user: &Recorded<User>) -> Result<(), StoreError> {
        let record = user.record();
        let number = self.unindex(record.id)?.number;
        if let Some(what) = self.taken_from(record) {
            return Err(StoreError::Conflict { what });
        }
        self.index(&User { number, ..record.clone() });
        self.log(user)
    }

    fn remove_user(&mut self, user: &Recorded<User>) -> Result<(), StoreError> {
        let id = user.record().id;
        self.unindex(id)?;
        let in_use =
            self.members.left_of(id).next().is_some() || self.attributes_of(id).next().is_some();
        if in_use {
            return Err(StoreError::DanglingReference);
        }
        self.passwords.remove(&id);
        self.attempts.remove(&id);
        self.remove_tokens(id);
        self.end_sessions(&[id], None);
        self.remove_second_factor(id);
        self.log(user)
    }

    /// The ids of users that hold any of these.
    fn holders(&self, wanted: &Holdings) -> BTreeSet<UserId> {
        let by_name = wanted.login_names.iter().filter_map(|name| self.login_names.get(name));
        let by_id = wanted.external_ids.iter().filter_map(|id| self.external_ids.get(id));
        let by_address =
            wanted.addresses.iter().filter_map(|address| self.addresses.get(&address.folded()));
        by_name.chain(by_id).chain(by_address).copied().collect()
    }

    fn users(&self, ids: impl IntoIterator<Item = UserId>) -> Vec<User> {
        let found = ids.into_iter().filter_map(|id| self.users.get(&id));
        found.map(|user| User::clone(user)).collect()
    }

    /// Whoever has no address keeps the flag down: there is nothing to sign in by.
    fn sign_in_by_email(&mut self, on: bool) -> Result<(), StoreError> {
        let ids: Vec<_> = self.users.iter().map(|(id, _)| *id).collect();
        for id in ids {
            let mut user = User::clone(&*self.unindex(id)?);
            user.signs_in_by_email = on && user.email.is_some();
            if let Some(what) = self.taken_from(&user) {
                return Err(StoreError::Conflict { what });
            }
            self.index(&user);
        }
        Ok(())
    }
}

impl UserRepository for OpenStore<'_, '_> {
    fn find(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        self.read(|tenant| tenant.users.get(&id).map(|user| User::clone(user)))
    }

    fn find_all_for_update(&mut self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        self.read_locked(|tenant| tenant.users(in_order(ids)))
    }

    fn find_by_login_name(&mut self, name: &Folded) -> Result<Option<User>, StoreError> {
        self.read(|tenant| {
            let id = tenant.login_names.get(name)?;
            tenant.users.get(id).map(|user| User::clone(user))
        })
    }

    fn holders(&mut self, wanted: &Holdings) -> Result<Vec<User>, StoreError> {
        self.read(|tenant| tenant.users(tenant.holders(wanted)))
    }

    fn list(&mut self, query: &UserQuery) -> Result<Vec<User>, StoreError> {
        self.read(|tenant| {
            let users = tenant.users.values().map(|user| &**user);
            select(users, query, UserProperty::value, UserOrder::place)
        })
    }

    fn check(
        &mut self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, bool)>, StoreError> {
        self.read(|tenant| {
            let ids = tenant.users.behind(after).map(|(id, _)| (*id, true));
            ids.take(length(limit)).collect()
        })
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

    fn update_all(&mut self, users: &[Recorded<User>]) -> Result<(), StoreError> {
        self.write(|tenant| users.iter().try_for_each(|user| tenant.update_user(user)))
    }

    fn remove_all(&mut self, users: &[Recorded<User>]) -> Result<(), StoreError> {
        self.write(|tenant| users.iter().try_for_each(|user| tenant.remove_user(user)))
    }

    fn touch(&mut self, ids: &[UserId], stamp: Stamp) -> Result<(), StoreError> {
        self.write(|tenant| {
            for id in ids {
                let mut user = User::clone(tenant.users.get(id).ok_or(StoreError::Stale)?);
                user.version = stamp.version();
                tenant.users.put(*id, Arc::new(user));
            }
            Ok(())
        })
    }

    fn sign_in_by_email(&mut self, on: bool) -> Result<(), StoreError> {
        self.write(|tenant| tenant.sign_in_by_email(on))
    }
}
