use std::collections::BTreeSet;
use std::sync::Arc;

use domain::audit::{Action, Recorded, Stamp};
use domain::group::{Group, GroupRepository, Membership, MembershipRepository};
use domain::id::{GroupId, UserId};
use domain::unit_of_work::{StoreError, Unique};

use super::image::{Tenant, in_order};
use super::unit::OpenStore;

impl GroupRepository for OpenStore<'_, '_> {
    fn find(&mut self, id: GroupId) -> Result<Option<Group>, StoreError> {
        self.read(|tenant| tenant.groups.get(&id).map(|group| Group::clone(group)))
    }

    fn find_all_for_update(&mut self, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
        self.read_locked(|tenant| {
            let ids: BTreeSet<_> = ids.iter().collect();
            let found = ids.into_iter().filter_map(|id| tenant.groups.get(id));
            found.map(|group| Group::clone(group)).collect()
        })
    }

    fn insert(&mut self, group: &Recorded<Group>) -> Result<(), StoreError> {
        self.write(|tenant| {
            let record = group.record();
            if tenant.groups.contains(&record.id) {
                return Err(StoreError::Conflict { what: Unique::GroupId });
            }
            if tenant.group_names.contains(&record.name.folded()) {
                return Err(StoreError::Conflict { what: Unique::GroupName });
            }
            tenant.groups.put(record.id, Arc::new(record.clone()));
            tenant.group_names.put(record.name.folded(), record.id);
            tenant.log(group)
        })
    }

    fn touch(&mut self, ids: &[GroupId], stamp: Stamp) -> Result<(), StoreError> {
        self.write(|tenant| {
            for id in ids {
                let mut group = Group::clone(tenant.groups.get(id).ok_or(StoreError::Stale)?);
                group.version = stamp.version();
                tenant.groups.put(*id, Arc::new(group));
            }
            Ok(())
        })
    }
}

impl Tenant {
    fn change_membership(&mut self, change: &Recorded<Membership>) -> Result<(), StoreError> {
        let Membership { group, user } = *change.record();
        let present = self.memberships.contains(&(user, group));
        match change.entry().action {
            Action::Added if !self.users.contains(&user) || !self.groups.contains(&group) => {
                return Err(StoreError::DanglingReference);
            }
            Action::Added if present => {
                return Err(StoreError::Conflict { what: Unique::Membership });
            }
            Action::Deleted if !present => return Err(StoreError::Stale),
            Action::Deleted => drop(self.memberships.remove(&(user, group))),
            // A membership has no property that could change.
            Action::Added | Action::Modified => self.memberships.put((user, group), ()),
        }
        self.log(change)
    }
}

impl MembershipRepository for OpenStore<'_, '_> {
    fn groups_of(&mut self, user: UserId) -> Result<Vec<Group>, StoreError> {
        self.read(|tenant| tenant.groups_of(user))
    }

    fn groups_of_all(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Group)>, StoreError> {
        self.read(|tenant| {
            let of = |user| tenant.groups_of(user).into_iter().map(move |group| (user, group));
            in_order(users).into_iter().flat_map(of).collect()
        })
    }

    fn apply(&mut self, changes: &[Recorded<Membership>]) -> Result<(), StoreError> {
        self.write(|tenant| changes.iter().try_for_each(|change| tenant.change_membership(change)))
    }
}
