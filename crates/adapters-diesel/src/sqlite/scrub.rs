use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use domain::unit_of_work::StoreError;

use super::{Conn, Connector, Role};
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
    scrub_on(&mut connector.connect().map_err(StoreError::Unavailable)?)
}

fn scrub_on(conn: &mut Conn) -> Result<(), StoreError> {
    let mut scrub = || {
        conn.batch_execute(REWRITE)?;
        diesel::sql_query(EMPTY_LOG).get_result(conn)
    };
    match scrub().map_err(|error| Failure::from(error).error)? {
        Emptied { busy: 0 } => Ok(()),
        Emptied { .. } => Err(StoreError::Retryable),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::counter::Counter;

    const CANARY: &str = "Canaria";
    const TABLE: &str = "CREATE TABLE person (id INTEGER NOT NULL, name TEXT NOT NULL, \
                         PRIMARY KEY (id)) STRICT, WITHOUT ROWID";

    /// How often the canary is in a file of the directory.
    fn found(directory: &Path) -> usize {
        let files = std::fs::read_dir(directory).expect("a directory");
        let bytes = files.map(|file| std::fs::read(file.expect("a file").path()).expect("read"));
        let count = |bytes: Vec<u8>| {
            bytes.windows(CANARY.len()).filter(|part| *part == CANARY.as_bytes()).count()
        };
        bytes.map(count).sum()
    }

    /// Somebody comes between those who are there; of five, one is a canary, and the others change.
    fn comes(n: u64) -> String {
        let id = |n: u64| n * 2_654_435_761 % (1 << 32);
        let is_canary = n.is_multiple_of(5);
        let name = if is_canary { CANARY } else { "Other" };
        let long = |letters: u64| "x".repeat(usize::try_from(letters).expect("a few"));
        let insert =
            format!("INSERT INTO person VALUES ({}, '{name}{}');", id(n), long(n * 37 % 300));
        if is_canary {
            return insert;
        }
        let name = long(n * 101 % 700);
        insert + &format!("UPDATE person SET name = 'Other{name}' WHERE id = {};", id(n))
    }

    fn sent(conn: &mut Conn, statements: &str) {
        conn.batch_execute(statements).expect("done");
    }

    #[test]
    fn nothing_stays_of_what_was_deleted_wherever_it_has_been() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("test.db");
        let connector = Connector::new(&path, Duration::from_secs(5), Counter::default());
        let mut conn = connector.connect().expect("opens");
        sent(&mut conn, TABLE);
        let all: String = (0..8_000).map(comes).collect();
        sent(&mut conn, &format!("BEGIN; {all} COMMIT"));
        sent(&mut conn, "DELETE FROM person WHERE name LIKE 'Canaria%'");
        // It is in the log, of course; but to empty that is not enough.
        let before = found(directory.path());
        sent(&mut conn, EMPTY_LOG);
        let left = found(directory.path());
        assert!(0 < left && left < before, "{left} of {before}");
        scrub(&connector).expect("scrubbed");
        assert_eq!(found(directory.path()), 0);
        sent(&mut conn, "INSERT INTO person VALUES (0, 'somebody')");
    }

    #[test]
    fn who_keeps_reading_is_told_of() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("test.db");
        let connector = Connector::new(&path, Duration::ZERO, Counter::default());
        let mut writer = connector.connect().expect("opens");
        sent(&mut writer, TABLE);
        let mut reader = connector.for_role(Role::Reader).connect().expect("opens");
        sent(&mut reader, "BEGIN; SELECT * FROM person");
        sent(&mut writer, "INSERT INTO person VALUES (0, 'somebody')");
        assert_eq!(scrub_on(&mut writer), Err(StoreError::Retryable));
        sent(&mut reader, "COMMIT");
        assert_eq!(scrub_on(&mut writer), Ok(()));
    }
}
