use std::sync::Arc;

use async_trait::async_trait;
use domain::id::StoreId;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, Verdict, Work};
use thiserror::Error;

use crate::counter::Counter;
use crate::migration::{Direction, MigrateError};
use crate::settings::Settings;
use crate::url::Place;
use crate::{postgres, sqlite};

/// An open database: the threads and connections that run units of work on it.
///
/// Dropping the last handle lets them finish what is queued and end; [`Database::close`] waits for
/// that.
#[derive(Clone)]
pub struct Database {
    engine: Arc<Engine>,
    connector: Connector,
    counter: Counter,
}

/// Why a database could not be opened.
#[derive(Clone, Debug, Error)]
pub enum OpenError {
    /// The file cannot be opened, the server does not answer or refuses us.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The settings for TLS lead nowhere.
    #[error("TLS to the database cannot be set up: {0}")]
    Tls(String),
    /// The operating system gives us no thread.
    #[error("no thread for the database: {0}")]
    Threads(String),
}

enum Engine {
    Sqlite(sqlite::Engine),
    Postgres(postgres::Engine),
}

#[derive(Clone)]
enum Connector {
    Sqlite(sqlite::Connector),
    Postgres(Arc<postgres::Connector>),
}

impl Database {
    /// Connects once, to know that it can be done, and starts the threads. The database is not
    /// migrated. Blocks for up to the timeout of a connection.
    ///
    /// # Errors
    /// The database cannot be reached or the settings lead nowhere.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        let counter = Counter::default();
        let threads = |error: std::io::Error| OpenError::Threads(error.to_string());
        let (engine, connector) = match settings.url.place() {
            Place::Sqlite(path) => {
                let wait = settings.timeouts.lock;
                let connector = sqlite::Connector::new(path, wait, counter.clone());
                connector.connect().map_err(OpenError::Unreachable)?;
                let engine = sqlite::Engine::start(settings, &connector).map_err(threads)?;
                (Engine::Sqlite(engine), Connector::Sqlite(connector))
            }
            Place::Postgres { config, .. } => {
                let connector = postgres::Connector::new(config, settings, counter.clone())
                    .map(Arc::new)
                    .map_err(OpenError::Tls)?;
                postgres::try_out(&connector).map_err(OpenError::Unreachable)?;
                let engine = postgres::Engine::start(settings, &connector).map_err(threads)?;
                (Engine::Postgres(engine), Connector::Postgres(connector))
            }
        };
        Ok(Self { engine: Arc::new(engine), connector, counter })
    }

    /// The port of the domain.
    pub fn unit_of_work(&self) -> Arc<dyn UnitOfWork> {
        Arc::clone(&self.engine) as Arc<dyn UnitOfWork>
    }

    /// Applies the pending migrations and names them, in order. Several nodes may do so at once:
    /// one migrates, the others wait. Blocks.
    ///
    /// # Errors
    /// The database could not be migrated; it is as it was.
    pub fn migrate(&self) -> Result<Vec<String>, MigrateError> {
        self.go(Direction::Up)
    }

    /// Names the migrations that are not applied yet, in order. Blocks.
    ///
    /// # Errors
    /// The database could not be asked.
    pub fn pending(&self) -> Result<Vec<String>, MigrateError> {
        self.go(Direction::Nowhere)
    }

    /// Undoes the last `steps` migrations and names them, the last first. Blocks.
    ///
    /// # Errors
    /// The database could not be migrated; it is as it was.
    pub fn revert(&self, steps: usize) -> Result<Vec<String>, MigrateError> {
        self.go(Direction::Down { steps })
    }

    fn go(&self, direction: Direction) -> Result<Vec<String>, MigrateError> {
        match &self.connector {
            Connector::Sqlite(connector) => sqlite::migrate(connector, direction),
            Connector::Postgres(connector) => postgres::migrate(connector, direction),
        }
    }

    /// The ids of the secret keys that every node must have, the oldest first. The keys themselves
    /// are not here. Blocks.
    ///
    /// # Errors
    /// The database could not be asked.
    pub fn secret_keys(&self) -> Result<Vec<String>, StoreError> {
        match &self.connector {
            Connector::Sqlite(connector) => sqlite::secret_keys(connector),
            Connector::Postgres(connector) => postgres::secret_keys(connector),
        }
    }

    /// Demands of every node that it has the secret key of that id, as the one after the first
    /// `known`: unless there is another one by now, which is for the caller to look at. So of two
    /// nodes that begin at once with keys of their own, one registers its key. Blocks.
    ///
    /// # Errors
    /// The id could not be stored, or whether it was is not known.
    pub fn register_secret_key(&self, known: usize, id: &str) -> Result<(), StoreError> {
        let number = i64::try_from(known).unwrap_or(i64::MAX);
        match &self.connector {
            Connector::Sqlite(connector) => sqlite::register_secret_key(connector, number, id),
            Connector::Postgres(connector) => postgres::register_secret_key(connector, number, id),
        }
    }

    /// Whether a unit of work gets through: a real statement on a real table, by the way that every
    /// read takes.
    ///
    /// # Errors
    /// Why it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let look_up: Work = Box::new(|tx| {
            // A failure ends the unit by itself.
            let _ = tx.stores().find(StoreId::new(uuid::Uuid::nil()));
            Verdict::Commit
        });
        self.engine.run(Access::Read, look_up).await
    }

    /// Takes out of the files of the database what was erased from it. On SQLite the file is written
    /// anew: that takes twice the room, and as long as it takes nothing else is written. PostgreSQL
    /// does so by itself, bit by bit (autovacuum). Blocks.
    ///
    /// # Errors
    /// [`StoreError::Retryable`] when others write or read all the while; the database cannot be
    /// written.
    pub fn scrub(&self) -> Result<(), StoreError> {
        match &self.connector {
            Connector::Sqlite(connector) => sqlite::scrub(connector),
            Connector::Postgres(_) => Ok(()),
        }
    }

    /// How many statements were sent since the database was opened, those that open and close
    /// transactions included.
    pub fn statements(&self) -> u64 {
        self.counter.count()
    }

    /// Takes no more work, finishes what is queued, closes every connection. Blocks.
    pub fn close(&self) {
        match &*self.engine {
            Engine::Sqlite(engine) => engine.close(),
            Engine::Postgres(engine) => engine.close(),
        }
    }
}

#[async_trait]
impl UnitOfWork for Engine {
    async fn run(&self, access: Access, work: Work) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(engine) => engine.run(access, work).await,
            Self::Postgres(engine) => engine.run(access, work).await,
        }
    }
}
