use std::sync::Arc;

use super::{Administrators, Caller, Permission, PermissionSet, Ports, Principal, Rules};
use crate::audit::log::{Logs, lacking};
use crate::audit::{AuditIds, Journal, PublicKeyInfo};
use crate::client::ClientDirectory;
use crate::delivery::Deliveries;
use crate::error::UseCaseError;
use crate::id::{StoreId, UserId};
use crate::random::Random;
use crate::secrets::Secrets;
use crate::session::SessionDirectory;
use crate::store::{Settings, Store, StoreRepository};
use crate::time::Instant;
use crate::unit_of_work::{InStore, StoreError, Transaction, nested};

/// Inside the gate: one store, open for one use case.
pub struct Room<'a> {
    /// The store as loaded in this unit.
    pub store: Store,
    /// The settings that hold in it.
    pub settings: Settings,
    /// Makes the audit entries of this use case.
    pub journal: Journal,
    pub(super) caller: &'a Caller,
    /// What the use case does in the caller's stead.
    pub(super) lent: PermissionSet,
    pub(super) rules: &'a Rules,
    pub(super) secrets: &'a dyn Secrets,
    pub(super) random: &'a dyn Random,
    pub(super) tx: &'a mut dyn Transaction,
}

impl<'a> Room<'a> {
    /// The repositories of the store.
    pub fn here(&mut self) -> Box<dyn InStore + '_> {
        self.tx.store(self.store.id)
    }

    /// Who holds `SystemAdmin`, in whatever store.
    pub fn administrators(&mut self) -> &mut dyn Administrators {
        self.tx.administrators()
    }

    /// The register of stores: for the use cases on stores alone.
    pub(crate) fn stores(&mut self) -> &mut dyn StoreRepository {
        self.tx.stores()
    }

    /// Forgets the answers that are kept for the store.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn forget_answers(&mut self) -> Result<(), StoreError> {
        self.tx.answers().forget(self.store.id)
    }

    /// Finds sessions by what is shown: for the use cases on sessions alone.
    pub(crate) fn session_directory(&mut self) -> &mut dyn SessionDirectory {
        self.tx.sessions()
    }

    /// The outboxes of all stores: for the worker that empties them alone.
    pub(crate) fn deliveries(&mut self) -> &mut dyn Deliveries {
        self.tx.deliveries()
    }

    /// Whether the caller may do more than what the use case needs.
    pub fn allows(&self, permission: Permission) -> bool {
        self.require(permission).is_ok()
    }

    /// Asks for a further permission, for use cases whose need depends on the request.
    ///
    /// # Errors
    /// [`UseCaseError::Forbidden`] when the caller lacks it.
    pub fn require(&self, permission: Permission) -> Result<(), UseCaseError> {
        if self.lent.contains(permission) {
            return Ok(());
        }
        require(self.caller, self.store.id, permission)
    }

    /// The same where `user` is not the caller.
    ///
    /// # Errors
    /// [`UseCaseError::Forbidden`].
    pub fn require_own_or(&self, permission: Permission, user: UserId) -> Result<(), UseCaseError> {
        if self.is_caller(user) { Ok(()) } else { self.require(permission) }
    }

    /// Whether that user of the store is who acts.
    pub fn is_caller(&self, user: UserId) -> bool {
        self.caller.user_of(self.store.id) == Some(user)
    }

    /// Lets what follows do what the caller need not be permitted by itself, since it is part of the
    /// use case: the specification asks one permission for the whole. What the caller lacks they still
    /// grant to nobody, and act upward on nobody.
    pub(crate) fn lend(&mut self, permissions: PermissionSet) {
        self.lent = self.lent.union(permissions);
    }

    /// Whether there is a store of that id: of another store a room tells no more.
    ///
    /// # Errors
    /// The store failed.
    pub fn is_store(&mut self, id: StoreId) -> Result<bool, StoreError> {
        Ok(id == self.store.id || self.tx.stores().find(id)?.is_some())
    }

    /// Who acts.
    pub fn caller(&self) -> &'a Caller {
        self.caller
    }

    /// What the configuration says.
    pub fn rules(&self) -> &'a Rules {
        self.rules
    }

    /// The keys of what the database holds of secrets.
    pub fn secrets(&self) -> &'a dyn Secrets {
        self.secrets
    }

    /// Chance and ids.
    pub fn random(&self) -> &'a dyn Random {
        self.random
    }

    /// A savepoint: what `work` does is kept on `Ok` and undone on `Err`, and the unit goes on. One
    /// per chunk, not per item.
    ///
    /// # Errors
    /// What `work` refuses; or the store's, where it had the last word.
    pub fn nested<T>(
        &mut self,
        work: &mut dyn FnMut(&mut Room<'_>) -> Result<T, UseCaseError>,
    ) -> Result<T, UseCaseError> {
        let Self { store, settings, journal, caller, lent, rules, tx, .. } = self;
        let (secrets, random) = (self.secrets, self.random);
        nested(&mut **tx, &mut |tx| {
            let (store, journal) = (store.clone(), journal.clone());
            let (settings, lent) = (*settings, *lent);
            work(&mut Room { store, settings, journal, caller, lent, rules, secrets, random, tx })
        })
    }
}

/// Asks for a permission in a store.
///
/// # Errors
/// [`UseCaseError::Forbidden`] when the caller lacks it.
pub(super) fn require(
    caller: &Caller,
    store: StoreId,
    needs: Permission,
) -> Result<(), UseCaseError> {
    if caller.permissions_in(store).contains(needs) {
        return Ok(());
    }
    Err(UseCaseError::Forbidden(needs))
}

/// Inside the gate for the register of stores.
pub struct SystemRoom<'a> {
    pub(super) ports: &'a Ports,
    pub(super) principal: Principal,
    pub(super) now: Instant,
    pub(super) tx: &'a mut dyn Transaction,
}

impl<'a> SystemRoom<'a> {
    /// The register of stores.
    pub fn stores(&mut self) -> &mut dyn StoreRepository {
        self.tx.stores()
    }

    /// Who holds `SystemAdmin`, in whatever store.
    pub fn administrators(&mut self) -> &mut dyn Administrators {
        self.tx.administrators()
    }

    /// The clients of every store.
    pub fn clients(&mut self) -> &mut dyn ClientDirectory {
        self.tx.clients()
    }

    /// The outboxes of all stores.
    pub fn deliveries(&mut self) -> &mut dyn Deliveries {
        self.tx.deliveries()
    }

    /// Forgets the answers that are kept for a store.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) fn forget_answers(&mut self, store: StoreId) -> Result<(), StoreError> {
        self.tx.answers().forget(store)
    }

    /// The audit logs of all stores.
    pub fn logs(&mut self) -> &mut dyn Logs {
        self.tx.logs()
    }

    /// The repositories of a store.
    pub fn inside(&mut self, store: StoreId) -> Box<dyn InStore + '_> {
        self.tx.store(store)
    }

    /// What the configuration says.
    pub fn rules(&self) -> &'a Rules {
        &self.ports.rules
    }

    /// The moment of the use case.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The key with which the trail of a new store begins: the last one that was registered. Where
    /// none ever was, that of this node is registered now.
    ///
    /// # Errors
    /// The store failed.
    pub fn founding_key(&mut self) -> Result<PublicKeyInfo, StoreError> {
        if let Some(key) = self.tx.logs().hold_last_key()? {
            return Ok(key);
        }
        let own = self.ports.keys.own().public_key();
        if self.tx.logs().register_key(0, &own)? {
            return Ok(own);
        }
        let key = self.tx.logs().hold_last_key()?;
        key.ok_or_else(|| StoreError::Corrupt("audit_keys: there is none".into()))
    }

    /// A journal for the beginnings of a store, with `entries` numbers of its own: they are
    /// reserved in the same unit, so they are free again when it is rolled back.
    ///
    /// # Errors
    /// The store failed.
    pub fn founding_journal(&mut self, store: &Store, entries: u32) -> Result<Journal, StoreError> {
        let signer = self.ports.keys.find(&store.audit_key).ok_or_else(|| lacking(store.id))?;
        let first = self.tx.store(store.id).audit().reserve_ids(entries)?;
        let ids = AuditIds::of_one_unit(store.id, first, entries);
        let random = Arc::clone(&self.ports.random);
        Ok(Journal::new(self.principal.clone(), self.now, store, Arc::clone(&ids), random, signer))
    }
}
