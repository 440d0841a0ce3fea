use std::collections::BTreeSet;

use domain::audit::{Action, Recorded};
use domain::group::{Direction, Group, Nesting, NestingRepository};
use domain::id::GroupId;
use domain::unit_of_work::{StoreError, Unique};

use super::image::Tenant;
use super::table::in_order;
use super::unit::OpenStore;

impl Tenant {
    /// The groups that lead from `from` that way, these included, each once.
    pub(super) fn reach(
        &self,
        from: impl IntoIterator<Item = GroupId>,
        direction: Direction,
    ) -> BTreeSet<GroupId> {
        let mut waiting: Vec<_> = from.into_iter().collect();
        let mut reached = BTreeSet::new();
        while let Some(group) = waiting.pop() {
            if !reached.insert(group) {
                continue;
            }
            match direction {
                Direction::Up => waiting.extend(self.nestings.left_of(group)),
                Direction::Down => waiting.extend(self.nestings.right_of(group)),
            }
        }
        reached
    }

    /// These groups and all above them.
    pub(super) fn above(&self, groups: impl IntoIterator<Item = GroupId>) -> BTreeSet<GroupId> {
        self.reach(groups, Direction::Up)
    }

    fn change_nesting(&mut self, change: &Recorded<Nesting>) -> Result<(), StoreError> {
        let Nesting { parent, child } = *change.record();
        let present = self.nestings.contains(parent, child);
        match change.entry().action {
            Action::Added if !self.groups.contains(&parent) || !self.groups.contains(&child) => {
                return Err(StoreError::DanglingReference);
            }
            Action::Added if present => {
                return Err(StoreError::Conflict { what: Unique::Nesting });
            }
            Action::Deleted if !present => return Err(StoreError::Stale),
            Action::Deleted => self.nestings.remove(parent, child),
            // A nesting has no property that could change.
            Action::Added | Action::Modified => self.nestings.put(parent, child),
        }
        self.log(change)
    }
}

impl NestingRepository for OpenStore<'_, '_> {
    fn parents_of_all(&mut self, groups: &[GroupId]) -> Result<Vec<(GroupId, Group)>, StoreError> {
        self.read(|tenant| {
            let of = |child| {
                let parents = tenant.groups(tenant.nestings.left_of(child));
                parents.into_iter().map(move |parent| (child, parent))
            };
            in_order(groups).into_iter().flat_map(of).collect()
        })
    }

    fn children_of_all(&mut self, groups: &[GroupId]) -> Result<Vec<(GroupId, Group)>, StoreError> {
        self.read(|tenant| {
            let of = |parent| {
                let children = tenant.groups(tenant.nestings.right_of(parent));
                children.into_iter().map(move |child| (parent, child))
            };
            in_order(groups).into_iter().flat_map(of).collect()
        })
    }

    fn below(&mut self, groups: &[GroupId]) -> Result<Vec<Nesting>, StoreError> {
        self.read(|tenant| {
            let of = |parent| {
                let children = tenant.nestings.right_of(parent);
                children.map(move |child| Nesting { parent, child })
            };
            let parents = tenant.reach(groups.iter().copied(), Direction::Down);
            parents.into_iter().flat_map(of).collect()
        })
    }

    fn above(&mut self, groups: &[GroupId]) -> Result<Vec<Nesting>, StoreError> {
        self.read(|tenant| {
            let of = |child| {
                let parents = tenant.nestings.left_of(child);
                parents.map(move |parent| Nesting { parent, child })
            };
            let children = tenant.above(groups.iter().copied());
            let found: BTreeSet<_> = children.into_iter().flat_map(of).collect();
            found.into_iter().collect()
        })
    }

    fn lock_graph(&mut self) -> Result<(), StoreError> {
        self.read_locked(|_| ())
    }

    fn apply(&mut self, changes: &[Recorded<Nesting>]) -> Result<(), StoreError> {
        self.write(|tenant| changes.iter().try_for_each(|change| tenant.change_nesting(change)))
    }
}
