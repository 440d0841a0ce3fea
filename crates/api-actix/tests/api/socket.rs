//! What only a real connection shows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use api_actix::{Api, Limits};
use async_trait::async_trait;
use domain::access::Rules;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, Work};
use serde_json::json;
use testkit::MemoryStore;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::{App, any_source, parts, small_limits};

/// A database that serves so many units and then breaks.
struct Breaking {
    memory: MemoryStore,
    left: AtomicUsize,
}

#[async_trait]
impl UnitOfWork for Breaking {
    async fn run(&self, access: Access, work: Work) -> Result<(), StoreError> {
        let took =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match took {
            Ok(_) => self.memory.run(access, work).await,
            Err(_) => Err(StoreError::Unavailable("broken".into())),
        }
    }
}

fn listen(app: &App, units: usize) -> (SocketAddr, ServerHandle) {
    listen_within(app, units, small_limits())
}

fn listen_within(app: &App, units: usize, limits: Limits) -> (SocketAddr, ServerHandle) {
    let breaking = Breaking { memory: app.memory.clone(), left: AtomicUsize::new(units) };
    let parts = parts(&app.world, Arc::new(breaking), Rules::default());
    let api = Api::new(parts, limits, any_source());
    let server = HttpServer::new(move || api_actix::app(&api)).workers(1).disable_signals();
    let server = server.bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (address, handle)
}

/// Sends `text` and reads until the server closes.
async fn talk(address: SocketAddr, text: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that is reset has said all the same what was read before.
    let _ = socket.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

#[actix_web::test]
async fn a_list_that_breaks_off_is_never_closed() {
    let app = App::start().await;
    for n in 0..7 {
        // What is not longer than one piece is no stream.
        let profiles = json!([{"key": "long", "value": "x".repeat(30_000)}]);
        app.user(json!({"loginName": format!("u{n}"), "userProfiles": profiles})).await;
    }
    let get = "GET /api/userstore/v1/shop/administration/User HTTP/1.1\r\nhost: x\r\n\
               authorization: Bearer key of admin\r\nconnection: close\r\n\r\n";
    let whole = listen(&app, 100);
    let answer = talk(whole.0, get).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("]\r\n0\r\n\r\n"),
        "{answer}"
    );
    whole.1.stop(false).await;

    // The credential and two of three pages. How much of them is on its way when the third one
    // fails is up to the server's buffers.
    let broken = listen(&app, 3);
    let answer = talk(broken.0, get).await;
    assert!(!answer.contains("\r\n0\r\n") && !answer.contains("}]}]"), "{answer}");
    broken.1.stop(false).await;
}

#[actix_web::test]
async fn a_body_that_is_announced_too_large_is_refused_before_it_comes() {
    let app = App::start().await;
    let (address, handle) = listen(&app, 100);
    let answer = talk(
        address,
        "POST /api/userstore/v1/shop/administration/User HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer key of admin\r\ncontent-type: application/json\r\n\
         content-length: 100000000\r\nconnection: close\r\n\r\n{",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(answer.contains("urn:userstore:problem:body-too-large"), "{answer}");
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_body_in_chunks_is_read_up_to_the_limit() {
    let app = App::start().await;
    let (address, handle) = listen(&app, 100);
    let head = "POST /api/userstore/v1/shop/administration/User HTTP/1.1\r\nhost: x\r\n\
                authorization: Bearer key of admin\r\ncontent-type: application/json\r\n\
                transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let chunks = "8\r\n{\"loginN\r\n5\r\name\":\r\n6\r\n\"ada\"}\r\n0\r\n\r\n";
    let answer = talk(address, &format!("{head}{chunks}")).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let chunk = format!("2000\r\n{}\r\n", " ".repeat(0x2000));
    let answer = talk(address, &format!("{head}{}0\r\n\r\n", chunk.repeat(9))).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    handle.stop(false).await;
}

#[actix_web::test]
async fn a_counted_body_that_does_not_come_ends_its_connection() {
    let app = App::start().await;
    let head = "POST /api/userstore/v1/shop/administration/User HTTP/1.1\r\nhost: x\r\n\
                authorization: Bearer key of admin\r\ncontent-type: application/json\r\n\
                content-length: 100\r\n\r\n{";
    let (short, long) = (Duration::from_millis(20), Duration::from_mins(10));
    for (body_pause, body_time) in [(short, long), (long, short)] {
        let limits = Limits { body_pause, body_time, ..small_limits() };
        let (address, handle) = listen_within(&app, 100, limits);
        let answer = tokio::time::timeout(Duration::from_secs(30), talk(address, head)).await;
        let answer = answer.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(answer.contains("did not arrive in time"), "{answer}");
        handle.stop(false).await;
    }
}
