use std::sync::Arc;

use super::{Overrides, Settings, Store, StoreName, change, removal};
use crate::access::{Caller, Context, Gate, Permission};
use crate::error::UseCaseError;
use crate::id::StoreId;
use crate::idempotency::Once;
use crate::page::Page;
use crate::resource::{EditError, require};
use crate::unit_of_work::Access;
use crate::version::Precondition;

/// A store to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStore {
    /// Its id; a new one without it. Never one that a store had before.
    pub id: Option<StoreId>,
    /// What it is called.
    pub name: StoreName,
    /// What is set for it.
    pub set: Overrides,
}

/// What a store is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreDraft {
    /// What it is called.
    pub name: StoreName,
    /// What is set for it.
    pub set: Overrides,
}

/// Makes the draft of a changed store from the store as it is. It runs inside the unit of work, more
/// than once when the unit is rerun.
pub type EditStore = Arc<dyn Fn(&Store) -> Result<StoreDraft, EditError> + Send + Sync>;

/// The use cases on stores: for holders of `SystemAdmin`.
#[derive(Clone)]
pub struct StoreService {
    gate: Gate,
}

impl StoreService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// The settings that hold in a store.
    pub fn settings(&self, store: &Store) -> Settings {
        self.gate.rules().stores.of(store)
    }

    /// Makes a store.
    ///
    /// # Errors
    /// [`UseCaseError::Duplicate`] naming `StoreId` or `StoreName`; [`UseCaseError::Invalid`];
    /// [`UseCaseError::Pinned`] when a setting is set that the configuration pins for that name;
    /// [`UseCaseError::Replayed`] and [`UseCaseError::KeyReused`] by `once`; what the gate refuses.
    pub async fn create(
        &self,
        caller: &Caller,
        once: Option<&Once>,
        new: NewStore,
    ) -> Result<Store, UseCaseError> {
        let id = new.id.unwrap_or_else(|| StoreId::new(self.gate.random().new_uuid()));
        self.gate
            .system(Access::Write, caller, once, move |room| change::create(room, id, &new))
            .await
    }

    /// The store of the context.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn find(&self, context: &Context) -> Result<Store, UseCaseError> {
        self.gate.point(context, Permission::SystemManage, |room| Ok(room.store.clone())).await
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
            .system(Access::Read, caller, None, move |room| {
                let found = room.stores().page(after, limit.saturating_add(1))?;
                Ok(Page::cut(found, limit, |store| store.id))
            })
            .await
    }

    /// Changes the store of the context as `edit` says, when nothing else changes in it.
    ///
    /// # Errors
    /// [`UseCaseError::Stale`]; [`UseCaseError::Invalid`]; [`UseCaseError::Pinned`];
    /// [`UseCaseError::Duplicate`] naming `StoreName`, or `EmailAddress` when users are to sign in
    /// by their addresses and two have the same; what `edit` refuses; what the gate refuses.
    pub async fn change(
        &self,
        context: &Context,
        precondition: Precondition,
        edit: EditStore,
    ) -> Result<Store, UseCaseError> {
        self.gate
            .govern(Access::Bulk, context, 1, move |room| {
                require(&precondition, room.store.version)?;
                change::change(room, &edit)
            })
            .await
    }

    /// Removes the store of the context. One that is not empty goes only when its name is
    /// `confirmed`, with everything in it; every record that goes leaves its audit entry, and the
    /// audit trail stays.
    ///
    /// # Errors
    /// [`UseCaseError::Stale`]; [`UseCaseError::StoreNotEmpty`]; [`UseCaseError::Invalid`] naming
    /// `confirm` when another name is confirmed; [`UseCaseError::LastSystemAdmin`];
    /// [`UseCaseError::TooLarge`]; what the gate refuses.
    pub async fn remove(
        &self,
        context: &Context,
        precondition: Precondition,
        confirmed: Option<StoreName>,
    ) -> Result<(), UseCaseError> {
        self.gate
            .govern(Access::Bulk, context, 1, move |room| {
                require(&precondition, room.store.version)?;
                removal::remove(room, confirmed.as_ref())
            })
            .await
    }
}
