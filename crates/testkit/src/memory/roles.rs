use std::collections::BTreeSet;

use domain::access::{Administrators, Assignment, AssignmentFilter, Grant, Holder, RoleRepository};
use domain::audit::Recorded;
use domain::id::{GroupId, UserId};
use domain::time::Instant;
use domain::unit_of_work::{StoreError, Unique};
use domain::user::User;

use super::image::Tenant;
use super::table::{in_order, length};
use super::unit::{OpenStore, OpenUnit};

impl Tenant {
    /// What somebody holds, nothing inherited, in order.
    pub(super) fn grants_of(&self, holder: Holder) -> impl Iterator<Item = Grant> {
        let of = self.assignments.iter().map(|(assignment, ())| assignment);
        of.filter(move |assignment| assignment.holder == holder)
            .map(|assignment| assignment.grant.clone())
    }

    fn held_by_groups(&self, groups: impl IntoIterator<Item = GroupId>) -> BTreeSet<Grant> {
        let groups = self.above(groups).into_iter();
        groups.flat_map(|group| self.grants_of(Holder::Group(group))).collect()
    }

    fn held_by_user(&self, user: UserId) -> BTreeSet<Grant> {
        let inherited = self.held_by_groups(self.members.left_of(user));
        self.grants_of(Holder::User(user)).chain(inherited).collect()
    }

    fn add_assignment(&mut self, assignment: &Recorded<Assignment>) -> Result<(), StoreError> {
        if self.assignments.contains(assignment.record()) {
            return Err(StoreError::Conflict { what: Unique::Role });
        }
        self.assignments.put(assignment.record().clone(), ());
        self.log(assignment)
    }

    fn remove_assignment(&mut self, assignment: &Recorded<Assignment>) -> Result<(), StoreError> {
        self.assignments.remove(assignment.record()).ok_or(StoreError::Stale)?;
        self.log(assignment)
    }

    fn has_administrator(&self, now: Instant) -> bool {
        let admin = Grant::system_admin();
        let acts_by_key = self.clients.values().any(|client| {
            client.expires.is_none_or(|at| now < at)
                && self.grants_of(Holder::Client(client.id)).any(|grant| grant == admin)
        });
        acts_by_key
            || self
                .users
                .values()
                .any(|user| could_act(user, now) && self.held_by_user(user.id).contains(&admin))
    }
}

fn could_act(user: &User, now: Instant) -> bool {
    let begun = user.validity.from().is_none_or(|from| from <= now);
    let ended = user.validity.to().is_some_and(|to| to <= now);
    let expired = !user.password_never_expires && user.password_expires.is_some_and(|at| at <= now);
    let shut_out = expired && !user.can_change_expired_password;
    user.active && !user.locked && begun && !ended && !shut_out
}

impl RoleRepository for OpenStore<'_, '_> {
    fn page(
        &mut self,
        filter: &AssignmentFilter,
        after: Option<Assignment>,
        limit: u32,
    ) -> Result<Vec<Assignment>, StoreError> {
        self.read(|tenant| {
            let of_holder =
                |assignment: &Assignment| filter.holder.is_none_or(|it| it == assignment.holder);
            let of_role = |assignment: &Assignment| {
                filter.role.as_ref().is_none_or(|role| role == assignment.grant.role())
            };
            let of_reach = |assignment: &Assignment| {
                filter.reach.is_none_or(|reach| reach == assignment.grant.reach())
            };
            let found = tenant.assignments.behind(after).map(|(assignment, ())| assignment);
            let found = found.filter(|it| of_holder(it) && of_role(it) && of_reach(it));
            found.take(length(limit)).cloned().collect()
        })
    }

    fn of(&mut self, holders: &[Holder]) -> Result<Vec<Assignment>, StoreError> {
        self.read(|tenant| {
            let holders = in_order(holders);
            let all = tenant.assignments.iter().map(|(assignment, ())| assignment);
            all.filter(|assignment| holders.contains(&assignment.holder)).cloned().collect()
        })
    }

    fn held_by_users(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Grant)>, StoreError> {
        self.read(|tenant| {
            let of = |user| tenant.held_by_user(user).into_iter().map(move |grant| (user, grant));
            in_order(users).into_iter().flat_map(of).collect()
        })
    }

    fn given_by_groups(&mut self, groups: &[GroupId]) -> Result<Vec<(GroupId, Grant)>, StoreError> {
        self.read(|tenant| {
            let of =
                |group| tenant.held_by_groups([group]).into_iter().map(move |grant| (group, grant));
            in_order(groups).into_iter().flat_map(of).collect()
        })
    }

    fn insert(&mut self, assignment: &Recorded<Assignment>) -> Result<(), StoreError> {
        self.write(|tenant| tenant.add_assignment(assignment))
    }

    fn remove_all(&mut self, assignments: &[Recorded<Assignment>]) -> Result<(), StoreError> {
        self.write(|tenant| assignments.iter().try_for_each(|it| tenant.remove_assignment(it)))
    }
}

impl Administrators for OpenUnit<'_> {
    fn lock(&mut self) -> Result<(), StoreError> {
        self.write(|_| Ok(()))
    }

    fn any(&mut self, now: Instant) -> Result<bool, StoreError> {
        self.read(|image| image.tenants.values().any(|tenant| tenant.has_administrator(now)))
    }
}
