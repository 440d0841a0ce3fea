use std::sync::Arc;

use domain::access::{Context, Gate, Ports};
use domain::audit::AuditService;
use domain::client::ClientService;
use domain::id::UserId;
use domain::store::{Store, StoreName, StoreService};
use domain::unit_of_work::UnitOfWork;
use domain::user::{UserDraft, UserService, UserWithRelations};

use crate::builders::a_caller;
use crate::{ManualClock, MemoryStore, SequentialRandom, TestSigner};

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
    /// The key of the audit trail.
    pub signer: Arc<TestSigner>,
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

    /// A world on a database of your own.
    pub fn on(unit_of_work: Arc<dyn UnitOfWork>) -> Self {
        Self::with_random(unit_of_work, SequentialRandom::default())
    }

    /// A further world on a database: its ids begin at `number`, away from those of the others.
    pub fn further(unit_of_work: Arc<dyn UnitOfWork>, number: u64) -> Self {
        Self::with_random(unit_of_work, SequentialRandom::starting_at(number))
    }

    fn with_random(unit_of_work: Arc<dyn UnitOfWork>, random: SequentialRandom) -> Self {
        let (clock, random, signer) = (Arc::default(), Arc::new(random), Arc::default());
        let gate = Gate::new(Ports {
            unit_of_work: Arc::clone(&unit_of_work),
            clock: Arc::clone(&clock) as _,
            random: Arc::clone(&random) as _,
            signer: Arc::clone(&signer) as _,
        });
        Self { unit_of_work, clock, random, signer, gate }
    }

    /// The gate; every clone of it shares the numbers reserved for audit entries.
    pub fn gate(&self) -> Gate {
        self.gate.clone()
    }

    /// The use cases on users.
    pub fn users(&self) -> UserService {
        UserService::new(self.gate())
    }

    /// The use cases on API clients.
    pub fn clients(&self) -> ClientService {
        ClientService::new(self.gate())
    }

    /// The use cases on the register of stores.
    pub fn stores(&self) -> StoreService {
        StoreService::new(self.gate())
    }

    /// The use cases on the audit trail.
    pub fn audit(&self) -> AuditService {
        AuditService::new(self.gate())
    }

    /// A holder of `SystemAdmin`, acting in `store`.
    pub fn as_admin_in(&self, store: &Store) -> Context {
        a_caller().system_admin().acting_in(store.id)
    }

    /// Makes a store.
    ///
    /// # Panics
    /// The name is none, or taken, or the database failed.
    #[expect(clippy::expect_used, reason = "a test that cannot set its scene fails")]
    pub async fn make_store(&self, name: &str) -> Store {
        let name = StoreName::parse(name).expect("a name of a store");
        let admin = a_caller().system_admin().build();
        self.stores().create(&admin, name).await.expect("the store is made")
    }

    /// Makes a user with a new id.
    ///
    /// # Panics
    /// The user is refused, or the database failed.
    #[expect(clippy::expect_used, reason = "a test that cannot set its scene fails")]
    pub async fn make_user(&self, store: &Store, draft: UserDraft) -> UserWithRelations {
        let made = self.users().create(&self.as_admin_in(store), None::<UserId>, draft).await;
        made.expect("the user is made")
    }
}
