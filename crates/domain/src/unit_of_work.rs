//! The unit of work: what happens in one closure is stored as a whole or not at all.
//!
//! Everything inside is synchronous, so no `await` can stand in an open transaction. A closure may
//! run more than once (serialization failure, lost connection before COMMIT), so it is `FnMut` and
//! has no effect but the transaction. Hashing, mail and HTTP happen outside.
//!
//! Rules every adapter keeps; `testkit::conformance` has a case for each:
//! 1. `Verdict::Commit` stores all or fails; `Rollback`, a panic and `Access::Rehearse` store nothing.
//! 2. A repository call that failed ends the innermost [`Transaction::nested`]; outside of one, and
//!    for [`StoreError::Retryable`] and [`StoreError::Unavailable`], it ends the whole unit: a
//!    closure that swallows the failure and says `Commit` gets that failure from `run` all the same.
//! 3. `run` is `Ok(())` when the work had its say: committed on `Commit`, rolled back on `Rollback`
//!    (the closure then holds its own reason). It is `Err` when the store failed: BEGIN, COMMIT, a
//!    swallowed failure, or a retryable one that came back every time.
//! 4. A retryable failure rolls back and runs the closure again, a bounded number of times.
//! 5. A COMMIT that got no answer is never rerun: it ends in [`StoreError::OutcomeUnknown`] unless
//!    the adapter can find out.
//! 6. `Point` and `Read` refuse writes with [`StoreError::Other`]. `Read` sees one consistent state;
//!    `Point` is at most four index look-ups that need not agree with one another. In `Write`, `Bulk`
//!    and `Rehearse` a row found *for update* is in its latest committed state and stays so until the
//!    unit ends; other reads may be newer than earlier ones, so that writers who queue for one row
//!    all get their turn.
//! 7. A slice given to a repository may be of any length: an adapter whose statements are bounded
//!    takes it in chunks.
//! 8. A panic in the closure is a rollback and [`StoreError::Other`]; the adapter lives on.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use thiserror::Error;

use crate::access::{Administrators, RoleRepository};
use crate::attempt::{AttemptRepository, ThrottleRepository};
use crate::attribute::AttributeRepository;
use crate::audit::AuditRepository;
use crate::audit::log::{LogRepository, Logs};
use crate::client::{ClientDirectory, ClientRepository};
use crate::delivery::{Deliveries, Outbox};
use crate::group::{GroupRepository, MembershipRepository, NestingRepository};
use crate::id::{GroupId, StoreId, UserId};
use crate::idempotency::AnswerRepository;
use crate::password::PasswordRepository;
use crate::second_factor::SecondFactorRepository;
use crate::session::{SessionDirectory, SessionRepository};
use crate::store::StoreRepository;
use crate::token::TokenRepository;
use crate::user::UserRepository;

/// What a unit of work is going to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// At most four index look-ups, outside of any transaction.
    Point,
    /// A consistent read-only view.
    Read,
    /// A change; may share one durable commit with others.
    Write,
    /// A large change, alone in its own transaction.
    Bulk,
    /// A change that is always rolled back: `dryRun`.
    Rehearse,
}

/// What a closure wants to become of its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// Store it.
    Commit,
    /// Forget it.
    Rollback,
}

/// The work itself; see the module documentation for what it may do.
pub type Work = Box<dyn FnMut(&mut dyn Transaction) -> Verdict + Send>;

/// Runs units of work. The port that a database adapter implements.
#[async_trait]
pub trait UnitOfWork: Send + Sync + 'static {
    /// Runs `work` under the rules of this module.
    ///
    /// A dropped future does not tear a unit in half: it is stored whole or not at all.
    async fn run(&self, access: Access, work: Work) -> Result<(), StoreError>;
}

/// An open unit of work.
pub trait Transaction {
    /// The register of user stores.
    fn stores(&mut self) -> &mut dyn StoreRepository;

    /// Finds who holds an API key, in whatever store.
    fn clients(&mut self) -> &mut dyn ClientDirectory;

    /// Finds whose session a token belongs to, in whatever store.
    fn sessions(&mut self) -> &mut dyn SessionDirectory;

    /// Who holds `SystemAdmin`, in whatever store.
    fn administrators(&mut self) -> &mut dyn Administrators;

    /// The answers that are kept for requests that may be sent again.
    fn answers(&mut self) -> &mut dyn AnswerRepository;

    /// The outboxes of all stores.
    fn deliveries(&mut self) -> &mut dyn Deliveries;

    /// The audit logs of all stores.
    fn logs(&mut self) -> &mut dyn Logs;

    /// The repositories of one store. None of them can reach another store.
    fn store(&mut self, id: StoreId) -> Box<dyn InStore + '_>;

    /// A savepoint: `work` is kept or undone alone, the unit goes on. One per chunk, not per item.
    ///
    /// # Errors
    /// The failed repository call that ended the savepoint, when `work` said `Commit` all the same.
    fn nested(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Verdict,
    ) -> Result<(), StoreError>;
}

/// The repositories of one store.
pub trait InStore {
    /// Users.
    fn users(&mut self) -> &mut dyn UserRepository;
    /// Profiles of users.
    fn profiles(&mut self) -> &mut dyn AttributeRepository<UserId>;
    /// Groups.
    fn groups(&mut self) -> &mut dyn GroupRepository;
    /// Metadata of groups.
    fn metadata(&mut self) -> &mut dyn AttributeRepository<GroupId>;
    /// Which group lies in which.
    fn nestings(&mut self) -> &mut dyn NestingRepository;
    /// Which user is in which group.
    fn memberships(&mut self) -> &mut dyn MembershipRepository;
    /// Who holds which role.
    fn roles(&mut self) -> &mut dyn RoleRepository;
    /// API clients that belong to this store.
    fn clients(&mut self) -> &mut dyn ClientRepository;
    /// Passwords of users.
    fn passwords(&mut self) -> &mut dyn PasswordRepository;
    /// Counted attempts on accounts.
    fn attempts(&mut self) -> &mut dyn AttemptRepository;
    /// What is counted by name.
    fn throttle(&mut self) -> &mut dyn ThrottleRepository;
    /// One-time tokens of users.
    fn tokens(&mut self) -> &mut dyn TokenRepository;
    /// Sessions of users.
    fn sessions(&mut self) -> &mut dyn SessionRepository;
    /// Second factors of users.
    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository;
    /// What is to be delivered.
    fn outbox(&mut self) -> &mut dyn Outbox;
    /// The audit trail.
    fn audit(&mut self) -> &mut dyn AuditRepository;
    /// The Merkle log over the audit trail.
    fn log(&mut self) -> &mut dyn LogRepository;
}

/// What is unique, named as the domain means it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unique {
    /// Id of a store.
    StoreId,
    /// Name of a store, ignoring case.
    StoreName,
    /// Id of a user in its store.
    UserId,
    /// Login name in its store, ignoring case.
    LoginName,
    /// External id of a user in its store.
    ExternalId,
    /// Address of a user in its store, ignoring case, where users sign in by it.
    EmailAddress,
    /// Key of a profile of one user, ignoring case.
    ProfileKey,
    /// Key of the metadata of one group, ignoring case.
    MetadataKey,
    /// Id of a group in its store.
    GroupId,
    /// Name of a group in its store, ignoring case.
    GroupName,
    /// A user in a group.
    Membership,
    /// A group in a group.
    Nesting,
    /// A role of one holder.
    Role,
    /// Id of an API client in its store.
    ClientId,
    /// Name of an API client in its store, ignoring case.
    ClientName,
    /// Number of an audit entry in its store.
    AuditId,
}

/// A row was not inserted because another holds what must be unique: data, not a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{what:?} is taken")]
pub struct Taken {
    /// What the other row holds.
    pub what: Unique,
}

/// Why the store could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// A unique index refused the row.
    #[error("{what:?} is taken")]
    Conflict {
        /// What another row holds.
        what: Unique,
    },
    /// A foreign key names nothing.
    #[error("a row names another row that is not there")]
    DanglingReference,
    /// The row to update or remove is not there, or not in the version that was read.
    #[error("the row has changed since it was read")]
    Stale,
    /// Serialization failure, deadlock or a busy database, after all reruns.
    #[error("the store is busy with conflicting changes")]
    Retryable,
    /// No connection, a database that is read-only or shutting down, a full disk, a full queue.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// COMMIT was sent and got no answer.
    #[error("whether the change was stored is not known")]
    OutcomeUnknown,
    /// The store holds what no domain type accepts.
    #[error("the store holds an impossible value: {0}")]
    Corrupt(String),
    /// Anything else; never shown to a caller of the API.
    #[error("the store failed: {0}")]
    Other(String),
}

/// Runs `work` and gives back what it made: `Ok` commits, `Err` rolls back.
///
/// The port is free of generics so that it can be a trait object; the value travels past it here,
/// and nowhere else.
///
/// # Errors
/// The closure's own error, or the store's where it had the last word (rule 3 of the module).
pub async fn transact<T, E>(
    unit_of_work: &dyn UnitOfWork,
    access: Access,
    mut work: impl FnMut(&mut dyn Transaction) -> Result<T, E> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let slot = Arc::new(Mutex::new(None));
    let result = Arc::clone(&slot);
    let erased: Work = Box::new(move |tx| {
        let outcome = work(tx);
        let verdict = if outcome.is_ok() { Verdict::Commit } else { Verdict::Rollback };
        *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        verdict
    });
    unit_of_work.run(access, erased).await?;
    let outcome = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
    outcome.unwrap_or_else(|| Err(StoreError::Other("the unit of work never ran".into()).into()))
}

/// Runs `work` in a savepoint of `tx`: `Ok` keeps it, `Err` undoes it.
///
/// # Errors
/// The closure's own error, or the store's where it had the last word.
pub fn nested<T, E>(
    tx: &mut dyn Transaction,
    work: &mut dyn FnMut(&mut dyn Transaction) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<StoreError>,
{
    let mut slot = None;
    tx.nested(&mut |tx| {
        let outcome = work(tx);
        let verdict = if outcome.is_ok() { Verdict::Commit } else { Verdict::Rollback };
        slot = Some(outcome);
        verdict
    })?;
    slot.unwrap_or_else(|| Err(StoreError::Other("the savepoint never ran".into()).into()))
}
