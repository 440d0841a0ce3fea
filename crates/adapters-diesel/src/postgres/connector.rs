use std::future::Future;
use std::time::Duration;

use diesel::Connection as _;
use diesel::connection::{CacheSize, SimpleConnection as _};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::tls::TlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls;
use crate::counter::Counter;
use crate::migration::chain;
use crate::settings::{Settings, Timeouts};

/// The connection that the shared source is compiled for.
pub(crate) type Conn = AsyncConnectionWrapper<AsyncPgConnection, OnThisThread>;

thread_local! {
    /// With timers, which a `connect_timeout` needs; diesel-async's own runtime has none.
    #[expect(clippy::expect_used, reason = "fails when the process can open no more files, and then nothing can be done")]
    static RUNTIME: Runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs a file descriptor");
}

/// Waits for a connection on the runtime of the thread that owns it. Without size, so that every
/// wrapper of the thread shares the one runtime on which the connection's socket is registered.
pub(crate) struct OnThisThread;

impl BlockOn for OnThisThread {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        RUNTIME.with(|runtime| runtime.block_on(future))
    }

    fn get_runtime() -> Self {
        Self
    }
}

/// Opens connections to one server.
pub(crate) struct Connector {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    timeouts: Timeouts,
    prepared_statement_cache: bool,
    counter: Counter,
}

impl Connector {
    /// Connections by these settings.
    pub(crate) fn new(
        config: &Config,
        settings: &Settings,
        counter: Counter,
    ) -> Result<Self, String> {
        let mut config = config.clone();
        config.ssl_mode(tls::mode(&settings.tls));
        config.keepalives_idle(Duration::from_secs(30));
        config.keepalives_interval(Duration::from_secs(10));
        config.keepalives_retries(3);
        config.tcp_user_timeout(Duration::from_secs(30));
        if config.get_application_name().is_none() {
            config.application_name("userstore");
        }
        Ok(Self {
            config,
            tls: tls::connector(&settings.tls)?,
            timeouts: settings.timeouts,
            prepared_statement_cache: settings.prepared_statement_cache,
            counter,
        })
    }

    /// Without a transaction, a pooler may prepare a statement on one server and run it on another;
    /// where statements are not kept, there may be such a pooler.
    pub(crate) fn points_need_no_transaction(&self) -> bool {
        self.prepared_statement_cache
    }

    /// How long a connection may rest before it is asked whether it still lives: servers restart and
    /// firewalls forget.
    pub(crate) fn rest(&self) -> Duration {
        self.timeouts.rest
    }

    /// Connects and prepares the session. The connection stays on this thread.
    pub(crate) fn connect(&self) -> Result<Conn, String> {
        let connected = OnThisThread
            .block_on(async { tokio::time::timeout(self.timeouts.connect, self.open()).await });
        let opened = connected.map_err(|_| "connecting took too long".to_owned())??;
        let mut conn = Conn::from(opened);
        conn.batch_execute(&session(&self.timeouts)).map_err(|error| error.to_string())?;
        if !self.prepared_statement_cache {
            conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        conn.set_instrumentation(self.counter.clone());
        Ok(conn)
    }

    async fn open(&self) -> Result<AsyncPgConnection, String> {
        if let Some(tls) = &self.tls {
            return set_up(self.config.connect(tls.clone()).await).await;
        }
        set_up(self.config.connect(NoTls).await).await
    }
}

async fn set_up<S>(
    connected: Result<(Client, Connection<Socket, S>), tokio_postgres::Error>,
) -> Result<AsyncPgConnection, String>
where
    S: TlsStream + Unpin + Send + 'static,
{
    let (client, connection) = connected.map_err(|error| chain(&error))?;
    AsyncPgConnection::try_from_client_and_connection(client, connection)
        .await
        .map_err(|error| chain(&error))
}

/// What a session is told first. By SET and not as startup options, which poolers refuse.
fn session(timeouts: &Timeouts) -> String {
    format!(
        "SET statement_timeout = {}; SET lock_timeout = {}; \
         SET idle_in_transaction_session_timeout = {}",
        timeouts.statement.as_millis(),
        timeouts.lock.as_millis(),
        timeouts.idle_in_transaction.as_millis(),
    )
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_types::Text;
    use testkit::postgres::TestDatabase;

    use super::super::on_own_thread;
    use super::*;
    use crate::url::{DatabaseUrl, Place};

    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = Text)]
        told: String,
    }

    #[test]
    fn every_session_has_its_timeouts() {
        testkit::block_on(async {
            let database = TestDatabase::create().await.expect("a database");
            let url = DatabaseUrl::parse(&database.url()).expect("a URL");
            let Place::Postgres { config, .. } = url.place() else { panic!("{url}") };
            let settings = Settings::new(url.clone());
            let connector =
                Connector::new(config, &settings, Counter::default()).expect("a connector");
            let told = on_own_thread(|| {
                let mut conn = connector.connect().expect("connects");
                ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"].map(
                    |name| {
                        let query = format!("SELECT current_setting('{name}') AS told");
                        let told: Told =
                            diesel::sql_query(query).get_result(&mut conn).expect("an answer");
                        told.told
                    },
                )
            });
            assert_eq!(told, Ok(["30s", "5s", "30s"].map(str::to_owned)));
        });
    }
}
