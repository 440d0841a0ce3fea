use super::{Attempts, NameKey, NameRecord};
use crate::id::UserId;
use crate::unit_of_work::StoreError;

/// Counted attempts on accounts of one store. They go with their user.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AttemptRepository {
    /// The attempts on an account, locked until the unit ends: a row that is not there yet is made
    /// by this call, so that two who come first wait for each other too.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when there is no such user.
    fn lock(&mut self, user: UserId) -> Result<Attempts, StoreError>;

    /// Stores what was locked in this unit.
    fn save(&mut self, user: UserId, attempts: &Attempts) -> Result<(), StoreError>;

    /// Forgets every attempt on these accounts, in one statement a chunk; those in flight find that
    /// they no longer count.
    fn clear(&mut self, users: &[UserId]) -> Result<(), StoreError>;
}

/// What is counted by name, whether there is an account of that name or not: a table of fixed size
/// for each store, in which a new name takes the place of another one.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait ThrottleRepository {
    /// The record of a name, locked until the unit ends; [`NameRecord::default`] when its place in
    /// the table is empty or holds another name.
    fn lock(&mut self, name: &NameKey) -> Result<NameRecord, StoreError>;

    /// Stores the record of a name that was locked in this unit.
    fn save(&mut self, name: &NameKey, record: &NameRecord) -> Result<(), StoreError>;

    /// Forgets what is counted under these names.
    fn clear(&mut self, names: &[NameKey]) -> Result<(), StoreError>;
}
