//! Puts the adapters behind the ports.

use std::io;
use std::sync::Arc;

use adapters_crypto::{KeyFile, SystemClock, SystemRandom, private_file};
use adapters_diesel::Database;
use domain::access::{Gate, Ports};
use domain::first_start::first_start;

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::{audit_key, founding};

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
    key_file: KeyFile,
}

impl Node {
    /// Puts the adapters behind the ports. The audit key is made now where nothing is signed yet.
    pub(crate) async fn open(
        configuration: &Configuration,
        database: &Database,
    ) -> Result<Self, Failure> {
        let key_file = audit_key::file_in(&configuration.secrets.directory);
        let (unit_of_work, random) = (database.unit_of_work(), SystemRandom::new());
        let registered = audit_key::registered(&*unit_of_work).await?;
        let signer = audit_key::open(&key_file, registered, &random)?;
        let ports = Ports {
            unit_of_work,
            clock: Arc::new(SystemClock),
            random: Arc::new(random),
            signer: Arc::new(signer),
            rules: Arc::new(configuration.rules.clone()),
        };
        Ok(Self { ports, key_file })
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
        // Of several nodes one was first, perhaps with a key that this one does not have.
        let registered = audit_key::registered(&*self.ports.unit_of_work).await?;
        audit_key::open(&self.key_file, registered, &*self.ports.random)?;
        Ok(())
    }

    /// A gate before the ports.
    pub(crate) fn gate(&self) -> Gate {
        Gate::new(self.ports.clone())
    }
}
