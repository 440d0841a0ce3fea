use actix_web::http::Method;
use serde_json::{Value, json};

use crate::app::App;

async fn scene() -> (App, String) {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada", "firstName": "Ada"})).await;
    let path = format!("/User/{}", ada["id"].as_str().unwrap());
    (app, path)
}

#[actix_web::test]
async fn the_state_is_told_by_a_parameter_or_by_the_body() {
    let (app, path) = scene().await;
    for (query, body, active) in [
        ("?isActive=false", None, false),
        ("?isUserActive=TRUE", None, true),
        ("?active=false", None, false),
        ("?state=Active", None, true),
        ("?STATE=inactive", None, false),
        ("?state=active&isActive=true", None, true),
        ("", Some(json!(false)), false),
        ("", Some(json!({"isUserActive": true})), true),
        ("", Some(json!({"ISUSERACTIVE": false, "x": 1})), false),
        ("?isActive=true", Some(json!(false)), true),
    ] {
        let request = app.request(Method::POST, &format!("{path}/state{query}"));
        let request = match &body {
            Some(body) => request.set_json(body),
            None => request,
        };
        let answer = app.send(request).await.is(200);
        assert_eq!(answer.json()["isUserActive"], active, "{query} {body:?}");
        assert_eq!(answer.json()["firstName"], "Ada");
        let read = app.get(&path).await;
        assert_eq!(read.header("etag"), answer.header("etag"));
        assert_eq!(read.json()["isUserActive"], active);
    }
}

#[actix_web::test]
async fn what_tells_no_state_is_refused() {
    let (app, path) = scene().await;
    let state = |query: &str| app.request(Method::POST, &format!("{path}/state{query}"));
    app.send(state("")).await.problem(400, "malformed-body");
    for (query, refused) in [
        ("?isActive=1", "isActive"),
        ("?isActive", "isActive"),
        ("?state=locked", "state"),
        ("?isActive=true&state=Inactive", "isActive"),
        ("?activ=true", "activ"),
    ] {
        app.send(state(query)).await.refuses(&[refused]);
    }
    let text = state("?isActive=true").insert_header(("content-type", "text/plain"));
    app.send(text.set_payload("x")).await.problem(415, "unsupported-media-type");
    for body in [json!("true"), json!(1), json!(null), json!([true])] {
        app.send(state("").set_json(body)).await.problem(400, "malformed-body");
    }
    for body in [json!({}), json!({"isUserActive": null}), json!({"isUserActive": "true"})] {
        app.send(state("").set_json(body)).await.refuses(&["isUserActive"]);
    }
    assert_eq!(app.get(&path).await.json()["isUserActive"], true);
}

#[actix_web::test]
async fn the_state_of_nobody_and_of_another_version_stays() {
    let (app, path) = scene().await;
    for nobody in ["00000000-0000-0000-0000-00000000000a", "x"] {
        let state = app.post(&format!("/User/{nobody}/state"), json!(true)).await;
        state.problem(404, "not-found");
    }
    let stale = app.request(Method::POST, &format!("{path}/state"));
    let stale = stale.insert_header(("if-match", "\"1\"")).set_json(json!(false));
    app.send(stale).await.problem(412, "stale");
    let entries = app.trail("User").await.len();
    let same = app.post(&format!("{path}/state"), json!(true)).await.is(200).json();
    assert_eq!(same["isUserActive"], Value::Bool(true));
    assert_eq!(app.trail("User").await.len(), entries, "a change of nothing leaves no entry");
}

#[actix_web::test]
async fn a_pass_over_all_users_counts_them() {
    let (app, _) = scene().await;
    let answer = app.get("/User/synchronize").await.is(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let summary = answer.json();
    assert_eq!((&summary["synchronized"], &summary["failed"]), (&json!(1), &json!(0)));
    assert_eq!(summary["startedAt"], summary["finishedAt"]);
}
