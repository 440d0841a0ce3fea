use super::{Group, Membership};
use crate::audit::{Recorded, Stamp};
use crate::id::{GroupId, UserId};
use crate::unit_of_work::StoreError;

/// Groups of one store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait GroupRepository {
    /// The group of that id. `None` when the store has none.
    fn find(&mut self, id: GroupId) -> Result<Option<Group>, StoreError>;

    /// Those of `ids` that the store has, locked until the unit ends, in order of id: taken in one
    /// order by every writer, so that two of them never wait for each other.
    fn find_all_for_update(&mut self, ids: &[GroupId]) -> Result<Vec<Group>, StoreError>;

    /// Adds a group with its audit entry.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] naming `GroupId` or `GroupName`.
    fn insert(&mut self, group: &Recorded<Group>) -> Result<(), StoreError>;

    /// Gives the groups the version of a change of their relations that is recorded elsewhere.
    fn touch(&mut self, ids: &[GroupId], stamp: Stamp) -> Result<(), StoreError>;
}

/// Direct memberships of one store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait MembershipRepository {
    /// The groups that a user is directly in, in order of id.
    fn groups_of(&mut self, user: UserId) -> Result<Vec<Group>, StoreError>;

    /// The same for many users in one statement, in order of user and group.
    fn groups_of_all(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Group)>, StoreError>;

    /// Adds and removes memberships as each change says, with their audit entries.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when user or group is not there, [`StoreError::Conflict`]
    /// when a membership to add is there, [`StoreError::Stale`] when one to remove is not.
    fn apply(&mut self, changes: &[Recorded<Membership>]) -> Result<(), StoreError>;
}
