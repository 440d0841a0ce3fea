//! Mocks of every port, for test suites that want to say what is called and what it answers.
//!
//! The ports of one method after the other are mocked by `mockall`; a unit of work is put together
//! from them: [`MockUnitOfWork`] runs the closure on a [`MockTransaction`], whose stores hand out
//! the mocked repositories of a [`MockInStore`]. What is called without being expected panics, and
//! so does, when it is dropped, what is expected and not called.
//!
//! A mock says what you told it to say. Where a test wants a store that behaves like one, use
//! `testkit::memory::MemoryStore`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use domain::access::{Caller, Context, Gate, Ports};
//! use domain::audit::PublicKeyInfo;
//! use domain::error::{Missing, UseCaseError};
//! use domain::id::{StoreId, UserId};
//! use domain::mocks::{
//!     MockAttemptLog, MockAuditKeys, MockClock, MockRandom, MockSecrets, MockSigner, MockTotp,
//!     MockTransaction, MockUnitOfWork,
//! };
//! use domain::store::{Overrides, Store, StoreName, StoreRef};
//! use domain::time::Instant;
//! use domain::unit_of_work::{Access, Verdict};
//! use domain::user::{Include, UserService};
//! use domain::version::Version;
//! use uuid::Uuid;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let id = StoreId::new(Uuid::from_u128(1));
//! let name = StoreName::parse("default")?;
//! let audit_key = PublicKeyInfo([0; 44]);
//! let store =
//!     Store { id, name, set: Overrides::default(), audit_key, version: Version::UNRECORDED };
//!
//! let mut tx = MockTransaction::default();
//! tx.stores.expect_find().return_once(move |_| Ok(Some(store)));
//! tx.inside(id).users.expect_find().once().returning(|_| Ok(None));
//!
//! let mut clock = MockClock::new();
//! let now = Instant::from_micros(0)?;
//! clock.expect_now().return_const(now);
//! let mut keys = MockAuditKeys::new();
//! keys.expect_find().returning(|_| Some(Arc::new(MockSigner::new())));
//! let unit_of_work = Arc::new(MockUnitOfWork::on(tx));
//! let users = UserService::new(Gate::new(Ports {
//!     unit_of_work: Arc::clone(&unit_of_work) as _,
//!     clock: Arc::new(clock),
//!     random: Arc::new(MockRandom::new()),
//!     keys: Arc::new(keys),
//!     secrets: Arc::new(MockSecrets::new()),
//!     attempts: Arc::new(MockAttemptLog::new()),
//!     rules: Arc::default(),
//! }));
//!
//! let context = Context::new(Caller::system("test"), StoreRef::Id(id));
//! let found = users.find(&context, UserId::new(Uuid::from_u128(2)), Include::NONE).await;
//! assert_eq!(found, Err(UseCaseError::NotFound(Missing::User)));
//! assert_eq!(unit_of_work.ran(), [(Access::Point, Verdict::Rollback)]);
//! # Ok(())
//! # }
//! # let mut example = std::pin::pin!(example());
//! # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
//! # match example.as_mut().poll(&mut context) {
//! #     std::task::Poll::Ready(outcome) => outcome.expect("the example holds"),
//! #     std::task::Poll::Pending => panic!("a mock makes nobody wait"),
//! # }
//! ```

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

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
use crate::unit_of_work::{Access, InStore, StoreError, Transaction, UnitOfWork, Verdict, Work};
use crate::user::UserRepository;

pub use crate::access::{MockAdministrators, MockRoleRepository};
pub use crate::attempt::{MockAttemptLog, MockAttemptRepository, MockThrottleRepository};
pub use crate::attribute::MockAttributeRepository;
pub use crate::audit::log::{MockLogRepository, MockLogs};
pub use crate::audit::{MockAuditKeys, MockAuditRepository, MockSigner};
pub use crate::client::{MockClientDirectory, MockClientRepository};
pub use crate::credential::MockIssuers;
pub use crate::delivery::{MockDeliveries, MockOutbox, MockPostman};
pub use crate::group::{MockGroupRepository, MockMembershipRepository, MockNestingRepository};
pub use crate::idempotency::MockAnswerRepository;
pub use crate::password::{
    MockBlocklist, MockHashTicket, MockPasswordHasher, MockPasswordRepository,
};
pub use crate::random::MockRandom;
pub use crate::second_factor::{MockSecondFactorRepository, MockTotp};
pub use crate::secrets::MockSecrets;
pub use crate::session::{MockSessionDirectory, MockSessionRepository};
pub use crate::store::MockStoreRepository;
pub use crate::time::MockClock;
pub use crate::token::MockTokenRepository;
pub use crate::user::MockUserRepository;

/// The mocked repositories of one store.
#[derive(Default)]
pub struct MockInStore {
    /// Users.
    pub users: MockUserRepository,
    /// Profiles of users.
    pub profiles: MockAttributeRepository<UserId>,
    /// Groups.
    pub groups: MockGroupRepository,
    /// Metadata of groups.
    pub metadata: MockAttributeRepository<GroupId>,
    /// Which group lies in which.
    pub nestings: MockNestingRepository,
    /// Who is in which group.
    pub memberships: MockMembershipRepository,
    /// Who holds which role.
    pub roles: MockRoleRepository,
    /// API clients of the store.
    pub clients: MockClientRepository,
    /// Passwords of users.
    pub passwords: MockPasswordRepository,
    /// Counted attempts on accounts.
    pub attempts: MockAttemptRepository,
    /// What is counted by name.
    pub throttle: MockThrottleRepository,
    /// One-time tokens of users.
    pub tokens: MockTokenRepository,
    /// Sessions of users.
    pub sessions: MockSessionRepository,
    /// Second factors of users.
    pub second_factors: MockSecondFactorRepository,
    /// What is to be delivered.
    pub outbox: MockOutbox,
    /// The audit trail.
    pub audit: MockAuditRepository,
    /// The Merkle log over the audit trail.
    pub log: MockLogRepository,
}

impl InStore for &mut MockInStore {
    fn users(&mut self) -> &mut dyn UserRepository {
        &mut self.users
    }

    fn profiles(&mut self) -> &mut dyn AttributeRepository<UserId> {
        &mut self.profiles
    }

    fn groups(&mut self) -> &mut dyn GroupRepository {
        &mut self.groups
    }

    fn metadata(&mut self) -> &mut dyn AttributeRepository<GroupId> {
        &mut self.metadata
    }

    fn nestings(&mut self) -> &mut dyn NestingRepository {
        &mut self.nestings
    }

    fn memberships(&mut self) -> &mut dyn MembershipRepository {
        &mut self.memberships
    }

    fn roles(&mut self) -> &mut dyn RoleRepository {
        &mut self.roles
    }

    fn clients(&mut self) -> &mut dyn ClientRepository {
        &mut self.clients
    }

    fn passwords(&mut self) -> &mut dyn PasswordRepository {
        &mut self.passwords
    }

    fn attempts(&mut self) -> &mut dyn AttemptRepository {
        &mut self.attempts
    }

    fn throttle(&mut self) -> &mut dyn ThrottleRepository {
        &mut self.throttle
    }

    fn tokens(&mut self) -> &mut dyn TokenRepository {
        &mut self.tokens
    }

    fn sessions(&mut self) -> &mut dyn SessionRepository {
        &mut self.sessions
    }

    fn second_factors(&mut self) -> &mut dyn SecondFactorRepository {
        &mut self.second_factors
    }

    fn outbox(&mut self) -> &mut dyn Outbox {
        &mut self.outbox
    }

    fn audit(&mut self) -> &mut dyn AuditRepository {
        &mut self.audit
    }

    fn log(&mut self) -> &mut dyn LogRepository {
        &mut self.log
    }
}

/// A transaction on mocks. It can undo nothing: what a savepoint or a rollback would undo, a mock
/// has never done.
#[derive(Default)]
pub struct MockTransaction {
    /// The register of stores.
    pub stores: MockStoreRepository,
    /// Who holds an API key.
    pub clients: MockClientDirectory,
    /// Whose session a token belongs to.
    pub sessions: MockSessionDirectory,
    /// Who holds `SystemAdmin`.
    pub administrators: MockAdministrators,
    /// The answers that are kept.
    pub answers: MockAnswerRepository,
    /// The outboxes of all stores.
    pub deliveries: MockDeliveries,
    /// The audit logs of all stores.
    pub logs: MockLogs,
    inside: HashMap<StoreId, MockInStore>,
}

impl MockTransaction {
    /// The mocked repositories of a store, to say what is expected of them.
    pub fn inside(&mut self, store: StoreId) -> &mut MockInStore {
        self.inside.entry(store).or_default()
    }
}

impl Transaction for MockTransaction {
    fn stores(&mut self) -> &mut dyn StoreRepository {
        &mut self.stores
    }

    fn clients(&mut self) -> &mut dyn ClientDirectory {
        &mut self.clients
    }

    fn sessions(&mut self) -> &mut dyn SessionDirectory {
        &mut self.sessions
    }

    fn administrators(&mut self) -> &mut dyn Administrators {
        &mut self.administrators
    }

    fn answers(&mut self) -> &mut dyn AnswerRepository {
        &mut self.answers
    }

    fn deliveries(&mut self) -> &mut dyn Deliveries {
        &mut self.deliveries
    }

    fn logs(&mut self) -> &mut dyn Logs {
        &mut self.logs
    }

    fn store(&mut self, id: StoreId) -> Box<dyn InStore + '_> {
        Box::new(self.inside(id))
    }

    fn nested(
        &mut self,
        work: &mut dyn FnMut(&mut dyn Transaction) -> Verdict,
    ) -> Result<(), StoreError> {
        let _ = work(self);
        Ok(())
    }
}

/// Runs every unit of work once, on one transaction of mocks, and remembers what became of it.
pub struct MockUnitOfWork {
    transaction: Mutex<MockTransaction>,
    ran: Mutex<Vec<(Access, Verdict)>>,
}

impl MockUnitOfWork {
    /// Runs units on `transaction`.
    pub fn on(transaction: MockTransaction) -> Self {
        Self { transaction: Mutex::new(transaction), ran: Mutex::default() }
    }

    /// The units that ran, in order: what each was to do, and what its closure wanted.
    pub fn ran(&self) -> Vec<(Access, Verdict)> {
        lock(&self.ran).clone()
    }
}

#[async_trait]
impl UnitOfWork for MockUnitOfWork {
    async fn run(&self, access: Access, mut work: Work) -> Result<(), StoreError> {
        let verdict = work(&mut *lock(&self.transaction));
        lock(&self.ran).push((access, verdict));
        Ok(())
    }
}

/// A mock that panicked has said what it had to say: later units may still use the others.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
