use actix_web::http::Method;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::app::{Answer, App};

async fn post(app: &App, media_type: Option<&str>, body: &[u8]) -> Answer {
    let request = app.request(Method::POST, "/User").set_payload(body.to_vec());
    let request = match media_type {
        Some(media_type) => request.insert_header(("content-type", media_type)),
        None => request,
    };
    app.send(request).await
}

#[actix_web::test]
async fn a_body_that_is_no_strict_json_is_refused() {
    let app = App::start().await;
    let deep = "[".repeat(100_000);
    let nested = format!("{{\"loginName\":\"a\",\"x\":{}{}}}", "[".repeat(40), "]".repeat(40));
    let bad: &[&[u8]] = &[
        b"",
        b"{",
        b"null",
        b"[]",
        b"\"ada\"",
        b"{\"loginName\":\"a\"}x",
        b"{\"loginName\":\"a\",\"loginName\":\"b\"}",
        b"{\"loginName\":\"a\",\"x\":1,\"x\":2}",
        b"{\"loginName\":\"\xff\"}",
        b"{\"loginName\":\"\\ud800\"}",
        b"{\"loginName\":\"a\",\"x\":1e999}",
        deep.get(..60_000).unwrap().as_bytes(),
        nested.as_bytes(),
    ];
    for body in bad {
        let answer = post(&app, Some("application/json"), body).await;
        answer.problem(400, "malformed-body");
    }
    assert_eq!(app.get("/User").await.text(), "[]");
}

#[actix_web::test]
async fn every_broken_rule_of_every_property_is_told_at_once() {
    let app = App::start().await;
    let body = json!({
        "instanceId": 1, "id": "x", "externalUniqueIdentifier": "\t", "loginName": "a\u{0}b",
        "firstName": "x".repeat(257), "lastName": ["x"], "emailAddress": "nobody",
        "emailAddressConfirmed": "true", "userValidFrom": "yesterday", "userValidTo": 5,
        "isUserActive": 1, "isUserLockEnabled": {}, "isUserLocked": "false",
        "passwordNeverExpires": 0, "canChangePasswordOnExpiration": [],
        "passwordExpiration": "2026-13-01T00:00:00Z", "isPasswordChangeRequired": "no",
        "isTwoFactorRequired": "yes",
        "memberOfGroups": {}, "userProfiles": [1, {"key": "batch", "value": "a\u{0}"}, {"key": ""}],
    });
    let refused = [
        "instanceId",
        "id",
        "externalUniqueIdentifier",
        "loginName",
        "firstName",
        "lastName",
        "emailAddress",
        "emailAddressConfirmed",
        "userValidFrom",
        "userValidTo",
        "isUserActive",
        "isUserLockEnabled",
        "isUserLocked",
        "passwordNeverExpires",
        "canChangePasswordOnExpiration",
        "passwordExpiration",
        "isPasswordChangeRequired",
        "isTwoFactorRequired",
        "memberOfGroups",
        "userProfiles[0]",
        "userProfiles[1].key",
        "userProfiles[1].value",
        "userProfiles[2].key",
    ];
    app.post("/User", body.clone()).await.refuses(&refused);
    app.post("/User/createorupdate", body.clone()).await.refuses(&refused);
    let problem = app.post("/User/batch", json!([body])).await.refuses(&refused);
    assert_eq!(problem["index"], 0);
}

#[actix_web::test]
async fn rules_of_the_whole_request_are_told_with_those_of_its_properties() {
    let app = App::start().await;
    let user = app.user(json!({"loginName": "bob"})).await;
    let path = format!("/User/{}", user["id"].as_str().unwrap());
    let broken = json!({
        "loginName": "ada", "firstName": 7, "passwordExpiration": "2000-01-01T00:00:00Z",
        "userProfiles": [{"key": "a"}, {"key": "A"}],
    });
    let all = &["firstName", "passwordExpiration", "userProfiles"];
    app.post("/User", broken.clone()).await.refuses(all);
    app.post("/User/batch", json!([broken])).await.refuses(all);
    let patch = json!([
        {"op": "replace", "path": "/firstName", "value": 7},
        {"op": "replace", "path": "/passwordExpiration", "value": "2000-01-01T00:00:00Z"},
        {"op": "replace", "path": "/userProfiles", "value": [{"key": "a"}, {"key": "A"}]},
    ]);
    app.send(app.request(Method::PATCH, &path).set_json(patch)).await.refuses(all);
    let changed = json!({
        "loginName": "bob", "passwordExpiration": "2000-01-01T00:00:00Z",
    });
    let put = app.request(Method::PUT, &path).set_json(&changed);
    app.send(put).await.refuses(&["passwordExpiration"]);
    app.post("/User/createorupdate", changed).await.refuses(&["passwordExpiration"]);
}

#[actix_web::test]
async fn an_empty_external_id_is_none() {
    let app = App::start().await;
    for name in ["ada", "bob"] {
        let user = app.user(json!({"loginName": name, "externalUniqueIdentifier": ""})).await;
        assert_eq!(user["externalUniqueIdentifier"], Value::Null);
    }
}

#[actix_web::test]
async fn single_properties_are_refused_for_their_own_reason() {
    let app = App::start().await;
    let table: &[(&str, Value)] = &[
        ("loginName", json!("")),
        ("loginName", json!(7)),
        ("loginName", json!(null)),
        ("loginName", json!("x".repeat(257))),
        ("loginName", json!("tab\there")),
        ("firstName", json!("\u{7f}")),
        ("emailAddress", json!(format!("{}@example.com", "x".repeat(250)))),
        ("emailAddress", json!("Ada <ada@example.com>")),
        ("userValidFrom", json!("2026-01-01")),
        ("userValidFrom", json!("2026-01-01T00:00:00")),
        ("userValidTo", json!("0000-01-01T00:00:00Z")),
        ("passwordExpiration", json!("2025-12-31T23:59:59Z")),
        ("id", json!(["x"])),
        ("isUserActive", json!("true")),
        ("userProfiles", json!([{"key": "a"}, {"key": "A"}])),
    ];
    for (property, value) in table {
        let mut body = json!({"loginName": "ada"});
        body[*property] = value.clone();
        app.post("/User", body).await.refuses(&[*property]);
    }
    let body =
        json!({"loginName": "ada", "userProfiles": [{"key": "a", "value": "x".repeat(65_537)}]});
    let answer = app.post("/User/batch", json!([body])).await;
    answer.refuses(&["userProfiles[0].value"]);
    app.post("/User", json!({})).await.refuses(&["loginName"]);
    let twice = b"{\"loginName\":\"a\",\"LoginName\":\"b\"}";
    post(&app, Some("application/json"), twice).await.refuses(&["loginName"]);
    let window = json!({
        "loginName": "a", "userValidFrom": "2026-02-01T00:00:00Z", "userValidTo": "2026-01-01T00:00:00Z",
    });
    app.post("/User", window).await.refuses(&["userValidFrom"]);
}

#[actix_web::test]
async fn only_json_in_utf_8_is_taken() {
    let app = App::start().await;
    for media_type in ["text/plain", "application/xml", "application/json; charset=utf-16", "x"] {
        let answer = post(&app, Some(media_type), b"{}").await;
        answer.problem(415, "unsupported-media-type");
    }
    post(&app, None, b"{\"loginName\":\"a\"}").await.problem(415, "unsupported-media-type");
    post(&app, None, b"").await.problem(400, "malformed-body");
    let request = app.request(Method::POST, "/User").insert_header(("content-encoding", "gzip"));
    let request = request.set_json(json!({"loginName": "a"}));
    app.send(request).await.problem(415, "unsupported-media-type");
    for (n, media_type) in [
        "application/json",
        "text/json",
        "application/vnd.x+json",
        "APPLICATION/JSON;charset=UTF-8",
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({"loginName": format!("user {n}")}).to_string();
        post(&app, Some(media_type), body.as_bytes()).await.is(201);
    }
}

#[actix_web::test]
async fn a_body_that_is_too_large_is_refused() {
    let app = App::start().await;
    let body = json!({"loginName": "a", "pad": "x".repeat(64 * 1024)});
    app.post("/User", body.clone()).await.problem(413, "body-too-large");
    let path = format!("/User/{}", "00000000-0000-0000-0000-00000000000a");
    app.put(&path, body.clone()).await.problem(413, "body-too-large");
    app.patch(&path, body.clone()).await.problem(413, "body-too-large");
    app.post("/User/createorupdate", body).await.problem(413, "body-too-large");
}

#[actix_web::test]
async fn what_cannot_be_undone_by_a_client_is_never_a_failure_of_ours() {
    let app = App::start().await;
    let texts = ["", "\u{0}", "a\u{0}b", "\u{ffff}", "💥", "'; drop table users; --", "\u{202e}x"];
    for text in texts {
        for property in ["loginName", "externalUniqueIdentifier", "firstName", "emailAddress"] {
            let mut body = json!({"loginName": "x"});
            body[property] = json!(text);
            let answer = app.post("/User/createorupdate", body).await;
            assert!(answer.status.as_u16() < 500, "{property} = {text:?}");
        }
    }
}

const PROPERTIES: [&str; 14] = [
    "id",
    "instanceId",
    "loginName",
    "firstName",
    "emailAddress",
    "emailAddressConfirmed",
    "userValidFrom",
    "isUserActive",
    "passwordExpiration",
    "memberOfGroups",
    "userProfiles",
    "key",
    "value",
    "nonsense",
];

/// Values near and far from what a property takes.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z]{1,4}".prop_map(Value::from),
        "[a-z]{1,4}@example\\.com".prop_map(Value::from),
        "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}".prop_map(Value::from),
        "20[0-9]{2}-0[1-9]-1[0-9]T1[0-9]:00:00Z".prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 16, 4, |inner| {
        let names = prop::sample::select(vec!["id", "groupId", "key", "value", "userId", "KEY"]);
        let object = prop::collection::vec((names, inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|members| {
                let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(members.collect())
            }),
        ]
    })
}

fn any_user() -> impl Strategy<Value = Value> {
    let member = (prop::sample::select(PROPERTIES.to_vec()), any_value());
    prop::collection::vec(member, 0..6).prop_map(|members| {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        let mut user: Map<String, Value> = members.collect();
        user.entry("loginName").or_insert_with(|| "ada".into());
        Value::Object(user)
    })
}

fn any_operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(vec!["add", "remove", "replace", "move", "copy", "TEST", "x"]);
    let path = || {
        let tail = prop::sample::select(vec!["", "", "/0", "/-", "/0/key", "/0/value", "/9", "/~"]);
        let name = prop::sample::select(PROPERTIES.to_vec());
        (name, tail).prop_map(|(name, tail)| format!("/{name}{tail}"))
    };
    (op, path(), path(), any_value()).prop_map(
        |(op, path, from, value)| json!({"op": op, "path": path, "from": from, "value": value}),
    )
}

#[actix_web::test]
async fn generated_requests_are_never_a_failure_of_ours() {
    let app = App::start().await;
    let id =
        app.user(json!({"loginName": "root", "userProfiles": [{"key": "a"}]})).await["id"].clone();
    let path = format!("/User/{}", id.as_str().unwrap());
    let profiles = format!("/user/{}/UserProfile", id.as_str().unwrap());
    let mut runner = TestRunner::deterministic();
    let (users, patches) = (any_user(), prop::collection::vec(any_operation(), 0..4));
    let mut seen = std::collections::BTreeMap::new();
    for round in 0..2000 {
        let user = users.new_tree(&mut runner).unwrap().current();
        let patch = Value::from(patches.new_tree(&mut runner).unwrap().current());
        let answer = match round % 10 {
            0 => app.post("/User", user.clone()).await,
            1 => app.put(&path, user.clone()).await,
            2 => app.post("/User/createorupdate", user.clone()).await,
            3 => app.post("/User/batch", json!([user])).await,
            4 => app.put("/User/batch?mode=partial", json!([user, {"id": id}])).await,
            5 => app.patch("/User/batch", json!({"ids": [id], "patch": patch})).await,
            6 => app.post("/User/batch/delete?dryRun=true", json!([user["id"]])).await,
            7 => app.put(&format!("{profiles}/a"), user.clone()).await,
            8 => app.post(&format!("{profiles}/createorupdate/batch"), json!([user])).await,
            _ => app.patch(&path, patch.clone()).await,
        };
        assert!(answer.status.as_u16() < 500, "{user} {patch}: {}", answer.text());
        *seen.entry(answer.status.as_u16()).or_insert(0) += 1;
    }
    // The generator reaches the use cases, not only the readers.
    for status in [200, 201, 202, 400, 409] {
        assert!(seen.contains_key(&status), "{seen:?}");
    }
}

#[actix_web::test]
async fn a_parameter_given_twice_is_refused_by_every_read() {
    let app = App::start().await;
    let user = app.user(json!({"loginName": "ada", "userProfiles": [{"key": "k"}]})).await;
    let user = user["id"].as_str().unwrap();
    let group = app.add_group("staff").await;
    app.post(&format!("/group/{group}/GroupMetadata"), json!({"key": "k"})).await.is(201);
    for path in [
        &format!("/user/{user}/UserProfile/k"),
        &format!("/group/{group}/GroupMetadata/k"),
        "/User/synchronize",
        "/Group/synchronize",
        "/User",
        "/Role/assignment",
        "/Client",
    ] {
        app.get(path).await.is(200);
        app.get(&format!("{path}?limit=1&LIMIT=1")).await.problem(400, "malformed-request");
    }
}

#[actix_web::test]
async fn a_body_of_too_many_values_is_refused() {
    let app = App::start().await;
    let flat = |values: usize| format!("{{\"loginName\":\"a\",\"x\":[{}0]}}", "0,".repeat(values));
    let user = flat(10_100);
    post(&app, Some("application/json"), user.as_bytes()).await.problem(413, "too-many-items");
    let batch = format!("[{},{}]", flat(6_000).replace('a', "b"), flat(6_000));
    let request = app.request(Method::POST, "/User/batch").set_payload(batch);
    let request = request.insert_header(("content-type", "application/json"));
    app.send(request).await.problem(413, "too-many-items");
    post(&app, Some("application/json"), flat(9_000).as_bytes()).await.is(201);
}

#[actix_web::test]
async fn a_key_that_a_path_cannot_hold_is_refused() {
    let app = App::start().await;
    for key in [".", ".."] {
        let body = json!({"loginName": "ada", "userProfiles": [{"key": key}]});
        app.post("/User", body).await.refuses(&["userProfiles[0].key"]);
    }
}
