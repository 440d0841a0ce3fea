use super::{Assignment, AssignmentFilter, Grant, Holder};
use crate::audit::Recorded;
use crate::id::{GroupId, UserId};
use crate::time::Instant;
use crate::unit_of_work::StoreError;

/// Who of one store holds which role.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait RoleRepository {
    /// Up to `limit` assignments behind `after`, in order: users before groups before clients, then
    /// by id of the holder, name of the role and reach.
    fn page(
        &mut self,
        filter: &AssignmentFilter,
        after: Option<Assignment>,
        limit: u32,
    ) -> Result<Vec<Assignment>, StoreError>;

    /// What these hold themselves, nothing inherited, in order.
    fn of(&mut self, holders: &[Holder]) -> Result<Vec<Assignment>, StoreError>;

    /// What each of these users holds, itself and by its groups and those above them, each once, in
    /// order of the user: one statement.
    fn held_by_users(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Grant)>, StoreError>;

    /// What each of these groups gives to its members: what it and the groups above it hold, each
    /// once, in order of the group: one statement.
    fn given_by_groups(&mut self, groups: &[GroupId]) -> Result<Vec<(GroupId, Grant)>, StoreError>;

    /// Adds an assignment with its audit entry. That the holder is there is for the caller to see
    /// to, who has it locked.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] naming `Role` when it is there.
    fn insert(&mut self, assignment: &Recorded<Assignment>) -> Result<(), StoreError>;

    /// Removes assignments with their audit entries.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when one is not there.
    fn remove_all(&mut self, assignments: &[Recorded<Assignment>]) -> Result<(), StoreError>;
}

/// Who holds `SystemAdmin`, in whatever store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Administrators {
    /// Makes every other unit that calls this wait until this one ends: of two that each take the
    /// role from somebody, one sees what the other did.
    fn lock(&mut self) -> Result<(), StoreError>;

    /// Whether anybody who holds `SystemAdmin`, itself or by a group, could act at `now`:
    /// - a client that has not expired, or
    /// - a user that is active, within its validity and not locked, and whose password has not
    ///   expired (it never does, or later than `now`) or may be changed all the same.
    ///
    /// Whoever can act now counts, on purpose also who soon cannot: the rule guards against a slip
    /// of the hand, and does not foresee.
    fn any(&mut self, now: Instant) -> Result<bool, StoreError>;
}
