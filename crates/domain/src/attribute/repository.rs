use super::{Attribute, AttributeQuery, Extent, Owner};
use crate::audit::Recorded;
use crate::text::Folded;
use crate::unit_of_work::StoreError;

/// Attributes of the owners of one kind in one store.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AttributeRepository<O: Owner> {
    /// Those of `keys` that the owner has, in order of the folded key.
    fn find_all(&mut self, owner: O, keys: &[Folded]) -> Result<Vec<Attribute<O>>, StoreError>;

    /// All attributes of an owner, in order of the folded key.
    fn of(&mut self, owner: O) -> Result<Vec<Attribute<O>>, StoreError>;

    /// The same for many owners in one statement, in order of owner and folded key.
    fn of_all(&mut self, owners: &[O]) -> Result<Vec<Attribute<O>>, StoreError>;

    /// How much the attributes of an owner are: one statement.
    fn extent(&mut self, owner: O) -> Result<Extent, StoreError>;

    /// The attributes of an owner that the query asks for, one statement.
    fn list(&mut self, owner: O, query: &AttributeQuery) -> Result<Vec<Attribute<O>>, StoreError>;

    /// Adds, changes and removes attributes as each change says, with their audit entries.
    /// Statements grow with chunks, not with changes.
    ///
    /// # Errors
    /// [`StoreError::DanglingReference`] when the owner is not there, [`StoreError::Conflict`]
    /// naming [`Owner::UNIQUE`] when a key to add is taken, [`StoreError::Stale`] when one to
    /// change or remove is not there.
    fn apply(&mut self, changes: &[Recorded<Attribute<O>>]) -> Result<(), StoreError>;
}
