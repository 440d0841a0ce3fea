//! SQLite: points on the calling thread, a lane of readers, one writer with group commit.

mod connector;
pub(crate) mod dialect;
#[cfg(test)]
mod plans;
mod points;
mod scrub;
#[path = "../shared/mod.rs"]
mod shared;
mod writer;

pub(crate) use connector::{Connector, Role};
pub(crate) use scrub::scrub;

use std::io;
use std::sync::Arc;

use diesel::QueryResult;
use domain::unit_of_work::{Access, StoreError, Work};

use self::points::Points;
use self::shared::single::Single;
use self::writer::Writer;
use crate::error::Failure;
use crate::lane::{Lane, Limits};
use crate::migration::{Direction, MigrateError};
use crate::settings::Settings;

/// The connection that the shared source is compiled for.
pub(crate) type Conn = diesel::sqlite::SqliteConnection;
/// Its backend.
pub(crate) type Backend = diesel::sqlite::Sqlite;

/// An open SQLite database.
pub(crate) struct Engine {
    points: Points,
    readers: Lane,
    writer: Lane,
}

impl Engine {
    /// Starts the threads.
    pub(crate) fn start(settings: &Settings, connector: &Connector) -> io::Result<Self> {
        let reader = Arc::new(connector.for_role(Role::Reader));
        let writer = Arc::new(connector.for_role(Role::Writer));
        let limits = Limits { waiting: settings.queue, writers: 1 };
        let points = Points::new(Arc::clone(&reader));
        let readers = Lane::start("sqlite-read", settings.readers, limits, move || {
            Single::new(Arc::clone(&reader))
        })?;
        let writer = Lane::start("sqlite-write", 1, limits, move || {
            Writer::new(Single::new(Arc::clone(&writer)))
        })?;
        Ok(Self { points, readers, writer })
    }

    /// Runs a unit of work.
    pub(crate) async fn run(&self, access: Access, work: Work) -> Result<(), StoreError> {
        match access {
            Access::Point => self.points.run(work),
            Access::Read => self.readers.run(access, work).await,
            Access::Write | Access::Bulk | Access::Rehearse => self.writer.run(access, work).await,
        }
    }

    /// Finishes what is queued and closes every connection.
    pub(crate) fn close(&self) {
        self.points.close();
        self.readers.close();
        self.writer.close();
    }
}

/// Migrates the database.
pub(crate) fn migrate(
    connector: &Connector,
    direction: Direction,
) -> Result<Vec<String>, MigrateError> {
    let mut conn =
        connector.for_role(Role::Migrator).connect().map_err(MigrateError::unreachable)?;
    shared::migrate::go(&mut conn, direction)
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
fn once<T>(
    connector: &Connector,
    statement: impl FnOnce(&mut Conn) -> QueryResult<T>,
) -> Result<T, StoreError> {
    let mut conn = connector.for_role(Role::Writer).connect().map_err(StoreError::Unavailable)?;
    statement(&mut conn).map_err(|error| Failure::from(error).error)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use diesel::Connection as _;
    use diesel::connection::InstrumentationEvent;
    use domain::client::ApiKeyHash;
    use domain::filter::Filter;
    use domain::id::{StoreId, UserId};
    use domain::text::Folded;
    use domain::token::TokenHash;
    use domain::unit_of_work::{Verdict, Work};
    use domain::user::{UserOrder, UserQuery};
    use uuid::Uuid;

    use super::*;
    use crate::counter::Counter;

    #[test]
    fn a_look_up_is_prepared_once_and_found_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("test.db");
        let connector = Connector::new(&path, Duration::from_secs(5), Counter::default());
        migrate(&connector, Direction::Up).expect("migrates");
        let mut conn = connector.for_role(Role::Reader).connect().expect("opens");

        let (prepared, sent) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let counters = (Arc::clone(&prepared), Arc::clone(&sent));
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            let counter = match event {
                InstrumentationEvent::CacheQuery { .. } => &counters.0,
                InstrumentationEvent::StartQuery { .. } => &counters.1,
                _ => return,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let mut look_up: Work = Box::new(|tx| {
            let store = StoreId::new(Uuid::nil());
            let _ = tx.clients().find_by_key(&ApiKeyHash::of("a key"));
            let _ = tx.sessions().find_by_token(&TokenHash::from_bytes([7; 32]));
            let _ = tx.stores().find(store);
            let _ = tx.store(store).users().find(UserId::new(Uuid::nil()));
            let _ = tx.store(store).users().find_by_login_name(&Folded::of("ada"));
            let _ = tx.store(store).passwords().find(UserId::new(Uuid::nil()));
            let _ = tx.store(store).profiles().of(UserId::new(Uuid::nil()));
            let _ = tx.store(store).memberships().groups_of(UserId::new(Uuid::nil()));
            let _ = tx.store(store).roles().held_by_users(&[UserId::new(Uuid::nil())]);
            let _ = tx.store(store).users().list(&UserQuery::first(UserOrder::LoginName, 10));
            Verdict::Commit
        });
        for _ in 0..10 {
            shared::unit::run(&mut conn, Access::Point, &mut look_up);
        }
        assert_eq!((prepared.load(Ordering::Relaxed), sent.load(Ordering::Relaxed)), (10, 100));

        // What comes in as many forms as callers think of leaves nothing behind.
        let mut filtered: Work = Box::new(|tx| {
            let filter = Filter::parse("isUserActive eq true").expect("a filter");
            let query = UserQuery::first(UserOrder::Id, 10);
            let query = UserQuery { filter: Some(Arc::new(filter)), ..query };
            let _ = tx.store(StoreId::new(Uuid::nil())).users().list(&query);
            Verdict::Commit
        });
        shared::unit::run(&mut conn, Access::Point, &mut filtered);
        assert_eq!((prepared.load(Ordering::Relaxed), sent.load(Ordering::Relaxed)), (10, 101));
    }
}
