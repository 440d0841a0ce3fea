use domain::audit::{Action, Recorded};
use domain::group::{Group, Membership, MembershipRepository};
use domain::id::{GroupId, UserId};
use domain::unit_of_work::{StoreError, Unique};
use domain::user::User;

use super::image::Tenant;
use super::table::{in_order, length};
use super::unit::OpenStore;

impl Tenant {
    fn groups_of(&self, user: UserId) -> Vec<Group> {
        self.groups(self.members.left_of(user))
    }

    /// The direct memberships in these groups, in order.
    fn memberships_in(&self, groups: &[GroupId]) -> impl Iterator<Item = Membership> {
        in_order(groups).into_iter().flat_map(|group| {
            self.members.right_of(group).map(move |user| Membership { group, user })
        })
    }

    fn change_membership(&mut self, change: &Recorded<Membership>) -> Result<(), StoreError> {
        let Membership { group, user } = *change.record();
        let present = self.members.contains(group, user);
        match change.entry().action {
            Action::Added if !self.users.contains(&user) || !self.groups.contains(&group) => {
                return Err(StoreError::DanglingReference);
            }
            Action::Added if present => {
                return Err(StoreError::Conflict { what: Unique::Membership });
            }
            Action::Deleted if !present => return Err(StoreError::Stale),
            Action::Deleted => self.members.remove(group, user),
            // A membership has no property that could change.
            Action::Added | Action::Modified => self.members.put(group, user),
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

    fn members_of_all(
        &mut self,
        groups: &[GroupId],
        after: Option<Membership>,
        limit: u32,
    ) -> Result<Vec<(GroupId, User)>, StoreError> {
        self.read(|tenant| {
            let found = tenant
                .memberships_in(groups)
                .filter(|membership| after.is_none_or(|after| *membership > after))
                .take(length(limit));
            let with_user = found.filter_map(|Membership { group, user }| {
                tenant.users.get(&user).map(|user| (group, User::clone(user)))
            });
            with_user.collect()
        })
    }

    fn in_all(&mut self, groups: &[GroupId]) -> Result<Vec<Membership>, StoreError> {
        self.read(|tenant| tenant.memberships_in(groups).collect())
    }

    fn apply(&mut self, changes: &[Recorded<Membership>]) -> Result<(), StoreError> {
        self.write(|tenant| changes.iter().try_for_each(|change| tenant.change_membership(change)))
    }
}
