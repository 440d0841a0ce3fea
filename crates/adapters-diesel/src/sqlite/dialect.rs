//! What is SQLite's own.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::Conn;
use crate::migration::MigrateError;

/// Opens a transaction that reads: it sees the state of its first statement.
pub(crate) const BEGIN_READ: &str = "BEGIN";
/// Opens a transaction that writes: a deferred one that reads first fails at its first write when
/// another process has written meanwhile, without waiting.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// `migrations/sqlite`.
pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// The table of a name, if there is one.
pub(crate) const TABLE: &str =
    "SELECT name AS told FROM sqlite_master WHERE type = 'table' AND name = ?";

/// A query whose rows stay locked: a writer has the whole database to itself.
macro_rules! locked {
    ($query:expr) => {
        $query
    };
}
pub(crate) use locked;

/// A query whose rows stay as they are: a writer has the whole database to itself.
macro_rules! held {
    ($query:expr) => {
        $query
    };
}
pub(crate) use held;

/// The same, against whoever holds them too.
macro_rules! locked_alone {
    ($query:expr) => {
        $query
    };
}
pub(crate) use locked_alone;

/// Behind a query whose rows stay locked.
pub(crate) const LOCKED: &str = "";
/// Behind a query that leaves out rows which others have locked.
pub(crate) const SKIP_LOCKED: &str = "";
/// Behind a text that is compared byte by byte, which is how SQLite compares.
pub(crate) const BYTEWISE: &str = "";
/// The folded name, without its index.
pub(crate) const NAME_OF_FEW: &str = "+name_folded";
/// The function that gives the place of one text in another, from 1; 0 where it is not in it.
pub(crate) const FIND: &str = "instr";

/// The last characters of a text.
pub(crate) fn tail(column: &str, characters: usize) -> String {
    format!("substr({column}, -{characters})")
}

/// Runs `work` while no other process writes.
pub(crate) fn alone<T>(
    conn: &mut Conn,
    work: impl FnOnce(&mut Conn) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    conn.immediate_transaction(work)
}
