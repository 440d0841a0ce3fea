//! A throw-away PostgreSQL for tests: one server per run, one database per test.
//!
//! The server belongs to the run. `cargo run -p testkit --bin test-postgres -- <command…>` starts one,
//! tells its address to the command in [`URL_VARIABLE`], and removes every trace of it afterwards.
//! A test process that is started without that variable makes a server of its own at its first use.
//! Where PostgreSQL is not installed the test fails and says what to install: it is never skipped.
//!
//! ```no_run
//! # async fn example() -> Result<(), testkit::postgres::HarnessError> {
//! use testkit::postgres::TestDatabase;
//!
//! let empty = TestDatabase::create().await?;
//! let migrated = TestDatabase::from_template("migrated", async |url| {
//!     // run the migrations on `url`; happens once per server
//!     # let _ = url;
//!     Ok(())
//! })
//! .await?;
//! assert_ne!(empty.url(), migrated.url());
//! # Ok(())
//! # }
//! ```

mod account;
mod binaries;
mod database;
mod private_server;
mod watchdog;

use std::fmt;
use std::sync::OnceLock;

pub use database::TestDatabase;
pub use private_server::{Options, PrivateServer, Tls};

/// Names the shared server: the URL of its database `postgres`, for a user that may make databases.
pub const URL_VARIABLE: &str = "USERSTORE_TEST_POSTGRES_URL";

/// Names the directory of `initdb`, `postgres` and `pg_ctl`, where they are not in the usual place.
pub const BINARIES_VARIABLE: &str = "USERSTORE_TEST_PG_BIN";

/// Why there is no server or no database, as a sentence.
///
/// Its `Debug` form is that sentence too, since `unwrap` in a test prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct HarnessError(String);

impl HarnessError {
    /// An error that says `sentence`.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// Says what was tried and why it failed.
    pub fn because(tried: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self(format!("{tried}: {why}"))
    }
}

impl fmt::Display for HarnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HarnessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HarnessError {}

/// A running server on which test databases are made.
#[derive(Clone, Debug)]
pub struct Server {
    /// How the harness itself connects, to the database `postgres`.
    admin: tokio_postgres::Config,
    /// Everything of a URL before the name of the database.
    url_base: String,
    /// Everything after it: the query, or nothing.
    url_query: String,
}

impl Server {
    /// The server behind the URL of one of its databases.
    ///
    /// # Errors
    /// The text is no URL of a PostgreSQL database.
    pub fn at(url: &str) -> Result<Self, HarnessError> {
        let malformed = |why: &str| HarnessError::because(format!("{URL_VARIABLE} is no URL"), why);
        let admin = url.parse().map_err(|error| malformed(&format!("{error}")))?;
        let (address, query) = match url.find('?') {
            Some(at) => url.split_at(at),
            None => (url, ""),
        };
        let (base, _) = address
            .rsplit_once('/')
            .filter(|(base, _)| base.contains("://"))
            .ok_or_else(|| malformed("it names no database"))?;
        Ok(Self { admin, url_base: base.into(), url_query: query.into() })
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}{}", self.url_base, self.url_query)
    }
}

/// The server of this run: the one that [`URL_VARIABLE`] names, else one that is started now and
/// stopped when this process ends.
///
/// # Errors
/// PostgreSQL is not installed, or does not start.
pub fn server() -> Result<&'static Server, HarnessError> {
    static SHARED: OnceLock<Result<Server, HarnessError>> = OnceLock::new();
    static OWN: OnceLock<PrivateServer> = OnceLock::new();
    let start = || {
        if let Ok(url) = std::env::var(URL_VARIABLE) {
            return Server::at(&url);
        }
        let own = PrivateServer::start(&Options::default())?;
        Ok(OWN.get_or_init(|| own).server().clone())
    };
    SHARED.get_or_init(start).as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_another_database_keeps_host_and_query() {
        let server =
            Server::at("postgres://u:p@127.0.0.1:5433/postgres?connect_timeout=3").unwrap();
        assert_eq!(server.url("t1"), "postgres://u:p@127.0.0.1:5433/t1?connect_timeout=3");
    }

    #[test]
    fn a_url_without_a_database_is_refused() {
        let error = Server::at("postgres://127.0.0.1").unwrap_err();
        assert!(error.to_string().contains("names no database"), "{error}");
        assert!(Server::at("nonsense").is_err());
    }
}
