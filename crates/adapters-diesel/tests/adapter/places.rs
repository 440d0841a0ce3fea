//! Databases for tests, each for one test alone.

use std::path::PathBuf;
use std::sync::Arc;

use adapters_diesel::{Database, DatabaseUrl, Settings};
use async_trait::async_trait;
use domain::unit_of_work::UnitOfWork;
use testkit::conformance::Harness;
use testkit::postgres::{HarnessError, TestDatabase};

/// The defaults, with no more connections than a test needs.
pub(crate) fn settings(url: &str) -> Settings {
    Settings { lanes: 4, ..Settings::new(DatabaseUrl::parse(url).unwrap()) }
}

/// An open database at `url`.
pub(crate) fn open(url: &str) -> Database {
    Database::open(&settings(url)).unwrap()
}

/// An SQLite database in a directory of its own.
pub(crate) struct Sqlite {
    pub(crate) database: Database,
    directory: tempfile::TempDir,
}

impl Sqlite {
    /// A file without tables.
    pub(crate) fn empty() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        Self { database: open(&url), directory }
    }

    /// A file with every table.
    pub(crate) fn migrated() -> Self {
        let empty = Self::empty();
        empty.database.migrate().unwrap();
        empty
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("test.db")
    }

    /// How to open it.
    pub(crate) fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }
}

#[async_trait]
impl Harness for Sqlite {
    fn unit_of_work(&self) -> Arc<dyn UnitOfWork> {
        self.database.unit_of_work()
    }

    async fn second_node(&self) -> Arc<dyn UnitOfWork> {
        open(&self.url()).unit_of_work()
    }
}

/// A PostgreSQL database on the server of this run.
pub(crate) struct Postgres {
    pub(crate) database: Database,
    place: TestDatabase,
}

impl Postgres {
    /// A database without tables.
    pub(crate) async fn empty() -> Self {
        Self::at(TestDatabase::create().await.unwrap())
    }

    /// A database with every table.
    pub(crate) async fn migrated() -> Self {
        Self::at(TestDatabase::from_template("adapter", migrate).await.unwrap())
    }

    fn at(place: TestDatabase) -> Self {
        Self { database: open(&place.url()), place }
    }

    /// How to open it.
    pub(crate) fn url(&self) -> String {
        self.place.url()
    }

    /// A connection beside the adapter.
    pub(crate) async fn beside(&self) -> tokio_postgres::Client {
        connect(&self.url()).await
    }
}

/// A connection to PostgreSQL that is not the adapter's.
pub(crate) async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn migrate(url: String) -> Result<(), HarnessError> {
    let database = open(&url);
    let migrated = database.migrate();
    database.close();
    migrated.map(drop).map_err(|error| HarnessError::because("migrating", error))
}

#[async_trait]
impl Harness for Postgres {
    fn unit_of_work(&self) -> Arc<dyn UnitOfWork> {
        self.database.unit_of_work()
    }

    async fn second_node(&self) -> Arc<dyn UnitOfWork> {
        open(&self.url()).unit_of_work()
    }
}
