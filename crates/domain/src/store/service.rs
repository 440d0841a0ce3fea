use super::{Store, StoreName};
use crate::access::{Caller, Gate, SystemRoom};
use crate::error::UseCaseError;
use crate::id::StoreId;
use crate::page::Page;
use crate::unit_of_work::Access;
use crate::version::Version;

/// The use cases on the register of stores: for holders of `SystemAdmin`.
#[derive(Clone)]
pub struct StoreService {
    gate: Gate,
}

impl StoreService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// Makes a store.
    ///
    /// # Errors
    /// [`UseCaseError::Duplicate`] naming `StoreName`; what the gate refuses.
    pub async fn create(&self, caller: &Caller, name: StoreName) -> Result<Store, UseCaseError> {
        let id = StoreId::new(self.gate.random().new_uuid());
        let store = Store { id, name, read_only: false, version: Version::UNRECORDED };
        self.gate.system(Access::Write, caller, move |room| found(room, store.clone())).await
    }

    /// Up to `limit` stores after the one of id `after`, in order of id.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn page(
        &self,
        caller: &Caller,
        after: Option<StoreId>,
        limit: u32,
    ) -> Result<Page<Store, StoreId>, UseCaseError> {
        self.gate
            .system(Access::Read, caller, move |room| {
                let found = room.stores().page(after, limit.saturating_add(1))?;
                Ok(Page::cut(found, limit, |store| store.id))
            })
            .await
    }
}

/// Adds a new store to the register.
///
/// # Errors
/// [`UseCaseError::Duplicate`] when its id or name is taken.
pub(crate) fn found(room: &mut SystemRoom<'_>, store: Store) -> Result<Store, UseCaseError> {
    let recorded = room.founding_journal(&store, 1)?.added(store)?;
    let outcome = room.stores().insert_new(&recorded)?;
    outcome.map_err(|taken| UseCaseError::Duplicate(taken.what))?;
    Ok(recorded.into_record())
}
