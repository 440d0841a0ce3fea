//! Puts the adapters behind the ports.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use adapters_crypto::{
    AuthenticatorCodes, BreachFilter, HashPool, Keyring, Lists, SecretKeys, SystemClock,
    SystemRandom, private_file,
};
use adapters_delivery::{CheckpointDirectory, CheckpointSyslog};
use adapters_diesel::Database;
use domain::access::{Caller, Context, Gate, Ports};
use domain::audit::Publisher;
use domain::delivery::{Courier, Postman};
use domain::error::{Missing, UseCaseError};
use domain::first_start::first_start;
use domain::password::{Blocklist, PasswordHasher};
use domain::random::Random;
use domain::store::{StoreName, StoreRef, StoreService};

use crate::apart::apart;
use crate::configuration::{Configuration, Mail, Passwords, Publish};
use crate::failure::Failure;
use crate::notices::WithoutNotices;
use crate::telemetry::LoggedAttempts;
use crate::{audit_key, founding, secret_keys};

/// Opens the database as it is; an embedded one is made where it is not there yet, in a directory
/// that only its owner may enter. Blocks.
pub(crate) fn open(configuration: &Configuration) -> Result<Database, Failure> {
    if let Some(file) = configuration.database.file() {
        let what = format!("the directory of the database {} cannot be made", file.display());
        private_file::make_room_for(file).map_err(Failure::io(what))?;
    }
    Ok(Database::open(&configuration.database.settings)?)
}

/// Opens the database for a server, at the version of this program: migrated now, where the
/// configuration says so. Blocks.
pub(crate) fn open_current(configuration: &Configuration) -> Result<Database, Failure> {
    let database = open(configuration)?;
    if configuration.database.migrate_on_start {
        database.migrate()?;
    } else {
        refuse_pending(&database)?;
    }
    Ok(database)
}

/// Opens the database for a command beside a server, which makes neither a database nor a version of
/// it. Blocks.
pub(crate) fn open_in_use(configuration: &Configuration) -> Result<Database, Failure> {
    if let Some(file) = configuration.database.file().filter(|file| !file.exists()) {
        return Err(Failure::NoDatabase(file.to_owned()));
    }
    let database = open(configuration)?;
    refuse_pending(&database)?;
    Ok(database)
}

fn refuse_pending(database: &Database) -> Result<(), Failure> {
    match database.pending()?.len() {
        0 => Ok(()),
        pending => Err(Failure::Pending(pending)),
    }
}

/// A program on its database, with its keys at hand.
pub(crate) struct Node {
    pub(crate) ports: Ports,
    pub(crate) database: Database,
    /// The keys of the audit trail, and where they are.
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) keys_directory: PathBuf,
    secrets: Arc<SecretKeys>,
}

impl Node {
    /// Puts the adapters behind the ports. Keys are made now where nothing was made with them yet.
    pub(crate) async fn open(
        configuration: &Configuration,
        database: &Database,
    ) -> Result<Self, Failure> {
        let keys_directory = configuration.secrets.directory.clone();
        let unit_of_work = database.unit_of_work();
        let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
        let clock = Arc::new(SystemClock);
        let keyring = audit_key::open(&keys_directory, &*unit_of_work, &*random, clock).await?;
        let keyring = Arc::new(keyring);
        let secrets = open_secrets(configuration, database, &random).await?;
        let ports = ports(configuration, database, random, &keyring, &secrets);
        let database = database.clone();
        Ok(Self { ports, database, keyring, keys_directory, secrets })
    }

    /// What hashes passwords, on threads of its own.
    pub(crate) fn hasher(&self, passwords: &Passwords) -> Result<Arc<dyn PasswordHasher>, Failure> {
        let (secrets, random) = (Arc::clone(&self.secrets), Arc::clone(&self.ports.random));
        let pool = HashPool::start(&passwords.hashing, secrets, random)
            .map_err(Failure::io("the threads that hash passwords cannot be started"))?;
        Ok(Arc::new(pool))
    }

    /// What delivers mail.
    pub(crate) fn courier(&self, mail: &Mail) -> Courier {
        let mailer: Arc<dyn Postman> = Arc::clone(&mail.mailer) as _;
        let postman = if mail.notices { mailer } else { Arc::new(WithoutNotices(mailer)) };
        Courier::new(self.gate(), postman)
    }

    /// Whether there is a store of that name.
    pub(crate) async fn has_store(&self, name: &StoreName) -> Result<bool, Failure> {
        let context = Context::new(Caller::system("start"), StoreRef::Name(name.clone()));
        match StoreService::new(self.gate()).find(&context).await {
            Ok(_) => Ok(true),
            Err(UseCaseError::NotFound(Missing::Store)) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }

    /// Makes what a first start makes, and tells the operator the key of the first administrator
    /// unless they chose it themselves.
    pub(crate) async fn found(&self, configuration: &Configuration) -> Result<(), Failure> {
        let chosen = configuration.bootstrap.admin_key.clone();
        let is_chosen = chosen.is_some();
        let made = first_start(&self.gate(), chosen).await?;
        if let Some(key) = made.filter(|_| !is_chosen) {
            let directory = configuration.database.directory();
            founding::show_once(&key, directory, &*self.ports.random, &mut io::stdout())?;
        }
        audit_key::check(&self.keyring, &self.keys_directory, &*self.ports.unit_of_work).await
    }

    /// A gate before the ports.
    pub(crate) fn gate(&self) -> Gate {
        Gate::new(self.ports.clone())
    }
}

/// The ports for work on the audit logs alone, such as that of an auditor who has a copy of the
/// database: what can be sealed is sealed with the keys that are at hand, be it none, and no file is
/// made. Nothing else works with them: secrets cannot be opened.
pub(crate) fn ports_for_logs(
    configuration: &Configuration,
    database: &Database,
) -> Result<Ports, Failure> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
    let directory = &configuration.secrets.directory;
    let keyring = Arc::new(Keyring::at_hand(directory, &*random, Arc::new(SystemClock))?);
    let secrets = Arc::new(SecretKeys::generate(Arc::clone(&random)));
    Ok(ports(configuration, database, random, &keyring, &secrets))
}

fn ports(
    configuration: &Configuration,
    database: &Database,
    random: Arc<dyn Random>,
    keyring: &Arc<Keyring>,
    secrets: &Arc<SecretKeys>,
) -> Ports {
    Ports {
        unit_of_work: database.unit_of_work(),
        clock: Arc::new(SystemClock),
        random,
        keys: Arc::clone(keyring) as _,
        secrets: Arc::clone(secrets) as _,
        totp: Arc::new(AuthenticatorCodes),
        attempts: Arc::new(LoggedAttempts),
        rules: Arc::new(configuration.rules.clone()),
    }
}

/// The keys that protect secrets, on a thread of its own: opening them blocks.
async fn open_secrets(
    configuration: &Configuration,
    database: &Database,
    random: &Arc<dyn Random>,
) -> Result<Arc<SecretKeys>, Failure> {
    let file = secret_keys::file_in(&configuration.secrets.directory);
    let (database, random) = (database.clone(), Arc::clone(random));
    let keys = apart(move || secret_keys::open(&file, &database, &random)).await??;
    Ok(Arc::new(keys))
}

/// Who takes checkpoints to the outside.
pub(crate) fn publishers(publish: &Publish) -> Vec<Arc<dyn Publisher>> {
    let Publish { directory, webhook, syslog, .. } = publish;
    let directory = directory.as_ref().map(CheckpointDirectory::new);
    let directory = directory.map(|directory| Arc::new(directory) as Arc<dyn Publisher>);
    let webhook = webhook.as_ref().map(|webhook| Arc::clone(&webhook.posts) as _);
    let syslog = syslog.clone().map(CheckpointSyslog::new).map(|syslog| Arc::new(syslog) as _);
    [directory, webhook, syslog].into_iter().flatten().collect()
}

/// The passwords that nobody may choose: the shipped list, and the breached ones where a filter of
/// them is configured, which is mapped and not read.
pub(crate) fn blocklist(passwords: &Passwords) -> Result<Arc<dyn Blocklist>, Failure> {
    let breached = passwords.breached.as_deref().map(BreachFilter::open).transpose()?;
    Ok(Arc::new(Lists::new(breached)))
}
