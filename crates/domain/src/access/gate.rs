use std::sync::Arc;

use super::room::{Room, SystemRoom, require};
use super::{Caller, Needs, Permission, PermissionSet, Rules};
use crate::attempt::AttemptLog;
use crate::audit::log::{Witness, lacking};
use crate::audit::{AuditIds, AuditKeys, IdsExhausted, Journal, Source, Supply, reserve};
use crate::error::{Missing, UseCaseError};
use crate::id::StoreId;
use crate::idempotency::{Claim, Once, happen_once};
use crate::random::Random;
use crate::second_factor::Totp;
use crate::secrets::Secrets;
use crate::store::{Store, StoreRef};
use crate::time::{Clock, Instant};
use crate::unit_of_work::{Access, StoreError, Transaction, Unique, UnitOfWork, transact};

/// The ports that use cases stand on, and the rules that they keep.
#[derive(Clone)]
pub struct Ports {
    /// The database.
    pub unit_of_work: Arc<dyn UnitOfWork>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance and ids.
    pub random: Arc<dyn Random>,
    /// The keys of the audit trail.
    pub keys: Arc<dyn AuditKeys>,
    /// The keys of what the database holds of secrets.
    pub secrets: Arc<dyn Secrets>,
    /// What makes the codes of authenticators.
    pub totp: Arc<dyn Totp>,
    /// Who is told of attempts to prove who somebody is.
    pub attempts: Arc<dyn AttemptLog>,
    /// What the configuration says.
    pub rules: Arc<Rules>,
}

/// Who acts, in which store, and whether a change may happen only once.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who.
    pub caller: Caller,
    /// Where.
    pub store: StoreRef,
    /// That a change happens once however often it is asked for. Reads and rehearsals ignore it.
    pub once: Option<Once>,
}

impl Context {
    /// The context of a request that may happen as often as it comes.
    pub fn new(caller: Caller, store: StoreRef) -> Self {
        Self { caller, store, once: None }
    }
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
    witness: Arc<Witness>,
}

/// How a store is entered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    /// To look around.
    Look,
    /// To change what is in it.
    Change,
    /// To change the store itself.
    Govern,
    /// To count an attempt to prove who one is. A read-only store is no obstacle.
    Attempt,
    /// To change what is one's own, as somebody who has proved who they are.
    Own,
}

/// What a use case asks of the gate.
#[derive(Clone, Copy)]
struct Errand {
    door: Door,
    access: Access,
    needs: Needs,
    /// How many audit entries it leaves, as far as that is known.
    entries: u32,
}

impl Errand {
    fn looking(access: Access, needs: impl Into<Needs>) -> Self {
        Self { door: Door::Look, access, needs: needs.into(), entries: 0 }
    }

    /// Finds the store and checks the caller. A store in which the caller holds no role is as
    /// unknown as one that is not there.
    fn admit(self, tx: &mut dyn Transaction, context: &Context) -> Result<Store, UseCaseError> {
        let Context { caller, store: named, .. } = context;
        self.needs.refuse(caller.due())?;
        let found = match self.door {
            // Nobody waits for a store who will be sent away.
            Door::Govern if governs(caller) => tx.stores().find_for_update(named)?,
            Door::Change | Door::Attempt | Door::Own => tx.stores().hold(named)?,
            Door::Govern | Door::Look => find(tx, named)?,
        };
        let store = found.ok_or(UseCaseError::NotFound(Missing::Store))?;
        if matches!(self.door, Door::Attempt | Door::Own) && caller.is_public() {
            return Ok(store);
        }
        if self.needs.own && caller.user_of(store.id).is_some() {
            return Ok(store);
        }
        if caller.permissions_in(store.id).is_empty() {
            return Err(UseCaseError::NotFound(Missing::Store));
        }
        match self.door {
            Door::Govern => require_to_govern(caller)?,
            Door::Look | Door::Change | Door::Attempt | Door::Own => {
                require(caller, store.id, self.needs.permission)?;
            }
        }
        Ok(store)
    }

    /// That it happens once, where the request says so and something will be stored.
    fn claim<'a>(self, context: &'a Context, store: &Store, now: Instant) -> Option<Claim<'a>> {
        let principal = context.caller.principal();
        let once = once_to_store(self.access, context.once.as_ref())?;
        Some(Claim { once, store: Some(store.id), principal, now })
    }
}

fn find(tx: &mut dyn Transaction, store: &StoreRef) -> Result<Option<Store>, StoreError> {
    match store {
        StoreRef::Id(id) => tx.stores().find(*id),
        StoreRef::Name(name) => tx.stores().find_by_name(name),
    }
}

/// Whether the caller may change stores and the register of them.
fn governs(caller: &Caller) -> bool {
    caller.permissions_everywhere().contains(Permission::SystemManage)
}

fn require_to_govern(caller: &Caller) -> Result<(), UseCaseError> {
    if governs(caller) {
        return Ok(());
    }
    Err(UseCaseError::Forbidden(Permission::SystemManage))
}

/// Nothing is kept of a unit that stores nothing.
fn once_to_store(access: Access, once: Option<&Once>) -> Option<&Once> {
    once.filter(|_| matches!(access, Access::Write | Access::Bulk))
}

impl Gate {
    /// The most entries that one unit may leave: all of them stay in memory until it ends.
    const MOST_ENTRIES: u32 = 200_000;

    /// A gate before these ports.
    pub fn new(ports: Ports) -> Self {
        Self { ports, ids: Arc::default(), witness: Arc::default() }
    }

    /// The time.
    pub fn now(&self) -> Instant {
        self.ports.clock.now()
    }

    /// Chance and ids.
    pub fn random(&self) -> &dyn Random {
        &*self.ports.random
    }

    /// The keys of the audit trail.
    pub(crate) fn keys(&self) -> &dyn AuditKeys {
        &*self.ports.keys
    }

    /// What this process has seen of the audit logs.
    pub(crate) fn witness(&self) -> &Witness {
        &self.witness
    }

    /// The keys of what the database holds of secrets.
    pub fn secrets(&self) -> &dyn Secrets {
        &*self.ports.secrets
    }

    /// What makes the codes of authenticators.
    pub(crate) fn totp(&self) -> Arc<dyn Totp> {
        Arc::clone(&self.ports.totp)
    }

    /// Who is told of attempts to prove who somebody is.
    pub(crate) fn attempts(&self) -> &dyn AttemptLog {
        &*self.ports.attempts
    }

    /// What the configuration says.
    pub fn rules(&self) -> &Rules {
        &self.ports.rules
    }

    /// Up to three index look-ups besides the store's own.
    ///
    /// # Errors
    /// What the gate or `work` refuses.
    pub async fn point<T: Send + 'static>(
        &self,
        context: &Context,
        needs: impl Into<Needs>,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + 'static,
    ) -> Result<T, UseCaseError> {
        self.pass(Errand::looking(Access::Point, needs), context, work).await
    }

    /// A consistent read.
    ///
    /// # Errors
    /// What the gate or `work` refuses.
    pub async fn read<T: Send + 'static>(
        &self,
        context: &Context,
        needs: impl Into<Needs>,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + 'static,
    ) -> Result<T, UseCaseError> {
        self.pass(Errand::looking(Access::Read, needs), context, work).await
    }

    /// A change of what is in a store, refused when that is read-only. The store stays as it is
    /// until the unit ends. `access` is one of `Write`, `Bulk`, `Rehearse`; `entries` is how many
    /// audit entries it leaves as far as the caller can know. When there are not numbers enough at
    /// hand, `work` runs again with more: once, when it says what it needs by [`Journal::expect`].
    ///
    /// # Errors
    /// [`UseCaseError::TooLarge`]; [`UseCaseError::Replayed`] and [`UseCaseError::KeyReused`] where
    /// the context says `once`; what the gate or `work` refuses.
    pub async fn change<T: Send + 'static>(
        &self,
        access: Access,
        context: &Context,
        needs: impl Into<Needs>,
        entries: u32,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + Sync + 'static,
    ) -> Result<T, UseCaseError> {
        self.write(
            Errand { door: Door::Change, access, needs: needs.into(), entries },
            context,
            work,
        )
        .await
    }

    /// A change of the store itself, which waits for all changes of what is in it: for holders of
    /// [`Permission::SystemManage`] in every store. A read-only store is no obstacle. Else as
    /// [`Self::change`].
    ///
    /// # Errors
    /// Those of [`Self::change`].
    pub async fn govern<T: Send + 'static>(
        &self,
        access: Access,
        context: &Context,
        entries: u32,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + Sync + 'static,
    ) -> Result<T, UseCaseError> {
        let needs = Permission::SystemManage.into();
        self.write(Errand { door: Door::Govern, access, needs, entries }, context, work).await
    }

    /// Counts an attempt to prove who one is, also in a read-only store: open to the public, since
    /// whoever proves something need not be anybody yet; everybody else needs the permission.
    ///
    /// # Errors
    /// Those of [`Self::change`], but for those of a read-only store.
    pub(crate) async fn attempt<T: Send + 'static>(
        &self,
        context: &Context,
        needs: impl Into<Needs>,
        entries: u32,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + Sync + 'static,
    ) -> Result<T, UseCaseError> {
        let needs = needs.into();
        let errand = Errand { door: Door::Attempt, access: Access::Write, needs, entries };
        self.write(errand, context, work).await
    }

    /// A change that is made in the name of a user who has proved to be that user: open to the public
    /// too. Whoever calls this has seen the proof, or checks it in `work`.
    ///
    /// # Errors
    /// Those of [`Self::change`].
    pub(crate) async fn own<T: Send + 'static>(
        &self,
        context: &Context,
        needs: impl Into<Needs>,
        entries: u32,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + Sync + 'static,
    ) -> Result<T, UseCaseError> {
        let needs = needs.into();
        let errand = Errand { door: Door::Own, access: Access::Write, needs, entries };
        self.write(errand, context, work).await
    }

    /// A use case on the register of stores itself: for holders of
    /// [`Permission::SystemManage`] in every store. `once` is heeded as [`Self::change`] heeds that
    /// of its context.
    ///
    /// # Errors
    /// What the gate or `work` refuses.
    pub async fn system<T: Send + 'static>(
        &self,
        access: Access,
        caller: &Caller,
        once: Option<&Once>,
        work: impl Fn(&mut SystemRoom<'_>) -> Result<T, UseCaseError> + Send + 'static,
    ) -> Result<T, UseCaseError> {
        Needs::from(Permission::SystemManage).refuse(caller.due())?;
        require_to_govern(caller)?;
        let (ports, principal, now) = (self.ports.clone(), caller.principal(), self.now());
        let once = once_to_store(access, once).cloned();
        transact(&*self.ports.unit_of_work, access, move |tx| {
            let claim = once.as_ref().map(|once| Claim {
                once,
                store: None,
                principal: principal.clone(),
                now,
            });
            happen_once(tx, claim.as_ref(), |tx| {
                work(&mut SystemRoom { ports: &ports, principal: principal.clone(), now, tx })
            })
        })
        .await
    }

    /// Runs an errand that changes something until there are numbers enough for its entries.
    async fn write<T: Send + 'static>(
        &self,
        errand: Errand,
        context: &Context,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + Sync + 'static,
    ) -> Result<T, UseCaseError> {
        let work = Arc::new(work);
        let mut ids = Arc::clone(&self.ids);
        let mut supply = Supply::new(errand.entries, Self::MOST_ENTRIES);
        loop {
            let outcome = self.try_write(errand, context, &ids, &work).await;
            let Err(UseCaseError::IdsExhausted(IdsExhausted { store, least })) = outcome else {
                return outcome;
            };
            let Some(source) = supply.next(least) else {
                return Err(UseCaseError::TooLarge { most: Self::MOST_ENTRIES });
            };
            ids = self.supply(store, source).await?;
        }
    }

    /// The numbers of this source.
    async fn supply(&self, store: StoreId, source: Source) -> Result<Arc<AuditIds>, StoreError> {
        let unit_of_work = &*self.ports.unit_of_work;
        match source {
            Source::Common => {
                // Somebody else may have been here meanwhile.
                if !self.ids.holds(store, AuditIds::FEW) {
                    self.ids.refill(unit_of_work, store).await?;
                }
                Ok(Arc::clone(&self.ids))
            }
            Source::Own(size) => {
                let first = reserve(unit_of_work, store, size).await?;
                // Whoever comes later draws higher numbers than this unit.
                self.ids.forget(store);
                Ok(AuditIds::of_one_unit(store, first, size))
            }
        }
    }

    /// One run of a change with the numbers that are at hand.
    async fn try_write<T: Send + 'static>(
        &self,
        errand: Errand,
        context: &Context,
        ids: &Arc<AuditIds>,
        work: &Arc<impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + Sync + 'static>,
    ) -> Result<T, UseCaseError> {
        let (ids, work) = (Arc::clone(ids), Arc::clone(work));
        self.pass(errand, context, move |room| {
            if room.settings.read_only && matches!(errand.door, Door::Change | Door::Own) {
                return Err(UseCaseError::StoreReadOnly);
            }
            let store = room.store.id;
            // Another key may have been appointed, and this node not have it yet.
            if room.journal.key() != room.store.audit_key {
                return Err(lacking(store).into());
            }
            let least = errand.entries;
            if !ids.holds(store, least) {
                return Err(IdsExhausted { store, least }.into());
            }
            room.journal = room.journal.clone().with_ids(Arc::clone(&ids));
            work(room).map_err(|error| match error {
                // A reservation was lost with a failed node, so somebody else has the number.
                UseCaseError::Store(StoreError::Conflict { what: Unique::AuditId }) => {
                    ids.forget(store);
                    IdsExhausted { store, least }.into()
                }
                error => error,
            })
        })
        .await
    }

    /// Runs `work` in a unit, when the caller may enter.
    async fn pass<T: Send + 'static>(
        &self,
        errand: Errand,
        context: &Context,
        work: impl Fn(&mut Room<'_>) -> Result<T, UseCaseError> + Send + 'static,
    ) -> Result<T, UseCaseError> {
        let (gate, context, now) = (self.clone(), context.clone(), self.now());
        transact(&*self.ports.unit_of_work, errand.access, move |tx| {
            let store = errand.admit(tx, &context)?;
            let claim = errand.claim(&context, &store, now);
            happen_once(tx, claim.as_ref(), |tx| {
                work(&mut gate.room(store, &context.caller, now, tx))
            })
        })
        .await
    }

    fn room<'a>(
        &'a self,
        store: Store,
        caller: &'a Caller,
        now: Instant,
        tx: &'a mut dyn Transaction,
    ) -> Room<'a> {
        let Ports { random, keys, secrets, rules, .. } = &self.ports;
        let (ids, random) = (Arc::clone(&self.ids), Arc::clone(random));
        let signer = keys.find(&store.audit_key).unwrap_or_else(|| keys.own());
        let journal = Journal::new(caller.principal(), now, &store, ids, random, signer);
        let settings = rules.stores.of(&store);
        let secrets = &**secrets;
        let random = &*self.ports.random;
        let lent = PermissionSet::EMPTY;
        Room { store, settings, journal, caller, lent, rules, secrets, random, tx }
    }
}
