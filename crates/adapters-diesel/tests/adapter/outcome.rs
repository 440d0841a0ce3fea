//! A COMMIT that gets no answer: a proxy cuts the line at that very moment.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use adapters_diesel::Database;
use domain::unit_of_work::StoreError;
use testkit::World;
use testkit::builders::a_user;
use testkit::conformance::Setting;

use crate::places::{Postgres, open};

/// Whether the server hears the COMMIT whose answer is lost.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    BeforeTheServer,
    AfterTheServer,
}

/// A line to PostgreSQL that can be cut at the next COMMIT.
struct Proxy {
    port: u16,
    armed: Arc<AtomicBool>,
}

/// A simple query, as the protocol sends it.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

impl Proxy {
    fn to(server: u16, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let armed = Arc::new(AtomicBool::new(false));
        let arm = Arc::clone(&armed);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, arm) = (client.unwrap(), Arc::clone(&arm));
                let server = TcpStream::connect(("127.0.0.1", server)).unwrap();
                let (back, front) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                // Set before the COMMIT goes on, so that no byte of its answer gets through.
                let silent = Arc::new(AtomicBool::new(false));
                let deaf = Arc::clone(&silent);
                thread::spawn(move || forward_answers(back, front, &deaf));
                thread::spawn(move || forward_questions(client, server, &arm, &silent, cut));
            }
        });
        Self { port, armed }
    }

    fn cut_at_next_commit(&self) {
        self.armed.store(true, Ordering::SeqCst);
    }
}

fn forward_answers(mut server: TcpStream, mut client: TcpStream, silent: &AtomicBool) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        if silent.load(Ordering::SeqCst) {
            // The server has answered: the unit is stored, and nobody was told.
            break;
        }
        if client.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

fn forward_questions(
    mut client: TcpStream,
    mut server: TcpStream,
    armed: &AtomicBool,
    silent: &AtomicBool,
    cut: Cut,
) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(read @ 1..) = client.read(&mut buffer) {
        let message = &buffer[..read];
        if message.ends_with(COMMIT) && armed.swap(false, Ordering::SeqCst) {
            silent.store(true, Ordering::SeqCst);
            if cut == Cut::BeforeTheServer {
                let _ = client.shutdown(Shutdown::Both);
                break;
            }
        }
        if server.write_all(message).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}

struct Line {
    s: Setting,
    proxy: Proxy,
    database: Database,
    _postgres: Postgres,
}

/// A store by way of a proxy.
async fn line(cut: Cut) -> Line {
    let postgres = Postgres::migrated().await;
    let url: tokio_postgres::Config = postgres.url().parse().unwrap();
    let port = url.get_ports()[0];
    let proxy = Proxy::to(port, cut);
    let through = postgres.url().replace(&format!(":{port}/"), &format!(":{}/", proxy.port));
    assert_ne!(through, postgres.url());
    let database = open(&through);
    let s = Setting::on(World::on(database.unit_of_work()), "shop").await;
    Line { s, proxy, database, _postgres: postgres }
}

#[test]
fn a_commit_that_was_heard_is_found_by_its_audit_entry() {
    testkit::block_on(async {
        let line = line(Cut::AfterTheServer).await;
        let user = line.s.added(a_user("ada").build()).await;
        line.proxy.cut_at_next_commit();
        assert_eq!(line.s.insert(&user).await, Ok(()));
        line.s.assert_stored(&user).await;
        line.database.close();
    });
}

#[test]
fn a_commit_that_was_not_heard_is_unknown_and_not_run_again() {
    testkit::block_on(async {
        let line = line(Cut::BeforeTheServer).await;
        let user = line.s.added(a_user("ada").build()).await;
        let runs = Arc::new(AtomicU32::new(0));
        let (inserted, count) = (user.clone(), Arc::clone(&runs));
        line.proxy.cut_at_next_commit();
        let outcome = line.s.write(move |here| {
            count.fetch_add(1, Ordering::Relaxed);
            here.users().insert(&inserted)
        });
        assert_eq!(outcome.await, Err(StoreError::OutcomeUnknown));
        assert_eq!(runs.load(Ordering::Relaxed), 1, "runs");
        line.s.assert_absent(&user).await;
        line.database.close();
    });
}

#[test]
fn a_commit_without_an_audit_entry_is_unknown_even_when_it_was_heard() {
    testkit::block_on(async {
        let line = line(Cut::AfterTheServer).await;
        line.proxy.cut_at_next_commit();
        let reserved = line.s.write(|here| here.audit().reserve_ids(5)).await;
        assert_eq!(reserved, Err(StoreError::OutcomeUnknown));
        line.database.close();
    });
}
