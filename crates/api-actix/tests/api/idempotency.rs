use actix_web::http::Method;
use actix_web::test::TestRequest;
use domain::unit_of_work::StoreError;
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Answer, App, bearer};

const KEY: &str = "8e03978e-40d5-43dd-bc93-6894a57f9324";

fn keyed(app: &App, path: &str, key: &str, body: &Value) -> TestRequest {
    app.request(Method::POST, path).insert_header(("idempotency-key", key)).set_json(body)
}

async fn post(app: &App, path: &str, key: &str, body: &Value) -> Answer {
    app.send(keyed(app, path, key, body)).await
}

/// Whether the answer is one that was given before.
fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

/// The headers of an answer that tell of the resource.
fn told(answer: &Answer) -> [Option<&str>; 4] {
    ["content-type", "etag", "location", "cache-control"].map(|name| answer.header(name))
}

#[track_caller]
fn assert_same(first: &Answer, again: &Answer) {
    assert!(!is_replay(first) && is_replay(again), "{:?}", again.headers);
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(told(again), told(first));
}

async fn entries(app: &App) -> usize {
    app.get("/CustomAuditTrail").await.json().as_array().unwrap().len()
}

#[actix_web::test]
async fn every_post_is_replayed_whole_and_changes_nothing_again() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await["id"].as_str().unwrap().to_owned();
    let bob = app.user(json!({"loginName": "bob"})).await["id"].as_str().unwrap().to_owned();
    let staff = app.add_group("staff").await.to_string();
    let gone = app.add_group("gone").await.to_string();
    let color = json!({"key": "color", "value": "red"});
    let size = json!([{"key": "size", "value": "1"}]);
    let deep = json!([{"key": "depth"}]);
    let profile = format!("/user/{ada}/UserProfile");
    let metadata = format!("/group/{staff}/GroupMetadata");
    let user_key = json!([{"item1": ada, "item2": "size"}]);
    let group_key = json!([{"item1": staff, "item2": "size"}]);
    for (n, (path, body, status)) in [
        ("/User".to_owned(), json!({"loginName": "u1"}), 201),
        ("/User/createorupdate".to_owned(), json!({"loginName": "u1", "firstName": "U"}), 201),
        ("/User/batch".to_owned(), json!([{"loginName": "u2"}, {"loginName": "u3"}]), 200),
        ("/User/batch?mode=partial".to_owned(), json!([{"loginName": "u4"}, {}]), 200),
        ("/User/createorupdate/batch".to_owned(), json!([{"loginName": "u5"}]), 200),
        (format!("/User/{ada}/state"), json!(false), 200),
        (format!("/User/{ada}/state?isActive=true"), json!(null), 200),
        ("/Role/assignment".to_owned(), json!({"userId": ada, "role": "UserManager"}), 201),
        ("/User/batch/delete".to_owned(), json!([bob]), 204),
        ("/Group".to_owned(), json!({"name": "g1"}), 201),
        ("/Group/createorupdate".to_owned(), json!({"name": "g2"}), 201),
        ("/Group/batch".to_owned(), json!([{"name": "g3"}]), 200),
        ("/Group/createorupdate/batch".to_owned(), json!([{"name": "g3"}, {"name": "g4"}]), 200),
        ("/Group/batch/delete".to_owned(), json!([gone]), 204),
        (profile.clone(), color.clone(), 201),
        (format!("{profile}/createorupdate"), color.clone(), 201),
        (format!("{profile}/batch"), size.clone(), 200),
        (format!("{profile}/createorupdate/batch"), deep.clone(), 200),
        (format!("{profile}/batch/delete"), user_key, 204),
        (metadata.clone(), color.clone(), 201),
        (format!("{metadata}/createorupdate"), color, 201),
        (format!("{metadata}/batch"), size, 200),
        (format!("{metadata}/createorupdate/batch"), deep, 200),
        (format!("{metadata}/batch/delete"), group_key, 204),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("key-{n}");
        let first = post(&app, &path, &key, &body).await.is(status);
        let before = entries(&app).await;
        let again = post(&app, &path, &key, &body).await;
        assert_same(&first, &again);
        assert_eq!(entries(&app).await, before, "{path}");
        let reused =
            post(&app, &format!("/User/{ada}/state?active=true"), &key, &json!(null)).await;
        reused.problem(422, "idempotency-key-reused");
        assert_eq!(entries(&app).await, before, "{path}");
    }
}

#[actix_web::test]
async fn every_post_of_the_document_takes_a_key_but_those_with_secrets() {
    let document: Value =
        serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let mut posts = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let named = |parameter: &Value| parameter["name"] == "Idempotency-Key";
            let takes = operation["parameters"].as_array().is_some_and(|all| all.iter().any(named));
            let secret = path.ends_with("/Client") || path.contains("/password/");
            let of_users = !path.starts_with("/api/userstore/");
            let expected = method == "post" && !secret && !of_users;
            assert_eq!(takes, expected, "{method} {path}");
            assert_eq!(operation["responses"].get("422").is_some(), expected, "{method} {path}");
            posts += usize::from(expected);
        }
    }
    assert!(posts >= 24, "{posts}");
}

#[actix_web::test]
async fn the_making_of_a_store_is_replayed_too() {
    let app = App::start().await;
    let send = |client: &str, key: &str, name: &str| {
        let request = TestRequest::post().uri("/api/userstore/v1").insert_header(bearer(client));
        let request = request.insert_header(("idempotency-key", key));
        app.send(request.set_json(json!({"name": name})))
    };
    let first = send("admin", KEY, "books").await.is(201);
    assert_same(&first, &send("admin", KEY, "books").await);
    send("admin", KEY, "other-books").await.problem(422, "idempotency-key-reused");
    send("store-admin", KEY, "books").await.problem(403, "forbidden");
    send("admin", "", "x").await.refuses(&["Idempotency-Key"]);
    send("admin", "k2", "books").await.problem(409, "duplicate");
    // The register is no store: the key is another one there.
    post(&app, "/User", KEY, &json!({"loginName": "ada"})).await.is(201);
}

#[actix_web::test]
async fn another_request_with_the_key_is_refused() {
    let app = App::start().await;
    let ada = json!({"loginName": "ada"});
    post(&app, "/User", KEY, &ada).await.is(201);
    let reused = async |path: &str, body: &Value| {
        let answer = post(&app, path, KEY, body).await;
        assert!(!is_replay(&answer));
        answer.problem(422, "idempotency-key-reused");
    };
    reused("/User", &json!({"loginName": "bob"})).await;
    reused("/User/createorupdate", &ada).await;
    reused("/User/batch", &json!([ada])).await;
    reused("/Group", &json!({"name": "staff"})).await;
    let spaced = app.request(Method::POST, "/User").insert_header(("idempotency-key", KEY));
    let spaced = spaced.insert_header(("content-type", "application/json"));
    let spaced = app.send(spaced.set_payload("{\"loginName\": \"ada\"}")).await;
    spaced.problem(422, "idempotency-key-reused");
    let batch = json!([{"loginName": "eve"}]);
    post(&app, "/User/batch?mode=partial", "k2", &batch).await.is(200);
    let other = post(&app, "/User/batch?mode=atomic", "k2", &batch).await;
    other.problem(422, "idempotency-key-reused");
    assert_eq!(app.get("/User").await.json().as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn a_literal_may_be_spelled_otherwise_the_second_time() {
    let app = App::start().await;
    let body = json!({"loginName": "ada"});
    let first = post(&app, "/User", KEY, &body).await.is(201);
    assert_same(&first, &post(&app, "/uSER", KEY, &body).await);
}

#[actix_web::test]
async fn the_key_of_another_caller_or_in_another_store_is_another() {
    let app = App::start().await;
    let send = |client: &str, store: &str, name: &str| {
        let uri = format!("/api/userstore/v1/{store}/administration/User");
        let request = TestRequest::post().uri(&uri).insert_header(bearer(client));
        let request = request.insert_header(("idempotency-key", KEY));
        app.send(request.set_json(json!({"loginName": name})))
    };
    let first = send("admin", "shop", "ada").await.is(201);
    assert!(!is_replay(&send("manager", "shop", "bob").await.is(201)));
    assert!(!is_replay(&send("admin", "other", "ada").await.is(201)));
    send("stranger", "shop", "ada").await.problem(404, "no-such-store");
    send("auditor", "shop", "ada").await.problem(403, "forbidden");
    assert_same(&first, &send("admin", "shop", "ada").await);
}

#[actix_web::test]
async fn who_lost_the_permission_hears_that_and_not_the_answer() {
    let app = App::start().await;
    let made = app.post("/Client", json!({"name": "x", "roles": [{"role": "UserManager"}]})).await;
    let (id, key) = (made.json()["id"].clone(), made.json()["key"].as_str().unwrap().to_owned());
    let send = || {
        let request = keyed(&app, "/User", KEY, &json!({"loginName": "ada"}));
        app.send(request.insert_header(("authorization", format!("Bearer {key}"))))
    };
    send().await.is(201);
    app.post("/Role/assignment", json!({"clientId": id, "role": "AuditTrailReader"})).await.is(201);
    let query = format!("?clientId={}&role=UserManager", id.as_str().unwrap());
    app.delete(&format!("/Role/assignment{query}")).await.is(204);
    send().await.problem(403, "forbidden");
}

#[actix_web::test]
async fn an_answer_is_kept_for_a_day() {
    let app = App::start().await;
    let body = json!({"loginName": "ada"});
    let first = post(&app, "/User", KEY, &body).await.is(201);
    app.world.clock.advance(SignedDuration::from_hours(24));
    assert_same(&first, &post(&app, "/User", KEY, &body).await);
    app.world.clock.advance(SignedDuration::from_micros(1));
    post(&app, "/User", KEY, &body).await.problem(409, "duplicate");
    let other = json!({"loginName": "bob"});
    assert!(!is_replay(&post(&app, "/User", KEY, &other).await.is(201)));
}

#[actix_web::test]
async fn what_is_refused_or_fails_keeps_nothing() {
    let app = App::start().await;
    let body = json!({"loginName": "ada"});
    app.user(body.clone()).await;
    post(&app, "/User", KEY, &body).await.problem(409, "duplicate");
    post(&app, "/User", KEY, &json!({})).await.refuses(&["loginName"]);
    let bob = json!({"loginName": "bob"});
    app.memory.fail_next_commit(StoreError::Unavailable("gone".into()));
    let failed = post(&app, "/User", KEY, &bob).await;
    failed.problem(503, "unavailable");
    let made = post(&app, "/User", KEY, &bob).await.is(201);
    assert_same(&made, &post(&app, "/User", KEY, &bob).await);
}

#[actix_web::test]
async fn an_answer_is_replayed_as_it_was_whatever_happened_since() {
    let app = App::start().await;
    let body = json!({"loginName": "ada"});
    let first = post(&app, "/User", KEY, &body).await.is(201);
    let id = first.json()["id"].as_str().unwrap().to_owned();
    app.delete(&format!("/User/{id}")).await.is(204);
    let read_only = TestRequest::put().uri("/api/userstore/v1/shop").insert_header(bearer("admin"));
    let settings = json!({"name": "shop", "set": {"readOnly": true}});
    app.send(read_only.set_json(settings)).await.is(202);
    assert_same(&first, &post(&app, "/User", KEY, &body).await);
    app.get(&format!("/User/{id}")).await.problem(404, "not-found");
}

#[actix_web::test]
async fn a_rehearsal_ignores_the_key() {
    let app = App::start().await;
    let body = json!([{"loginName": "ada"}]);
    for _ in 0..2 {
        assert!(!is_replay(&post(&app, "/User/batch?dryRun=true", KEY, &body).await.is(200)));
    }
    assert!(!is_replay(&post(&app, "/User/batch", KEY, &body).await.is(200)));
    let rehearsed = post(&app, "/User/batch?dryRun=true", KEY, &body).await;
    rehearsed.problem(409, "duplicate");
}

#[actix_web::test]
async fn other_methods_ignore_the_key() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await;
    let path = format!("/User/{}", ada["id"].as_str().unwrap());
    for name in ["Ada", "ADA"] {
        let request = app.request(Method::PUT, &path).insert_header(("idempotency-key", KEY));
        let answer = app.send(request.set_json(json!({"loginName": name}))).await.is(202);
        assert_eq!(answer.json()["loginName"], name);
    }
    let twice = app.request(Method::GET, &path).append_header(("idempotency-key", ""));
    app.send(twice.append_header(("idempotency-key", ""))).await.is(200);
}

#[actix_web::test]
async fn a_key_is_one_short_visible_text() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await["id"].as_str().unwrap().to_owned();
    let long = "x".repeat(256);
    for (path, body) in [
        ("/User".to_owned(), json!({"loginName": "bob"})),
        ("/User/createorupdate".to_owned(), json!({"loginName": "bob"})),
        ("/User/batch".to_owned(), json!([{"loginName": "bob"}])),
        ("/User/batch/delete".to_owned(), json!([ada])),
        (format!("/User/{ada}/state?isActive=false"), json!(null)),
        ("/Role/assignment".to_owned(), json!({"userId": ada, "role": "UserManager"})),
    ] {
        for key in ["", "a b", "a\tb", &long] {
            post(&app, &path, key, &body).await.refuses(&["Idempotency-Key"]);
        }
        let twice = keyed(&app, &path, "a", &body).append_header(("idempotency-key", "a"));
        app.send(twice).await.problem(400, "malformed-request");
        let foreign = keyed(&app, &path, "", &body).insert_header(bearer("auditor"));
        app.send(foreign).await.problem(403, "forbidden");
    }
    assert_eq!(app.get("/User").await.json().as_array().unwrap().len(), 1);
    let longest = "x".repeat(255);
    post(&app, "/User", &longest, &json!({"loginName": "bob"})).await.is(201);
}

#[actix_web::test]
async fn of_many_at_the_same_time_one_happens() {
    let app = App::start().await;
    let body = json!({"loginName": "ada"});
    let answers = join_all((0..16).map(|_| post(&app, "/User", KEY, &body))).await;
    let (again, first): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| is_replay(answer));
    let [first] = first[..] else { panic!("{} happened", first.len()) };
    assert_eq!(first.status, 201);
    for again in again {
        assert_same(first, again);
    }
    assert_eq!(app.get("/User").await.json().as_array().unwrap().len(), 1);
    assert_eq!(app.trail("User").await.len(), 1);
}

#[actix_web::test]
async fn what_was_granted_is_replayed_when_its_moment_has_passed() {
    let app = App::start().await;
    let expires = "2026-01-01T01:00:00Z";
    let body = |name: &str| json!({"loginName": name, "passwordExpiration": expires});
    for (n, path, body) in [
        (1, "/User", body("ada")),
        (2, "/User/createorupdate", body("bob")),
        (3, "/User/batch", json!([body("eve")])),
    ] {
        let key = format!("{KEY}-{n}");
        let first = post(&app, path, &key, &body).await;
        assert!(first.status.is_success(), "{path}: {}", first.text());
        app.world.clock.advance(SignedDuration::from_hours(2));
        assert_same(&first, &post(&app, path, &key, &body).await);
        app.world.clock.advance(SignedDuration::from_hours(-2));
    }
    app.world.clock.advance(SignedDuration::from_hours(2));
    app.post("/User", body("new")).await.refuses(&["passwordExpiration"]);
    let batch = json!([{"loginName": "first"}, body("new")]);
    let problem = app.post("/User/batch", batch).await.refuses(&["passwordExpiration"]);
    assert_eq!(problem["index"], 1);
}
