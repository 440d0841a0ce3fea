use std::sync::Arc;

use super::{Caller, Permission, Principal};
use crate::audit::{AuditIds, IdsExhausted, Journal, Signer, reserve};
use crate::client::ClientDirectory;
use crate::error::{Missing, UseCaseError};
use crate::id::StoreId;
use crate::random::Random;
use crate::store::{Store, StoreRef, StoreRepository};
use crate::time::{Clock, Instant};
use crate::unit_of_work::{Access, InStore, StoreError, Transaction, Unique, UnitOfWork, transact};

/// The ports that use cases stand on.
#[derive(Clone)]
pub struct Ports {
    /// The database.
    pub unit_of_work: Arc<dyn UnitOfWork>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance and ids.
    pub random: Arc<dyn Random>,
    /// The key of the audit trail.
    pub signer: Arc<dyn Signer>,
}

/// Who acts, and in which store.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who.
    pub caller: Caller,
    /// Where.
    pub store: StoreRef,
}

/// The one enforcement point.
///
/// Services hold a gate and no unit of work, so the only way to a repository leads through one of
/// its doors, and each door asks for the [`Permission`] that the use case needs: one that declares
/// none does not compile. The check runs in the unit of work that acts, on the store as it is then.
#[derive(Clone)]
pub struct Gate {
    ports: Ports,
    ids: Arc<AuditIds>,
}

/// Inside the gate: one store, open for one use case.
pub struct Room<'a> {
    /// The store as loaded in this unit.
    pub store: Store,
    /// Makes the audit entries of this use case.
    pub journal: Journal,
    caller: &'a Caller,
    tx: &'a mut dyn Transaction,
}

impl Room<'_> {
    /// The repositories of the store.
    pub fn here(&mut self) -> Box<dyn InStore + '_> {
        self.tx.store(self.store.id)
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
        require(self.caller, self.store.id, permission)
    }

    /// Whether there is a store of that id: of another store a room tells no more.
    ///
    /// # Errors
    /// The store failed.
    pub fn is_store(&mut self, id: StoreId) -> Result<bool, StoreError> {
        Ok(id == self.store.id || self.tx.stores().find(id)?.is_some())
    }

    /// Who acts.
    pub fn caller(&self) -> &Caller {
        self.caller
    }
}

fn require(caller: &Caller, store: StoreId, needs: Permission) -> Result<(), UseCaseError> {
    if caller.permissions_in(store).contains(needs) {
        return Ok(());
    }
    Err(UseCaseError::Forbidden(needs))
}

/// Loads the store and checks the caller. A store in which the caller holds no role is as unknown
/// as one that is not there.
fn admit(
    tx: &mut dyn Transaction,
    context: &Context,
    needs: Permission,
) -> Result<Store, UseCaseError> {
    let found = match &context.store {
        StoreRef::Id(id) => tx.stores().find(*id)?,
        StoreRef::Name(name) => tx.stores().find_by_name(name)?,
    };
    let store = found.ok_or(UseCaseError::NotFound(Missing::Store))?;
    if context.caller.permissions_in(store.id).is_empty() {
        return Err(UseCaseError::NotFound(Missing::Store));
    }
    require(&context.caller, store.id, needs)?;
    Ok(store)
}

impl Gate {
    /// Up to so many entries a change draws from the block that all share; a larger one gets a
    /// block of its own, so that large ones do not take one another's numbers.
    const FEW: u32 = 64;
    /// The most entries that one unit may leave: all of them stay in memory until it ends.
    const MOST_ENTRIES: u32 = 200_000;

    /// A gate before these ports.
    pub fn new(ports: Ports) -> Self {
        Self { ports, ids: Arc::default() }
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.ports.clock.now()
    }

    /// Chance and ids.
    pub fn random(&self) -> &dyn Random {
        &*self.ports.random
    }

    /// Up to three index look-ups besides the store's own.
    ///
    /// # Errors
    /// What the gate or `work` refuses.
    pub async fn point<T: Send + 'static>(
        &self,
        context: &Context,
        needs: Permission,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + 'static,
    ) -> Result<T, UseCaseError> {
        self.pass(Access::Point, context, needs, work).await
    }

    /// A consistent read.
    ///
    /// # Errors
    /// What the gate or `work` refuses.
    pub async fn read<T: Send + 'static>(
        &self,
        context: &Context,
        needs: Permission,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + 'static,
    ) -> Result<T, UseCaseError> {
        self.pass(Access::Read, context, needs, work).await
    }

    /// A change, refused in a read-only store. `access` is one of `Write`, `Bulk`, `Rehearse`;
    /// `entries` is how many audit entries it leaves as far as the caller can know. When there are
    /// not numbers enough at hand, `work` runs again with more.
    ///
    /// # Errors
    /// [`UseCaseError::TooLarge`]; what the gate or `work` refuses.
    pub async fn change<T: Send + 'static>(
        &self,
        access: Access,
        context: &Context,
        needs: Permission,
        entries: u32,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + Sync + 'static,
    ) -> Result<T, UseCaseError> {
        let work = Arc::new(work);
        let mut ids = Arc::clone(&self.ids);
        let mut size = entries.max(AuditIds::BLOCK);
        loop {
            let outcome = self.try_change(access, context, needs, entries, &ids, &work).await;
            let store = match outcome {
                Err(UseCaseError::IdsExhausted(IdsExhausted { store })) => store,
                outcome => return outcome,
            };
            if size > Self::MOST_ENTRIES {
                return Err(UseCaseError::TooLarge { most: Self::MOST_ENTRIES });
            }
            let unit_of_work = &*self.ports.unit_of_work;
            if Arc::ptr_eq(&ids, &self.ids) && entries <= Self::FEW && !ids.holds(store, Self::FEW)
            {
                ids.refill(unit_of_work, store).await?;
            } else {
                let first = reserve(unit_of_work, store, size).await?;
                ids = AuditIds::of_one_unit(store, first, size);
                // Whoever comes later draws higher numbers than this unit.
                self.ids.forget(store);
                size = size.saturating_mul(2);
            }
        }
    }

    /// One run of a change with the numbers that are at hand.
    async fn try_change<T: Send + 'static>(
        &self,
        access: Access,
        context: &Context,
        needs: Permission,
        entries: u32,
        ids: &Arc<AuditIds>,
        work: &Arc<impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + Sync + 'static>,
    ) -> Result<T, UseCaseError> {
        let (ids, work) = (Arc::clone(ids), Arc::clone(work));
        self.pass(access, context, needs, move |room| {
            let store = room.store.id;
            if room.store.read_only {
                return Err(UseCaseError::StoreReadOnly);
            }
            if !ids.holds(store, entries) {
                return Err(IdsExhausted { store }.into());
            }
            room.journal = room.journal.clone().with_ids(Arc::clone(&ids));
            work(room).map_err(|error| match error {
                // A reservation was lost with a failed node, so somebody else has the number.
                UseCaseError::Store(StoreError::Conflict { what: Unique::AuditId }) => {
                    ids.forget(store);
                    IdsExhausted { store }.into()
                }
                error => error,
            })
        })
        .await
    }

    /// A use case on the register of stores itself: for holders of
    /// [`Permission::SystemManage`] in every store.
    ///
    /// # Errors
    /// What the gate or `work` refuses.
    pub async fn system<T: Send + 'static>(
        &self,
        access: Access,
        caller: &Caller,
        work: impl Fn(&mut SystemRoom<'_>) -> Result<T, UseCaseError> + Send + 'static,
    ) -> Result<T, UseCaseError> {
        if !caller.permissions_everywhere().contains(Permission::SystemManage) {
            return Err(UseCaseError::Forbidden(Permission::SystemManage));
        }
        let (ports, principal, now) = (self.ports.clone(), caller.principal(), self.now());
        transact(&*self.ports.unit_of_work, access, move |tx| {
            work(&mut SystemRoom { ports: &ports, principal, now, tx })
        })
        .await
    }

    async fn pass<T: Send + 'static>(
        &self,
        access: Access,
        context: &Context,
        needs: Permission,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + 'static,
    ) -> Result<T, UseCaseError> {
        let (gate, context, now) = (self.clone(), context.clone(), self.now());
        transact(&*self.ports.unit_of_work, access, move |tx| {
            let store = admit(tx, &context, needs)?;
            let journal = gate.journal(&context.caller, now, &store);
            work(&mut Room { store, journal, caller: &context.caller, tx })
        })
        .await
    }

    fn journal(&self, caller: &Caller, now: Instant, store: &Store) -> Journal {
        let Ports { random, signer, .. } = self.ports.clone();
        Journal::new(caller.principal(), now, store, Arc::clone(&self.ids), random, signer)
    }
}

/// Inside the gate for the register of stores.
pub struct SystemRoom<'a> {
    ports: &'a Ports,
    principal: Principal,
    now: Instant,
    tx: &'a mut dyn Transaction,
}

impl SystemRoom<'_> {
    /// The register of stores.
    pub fn stores(&mut self) -> &mut dyn StoreRepository {
        self.tx.stores()
    }

    /// The clients of every store.
    pub fn clients(&mut self) -> &mut dyn ClientDirectory {
        self.tx.clients()
    }

    /// The repositories of a store.
    pub fn inside(&mut self, store: StoreId) -> Box<dyn InStore + '_> {
        self.tx.store(store)
    }

    /// A journal for the beginnings of a store, with `entries` numbers of its own: they are
    /// reserved in the same unit, so they are free again when it is rolled back.
    ///
    /// # Errors
    /// The store failed.
    pub fn founding_journal(&mut self, store: &Store, entries: u32) -> Result<Journal, StoreError> {
        let first = self.tx.store(store.id).audit().reserve_ids(entries)?;
        let ids = AuditIds::of_one_unit(store.id, first, entries);
        let Ports { random, signer, .. } = self.ports.clone();
        Ok(Journal::new(self.principal, self.now, store, ids, random, signer))
    }
}
