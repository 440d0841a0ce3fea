use actix_web::http::Method;
use serde_json::{Value, json};

use crate::app::{App, bearer};

const PATH: &str = "/User/batch";

fn users(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"loginName": name})).collect()
}

#[actix_web::test]
async fn a_batch_makes_all_users_in_order() {
    let app = App::start().await;
    let staff = app.add_group("staff").await.to_string();
    let body = json!([
        {"loginName": "b", "memberOfGroups": [staff]},
        {"loginName": "a", "userProfiles": [{"key": "k", "value": "v"}]},
    ]);
    let made = app.post(PATH, body).await.is(200).json();
    assert_eq!((&made[0]["loginName"], &made[1]["loginName"]), (&json!("b"), &json!("a")));
    assert_eq!(made[0]["memberOfGroups"][0]["name"], "staff");
    assert_eq!(made[1]["userProfiles"][0]["value"], "v");
    assert_eq!(app.get("/User").await.json().as_array().unwrap().len(), 2);
    assert_eq!(app.post(PATH, json!([])).await.is(200).text(), "[]");
}

#[actix_web::test]
async fn the_first_item_at_fault_is_named_and_nothing_changes() {
    let app = App::start().await;
    app.user(json!({"loginName": "taken"})).await;
    let same = "00000000-0000-0000-0000-00000000000a";
    let items = |bad: Value| json!([{"loginName": "a"}, bad, {"loginName": "c"}]);
    for (bad, status, kind) in [
        (json!({"loginName": "taken"}), 409, "duplicate"),
        (json!({"loginName": "A"}), 409, "duplicate"),
        (json!({"loginName": ""}), 400, "validation"),
        (json!({"loginName": "b", "memberOfGroups": [same]}), 400, "validation"),
        (json!({"loginName": "b", "instanceId": same}), 400, "validation"),
        (json!(7), 400, "malformed-body"),
    ] {
        let problem = app.post(PATH, items(bad)).await.problem(status, kind);
        assert_eq!(problem["index"], 1, "{problem}");
    }
    let twice = json!([{"loginName": "a", "id": same}, {"loginName": "b", "id": same}]);
    let problem = app.post(PATH, twice).await.refuses(&["id"]);
    assert_eq!(problem["index"], 1);
    assert_eq!(app.get("/User").await.json().as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_batch_is_bounded_in_items_and_bytes() {
    let app = App::start().await;
    let names: Vec<_> = (0..21).map(|n| format!("u{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    app.post(PATH, users(&names)).await.problem(413, "too-many-items");
    app.post(PATH, users(&names[..20])).await.is(200);
    let long = json!([{"loginName": "x", "pad": "x".repeat(256 * 1024)}]);
    app.post(PATH, long).await.problem(413, "body-too-large");
}

#[actix_web::test]
async fn a_batch_is_an_array_without_a_condition() {
    let app = App::start().await;
    for body in [json!({}), json!(null), json!({"loginName": "a"})] {
        app.post(PATH, body).await.problem(400, "malformed-body");
    }
    let request = app.request(Method::POST, PATH).insert_header(("if-match", "*"));
    app.send(request.set_json(users(&["a"]))).await.problem(400, "malformed-request");
}

#[actix_web::test]
async fn who_may_not_write_is_refused_before_a_batch_is_read() {
    let app = App::start().await;
    let request = app.request(Method::POST, PATH).insert_header(bearer("auditor"));
    app.send(request.set_payload("x".repeat(300_000))).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn an_item_that_the_store_refuses_comes_before_a_later_one_that_cannot_be_read() {
    let app = App::start().await;
    app.user(json!({"loginName": "taken"})).await;
    let items = json!([{"loginName": "a"}, {"loginName": "taken"}, {"loginName": ""}]);
    let problem = app.post(PATH, items).await.problem(409, "duplicate");
    assert_eq!(problem["index"], 1);
    let items = json!([{"loginName": "a"}, {"loginName": ""}, {"loginName": "taken"}]);
    let problem = app.post(PATH, items).await.problem(400, "validation");
    assert_eq!(problem["index"], 1);
    assert_eq!(app.get("/User").await.json().as_array().unwrap().len(), 1);
}
