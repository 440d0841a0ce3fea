use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use api_actix::{Api, NotReady, Parts};
use async_trait::async_trait;
use domain::access::Rules;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, Work};
use serde_json::json;
use testkit::{MemoryStore, World};

use crate::app::{Answer, App, any_source, parts, serve, small_limits};

#[actix_web::test]
async fn literal_segments_match_ignoring_case() {
    let app = App::start().await;
    let uri = "/API/UserStore/V1/SHOP/Administration/USER?limit=1";
    app.send(app.request(Method::GET, "").uri(uri)).await.is(200);
    let made = app.post("/user/CREATEORUPDATE", json!({"loginName": "ada"})).await.is(201);
    assert!(made.header("location").unwrap().contains("/administration/User/"));
    for n in 0..3 {
        app.user(json!({"loginName": format!("u{n}")})).await;
    }
    let page = app.send(app.request(Method::GET, "").uri(uri)).await.is(200);
    let link = page.header("link").unwrap();
    assert!(link.starts_with("</api/userstore/v1/SHOP/administration/User?limit=1&cursor="));
}

#[actix_web::test]
async fn what_is_no_path_of_ours_is_not_found() {
    let app = App::start().await;
    for path in ["/User/", "//User", "/User/x/y", "/Users", "/User/batch/x", "/CustomAuditTrail/"] {
        app.get(path).await.problem(404, "no-such-path");
    }
    for uri in ["/", "/favicon.ico", "/api/userstore/v2/shop/administration/User", "/docs/x/y"] {
        app.send(TestRequest::get().uri(uri)).await.problem(404, "no-such-path");
    }
    for path in ["/User/%", "/User/%zz", "/User/%ff", "/User/loginname/%C3"] {
        app.get(path).await.problem(400, "malformed-request");
    }
}

#[actix_web::test]
async fn a_method_that_a_path_does_not_take_is_answered_with_those_it_does() {
    let app = App::start().await;
    for (method, path, allow) in [
        (Method::TRACE, "/User", "GET, POST"),
        (Method::OPTIONS, "/User", "GET, POST"),
        (Method::HEAD, "/User", "GET, POST"),
        (Method::PUT, "/User", "GET, POST"),
        (Method::GET, "/user/BATCH/Delete", "POST"),
        (Method::PUT, "/User/createorupdate/batch", "POST"),
        (Method::POST, "/User/00000000-0000-0000-0000-00000000000a", "GET, PUT, PATCH, DELETE"),
        (Method::from_bytes(b"BREW").unwrap(), "/CustomAuditTrail/1", "GET"),
    ] {
        let answer = app.send(app.request(method.clone(), path)).await;
        assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        answer.problem(405, "method-not-allowed");
    }
}

#[actix_web::test]
async fn a_request_keeps_the_harmless_id_it_came_with() {
    let app = App::start().await;
    let id = |given: &str| {
        let request = app.request(Method::GET, "/User").insert_header(("x-request-id", given));
        let answer = app.send(request);
        async move { answer.await.header("x-request-id").unwrap().to_owned() }
    };
    assert_eq!(id("trace-1.a_b:c").await, "trace-1.a_b:c");
    for given in ["", "a b", "a\"b", "<script>", &"x".repeat(129)] {
        let made = id(given).await;
        assert_ne!(made, given);
        assert_eq!(made.len(), 36);
    }
}

#[actix_web::test]
async fn a_problem_names_the_path_and_the_request() {
    let app = App::start().await;
    let request =
        app.request(Method::GET, "/user/x?secret=1").insert_header(("x-request-id", "r1"));
    let problem = app.send(request).await.problem(404, "not-found");
    assert_eq!(problem["instance"], "/api/userstore/v1/shop/administration/user/x");
    assert_eq!(problem["requestId"], "r1");
    assert!(!problem.to_string().contains("secret"));
}

/// A database whose client panics.
struct Panicking;

#[async_trait]
impl UnitOfWork for Panicking {
    async fn run(&self, _: Access, _: Work) -> Result<(), StoreError> {
        panic!("SECRET")
    }
}

#[actix_web::test]
async fn a_panic_is_a_problem_and_the_next_request_is_served() {
    let app = App::on(MemoryStore::new(), Arc::new(Panicking)).await;
    for _ in 0..3 {
        let answer = app.get("/User").await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(!answer.problem(500, "internal").to_string().contains("SECRET"));
    }
    app.send(TestRequest::get().uri("/healthz")).await.is(200);
}

#[actix_web::test]
async fn a_failing_store_tells_nothing_of_itself() {
    let app = App::start().await;
    let secret = || "SECRET".to_owned();
    for (error, status, kind) in [
        (StoreError::Other(secret()), 500, "internal"),
        (StoreError::Corrupt(secret()), 500, "internal"),
        (StoreError::Unavailable(secret()), 503, "unavailable"),
    ] {
        app.memory.fail_next_call(error);
        let answer = app.get("/User").await;
        assert_eq!(answer.header("retry-after").is_some(), status == 503);
        assert!(!answer.problem(status, kind).to_string().contains("SECRET"));
    }
    app.user(json!({"loginName": "ada"})).await;
    app.memory.fail_next_commit(StoreError::OutcomeUnknown);
    let answer = app.post("/User", json!({"loginName": "eve"})).await;
    answer.problem(503, "outcome-unknown");
}

#[actix_web::test]
async fn a_node_that_is_not_ready_says_so_and_not_why() {
    let world = World::new();
    let parts = parts(&world, world.unit_of_work.clone(), Rules::default());
    for reason in [NotReady::Draining, NotReady::Database("SECRET".into())] {
        let ready = Arc::new(move || -> futures_util::future::BoxFuture<'static, _> {
            Box::pin(std::future::ready(Err(reason.clone())))
        });
        let parts = Parts { readiness: ready, ..parts.clone() };
        let send = serve(&Api::new(parts, small_limits(), any_source())).await;
        let answer = send(TestRequest::get().uri("/readyz")).await;
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(!answer.problem(503, "not-ready").to_string().contains("SECRET"));
        send(TestRequest::get().uri("/healthz")).await.is(200);
    }
    let app = App::start().await;
    assert_eq!(app.send(TestRequest::get().uri("/ReadyZ")).await.is(200).text(), "ready\n");
}

#[actix_web::test]
async fn the_page_to_read_the_document_asks_nobody_else() {
    let app = App::start().await;
    let front = app.send(TestRequest::get().uri("/docs")).await.is(308);
    assert_eq!(front.header("location"), Some("/docs/"));
    let page = app.send(TestRequest::get().uri("/docs/")).await.is(200);
    assert_eq!(page.header("content-type"), Some("text/html"));
    let page = unpacked(&page);
    let files = page.split("=\"./").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut served = 0;
    for file in files {
        let uri = format!("/docs/{file}");
        let asset = app.send(TestRequest::get().uri(&uri)).await.is(200);
        assert!(asset.header("content-security-policy").unwrap().starts_with("default-src 'none'"));
        served += 1;
    }
    assert!(served >= 4);
    assert!(!page.contains("://"));
    let start = app.send(TestRequest::get().uri("/docs/swagger-initializer.js")).await.is(200);
    assert!(start.text().contains("\"/openapi.json\"") && !start.text().contains("://"));
    assert!(start.text().contains("\"validatorUrl\": \"none\""));
    app.send(TestRequest::get().uri("/docs/passwd")).await.problem(404, "not-found");
    app.send(TestRequest::get().uri("/docs/..%2Fx")).await.problem(404, "not-found");
}

/// The text of a file that the binary holds packed.
fn unpacked(answer: &Answer) -> String {
    assert_eq!(answer.header("content-encoding"), Some("gzip"));
    std::io::read_to_string(flate2::read::GzDecoder::new(answer.body.as_slice())).unwrap()
}
