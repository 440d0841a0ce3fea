use super::{Group, GroupQuery, GroupScope, Membership, Nesting};
use crate::audit::{Recorded, Stamp};
use crate::id::{GroupId, UserId};
use crate::text::Folded;
use crate::unit_of_work::{StoreError, Taken};
use crate::user::User;

/// Groups of one store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait GroupRepository {
    /// The group of that id. `None` when the store has none.
    fn find(&mut self, id: GroupId) -> Result<Option<Group>, StoreError>;

    /// Those of `ids` that the store has, in order of id.
    fn find_all(&mut self, ids: &[GroupId]) -> Result<Vec<Group>, StoreError>;

    /// Those of `ids` that the store has, locked until the unit ends, in order of id: taken in one
    /// order by every writer, so that two of them never wait for each other.
    fn find_all_for_update(&mut self, ids: &[GroupId]) -> Result<Vec<Group>, StoreError>;

    /// The groups whose name folds to one of `names`, in order of id.
    fn find_by_names(&mut self, names: &[Folded]) -> Result<Vec<Group>, StoreError>;

    /// The groups of a scope that the query asks for: one statement, however deep groups nest.
    fn list(&mut self, scope: GroupScope, query: &GroupQuery) -> Result<Vec<Group>, StoreError>;

    /// Up to `limit` ids greater than `after`, in order, each with whether what is stored under it
    /// is a group by the rules of its type.
    fn check(
        &mut self,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<(GroupId, bool)>, StoreError>;

    /// Adds those groups whose id and name are free, with their audit entries, and says of each of
    /// the others what is taken: the first of `GroupId`, `GroupName` that is. Earlier groups of the
    /// slice count as others. Statements grow with chunks, not with groups.
    ///
    /// # Errors
    /// [`StoreError::Retryable`] when what was taken is free again by the time it is looked for.
    fn insert_new(
        &mut self,
        groups: &[Recorded<Group>],
    ) -> Result<Vec<Result<(), Taken>>, StoreError>;

    /// Replaces groups that were found for update in this unit, one after the other in the order of
    /// the slice, in statements that grow with chunks.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when one is not there, [`StoreError::Conflict`] naming `GroupName`.
    fn update_all(&mut self, groups: &[Recorded<Group>]) -> Result<(), StoreError>;

    /// Removes groups that have no members, parents and metadata left.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when one is not there.
    fn remove_all(&mut self, groups: &[Recorded<Group>]) -> Result<(), StoreError>;

    /// Gives the groups the version of a change of their relations that is recorded elsewhere.
    fn touch(&mut self, ids: &[GroupId], stamp: Stamp) -> Result<(), StoreError>;
}

/// Which user is directly in which group of one store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait MembershipRepository {
    /// The groups that a user is directly in, in order of id.
    fn groups_of(&mut self, user: UserId) -> Result<Vec<Group>, StoreError>;

    /// The same for many users in one statement, in order of user and group.
    fn groups_of_all(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Group)>, StoreError>;

    /// Up to `limit` direct members of these groups behind the member `after`, in order of group
    /// and user, in one statement.
    fn members_of_all(
        &mut self,
        groups: &[GroupId],
        after: Option<Membership>,
        limit: u32,
    ) -> Result<Vec<(GroupId, User)>, StoreError>;

    /// Every direct membership in these groups, in order of group and user.
    fn in_all(&mut self, groups: &[GroupId]) -> Result<Vec<Membership>, StoreError>;

    /// Adds and removes memberships as each change says, with their audit entries. Statements grow
    /// with chunks, not with changes.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when user or group is not there, [`StoreError::Conflict`]
    /// when a membership to add is there, [`StoreError::Stale`] when one to remove is not.
    fn apply(&mut self, changes: &[Recorded<Membership>]) -> Result<(), StoreError>;
}

/// Which group of one store lies directly in which.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait NestingRepository {
    /// The groups directly above each of these, in order of child and parent.
    fn parents_of_all(&mut self, groups: &[GroupId]) -> Result<Vec<(GroupId, Group)>, StoreError>;

    /// The groups directly below each of these, in order of parent and child.
    fn children_of_all(&mut self, groups: &[GroupId]) -> Result<Vec<(GroupId, Group)>, StoreError>;

    /// Every nesting at or below these groups, in one statement, in order.
    fn below(&mut self, groups: &[GroupId]) -> Result<Vec<Nesting>, StoreError>;

    /// Every nesting at or above these groups, in one statement, in order.
    fn above(&mut self, groups: &[GroupId]) -> Result<Vec<Nesting>, StoreError>;

    /// Makes every other unit that calls this wait until this one ends: of two that each add a
    /// nesting, one sees what the other did. Called before any group is locked.
    fn lock_graph(&mut self) -> Result<(), StoreError>;

    /// Adds and removes nestings as each change says, with their audit entries. Statements grow
    /// with chunks, not with changes.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when a group is not there, [`StoreError::Conflict`] when a
    /// nesting to add is there, [`StoreError::Stale`] when one to remove is not.
    fn apply(&mut self, changes: &[Recorded<Nesting>]) -> Result<(), StoreError>;
}
