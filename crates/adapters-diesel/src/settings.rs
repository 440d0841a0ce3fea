use std::num::NonZero;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crate::url::DatabaseUrl;

/// How a database is used. [`Settings::new`] has a sensible value for everything but the URL.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which database.
    pub url: DatabaseUrl,
    /// Connections to PostgreSQL, each with a thread; writes take at most three quarters of them.
    pub lanes: usize,
    /// Threads that read from SQLite, beside the look-ups on the calling thread.
    pub readers: usize,
    /// Units of work that may wait, of those that write and of the others each; one more is refused
    /// at once as unavailable.
    pub queue: usize,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// How the connection to PostgreSQL is protected; [`Settings::new`] takes it from the URL.
    pub tls: Tls,
    /// False for a pooler between us and PostgreSQL that cannot keep prepared statements, such as
    /// `PgBouncer` before 1.21 in transaction mode.
    pub prepared_statement_cache: bool,
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To make a connection.
    pub connect: Duration,
    /// One statement on PostgreSQL.
    pub statement: Duration,
    /// To wait for a lock: of a row on PostgreSQL, of the file on SQLite.
    pub lock: Duration,
    /// How long PostgreSQL keeps a transaction of which nothing is heard.
    pub idle_in_transaction: Duration,
    /// How long a connection to PostgreSQL may rest before it is asked whether it still lives.
    pub rest: Duration,
}

/// How a connection to PostgreSQL is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Not at all.
    Disable,
    /// Encrypted when the server offers it; who the server is is not checked.
    Prefer,
    /// Encrypted or not at all; who the server is is not checked.
    Require,
    /// Encrypted, and the server's certificate names its host and comes from a trusted authority.
    VerifyFull {
        /// PEM file of the trusted authorities; `None` stands for those of the operating system.
        root_certificates: Option<PathBuf>,
    },
}

impl Settings {
    /// The defaults for a database.
    pub fn new(url: DatabaseUrl) -> Self {
        let cores = thread::available_parallelism().map_or(2, NonZero::get);
        Self {
            tls: url.tls(),
            url,
            lanes: (2 * cores).max(8),
            readers: cores.max(2),
            queue: 1_024,
            timeouts: Timeouts::default(),
            prepared_statement_cache: true,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            statement: Duration::from_secs(30),
            lock: Duration::from_secs(5),
            idle_in_transaction: Duration::from_secs(30),
            rest: Duration::from_secs(1),
        }
    }
}
