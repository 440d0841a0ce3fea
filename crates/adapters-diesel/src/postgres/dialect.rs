//! What is PostgreSQL's own.

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::Conn;
use super::shared::migrate::has_table;
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

/// The table of a name, if there is one.
pub(crate) const TABLE: &str = "SELECT $1 AS told WHERE to_regclass($1) IS NOT NULL";

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
const LOCK: &str = "migration_lock";
const MAKE_LOCK_TABLE: &str = "CREATE TABLE migration_lock (id integer PRIMARY KEY)";
const MAKE_LOCK: &str = "INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT DO NOTHING";
const TAKE_LOCK: &str = "SELECT id FROM migration_lock WHERE id = 1 FOR UPDATE";

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

/// The table and its row are made apart: not every database takes both in one transaction.
fn make_lock(conn: &mut Conn) -> Result<(), MigrateError> {
    if !has_table(conn, LOCK)? {
        make_lock_table(conn)?;
    }
    Ok(conn.batch_execute(MAKE_LOCK)?)
}

/// Of several sessions that make it at once, one succeeds; the others wait for it and fail, and
/// then the table is there.
fn make_lock_table(conn: &mut Conn) -> Result<(), MigrateError> {
    match conn.batch_execute(MAKE_LOCK_TABLE) {
        Err(error) if !has_table(conn, LOCK)? => Err(error.into()),
        _ => Ok(()),
    }
}
