use std::sync::Arc;

use domain::access::{Caller, Context, Gate, Ports, RoleService, Rules};
use domain::account::AccountService;
use domain::attribute::{MetadataService, ProfileService};
use domain::audit::log::{LogService, Sealer};
use domain::audit::{AuditService, KeyRotation, Retention};
use domain::client::ClientService;
use domain::credential::{AuthenticationError, Authenticator};
use domain::delivery::Courier;
use domain::group::{GroupDraft, GroupService, GroupWithRelations};
use domain::password::{Blocklist, Password, PasswordHasher, PasswordService};
use domain::resource::Change;
use domain::second_factor::SecondFactorService;
use domain::session::SessionService;
use domain::store::{NewStore, Overrides, Store, StoreName, StoreService};
use domain::unit_of_work::UnitOfWork;
use domain::user::{ErasureService, UserDraft, UserService, UserWithRelations};
use domain::version::Precondition;

use crate::builders::a_caller;
use crate::{
    AttemptRecorder, InstantHasher, Letterbox, ManualClock, MemoryStore, SequentialRandom,
    TestAuthenticator, TestIssuers, TestKeys, TestSecrets, TestSigner, Wordlist,
};

/// Everything that use cases stand on, decided by the test.
///
/// ```
/// use domain::user::Include;
/// use testkit::World;
/// use testkit::builders::a_user;
///
/// testkit::block_on(async {
///     let world = World::new();
///     let shop = world.make_store("shop").await;
///     let ada = world.make_user(&shop, a_user("ada").draft()).await;
///
///     let context = world.as_admin_in(&shop);
///     let found = world.users().find(&context, ada.user.id, Include::ALL).await;
///     assert_eq!(found, Ok(ada));
/// });
/// ```
#[derive(Clone)]
pub struct World {
    /// The database.
    pub unit_of_work: Arc<dyn UnitOfWork>,
    /// The time.
    pub clock: Arc<ManualClock>,
    /// Chance and ids.
    pub random: Arc<SequentialRandom>,
    /// The key with which audit trails begin.
    pub signer: Arc<TestSigner>,
    /// The keys of audit trails that are at hand, that one among them.
    pub keys: Arc<TestKeys>,
    /// The keys of what the database holds of secrets.
    pub secrets: Arc<TestSecrets>,
    /// What makes the codes of second factors, on both sides.
    pub authenticator: Arc<TestAuthenticator>,
    /// Those who vouch for callers.
    pub issuers: Arc<TestIssuers>,
    /// Who is told of attempts to prove who somebody is.
    pub attempts: Arc<AttemptRecorder>,
    /// What passwords are hashed with.
    pub hasher: Arc<InstantHasher>,
    /// Which passwords are common or breached.
    pub blocklist: Arc<Wordlist>,
    /// Where mail arrives.
    pub letters: Arc<Letterbox>,
    ports: Ports,
    gate: Gate,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A world with an empty database in memory.
    pub fn new() -> Self {
        Self::on(Arc::new(MemoryStore::new()))
    }

    /// The same under a configuration of your own.
    pub fn with_rules(rules: Rules) -> Self {
        Self::made_of(Arc::new(MemoryStore::new()), SequentialRandom::default(), rules)
    }

    /// A world on a database of your own.
    pub fn on(unit_of_work: Arc<dyn UnitOfWork>) -> Self {
        Self::made_of(unit_of_work, SequentialRandom::default(), Rules::default())
    }

    /// A further world on a database: its ids begin at `number`, away from those of the others.
    pub fn further(unit_of_work: Arc<dyn UnitOfWork>, number: u64) -> Self {
        Self::made_of(unit_of_work, SequentialRandom::starting_at(number), Rules::default())
    }

    fn made_of(unit_of_work: Arc<dyn UnitOfWork>, random: SequentialRandom, rules: Rules) -> Self {
        let (clock, signer, secrets) = (Arc::default(), Arc::default(), Arc::default());
        let keys = Arc::new(TestKeys::of(Arc::clone(&signer)));
        let attempts = Arc::<AttemptRecorder>::default();
        let (random, authenticator) = (Arc::new(random), Arc::<TestAuthenticator>::default());
        let ports = Ports {
            unit_of_work: Arc::clone(&unit_of_work),
            clock: Arc::clone(&clock) as _,
            random: Arc::clone(&random) as _,
            keys: Arc::clone(&keys) as _,
            secrets: Arc::clone(&secrets) as _,
            totp: Arc::clone(&authenticator) as _,
            attempts: Arc::clone(&attempts) as _,
            rules: Arc::new(rules),
        };
        let gate = Gate::new(ports.clone());
        let (hasher, blocklist, letters) = (Arc::default(), Arc::default(), Arc::default());
        Self {
            unit_of_work,
            clock,
            random,
            signer,
            keys,
            secrets,
            authenticator,
            issuers: Arc::default(),
            attempts,
            hasher,
            blocklist,
            letters,
            ports,
            gate,
        }
    }

    /// The same world as a node sees it that lacks the secret keys: its database, clock and mail.
    #[must_use]
    pub fn without_the_secrets(&self) -> Self {
        let secrets = Arc::new(TestSecrets::with_key([1; 32]));
        let ports = Ports { secrets: Arc::clone(&secrets) as _, ..self.ports.clone() };
        let gate = Gate::new(ports.clone());
        Self { secrets, ports, gate, ..self.clone() }
    }

    /// The gate; every clone of it shares the numbers reserved for audit entries.
    pub fn gate(&self) -> Gate {
        self.gate.clone()
    }

    /// The ports as use cases have them.
    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }

    /// What turns credentials into callers.
    pub fn authenticator(&self) -> Authenticator {
        let issuers = Arc::clone(&self.issuers);
        Authenticator::new(&self.ports, issuers)
    }

    /// Who calls with this credential.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub async fn authenticate(&self, presented: &str) -> Result<Caller, AuthenticationError> {
        self.authenticator().authenticate(presented).await
    }

    /// The use cases on users.
    pub fn users(&self) -> UserService {
        UserService::new(self.gate())
    }

    /// The use cases on profiles of users.
    pub fn profiles(&self) -> ProfileService {
        ProfileService::new(self.gate())
    }

    /// The use cases on groups.
    pub fn groups(&self) -> GroupService {
        GroupService::new(self.gate())
    }

    /// The use cases on metadata of groups.
    pub fn metadata(&self) -> MetadataService {
        MetadataService::new(self.gate())
    }

    /// The use cases on who holds which role.
    pub fn roles(&self) -> RoleService {
        RoleService::new(self.gate())
    }

    /// The use cases on API clients.
    pub fn clients(&self) -> ClientService {
        ClientService::new(self.gate())
    }

    /// The use cases on the register of stores.
    pub fn stores(&self) -> StoreService {
        StoreService::new(self.gate())
    }

    /// The use cases on passwords.
    pub fn passwords(&self) -> PasswordService {
        self.with_passwords(PasswordService::new)
    }

    /// The use cases on sessions.
    pub fn sessions(&self) -> SessionService {
        self.with_passwords(SessionService::new)
    }

    /// The use cases on second factors.
    pub fn second_factors(&self) -> SecondFactorService {
        self.with_passwords(SecondFactorService::new)
    }

    /// The use cases on users as the users API shows them.
    pub fn accounts(&self) -> AccountService {
        self.with_passwords(AccountService::new)
    }

    /// What delivers the mail that waits.
    pub fn courier(&self) -> Courier {
        let letters = Arc::clone(&self.letters);
        Courier::new(self.gate(), letters)
    }

    /// The use cases on the audit trail.
    pub fn audit(&self) -> AuditService {
        AuditService::new(self.gate())
    }

    /// What seals the entries of the audit trail.
    pub fn sealer(&self) -> Sealer {
        Sealer::new(self.gate())
    }

    /// The use cases on the log over the audit trail.
    pub fn log(&self) -> LogService {
        LogService::new(self.gate())
    }

    /// The use cases on the keys of audit trails.
    pub fn rotation(&self) -> KeyRotation {
        KeyRotation::new(self.gate())
    }

    /// What drops old entries of the audit trail.
    pub fn retention(&self) -> Retention {
        Retention::new(self.gate())
    }

    /// The use cases that erase a person.
    pub fn erasure(&self) -> ErasureService {
        ErasureService::new(self.gate())
    }

    /// Use cases that ask for passwords, or set them.
    fn with_passwords<S>(
        &self,
        make: fn(Gate, Arc<dyn PasswordHasher>, Arc<dyn Blocklist>) -> S,
    ) -> S {
        make(self.gate(), Arc::clone(&self.hasher) as _, Arc::clone(&self.blocklist) as _)
    }

    /// A holder of `SystemAdmin`, acting in `store`.
    pub fn as_admin_in(&self, store: &Store) -> Context {
        a_caller().system_admin().acting_in(store.id)
    }

    /// Makes a store, nothing set for it.
    ///
    /// # Panics
    /// The name is none, or taken, or the database failed.
    pub async fn make_store(&self, name: &str) -> Store {
        self.make_store_with(name, Overrides::default()).await
    }

    /// Makes a store for which this is set.
    ///
    /// # Panics
    /// The name is none, or taken, or a setting is refused, or the database failed.
    #[expect(clippy::expect_used, reason = "a test that cannot set its scene fails")]
    pub async fn make_store_with(&self, name: &str, set: Overrides) -> Store {
        let name = StoreName::parse(name).expect("a name of a store");
        let admin = a_caller().system_admin().build();
        let made = self.stores().create(&admin, None, NewStore { id: None, name, set }).await;
        made.expect("the store is made")
    }

    /// Makes a user with a new id.
    ///
    /// # Panics
    /// The user is refused, or the database failed.
    #[expect(clippy::expect_used, reason = "a test that cannot set its scene fails")]
    pub async fn make_user(&self, store: &Store, draft: UserDraft) -> UserWithRelations {
        let create = Change::Create { id: None, draft };
        let made = self.users().apply(&self.as_admin_in(store), (), create).await;
        made.expect("the user is made").expect("what is made is there")
    }

    /// Makes a user with a new id and this password, which an administrator sets.
    ///
    /// # Panics
    /// The user or the password is refused, or the database failed.
    #[expect(clippy::expect_used, reason = "a test that cannot set its scene fails")]
    pub async fn make_user_with_password(
        &self,
        store: &Store,
        draft: UserDraft,
        password: &str,
    ) -> UserWithRelations {
        let id = self.make_user(store, draft).await.user.id;
        let password = Password::parse(password.to_owned()).expect("a password");
        let context = self.as_admin_in(store);
        let set = self.passwords().reset(&context, id, Precondition::None, password).await;
        set.expect("the password is set")
    }

    /// Makes a group with a new id.
    ///
    /// # Panics
    /// The group is refused, or the database failed.
    #[expect(clippy::expect_used, reason = "a test that cannot set its scene fails")]
    pub async fn make_group(&self, store: &Store, draft: GroupDraft) -> GroupWithRelations {
        let create = Change::Create { id: None, draft };
        let made = self.groups().apply(&self.as_admin_in(store), (), create).await;
        made.expect("the group is made").expect("what is made is there")
    }
}
