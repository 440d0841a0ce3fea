use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, QueryResult};

use super::Conn;
use crate::counter::Counter;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Reads only; SQLite refuses it a write.
    Reader,
    /// Writes. There is one.
    Writer,
    /// Migrates: waits for another process that migrates as long as that takes.
    Migrator,
}

/// Page cache of a connection, in KiB. Small, since every reader has its own, and a page that is
/// not in it comes from the cache of the operating system.
const CACHE_KIB: u32 = 2_048;
/// How long a migration waits for another one.
const MIGRATION_WAIT: Duration = Duration::from_secs(600);

/// Opens connections to one file.
#[derive(Clone)]
pub(crate) struct Connector {
    path: PathBuf,
    role: Role,
    wait: Duration,
    counter: Counter,
    /// A further statement for every connection, by which a test makes the disk small.
    #[cfg(test)]
    pub(super) prelude: &'static str,
}

impl Connector {
    /// Connections for writing to `path` that wait up to `wait` for another process.
    pub(crate) fn new(path: &Path, wait: Duration, counter: Counter) -> Self {
        Self {
            path: path.to_owned(),
            role: Role::Writer,
            wait,
            counter,
            #[cfg(test)]
            prelude: "",
        }
    }

    /// The same for another purpose.
    pub(crate) fn for_role(&self, role: Role) -> Self {
        let wait = if role == Role::Migrator { MIGRATION_WAIT } else { self.wait };
        Self { role, wait, ..self.clone() }
    }

    /// A single look-up on a connection of its own sees one state anyway.
    #[expect(clippy::unused_self, reason = "PostgreSQL's answer depends on the settings")]
    pub(crate) fn points_need_no_transaction(&self) -> bool {
        true
    }

    /// How long a connection may rest before it is asked whether it still lives: a file does not
    /// hang up.
    #[expect(clippy::unused_self, reason = "the same question is asked of PostgreSQL's")]
    pub(crate) fn rest(&self) -> Duration {
        Duration::MAX
    }

    /// Opens the file, which is made when it is not there, and prepares the connection.
    pub(crate) fn connect(&self) -> Result<Conn, String> {
        let told = |why: String| format!("{}: {why}", self.path.display());
        create_private(&self.path).map_err(|error| told(error.to_string()))?;
        let mut conn = Conn::establish(&self.url()).map_err(|error| told(error.to_string()))?;
        self.prepare(&mut conn).map_err(|error| told(error.to_string()))?;
        conn.set_instrumentation(self.counter.clone());
        Ok(conn)
    }

    /// The path in a form that SQLite does not take for a URI or a name with a meaning.
    fn url(&self) -> String {
        let path = if self.path.is_absolute() {
            self.path.clone()
        } else {
            Path::new(".").join(&self.path)
        };
        path.to_string_lossy().into_owned()
    }

    fn prepare(&self, conn: &mut Conn) -> QueryResult<()> {
        let wait = self.wait.as_millis();
        conn.batch_execute(&format!("PRAGMA busy_timeout = {wait}"))?;
        self.enter_wal(conn)?;
        conn.batch_execute("PRAGMA synchronous = FULL")?;
        conn.batch_execute("PRAGMA foreign_keys = ON")?;
        conn.batch_execute("PRAGMA trusted_schema = OFF")?;
        conn.batch_execute("PRAGMA temp_store = MEMORY")?;
        conn.batch_execute(&format!("PRAGMA cache_size = -{CACHE_KIB}"))?;
        match self.role {
            Role::Reader => conn.batch_execute("PRAGMA query_only = ON")?,
            // What is erased is overwritten, and not only given up.
            Role::Writer | Role::Migrator => conn.batch_execute("PRAGMA secure_delete = ON")?,
        }
        #[cfg(test)]
        conn.batch_execute(self.prelude)?;
        Ok(())
    }

    /// The switch to WAL needs the file for itself for a moment and does not wait for it.
    fn enter_wal(&self, conn: &mut Conn) -> QueryResult<()> {
        let deadline = Instant::now() + self.wait;
        loop {
            match conn.batch_execute("PRAGMA journal_mode = WAL") {
                Err(error) if is_locked(&error) && Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                outcome => return outcome,
            }
        }
    }
}

fn is_locked(error: &diesel::result::Error) -> bool {
    error.to_string().contains("locked")
}

/// Makes the file, readable by its owner only: it holds personal data. SQLite gives the files
/// beside it the same permissions.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        outcome => outcome.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_types::{BigInt, Text};

    use super::*;

    fn connector(directory: &tempfile::TempDir) -> Connector {
        let path = directory.path().join("test.db");
        Connector::new(&path, Duration::from_secs(7), Counter::default())
    }

    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = Text)]
        told: String,
    }

    fn ask(conn: &mut Conn, query: &str) -> Vec<String> {
        let told: Vec<Told> = diesel::sql_query(query).load(conn).expect("an answer");
        told.into_iter().map(|line| line.told).collect()
    }

    /// The value of a pragma that has one, in its column.
    fn pragma(conn: &mut Conn, name: &str, column: &str) -> String {
        ask(conn, &format!("SELECT CAST({column} AS TEXT) AS told FROM pragma_{name}"))
            .pop()
            .expect("a value")
    }

    #[test]
    fn every_connection_has_its_pragmas() {
        let directory = tempfile::tempdir().expect("a directory");
        for (role, wait, query_only, secure_delete) in [
            (Role::Writer, "7000", "0", "1"),
            (Role::Reader, "7000", "1", "0"),
            (Role::Migrator, "600000", "0", "1"),
        ] {
            let mut conn = connector(&directory).for_role(role).connect().expect("opens");
            let told = ["journal_mode", "synchronous", "foreign_keys", "trusted_schema"]
                .map(|name| pragma(&mut conn, name, name));
            assert_eq!(told, ["wal", "2", "1", "0"], "{role:?}");
            assert_eq!(pragma(&mut conn, "busy_timeout", "timeout"), wait, "{role:?}");
            assert_eq!(pragma(&mut conn, "cache_size", "cache_size"), "-2048", "{role:?}");
            assert_eq!(pragma(&mut conn, "query_only", "query_only"), query_only, "{role:?}");
            let told = pragma(&mut conn, "secure_delete", "secure_delete");
            assert_eq!(told, secure_delete, "{role:?}");
        }
    }

    #[test]
    fn sqlite_is_built_for_many_threads() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut conn = connector(&directory).connect().expect("opens");
        let options = ask(&mut conn, "SELECT compile_options AS told FROM pragma_compile_options");
        let has = |option: &str| options.iter().any(|one| one == option);
        assert!(has("DEFAULT_MEMSTATUS=0"), "{options:?}");
        assert!(!has("ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
        assert!(!has("ENABLE_API_ARMOR"), "{options:?}");
        assert!(has("THREADSAFE=2"), "{options:?}");
        assert!(has("ENABLE_QPSG"), "{options:?}");
    }

    #[test]
    fn a_reader_is_refused_a_write_by_sqlite_itself() {
        let directory = tempfile::tempdir().expect("a directory");
        connector(&directory).connect().expect("opens");
        let mut reader = connector(&directory).for_role(Role::Reader).connect().expect("opens");
        let refused = reader.batch_execute("CREATE TABLE t (x)").expect_err("refused");
        assert!(refused.to_string().contains("readonly"), "{refused}");
    }

    #[test]
    fn a_path_that_looks_like_a_uri_is_a_path() {
        let path = Path::new("file:x?mode=memory");
        let connector = Connector::new(path, Duration::ZERO, Counter::default());
        assert_eq!(connector.url(), "./file:x?mode=memory");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().expect("a directory");
        let mut conn = connector(&directory).connect().expect("opens");
        conn.batch_execute("CREATE TABLE t (x BIGINT)").expect("made");
        let made: i64 = diesel::select(diesel::dsl::sql::<BigInt>("1"))
            .get_result(&mut conn)
            .expect("a number");
        assert_eq!(made, 1);
        for name in ["test.db", "test.db-wal", "test.db-shm"] {
            let file = std::fs::metadata(directory.path().join(name)).expect("is there");
            assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
        }
    }
}
