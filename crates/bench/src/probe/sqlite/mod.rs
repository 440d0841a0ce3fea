//! The same rows as the server's, by diesel on one thread: prepared statements, and nothing of ours
//! around them.

mod create;
mod find;
mod tables;

pub(crate) use create::Creator;
pub(crate) use find::Finder;

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::Outcome;

/// Opens the database as the server does: what is committed has reached the disk.
fn open(database: &Path) -> Outcome<SqliteConnection> {
    let path = database.to_str().ok_or("the path of the database is not UTF-8")?;
    let mut connection = SqliteConnection::establish(path)?;
    connection.batch_execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA busy_timeout = 5000;",
    )?;
    Ok(connection)
}
