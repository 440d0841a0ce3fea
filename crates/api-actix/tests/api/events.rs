//! The change feed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use actix_web::HttpServer;
use actix_web::test::TestRequest;
use api_actix::{Api, Limits};
use async_trait::async_trait;
use domain::access::Rules;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, Work};
use serde_json::{Value, json};
use testkit::MemoryStore;
use testkit::builders::a_user;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::app::{Answer, App, any_source, bearer, parts, serve, small_limits};

async fn events(app: &App, query: &str) -> Vec<Value> {
    let answer = app.get(&format!("/Event?{query}")).await.is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json().as_array().unwrap().clone()
}

fn leaf(event: &Value) -> u64 {
    event["leafIndex"].as_u64().unwrap()
}

/// An application with users that are sealed, and the last leaf.
async fn scene() -> (App, u64) {
    let app = App::start().await;
    for name in ["ada", "bob"] {
        app.user(json!({"loginName": name})).await;
    }
    app.seal().await;
    let last = events(&app, "").await.last().map(leaf).unwrap();
    (app, last)
}

#[actix_web::test]
async fn an_event_tells_that_something_changed_and_not_what() {
    let (app, last) = scene().await;
    let all = events(&app, "").await;
    assert_eq!(all.iter().map(leaf).collect::<Vec<_>>(), (0..=last).collect::<Vec<_>>());
    let entries = app.get("/CustomAuditTrail").await.json();
    for (event, entry) in all.iter().zip(entries.as_array().unwrap()) {
        let told = |name: &str| (event[name].clone(), entry[name].clone());
        for name in ["area", "action", "primaryKey", "timestamp"] {
            let (event, entry) = told(name);
            assert_eq!(event, entry, "{name}");
        }
        assert_eq!(event.as_object().unwrap().len(), 5, "{event}");
    }
}

#[actix_web::test]
async fn what_waits_to_be_sealed_is_no_event_yet() {
    let (app, last) = scene().await;
    let ada = app.user(json!({"loginName": "carol"})).await;
    assert!(events(&app, &format!("after={last}")).await.is_empty());
    app.seal().await;
    let found = events(&app, &format!("after={last}")).await;
    assert_eq!((found.len(), &found[0]["primaryKey"]), (1, &ada["id"]));
}

#[actix_web::test]
async fn a_reader_goes_on_behind_the_last_leaf_that_it_has_seen() {
    let (app, last) = scene().await;
    let all = events(&app, "").await;
    for limit in [1, 2, 3, 50] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = events(&app, &format!("limit={limit}{after}")).await;
            let Some(end) = page.last().map(leaf) else { break };
            assert!(page.len() <= limit);
            seen.extend(page);
            after = format!("&AFTER={end}");
        }
        assert_eq!(seen, all, "{limit}");
    }
    assert!(events(&app, &format!("after={last}")).await.is_empty());
    for beyond in [last + 1, 9_007_199_254_740_991] {
        let refused = app.get(&format!("/Event?after={beyond}&wait=20")).await;
        let problem = refused.problem(400, "validation");
        assert!(problem["errors"]["after"].is_array(), "{problem}");
    }
}

#[actix_web::test]
async fn no_more_than_a_page_comes_at_once() {
    let app = App::start().await;
    let most = small_limits().page_items;
    let users: Vec<_> = (0..20).map(|n| json!({"loginName": format!("u{n}")})).collect();
    for n in 0..3 {
        let renamed: Vec<_> = users
            .iter()
            .map(|user| json!({"loginName": format!("{n}{}", user["loginName"])}))
            .collect();
        app.post("/User/batch", json!(renamed)).await.is(200);
    }
    app.seal().await;
    assert_eq!(events(&app, "").await.len(), usize::try_from(most).unwrap());
    assert_eq!(events(&app, &format!("limit={most}")).await.len(), usize::try_from(most).unwrap());
}

#[actix_web::test]
async fn parameters_that_are_none_are_refused() {
    let (app, _) = scene().await;
    let refuse = async |query: &str, name: &str| {
        app.get(&format!("/Event?{query}")).await.refuses(&[name]);
    };
    for wrong in ["-1", "+1", "x", "", "1.5", "1e3", "%00", "9007199254740992"] {
        refuse(&format!("after={wrong}"), "after").await;
        refuse(&format!("limit={wrong}"), "limit").await;
        refuse(&format!("wait={wrong}"), "wait").await;
    }
    refuse("limit=0", "limit").await;
    refuse("limit=51", "limit").await;
    refuse("wait=21", "wait").await;
    app.get("/Event?after=x&limit=x&wait=x").await.refuses(&["after", "limit", "wait"]);
    app.get("/Event?after=1&After=2").await.problem(400, "malformed-request");
}

#[actix_web::test]
async fn who_asks_for_what_is_archived_hears_where_to_go_on() {
    let (app, last) = scene().await;
    app.world.retention().drop_before(app.shop.id, last + 1).await.unwrap();
    app.user(json!({"loginName": "carol"})).await;
    app.seal().await;
    let first = last + 1;
    for query in [String::new(), "after=0".into(), format!("after={}", last - 1), "wait=5".into()] {
        let problem = app.get(&format!("/Event?{query}")).await.problem(410, "archived");
        assert_eq!(problem["firstLeaf"], first);
        assert!(problem["detail"].as_str().unwrap().contains(&first.to_string()));
    }
    let found = events(&app, &format!("after={last}")).await;
    assert_eq!(found.iter().map(leaf).collect::<Vec<_>>(), [first]);
}

#[actix_web::test]
async fn a_feed_has_every_change_once_and_in_order_while_writers_write() {
    const WRITERS: u64 = 4;
    const EACH: u64 = 25;
    let (app, last) = scene().await;
    let writers = (0..WRITERS).map(|writer| {
        let (world, shop) = (app.world.clone(), app.shop.clone());
        thread::spawn(move || {
            testkit::block_on(async {
                for n in 0..EACH {
                    world.make_user(&shop, a_user(&format!("w{writer}-{n}")).draft()).await;
                    world.sealer().seal(shop.id).await.unwrap();
                }
            });
        })
    });
    let writers: Vec<_> = writers.collect();
    let (mut seen, mut after) = (Vec::new(), last);
    let deadline = Instant::now() + Duration::from_secs(60);
    while u64::try_from(seen.len()).unwrap() < WRITERS * EACH && Instant::now() < deadline {
        for event in events(&app, &format!("after={after}&limit=7&wait=1")).await {
            after += 1;
            assert_eq!(leaf(&event), after, "a gap");
            seen.push(event["primaryKey"].as_str().unwrap().to_owned());
        }
        // Whoever lost the race to seal left it to the others.
        app.seal().await;
    }
    for writer in writers {
        writer.join().unwrap();
    }
    let users = app.get("/User").await.json();
    let ids = users.as_array().unwrap().iter().skip(2).map(|user| user["id"].as_str().unwrap());
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen.len(), ids.len());
    assert_eq!(seen, ids);
}

#[actix_web::test]
async fn a_wait_ends_within_a_second_of_a_change() {
    let (app, last) = scene().await;
    let path = format!("/Event?after={last}&wait=20");
    let (changed, change) = oneshot::channel();
    let wait = async {
        let answer = app.get(&path).await.is(200);
        (answer.json(), Instant::now())
    };
    let write = async {
        // The wait was polled first: it has looked, and found nothing.
        app.user(json!({"loginName": "carol"})).await;
        app.seal().await;
        changed.send(Instant::now()).unwrap();
    };
    let ((found, answered), ()) = tokio::join!(biased; wait, write);
    let late = answered.duration_since(change.await.unwrap());
    assert!(late < Duration::from_secs(1), "{late:?}");
    assert_eq!(found.as_array().unwrap().iter().map(leaf).collect::<Vec<_>>(), [last + 1]);
}

#[actix_web::test]
async fn a_wait_in_which_nothing_happens_ends_with_nothing() {
    let (app, last) = scene().await;
    let began = Instant::now();
    assert!(events(&app, &format!("after={last}&wait=1")).await.is_empty());
    let waited = began.elapsed();
    assert!((1..5).contains(&waited.as_secs()), "{waited:?}");
    assert!(events(&app, &format!("after={last}&wait=0")).await.is_empty());
    let already = events(&app, &format!("after={}&wait=20", last - 1)).await;
    assert_eq!(already.len(), 1);
    assert!(began.elapsed() < Duration::from_secs(10));
}

/// Asks for what comes behind that leaf, and how long the answer took.
async fn timed(app: &App, after: u64, wait: u64) -> (Answer, Duration) {
    let began = Instant::now();
    let answer = app.get(&format!("/Event?after={after}&wait={wait}")).await;
    (answer, began.elapsed())
}

#[actix_web::test]
async fn one_too_many_to_wait_is_answered_at_once() {
    let (app, last) = scene().await;
    assert_eq!(small_limits().waiting, 2);
    let (first, second, third) = tokio::join!(
        biased;
        timed(&app, last, 2),
        timed(&app, last, 2),
        timed(&app, last, 2),
    );
    for (answer, waited) in [first, second] {
        assert_eq!(answer.is(200).json(), json!([]));
        assert!(waited >= Duration::from_secs(2), "{waited:?}");
    }
    assert_eq!(third.0.is(200).json(), json!([]));
    assert!(third.1 < Duration::from_secs(1), "{:?}", third.1);
    assert!(timed(&app, last, 1).await.1 >= Duration::from_secs(1), "there is room again");
}

#[actix_web::test]
async fn a_server_that_stops_lets_nobody_wait() {
    let (app, last) = scene().await;
    let api = Api::new(
        parts(&app.world, Arc::new(app.memory.clone()), Rules::default()),
        small_limits(),
        any_source(),
    );
    let send = serve(&api).await;
    let uri = format!("/api/userstore/v1/shop/administration/Event?after={last}&wait=20");
    let began = Instant::now();
    for _ in 0..2 {
        let wait = send(TestRequest::get().uri(&uri).insert_header(bearer("admin")));
        let (answer, ()) = tokio::join!(biased; wait, async { api.end_waiting() });
        assert_eq!(answer.is(200).json(), json!([]));
    }
    assert!(began.elapsed() < Duration::from_secs(10));
}

/// A database that counts the units it has run.
struct Counting {
    memory: MemoryStore,
    units: AtomicUsize,
}

#[async_trait]
impl UnitOfWork for Counting {
    async fn run(&self, access: Access, work: Work) -> Result<(), StoreError> {
        self.units.fetch_add(1, Ordering::SeqCst);
        self.memory.run(access, work).await
    }
}

#[actix_web::test]
async fn whoever_goes_away_waits_no_more() {
    let (app, last) = scene().await;
    let counting = Arc::new(Counting { memory: app.memory.clone(), units: AtomicUsize::new(0) });
    let parts = parts(&app.world, Arc::clone(&counting) as _, Rules::default());
    let api = Api::new(parts, Limits { waiting: 1, ..small_limits() }, any_source());
    let send = serve(&api).await;
    let server = HttpServer::new(move || api_actix::app(&api)).workers(1).disable_signals();
    let server = server.h1_allow_half_closed(false).bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);

    let path = "/api/userstore/v1/shop/administration/Event";
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = "host: x\r\nauthorization: Bearer key of admin";
    let request = format!("GET {path}?after={last}&wait=20 HTTP/1.1\r\n{head}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    // Who calls, a first look, and two more: so it waits.
    let deadline = Instant::now() + Duration::from_secs(15);
    while counting.units.load(Ordering::SeqCst) < 4 {
        assert!(Instant::now() < deadline, "it does not wait");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(socket);
    // That its place is free shows in another one's being let wait.
    let waits = async || {
        let began = Instant::now();
        let request = TestRequest::get().uri(&format!("{path}?after={last}&wait=1"));
        send(request.insert_header(bearer("admin"))).await.is(200);
        began.elapsed() >= Duration::from_secs(1)
    };
    let deadline = Instant::now() + Duration::from_secs(10);
    while !waits().await {
        assert!(Instant::now() < deadline, "the place is still taken");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    handle.stop(false).await;
}
