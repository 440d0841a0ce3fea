use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use actix_web::http::Method;
use actix_web::test::TestRequest;
use domain::unit_of_work::StoreError;
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::app::{App, bearer};

/// A log that a test can read.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    pub fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().json().with_writer(log.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The fields of every line.
    fn lines(&self) -> Vec<Value> {
        let text = self.text();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.map(|line| line["fields"].clone()).collect()
    }
}

#[actix_web::test]
async fn a_request_leaves_one_line_that_says_who_asked_what_and_what_came_of_it() {
    let app = App::start().await;
    let (log, _guard) = Log::begin();
    let request =
        app.request(Method::GET, "/user/loginname/ada").insert_header(("x-request-id", "r1"));
    let request = request.peer_addr("192.0.2.1:5000".parse().unwrap());
    app.send(request).await.is(404);
    app.send(TestRequest::get().uri("/nowhere").insert_header(("x-request-id", "r2")))
        .await
        .is(404);
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    let expected = json!({
        "message": "answered", "method": "GET", "status": 404, "micros": 0, "request_id": "r1",
        "peer": "192.0.2.1:5000",
        "route": "/api/userstore/v1/{userstore}/administration/User/loginname/{userName}",
    });
    let mut first = lines[0].clone();
    let principal = first.as_object_mut().unwrap().remove("principal").unwrap();
    assert!(principal.as_str().unwrap().starts_with("client:"));
    assert_eq!(first, expected);
    assert_eq!(lines[1]["route"], Value::Null);
    assert_eq!(lines[1]["principal"], Value::Null);
}

#[actix_web::test]
async fn nothing_that_a_client_sends_is_logged() {
    let app = App::start().await;
    let (log, _guard) = Log::begin();
    let canary = "CANARY";
    app.get("/User?limit=CANARY&CANARY=1").await.is(400);
    app.get("/User/loginname/CANARY").await.is(404);
    app.get("/CANARY").await.is(404);
    app.post("/User", json!({"loginName": canary, "CANARY": 1})).await.is(201);
    app.post("/User", json!({"loginName": canary, "emailAddress": canary})).await.is(400);
    app.send(app.request(Method::GET, "/User").insert_header(bearer(canary))).await.is(401);
    let request = app.request(Method::GET, "/User").insert_header(("x-request-id", "CANARY x"));
    app.send(request).await.is(200);
    app.send(app.request(Method::POST, "/User").set_payload(canary)).await.is(415);
    assert_eq!(log.lines().len(), 8);
    assert!(!log.text().contains(canary), "{}", log.text());
}

#[actix_web::test]
async fn a_failure_is_logged_with_its_cause_and_the_id_that_the_client_got() {
    let app = App::start().await;
    let (log, _guard) = Log::begin();
    app.memory.fail_next_call(StoreError::Other("the reason".into()));
    let problem = app.get("/User").await.problem(500, "internal");
    let lines = log.lines();
    let line = lines.iter().find(|line| line["message"] == "a request failed").unwrap();
    assert_eq!(line["request_id"], problem["requestId"]);
    assert!(line["cause"].as_str().unwrap().contains("the reason"));
}
