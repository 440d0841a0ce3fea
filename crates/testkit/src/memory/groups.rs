use std::sync::Arc;

use domain::audit::{Recorded, Stamp};
use domain::group::{Group, GroupOrder, GroupProperty, GroupQuery, GroupRepository, GroupScope};
use domain::id::GroupId;
use domain::text::Folded;
use domain::unit_of_work::{StoreError, Taken, Unique};

use super::image::Tenant;
use super::list::select;
use super::table::{in_order, length};
use super::unit::OpenStore;

impl Tenant {
    fn name_taken_from(&self, group: &Group) -> bool {
        self.group_names.get(&group.name.folded()).is_some_and(|holder| *holder != group.id)
    }

    fn index_group(&mut self, group: &Group) {
        self.groups.put(group.id, Arc::new(group.clone()));
        self.group_names.put(group.name.folded(), group.id);
    }

    fn unindex_group(&mut self, id: GroupId) -> Result<(), StoreError> {
        let group = self.groups.remove(&id).ok_or(StoreError::Stale)?;
        self.group_names.remove(&group.name.folded());
        Ok(())
    }

    /// Adds a group with its entry, or says what is taken.
    fn add_group(&mut self, group: &Recorded<Group>) -> Result<Result<(), Taken>, StoreError> {
        let record = group.record();
        if self.groups.contains(&record.id) {
            return Ok(Err(Taken { what: Unique::GroupId }));
        }
        if self.name_taken_from(record) {
            return Ok(Err(Taken { what: Unique::GroupName }));
        }
        self.index_group(record);
        self.log(group)?;
        Ok(Ok(()))
    }

    fn update_group(&mut self, group: &Recorded<Group>) -> Result<(), StoreError> {
        self.unindex_group(group.record().id)?;
        if self.name_taken_from(group.record()) {
            return Err(StoreError::Conflict { what: Unique::GroupName });
        }
        self.index_group(group.record());
        self.log(group)
    }

    fn remove_group(&mut self, group: &Recorded<Group>) -> Result<(), StoreError> {
        let id = group.record().id;
        self.unindex_group(id)?;
        let in_use = self.members.right_of(id).next().is_some()
            || self.nestings.right_of(id).next().is_some()
            || self.nestings.left_of(id).next().is_some()
            || self.attributes_of(id).next().is_some();
        if in_use {
            return Err(StoreError::DanglingReference);
        }
        self.log(group)
    }
}

impl GroupRepository for OpenStore<'_, '_> {
    fn find(&mut self, id: GroupId) -> Result<Option<Group>, StoreError> {
        self.read(|tenant| tenant.groups.get(&id).map(|group| Group::clone(group)))
    }

    fn find_all(&mut self, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
        self.read(|tenant| tenant.groups(in_order(ids)))
    }

    fn find_all_for_update(&mut self, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
        self.read_locked(|tenant| tenant.groups(in_order(ids)))
    }

    fn find_by_names(&mut self, names: &[Folded]) -> Result<Vec<Group>, StoreError> {
        self.read(|tenant| {
            let ids: Vec<_> =
                names.iter().filter_map(|name| tenant.group_names.get(name)).copied().collect();
            tenant.groups(in_order(&ids))
        })
    }

    fn list(&mut self, scope: GroupScope, query: &GroupQuery) -> Result<Vec<Group>, StoreError> {
        self.read(|tenant| match scope {
            GroupScope::All => page(tenant.groups.values().map(|group| &**group), query),
            GroupScope::OfUser(user) => {
                let groups = tenant.groups(tenant.above(tenant.members.left_of(user)));
                page(groups.iter(), query)
            }
            GroupScope::Around(group, direction) => {
                let mut around = tenant.reach([group], direction);
                around.remove(&group);
                page(tenant.groups(around).iter(), query)
            }
        })
    }

    fn check(
        &mut self,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<(GroupId, bool)>, StoreError> {
        self.read(|tenant| {
            let ids = tenant.groups.behind(after).map(|(id, _)| (*id, true));
            ids.take(length(limit)).collect()
        })
    }

    fn insert_new(
        &mut self,
        groups: &[Recorded<Group>],
    ) -> Result<Vec<Result<(), Taken>>, StoreError> {
        self.write(|tenant| groups.iter().map(|group| tenant.add_group(group)).collect())
    }

    fn update_all(&mut self, groups: &[Recorded<Group>]) -> Result<(), StoreError> {
        self.write(|tenant| groups.iter().try_for_each(|group| tenant.update_group(group)))
    }

    fn remove_all(&mut self, groups: &[Recorded<Group>]) -> Result<(), StoreError> {
        self.write(|tenant| groups.iter().try_for_each(|group| tenant.remove_group(group)))
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

fn page<'a>(groups: impl Iterator<Item = &'a Group>, query: &GroupQuery) -> Vec<Group> {
    select(groups, query, GroupProperty::value, GroupOrder::place)
}
