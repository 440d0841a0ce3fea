//! The PostgreSQL harness against a real server.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use testkit::postgres::{
    HarnessError, Options, PrivateServer, TestDatabase, Tls, URL_VARIABLE, server,
};
use tokio_postgres::{Client, NoTls};

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Asks `question` again until it says yes; a test that waits in vain fails.
async fn until(what: &str, mut question: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !question().await {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn databases_named(name: &str) -> i64 {
    let admin = connect(&server().unwrap().url("postgres")).await.unwrap();
    let count = "SELECT count(*) FROM pg_database WHERE datname = $1";
    admin.query_one(count, &[&name]).await.unwrap().get(0)
}

#[tokio::test]
async fn every_test_has_a_database_of_its_own() {
    let (one, two) = (TestDatabase::create().await.unwrap(), TestDatabase::create().await.unwrap());
    assert_ne!(one.url(), two.url());
    let client = connect(&one.url()).await.unwrap();
    client.batch_execute("CREATE TABLE mine (id integer)").await.unwrap();
    let other = connect(&two.url()).await.unwrap();
    assert!(other.batch_execute("SELECT FROM mine").await.is_err());
}

#[tokio::test]
async fn a_dropped_database_is_gone_although_somebody_is_still_in_it() {
    let database = TestDatabase::create().await.unwrap();
    let name = database.name().to_owned();
    let _still_in_it = connect(&database.url()).await.unwrap();
    assert_eq!(databases_named(&name).await, 1);
    drop(database);
    assert_eq!(databases_named(&name).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_prepared_once_however_many_ask() {
    let prepared = Arc::new(AtomicU32::new(0));
    let asking: Vec<_> = (0..8)
        .map(|_| {
            let prepared = Arc::clone(&prepared);
            tokio::spawn(async move {
                TestDatabase::from_template("prepared_once", async |url| {
                    prepared.fetch_add(1, Ordering::SeqCst);
                    make_table(&url).await
                })
                .await
            })
        })
        .collect();
    for database in asking {
        let database = database.await.unwrap().unwrap();
        let client = connect(&database.url()).await.unwrap();
        client.batch_execute("INSERT INTO made VALUES (1)").await.unwrap();
    }
    assert_eq!(prepared.load(Ordering::SeqCst), 1);
}

async fn make_table(url: &str) -> Result<(), HarnessError> {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .map_err(|e| HarnessError::because("connect", e))?;
    let connection = tokio::spawn(connection);
    client.batch_execute("CREATE TABLE made (id integer)").await.unwrap();
    drop(client);
    connection.await.unwrap().map_err(|error| HarnessError::because("closing", error))
}

#[tokio::test]
async fn a_template_whose_preparation_fails_is_never_used() {
    let failing = TestDatabase::from_template("fails_at_first", async |_| {
        Err(HarnessError::new("not this time"))
    });
    assert_eq!(failing.await.unwrap_err().to_string(), "not this time");
    let again = TestDatabase::from_template("fails_at_first", async |url| make_table(&url).await);
    let database = again.await.unwrap();
    let client = connect(&database.url()).await.unwrap();
    client.batch_execute("SELECT FROM made").await.unwrap();
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_restart_a_crash_and_a_killed_session() {
    let server = PrivateServer::start(&Options { durable: true, ..Options::default() }).unwrap();
    let client = connect(&server.url()).await.unwrap();
    client
        .batch_execute("CREATE TABLE kept (id integer); INSERT INTO kept VALUES (1)")
        .await
        .unwrap();

    server.restart().unwrap();
    assert_eq!(count_kept(&server.url()).await.unwrap(), 1);

    server.stop_immediate().unwrap();
    assert!(connect(&server.url()).await.is_err());
    server.start_again().unwrap();
    assert_eq!(count_kept(&server.url()).await.unwrap(), 1);

    let victim = connect(&server.url()).await.unwrap();
    let pid = victim.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    server.kill_backend(pid).unwrap();
    until("the killed session ends", async || victim.batch_execute("SELECT").await.is_err()).await;
    until("the server recovers", async || count_kept(&server.url()).await == Ok(1)).await;
}

async fn count_kept(url: &str) -> Result<i64, String> {
    let client = connect(url).await.map_err(|error| error.to_string())?;
    let row = client.query_one("SELECT count(*) FROM kept", &[]).await;
    row.map(|row| row.get(0)).map_err(|error| error.to_string())
}

#[tokio::test]
async fn with_tls_a_connection_in_the_clear_is_refused() {
    let made = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let tls = Tls { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() };
    let server = PrivateServer::start(&Options { tls: Some(tls), ..Options::default() }).unwrap();
    let refused = connect(&server.url()).await.err().unwrap();
    assert_eq!(
        refused.code(),
        Some(&tokio_postgres::error::SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    );
    let database = TestDatabase::create_on(server.server()).await.unwrap();
    assert!(database.url().contains(&server.port().to_string()));
}

/// `test-postgres` around a shell that tells the server's URL and ends with its standard input.
fn around_a_shell(then: &str) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_test-postgres"))
        .args(["sh", "-c", &format!("echo ${URL_VARIABLE}; {then}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    (child, url.trim().to_owned())
}

async fn until_gone(url: &str) {
    until("the server stops", async || connect(url).await.is_err()).await;
}

#[tokio::test]
async fn the_status_of_the_command_is_that_of_the_run() {
    let (mut child, url) = around_a_shell("exit 7");
    assert_eq!(child.wait().unwrap().code(), Some(7));
    assert!(connect(&url).await.is_err(), "the server outlives the run");
}

#[tokio::test]
async fn a_terminated_run_passes_the_signal_on_and_takes_its_server_along() {
    let (mut child, url) = around_a_shell("exec cat");
    connect(&url).await.unwrap();
    let pid = child.id().to_string();
    Command::new("sh").args(["-c", r#"kill -TERM "$1""#, "sh", &pid]).status().unwrap();
    let stdin = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(128 + 15));
    drop(stdin);
    until_gone(&url).await;
}

#[tokio::test]
async fn a_killed_run_leaves_no_server() {
    let (mut child, url) = around_a_shell("exec cat");
    connect(&url).await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    until_gone(&url).await;
}
