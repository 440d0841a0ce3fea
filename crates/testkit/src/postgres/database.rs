use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};

use super::{HarnessError, Server, server};

/// Test databases begin with this, and with when they were made.
const PREFIX: &str = "test_";
/// Prepared templates begin with this.
const TEMPLATE_PREFIX: &str = "template_";
/// Lock of the harness on its server, while a template is made.
const TEMPLATE_LOCK: i64 = 0x7465_6d70;

/// A database for one test, dropped with all its connections when this value is.
#[derive(Debug)]
pub struct TestDatabase {
    server: Server,
    name: String,
}

impl TestDatabase {
    /// An empty database on the server of this run.
    ///
    /// # Errors
    /// There is no server, or it refuses.
    pub async fn create() -> Result<Self, HarnessError> {
        Self::create_on(server()?).await
    }

    /// An empty database on `server`.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn create_on(server: &Server) -> Result<Self, HarnessError> {
        let admin = server.connect().await?;
        Self::copy(server, &admin, "template0").await
    }

    /// A copy of what `prepare` made of an empty database, on the server of this run.
    ///
    /// `prepare` gets the URL of a database and must have closed its connections when it returns.
    /// It runs once per `name` and server, however many processes ask at the same time; what it
    /// leaves when it fails is never used.
    ///
    /// # Errors
    /// There is no server, it refuses, or `prepare` fails.
    pub async fn from_template(
        name: &str,
        prepare: impl AsyncFnOnce(String) -> Result<(), HarnessError>,
    ) -> Result<Self, HarnessError> {
        Self::from_template_on(server()?, name, prepare).await
    }

    /// The same, on `server`.
    ///
    /// # Errors
    /// The server refuses, or `prepare` fails.
    pub async fn from_template_on(
        server: &Server,
        name: &str,
        prepare: impl AsyncFnOnce(String) -> Result<(), HarnessError>,
    ) -> Result<Self, HarnessError> {
        let admin = server.connect().await?;
        let template = format!("{TEMPLATE_PREFIX}{name}");
        if !exists(&admin, &template).await? {
            make_template(server, &admin, &template, prepare).await?;
        }
        Self::copy(server, &admin, &template).await
    }

    /// Where the database is: `postgres://user@host:port/name`.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// Its name, unique on the server.
    pub fn name(&self) -> &str {
        &self.name
    }

    async fn copy(server: &Server, admin: &Client, template: &str) -> Result<Self, HarnessError> {
        let name = unique_name(admin).await?;
        execute(admin, &format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}""#)).await?;
        Ok(Self { server: server.clone(), name })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A destructor cannot wait for a future, and its thread may be driving a runtime already.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            // A server that the test has stopped takes its databases with it.
            let _ =
                runtime.block_on(async { drop_database(&server.connect().await?, &name).await });
        });
        let _ = dropping.join();
    }
}

impl Server {
    /// Connects to the database `postgres`.
    pub(super) async fn connect(&self) -> Result<Client, HarnessError> {
        let (client, connection) =
            self.admin.connect(NoTls).await.map_err(|error| sql_error("connecting", &error))?;
        tokio::spawn(connection);
        Ok(client)
    }
}

/// Makes a template under another name and renames it when it is whole, so that nobody copies half
/// of one. The lock spares other processes the same work; it ends with the connection at the latest.
async fn make_template(
    server: &Server,
    admin: &Client,
    template: &str,
    prepare: impl AsyncFnOnce(String) -> Result<(), HarnessError>,
) -> Result<(), HarnessError> {
    execute(admin, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await?;
    if !exists(admin, template).await? {
        sweep(admin).await?;
        let draft = TestDatabase::copy(server, admin, "template0").await?;
        prepare(draft.url()).await?;
        execute(admin, &format!(r#"ALTER DATABASE "{}" RENAME TO "{template}""#, draft.name))
            .await?;
    }
    execute(admin, &format!("SELECT pg_advisory_unlock({TEMPLATE_LOCK})")).await
}

/// Drops what crashed runs left on a server that outlives them: by the server's clock older than
/// six hours, and nobody in it.
async fn sweep(admin: &Client) -> Result<(), HarnessError> {
    let left = admin
        .query(
            "SELECT datname FROM pg_database d
             WHERE datname ~ '^test_[0-9]{14}_'
             AND substr(datname, 6, 14) < to_char(now() - interval '6 hours', 'YYYYMMDDHH24MISS')
             AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)",
            &[],
        )
        .await
        .map_err(|error| sql_error("looking for leftovers", &error))?;
    for row in left {
        drop_database(admin, row.get(0)).await?;
    }
    Ok(())
}

async fn drop_database(admin: &Client, name: &str) -> Result<(), HarnessError> {
    execute(admin, &format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#)).await
}

async fn exists(admin: &Client, name: &str) -> Result<bool, HarnessError> {
    admin
        .query_opt("SELECT FROM pg_database WHERE datname = $1", &[&name])
        .await
        .map(|row| row.is_some())
        .map_err(|error| sql_error("looking for a template", &error))
}

/// A name that no other process on the server makes: its session's number is part of it.
async fn unique_name(admin: &Client) -> Result<String, HarnessError> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let stamp: String = admin
        .query_one("SELECT to_char(now(), 'YYYYMMDDHH24MISS_') || pg_backend_pid()", &[])
        .await
        .map_err(|error| sql_error("naming a database", &error))?
        .get(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    Ok(format!("{PREFIX}{stamp}_{number}"))
}

async fn execute(admin: &Client, statement: &str) -> Result<(), HarnessError> {
    admin.batch_execute(statement).await.map_err(|error| sql_error(statement, &error))
}

fn sql_error(tried: &str, error: &tokio_postgres::Error) -> HarnessError {
    let in_use = error.code() == Some(&SqlState::OBJECT_IN_USE);
    let hint = if in_use { " (a connection to the template is still open)" } else { "" };
    let why = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
    HarnessError::because(tried, format!("{why}{hint}"))
}
