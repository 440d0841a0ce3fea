//! What is PostgreSQL's own.

use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::Conn;
use crate::migration::MigrateError;

/// Opens a transaction that reads one consistent state.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Opens a transaction that writes; rows that a decision rests on are locked. Whether the server
/// takes writes is its own say, so that one that has become a standby answers as such.
pub(crate) const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";
/// Servers restart and firewalls forget.
pub(crate) const MAY_DIE_UNSEEN: bool = true;

/// `migrations/postgres`.
pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// A query whose rows stay locked against other writers until the unit ends. `NO KEY`, so that rows
/// that refer to them can be added meanwhile.
macro_rules! locked {
    ($query:expr) => {
        $query.for_no_key_update()
    };
}
pub(crate) use locked;

/// No limit while a node waits for another one that migrates, or migrates itself.
const NO_TIMEOUTS: &str = "SET statement_timeout = 0; SET lock_timeout = 0; \
                           SET idle_in_transaction_session_timeout = 0";
const MAKE_LOCK: &str = "CREATE TABLE IF NOT EXISTS migration_lock (id integer PRIMARY KEY); \
                         INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT DO NOTHING";
const TAKE_LOCK: &str = "SELECT id FROM migration_lock WHERE id = 1 FOR UPDATE";
/// `CREATE TABLE IF NOT EXISTS` of several sessions at once fails in all but one of them, on the
/// unique indexes of the catalogue.
const LOCK_ATTEMPTS: u32 = 20;

/// Runs `work` in one transaction while no other node is in here.
pub(crate) fn alone<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    conn.batch_execute(NO_TIMEOUTS)?;
    make_lock(conn)?;
    conn.transaction(|conn| {
        conn.batch_execute(TAKE_LOCK)?;
        work(conn)
    })
}

fn make_lock(conn: &mut Conn) -> Result<(), MigrateError> {
    let mut attempt = 1;
    loop {
        match conn.batch_execute(MAKE_LOCK) {
            Err(error) if attempt < LOCK_ATTEMPTS => {
                tracing::debug!(%error, "making the migration lock");
                attempt += 1;
                std::thread::sleep(Duration::from_millis(10));
            }
            outcome => return Ok(outcome?),
        }
    }
}
