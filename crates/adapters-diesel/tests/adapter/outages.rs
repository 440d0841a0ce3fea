//! PostgreSQL that goes away and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use adapters_diesel::{Database, Settings, Timeouts};
use domain::id::UserId;
use domain::unit_of_work::{Access, StoreError, Transaction, Verdict};
use futures_util::FutureExt as _;
use testkit::World;
use testkit::builders::a_user;
use testkit::conformance::Setting;
use testkit::postgres::{Options, PrivateServer};

use crate::places::{Postgres, connect, open, settings};

/// Every connection of the adapter.
const OURS: &str = "FROM pg_stat_activity WHERE application_name = 'userstore' \
                    AND datname = current_database()";

async fn terminate_all(postgres: &Postgres) {
    let ended = postgres
        .beside()
        .await
        .query(&format!("SELECT pg_terminate_backend(pid) {OURS}"), &[])
        .await
        .unwrap();
    assert!(!ended.is_empty(), "the adapter has no connection");
}

#[test]
fn a_connection_that_was_ended_between_units_is_made_again() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let s = Setting::of(&postgres).await;
        for access in [Access::Point, Access::Read, Access::Write] {
            terminate_all(&postgres).await;
            let found = s.here(access, |here| here.users().find(a_user("ada").build().id)).await;
            assert_eq!(found, Ok(None), "{access:?}");
        }
    });
}

#[test]
fn a_unit_whose_connection_ends_inside_runs_again() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let s = Setting::of(&postgres).await;
        let user = s.added(a_user("ada").build()).await;
        let (inserted, stored) = (user.clone(), Arc::new(AtomicU32::new(0)));
        let (url, runs) = (postgres.url(), Arc::clone(&stored));
        let outcome = s.write(move |here| {
            here.users().insert(&inserted)?;
            if runs.fetch_add(1, Ordering::Relaxed) == 0 {
                end_transactions(&url);
            }
            here.users().find(inserted.record().id)
        });
        assert_eq!(outcome.await, Ok(Some(user.record().clone())));
        assert_eq!(stored.load(Ordering::Relaxed), 2, "runs");
        s.assert_stored(&user).await;
    });
}

/// Ends the adapter's open transactions, from a thread that has no runtime.
fn end_transactions(url: &str) {
    let url = url.to_owned();
    let ended = std::thread::spawn(move || {
        testkit::block_on(async {
            let query =
                format!("SELECT pg_terminate_backend(pid) {OURS} AND state LIKE 'idle in%'");
            connect(&url).await.query(&query, &[]).await.unwrap().len()
        })
    });
    assert_eq!(ended.join().unwrap(), 1);
}

async fn a_private_database(server: &PrivateServer) -> (Database, Setting) {
    let database = open(&server.url());
    database.migrate().unwrap();
    let s = Setting::on(World::on(database.unit_of_work()), "shop").await;
    (database, s)
}

#[test]
fn idle_lanes_survive_a_restart_of_the_server() {
    testkit::block_on(async {
        let server = PrivateServer::start(&Options::default()).unwrap();
        let (database, s) = a_private_database(&server).await;
        // Every lane has a connection.
        let looks = (0..16).map(|_| s.user(UserId::new(uuid::Uuid::nil())));
        futures_util::future::join_all(looks).await;
        server.restart().unwrap();
        let looks = (0..16).map(|_| s.user(UserId::new(uuid::Uuid::nil())));
        assert!(futures_util::future::join_all(looks).await.iter().all(Option::is_none));
        s.has_user(a_user("ada").build()).await;
        database.close();
    });
}

#[test]
fn without_a_server_units_fail_at_once_and_with_one_they_work_again() {
    testkit::block_on(async {
        // One that keeps what it has committed when it is stopped without notice.
        let durable = Options { durable: true, ..Options::default() };
        let server = PrivateServer::start(&durable).unwrap();
        let (database, s) = a_private_database(&server).await;
        server.stop_immediate().unwrap();
        let asked = Instant::now();
        assert!(matches!(database.ping().await, Err(StoreError::Unavailable(_))));
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        server.start_again().unwrap();
        let deadline = Instant::now() + Duration::from_secs(5);
        while let Err(error) = database.ping().await {
            assert!(Instant::now() < deadline, "the adapter does not come back: {error}");
            tokio::task::yield_now().await;
        }
        s.has_user(a_user("ada").build()).await;
        database.close();
    });
}

#[test]
fn a_server_that_takes_no_writes_is_unavailable_until_it_takes_them_again() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let s = Setting::of(&postgres).await;
        let user = s.added(a_user("ada").build()).await;
        // What a leader answers that has become a standby.
        takes_writes(&postgres, false).await;
        let refused = s.insert(&user).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        assert_eq!(s.user(user.record().id).await, None);
        takes_writes(&postgres, true).await;
        assert_eq!(s.insert(&user).await, Ok(()));
    });
}

/// For every connection that is made from now on, and there are no others.
async fn takes_writes(postgres: &Postgres, writes: bool) {
    let url: tokio_postgres::Config = postgres.url().parse().unwrap();
    let (name, refuses) = (url.get_dbname().unwrap(), !writes);
    let beside = postgres.beside().await;
    let alter = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = {refuses}");
    beside.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    beside.batch_execute(&alter).await.unwrap();
    if refuses {
        terminate_all(postgres).await;
    }
}

#[test]
fn who_waits_too_long_for_a_lock_is_told_that_the_store_is_busy() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let s = Setting::of(&postgres).await;
        let ada = s.has_user(a_user("ada").build()).await;
        let patience = Timeouts { lock: Duration::from_millis(100), ..Timeouts::default() };
        let impatient =
            Database::open(&Settings { timeouts: patience, ..settings(&postgres.url()) }).unwrap();

        let beside = postgres.beside().await;
        beside.batch_execute("BEGIN; SELECT * FROM users FOR UPDATE").await.unwrap();
        let s = Setting { world: World::on(impatient.unit_of_work()), store: s.store };
        let locked = s.write(move |here| here.users().find_all_for_update(&[ada.id])).await;
        assert_eq!(locked, Err(StoreError::Retryable));
        beside.batch_execute("ROLLBACK").await.unwrap();
        assert!(
            s.write(move |here| here.users().find_all_for_update(&[ada.id])).await.unwrap().len()
                == 1
        );
    });
}

#[test]
fn one_unit_more_than_may_wait_is_refused_at_once() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let narrow = Settings { lanes: 1, queue: 1, ..settings(&postgres.url()) };
        let database = Database::open(&narrow).unwrap();
        let unit_of_work = database.unit_of_work();
        let (entered, has_entered) = tokio::sync::oneshot::channel();
        let (release, released) = mpsc::channel::<()>();
        let mut entered = Some(entered);
        let hold = Box::new(move |_: &mut dyn Transaction| {
            entered.take().unwrap().send(()).unwrap();
            released.recv_timeout(Duration::from_secs(10)).unwrap();
            Verdict::Commit
        });
        let holder = Arc::clone(&unit_of_work);
        let holding = tokio::spawn(async move { holder.run(Access::Read, hold).await });
        has_entered.await.unwrap();

        let mut waiting = Box::pin(unit_of_work.run(Access::Read, Box::new(|_| Verdict::Commit)));
        assert!((&mut waiting).now_or_never().is_none());
        let refused = unit_of_work.run(Access::Read, Box::new(|_| Verdict::Commit)).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
        release.send(()).unwrap();
        assert_eq!(waiting.await, Ok(()));
        assert_eq!(holding.await.unwrap(), Ok(()));
    });
}

#[test]
fn closing_finishes_what_is_queued_and_takes_no_more() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let s = Setting::of(&postgres).await;
        let user = s.added(a_user("ada").build()).await;
        let mut inserting = Box::pin(s.insert(&user));
        assert!((&mut inserting).now_or_never().is_none());
        postgres.database.close();
        assert_eq!(inserting.await, Ok(()));
        assert!(matches!(postgres.database.ping().await, Err(StoreError::Unavailable(_))));
    });
}
