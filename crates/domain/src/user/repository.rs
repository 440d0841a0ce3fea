use super::{EmailAddress, ExternalId, User, UserQuery};
use crate::audit::{Recorded, Stamp};
use crate::id::UserId;
use crate::text::Folded;
use crate::unit_of_work::{StoreError, Taken};

/// What users may hold that no other user of the store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Login names as they are compared.
    pub login_names: Vec<Folded>,
    /// External ids.
    pub external_ids: Vec<ExternalId>,
    /// Addresses, of those users alone that sign in by them.
    pub addresses: Vec<EmailAddress>,
}

/// Users of one store. Every write stores the change and its audit entry together.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait UserRepository {
    /// The user of that id. `None` when the store has none.
    fn find(&mut self, id: UserId) -> Result<Option<User>, StoreError>;

    /// Those of `ids` that the store has, locked against other writers until the unit ends, in
    /// order of id: taken in one order by every writer, so that two of them never wait for each
    /// other.
    fn find_all_for_update(&mut self, ids: &[UserId]) -> Result<Vec<User>, StoreError>;

    /// The user whose login name folds to `name`. `None` when the store has none.
    fn find_by_login_name(&mut self, name: &Folded) -> Result<Option<User>, StoreError>;

    /// The users that hold any of these, in order of id, in one statement.
    fn holders(&mut self, wanted: &Holdings) -> Result<Vec<User>, StoreError>;

    /// The users that the query asks for, in one statement.
    fn list(&mut self, query: &UserQuery) -> Result<Vec<User>, StoreError>;

    /// Up to `limit` ids greater than `after`, in order, each with whether what is stored under it
    /// is a user by the rules of its types.
    fn check(
        &mut self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<(UserId, bool)>, StoreError>;

    /// Adds a user.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] naming one that is taken of `UserId`, `LoginName`, `ExternalId`,
    /// `EmailAddress`.
    fn insert(&mut self, user: &Recorded<User>) -> Result<(), StoreError>;

    /// Adds those users whose id, login name, external id and address to sign in by are free, with
    /// their audit entries, and says of each of the others what is taken: the first of `UserId`,
    /// `LoginName`, `ExternalId`, `EmailAddress` that is. Earlier users of the slice count as
    /// others. Statements grow with chunks, not with users.
    ///
    /// # Errors
    /// [`StoreError::Retryable`] when what was taken is free again by the time it is looked for.
    fn insert_new(
        &mut self,
        users: &[Recorded<User>],
    ) -> Result<Vec<Result<(), Taken>>, StoreError>;

    /// Replaces users that were found for update in this unit, one after the other in the order of
    /// the slice, in statements that grow with chunks.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when one is not there, [`StoreError::Conflict`] naming `LoginName`,
    /// `ExternalId` or `EmailAddress`.
    fn update_all(&mut self, users: &[Recorded<User>]) -> Result<(), StoreError>;

    /// Removes users that have no profiles and memberships left.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when one is not there.
    fn remove_all(&mut self, users: &[Recorded<User>]) -> Result<(), StoreError>;

    /// Gives users the version of a change of their relations that is recorded elsewhere.
    fn touch(&mut self, ids: &[UserId], stamp: Stamp) -> Result<(), StoreError>;

    /// Lets every user of the store sign in by their address, or none of them: no property of a
    /// user that is shown changes.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] naming `EmailAddress` when two users have one address, ignoring
    /// case.
    fn sign_in_by_email(&mut self, on: bool) -> Result<(), StoreError>;
}
