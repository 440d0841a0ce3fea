//! PostgreSQL: one set of lanes for everything, of which writes take at most three quarters.

mod connector;
pub(crate) mod dialect;
#[path = "../shared/mod.rs"]
mod shared;
mod tls;

pub(crate) use connector::{Conn, Connector};

use std::io;
use std::sync::Arc;
use std::thread;

use diesel::QueryResult;
use domain::unit_of_work::{Access, StoreError, Work};

use self::shared::single::Single;
use crate::error::Failure;
use crate::lane::{Lane, Limits};
use crate::migration::{Direction, MigrateError};
use crate::settings::Settings;

/// The backend of the connection.
pub(crate) type Backend = diesel::pg::Pg;

/// An open PostgreSQL database.
pub(crate) struct Engine {
    lanes: Lane,
}

impl Engine {
    /// Starts the threads.
    pub(crate) fn start(settings: &Settings, connector: &Arc<Connector>) -> io::Result<Self> {
        let connector = Arc::clone(connector);
        let lanes = settings.lanes.max(1);
        // A write that waits for a lock must not keep the reads waiting.
        let limits = Limits { waiting: settings.queue, writers: (lanes * 3 / 4).max(1) };
        let lanes =
            Lane::start("postgres", lanes, limits, move || Single::new(Arc::clone(&connector)))?;
        Ok(Self { lanes })
    }

    /// Runs a unit of work.
    pub(crate) async fn run(&self, access: Access, work: Work) -> Result<(), StoreError> {
        self.lanes.run(access, work).await
    }

    /// Finishes what is queued and closes every connection.
    pub(crate) fn close(&self) {
        self.lanes.close();
    }
}

/// Connects and hangs up.
pub(crate) fn try_out(connector: &Connector) -> Result<(), String> {
    on_own_thread(|| connector.connect().map(drop)).unwrap_or_else(Err)
}

/// Migrates the database.
pub(crate) fn migrate(
    connector: &Connector,
    direction: Direction,
) -> Result<Vec<String>, MigrateError> {
    on_own_thread(|| {
        let mut conn = connector.connect().map_err(MigrateError::unreachable)?;
        shared::migrate::go(&mut conn, direction)
    })
    .unwrap_or_else(|why| Err(MigrateError::unreachable(why)))
}

/// The ids of the registered secret keys.
pub(crate) fn secret_keys(connector: &Connector) -> Result<Vec<String>, StoreError> {
    once(connector, shared::keys::all)
}

/// Registers the id of a secret key.
pub(crate) fn register_secret_key(
    connector: &Connector,
    number: i64,
    id: &str,
) -> Result<(), StoreError> {
    once(connector, |conn| shared::keys::register(conn, number, id))
}

/// Runs one statement on a connection of its own.
fn once<T: Send>(
    connector: &Connector,
    statement: impl FnOnce(&mut Conn) -> QueryResult<T> + Send,
) -> Result<T, StoreError> {
    on_own_thread(|| {
        let mut conn = connector.connect().map_err(StoreError::Unavailable)?;
        statement(&mut conn).map_err(|error| Failure::from(error).error)
    })
    .unwrap_or_else(|why| Err(StoreError::Unavailable(why)))
}

/// Runs `work` on a thread of its own: a connection waits for its own runtime, which must not
/// happen inside another one.
fn on_own_thread<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        let thread = thread::Builder::new()
            .name("postgres-once".into())
            .spawn_scoped(scope, work)
            .map_err(|error| error.to_string())?;
        thread.join().map_err(|_| "the connection's thread panicked".to_owned())
    })
}
