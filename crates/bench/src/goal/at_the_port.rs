use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use adapters_crypto::{AuthenticatorCodes, Keyring, SecretKeys, SystemClock, SystemRandom};
use adapters_diesel::{Database, DatabaseUrl, Settings};
use domain::access::{Caller, Context, Gate, Permission, Ports};
use domain::attempt::{AttemptEvent, AttemptLog};
use domain::audit::log::Sealer;
use domain::first_start::{STORE_NAME, first_start};
use domain::id::{StoreId, UserId};
use domain::random::Random;
use domain::resource::{Change, Mode};
use domain::store::StoreRef;
use domain::time::Clock;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, transact};
use domain::user::{EmailAddress, ExternalId, LoginName, PersonName, UserDraft, UserService};
use tokio::task::JoinSet;

use crate::{Outcome, seed};

/// Units of work on their way at the same time: more than connections, as in a server.
const TASKS: u32 = 32;
/// How many users one unit of work makes.
const BATCH: u32 = 5_000;

/// Our side of the comparison: the ports as the binary wires them, without HTTP.
pub(crate) struct Port {
    database: Database,
    unit_of_work: Arc<dyn UnitOfWork>,
    users: UserService,
    sealer: Sealer,
    context: Context,
    store: StoreId,
    made: Arc<AtomicU32>,
}

impl Port {
    /// Migrates the database and makes its first store. Blocks.
    pub(crate) fn open(url: &str, connections: usize) -> Outcome<Self> {
        let mut settings = Settings::new(DatabaseUrl::parse(url)?);
        settings.lanes = connections;
        let database = Database::open(&settings)?;
        database.migrate()?;
        let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let keys = tempfile::tempdir()?;
        let ports = Ports {
            unit_of_work: database.unit_of_work(),
            keys: Arc::new(Keyring::open(keys.path(), &[], &*random, Arc::clone(&clock))?),
            clock,
            secrets: Arc::new(SecretKeys::generate(Arc::clone(&random))),
            totp: Arc::new(AuthenticatorCodes),
            attempts: Arc::new(Untold),
            random,
            rules: Arc::default(),
        };
        let unit_of_work = Arc::clone(&ports.unit_of_work);
        let gate = Gate::new(ports);
        let context = Context::new(Caller::system("bench"), StoreRef::parse(STORE_NAME)?);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let store = runtime.block_on(async {
            first_start(&gate, None).await?;
            gate.point(&context, Permission::UserRead, |room| Ok(room.store.id)).await
        })?;
        let (users, sealer) = (UserService::new(gate.clone()), Sealer::new(gate));
        Ok(Self { database, unit_of_work, users, sealer, context, store, made: Arc::default() })
    }

    /// The one store.
    pub(crate) fn store(&self) -> StoreId {
        self.store
    }

    /// Makes the users 0 to `count`, without relations.
    pub(crate) async fn seed(&self, count: u32) -> Outcome<()> {
        let mut first = 0;
        while first < count {
            let end = count.min(first + BATCH);
            let user = |number| {
                let (id, draft) = (Some(seed::user_id(number).parse()?), draft("user", number)?);
                Ok(Change::Create { id, draft })
            };
            let users = (first..end).map(user).collect::<Outcome<Vec<_>>>()?;
            self.users.apply_all(&self.context, Access::Bulk, (), Mode::Atomic, users).await?;
            first = end;
        }
        Ok(())
    }

    /// How many of the first `count` users are read in a second, each by a unit of its own.
    pub(crate) async fn finds(&self, count: u32, time: Duration) -> Outcome<f64> {
        let next = Arc::new(AtomicU32::new(0));
        let (unit_of_work, store) = (Arc::clone(&self.unit_of_work), self.store);
        rate(time, move || {
            let number = next.fetch_add(1, Ordering::Relaxed).wrapping_mul(7919) % count;
            find(Arc::clone(&unit_of_work), store, number)
        })
        .await
    }

    /// How many users are made in a second, each by a use case of its own.
    pub(crate) async fn creates(&self, time: Duration) -> Outcome<f64> {
        let (users, context) = (self.users.clone(), self.context.clone());
        let made = Arc::clone(&self.made);
        rate(time, move || {
            let number = made.fetch_add(1, Ordering::Relaxed);
            create(users.clone(), context.clone(), number)
        })
        .await
    }

    /// Seals every audit entry that waits, and gives how many there were.
    pub(crate) async fn seal(&self) -> Outcome<f64> {
        let mut entries = 0.0;
        loop {
            let sealed = self.sealer.seal(self.store).await?;
            entries += f64::from(u32::try_from(sealed.entries)?);
            if !sealed.more {
                return Ok(entries);
            }
        }
    }

    /// Closes the connections. Blocks.
    pub(crate) fn close(&self) {
        self.database.close();
    }
}

async fn find(unit_of_work: Arc<dyn UnitOfWork>, store: StoreId, number: u32) -> Outcome<()> {
    let id: UserId = seed::user_id(number).parse()?;
    let found = transact(&*unit_of_work, Access::Point, move |tx| {
        Ok::<_, StoreError>(tx.store(store).users().find(id)?.is_some())
    });
    if found.await? { Ok(()) } else { Err(format!("user {id} is not there").into()) }
}

async fn create(users: UserService, context: Context, number: u32) -> Outcome<()> {
    users.apply(&context, (), Change::Create { id: None, draft: draft("new", number)? }).await?;
    Ok(())
}

/// The user that [`seed::user`] writes as JSON.
fn draft(kind: &str, number: u32) -> Outcome<UserDraft> {
    let name = format!("{kind}-{number}");
    let mut draft = UserDraft::new(LoginName::parse(name.as_str())?);
    draft.external_id = Some(ExternalId::parse(format!("https://directory.example.com/{name}"))?);
    draft.first_name = Some(PersonName::parse("Augusta Ada")?);
    draft.last_name = Some(PersonName::parse("King of Lovelace")?);
    draft.email = Some(EmailAddress::parse(format!("{name}@example.com"))?);
    Ok(draft)
}

/// How many units [`TASKS`] tasks finish in a second, each beginning the next when one is done.
async fn rate<F, Unit>(time: Duration, begin_unit: F) -> Outcome<f64>
where
    F: Fn() -> Unit + Clone + Send + 'static,
    Unit: Future<Output = Outcome<()>> + Send,
{
    let begin = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..TASKS {
        let begin_unit = begin_unit.clone();
        running.spawn(async move {
            let mut done = 0_u32;
            while begin.elapsed() < time {
                begin_unit().await?;
                done += 1;
            }
            Outcome::Ok(done)
        });
    }
    let mut done = 0;
    while let Some(ended) = running.join_next().await {
        done += ended??;
    }
    Ok(f64::from(done) / begin.elapsed().as_secs_f64())
}

/// Nobody signs in here.
struct Untold;

impl AttemptLog for Untold {
    fn ended(&self, _: &AttemptEvent) {}
}
