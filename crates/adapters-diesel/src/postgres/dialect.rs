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

/// A query whose rows stay there until the unit ends: what refers to them may be added and changed
/// by others, who hold them too.
macro_rules! held {
    ($query:expr) => {
        $query.for_key_share()
    };
}
pub(crate) use held;

/// A query whose rows stay locked against whoever holds them or refers to them too.
macro_rules! locked_alone {
    ($query:expr) => {
        $query.for_update()
    };
}
pub(crate) use locked_alone;

/// Behind a query whose rows stay locked.
pub(crate) const LOCKED: &str = " FOR NO KEY UPDATE";
/// Behind a query that leaves out rows which others have locked.
pub(crate) const SKIP_LOCKED: &str = " FOR UPDATE SKIP LOCKED";
/// Behind a text that is compared byte by byte, whatever the locale of the server.
pub(crate) const BYTEWISE: &str = " COLLATE \"C\"";
/// The folded name: the statistics tell when its index is of no use.
pub(crate) const NAME_OF_FEW: &str = "name_folded";
/// The function that gives the place of one text in another, from 1; 0 where it is not in it.
pub(crate) const FIND: &str = "strpos";

/// The last characters of a text.
pub(crate) fn tail(column: &str, characters: usize) -> String {
    format!("right({column}, {characters})")
}

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
