//! An open unit of work, and the rule that a failed call ends its scope.

use diesel::connection::SimpleConnection as _;
use domain::access::{Administrators, RoleRepository};
use domain::attempt::{AttemptRepository, ThrottleRepository};
use domain::attribute::AttributeRepository;
use domain::audit::log::{LogRepository, Logs};
use domain::audit::{Action, AuditRepository, Entry, Recorded, Signature};
use domain::client::{ClientDirectory, ClientRepository};
use domain::delivery::{Deliveries, Outbox};
use domain::group::{GroupRepository, MembershipRepository, NestingRepository};
use domain::id::{AuditId, GroupId, StoreId, UserId};
use domain::idempotency::AnswerRepository;
use domain::password::PasswordRepository;
use domain::second_factor::SecondFactorRepository;
use domain::session::{SessionDirectory, SessionRepository};
use domain::store::StoreRepository;
use domain::token::TokenRepository;
use domain::unit_of_work::{Access, InStore, StoreError, Transaction, Verdict};
use domain::user::UserRepository;

use super::super::Conn;
use crate::error::Failure;

/// By which audit entry it can be seen later that a unit was stored. The signature belongs to it:
/// when the unit was lost, its number went to another one.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    pub(super) store: StoreId,
    pub(super) id: AuditId,
    pub(super) signature: Signature,
}

/// An open unit of work on one connection.
///
/// Once a call has failed, every further call of the same scope fails likewise and does not reach
/// the database: what follows would run on a transaction that is aborted (PostgreSQL) or that may
/// have ended without a word (SQLite on a full disk).
pub(crate) struct Session<'c> {
    conn: &'c mut Conn,
    access: Access,
    failure: Option<Failure>,
    depth: usize,
    wrote: bool,
    mark: Option<Mark>,
}

impl<'c> Session<'c> {
    pub(super) fn new(conn: &'c mut Conn, access: Access) -> Self {
        Self { conn, access, failure: None, depth: 0, wrote: false, mark: None }
    }

    /// The failure that ended the unit, whether it wrote, and the first audit entry it wrote.
    pub(super) fn into_parts(self) -> (Option<Failure>, bool, Option<Mark>) {
        (self.failure, self.wrote, self.mark)
    }

    /// Runs the statements of one call that only reads.
    pub(super) fn read<T>(
        &mut self,
        statements: impl FnOnce(&mut Conn) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.error.clone());
        }
        statements(self.conn).map_err(|failure| self.fail(failure))
    }

    /// Runs the statements of one call that writes or locks.
    pub(super) fn write<T>(
        &mut self,
        statements: impl FnOnce(&mut Conn) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        if matches!(self.access, Access::Point | Access::Read) {
            let refusal = format!("{:?} takes no writes", self.access);
            return Err(self.fail(Failure::plain(StoreError::Other(refusal))));
        }
        self.wrote = true;
        self.read(statements)
    }

    /// The same for a change that is recorded: `statements` store it, then its entry is stored.
    pub(super) fn record<R, T>(
        &mut self,
        recorded: &Recorded<R>,
        statements: impl FnOnce(&mut Conn) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.write(|conn| {
            let done = statements(conn)?;
            super::audit::insert(conn, recorded.entry())?;
            Ok(done)
        })
        .inspect(|_| self.mark(recorded.entry()))
    }

    /// The same for many changes.
    pub(super) fn record_all<R>(
        &mut self,
        changes: &[Recorded<R>],
        statements: impl FnOnce(&mut Conn) -> Result<(), Failure>,
    ) -> Result<(), StoreError> {
        let Some(first) = changes.first() else { return Ok(()) };
        self.write(|conn| {
            statements(conn)?;
            super::audit::insert_all(conn, changes.iter().map(Recorded::entry))
        })
        .inspect(|()| self.mark(first.entry()))
    }

    /// Remembers an entry of this unit.
    pub(super) fn mark(&mut self, entry: &Entry) {
        self.mark.get_or_insert(Mark {
            store: entry.store,
            id: entry.id,
            signature: entry.signature,
        });
    }

    fn fail(&mut self, failure: Failure) -> StoreError {
        let error = failure.error.clone();
        self.failure.get_or_insert(failure);
        error
    }

    /// Sends a statement that opens or closes a savepoint. When that fails, the transaction is gone.
    fn control(&mut self, sql: &str) -> Result<(), StoreError> {
        self.conn.batch_execute(sql).map_err(|error| {
            let told = Failure::from(error);
            let lost = || Failure::unreachable("the transaction was lost");
            let failure = if told.ends_unit() { told } else { lost() };
            self.failure = Some(failure.clone());
            failure.error
        })
    }

    fn in_transaction(&self) -> bool {
        self.access != Access::Point
    }

    fn open_savepoint(&mut self) -> Result<(), StoreError> {
        if self.in_transaction() {
            self.control(&format!("SAVEPOINT nested_{}", self.depth))?;
        }
        self.depth += 1;
        Ok(())
    }

    /// Keeps or undoes the innermost savepoint.
    fn close_savepoint(&mut self, verdict: Verdict) -> Result<(), StoreError> {
        self.depth -= 1;
        if !self.in_transaction() {
            return Ok(());
        }
        let name = self.depth;
        match verdict {
            Verdict::Commit => self.control(&format!("RELEASE SAVEPOINT nested_{name}")),
            Verdict::Rollback => self.control(&format!(
                "ROLLBACK TO SAVEPOINT nested_{name}; RELEASE SAVEPOINT nested_{name}"
            )),
        }
    }
}

impl Transaction for Session<'_> {
    fn stores(&mut self) -> &mut dyn StoreRepository {
        self
    }

    fn clients(&mut self) -> &mut dyn ClientDirectory {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionDirectory {
        self
    }

    fn administrators(&mut self) -> &mut dyn Administrators {
        self
    }

    fn answers(&mut self) -> &mut dyn AnswerRepository {
        self
    }

    fn deliveries(&mut self) -> &mut dyn Deliveries {
        self
    }

    fn logs(&mut self) -> &mut dyn Logs {
        self
    }

    fn store(&mut self, id: StoreId) -> Box<dyn InStore + '_> {
        Box::new(Inside { session: self, store: id })
    }

    fn nested(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Verdict,
    ) -> Result<(), StoreError> {
        if let Some(failure) = &self.failure {
            return Err(failure.error.clone());
        }
        let mark = self.mark;
        self.open_savepoint()?;
        let verdict = work(self);
        if let Some(failure) = self.failure.take_if(|failure| !failure.ends_unit()) {
            self.mark = mark;
            self.close_savepoint(Verdict::Rollback)?;
            return match verdict {
                Verdict::Commit => Err(failure.error),
                Verdict::Rollback => Ok(()),
            };
        }
        if let Some(failure) = &self.failure {
            return Err(failure.error.clone());
        }
        if verdict == Verdict::Rollback {
            self.mark = mark;
        }
        self.close_savepoint(verdict)
    }
}

/// The records of those changes whose action is wanted.
pub(super) fn with_action<R>(
    changes: &[Recorded<R>],
    wanted: impl Fn(Action) -> bool,
) -> impl Iterator<Item = &R> {
    let wanted = move |change: &&Recorded<R>| wanted(change.entry().action);
    changes.iter().filter(wanted).map(Recorded::record)
}

/// The repositories of one store, over the session that is open.
pub(crate) struct Inside<'s, 'c> {
    pub(super) session: &'s mut Session<'c>,
    pub(super) store: StoreId,
}

impl InStore for Inside<'_, '_> {
    fn users(&mut self) -> &mut dyn UserRepository {
        self
    }

    fn profiles(&mut self) -> &mut dyn AttributeRepository<UserId> {
        self
    }

    fn groups(&mut self) -> &mut dyn GroupRepository {
        self
    }

    fn metadata(&mut self) -> &mut dyn AttributeRepository<GroupId> {
        self
    }

    fn nestings(&mut self) -> &mut dyn NestingRepository {
        self
    }

    fn memberships(&mut self) -> &mut dyn MembershipRepository {
        self
    }

    fn roles(&mut self) -> &mut dyn RoleRepository {
        self
    }

    fn clients(&mut self) -> &mut dyn ClientRepository {
        self
    }

    fn passwords(&mut self) -> &mut dyn PasswordRepository {
        self
    }

    fn attempts(&mut self) -> &mut dyn AttemptRepository {
        self
    }

    fn throttle(&mut self) -> &mut dyn ThrottleRepository {
        self
    }

    fn tokens(&mut self) -> &mut dyn TokenRepository {
        self
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        self
    }

    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository {
        self
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        self
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        self
    }

    fn log(&mut self) -> &mut dyn LogRepository {
        self
    }
}
