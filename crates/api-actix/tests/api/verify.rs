//! The question of a front end whether a password is right.

use actix_web::http::Method;
use domain::access::{Permission, PermissionSet, RoleBook, RoleName, Rules};
use domain::password::Password;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::builders::a_client;

use crate::app::{Answer, App, bearer};
use crate::passwords::{NEW, OLD};

const PATH: &str = "/User/loginname/Ada/password/verify";

async fn scene() -> (App, String) {
    let app = App::start().await;
    let ada = json!({"loginName": "ada", "emailAddress": "ada@example.com"});
    let id = app.user(ada).await["id"].as_str().unwrap().to_owned();
    app.set_password(&id, OLD).await;
    (app, id)
}

async fn verify(app: &App, name: &str, password: &str) -> Answer {
    let path = format!("/User/loginname/{name}/password/verify");
    app.post(&path, json!({"password": password})).await
}

/// The outcome, of which no more is told.
async fn refused(app: &App, name: &str, password: &str) -> Value {
    let answer = verify(app, name, password).await.is(200).json();
    assert_eq!(answer["user"], Value::Null, "{answer}");
    answer["outcome"].clone()
}

async fn edit(app: &App, id: &str, property: &str, value: Value) {
    let patch = json!([{"op": "replace", "path": format!("/{property}"), "value": value}]);
    app.patch(&format!("/User/{id}"), patch).await.is(202);
}

#[actix_web::test]
async fn a_right_password_shows_the_user() {
    let (app, id) = scene().await;
    for name in ["ada", "ADA", "%41da"] {
        let answer = verify(&app, name, OLD).await.is(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let answer = answer.json();
        assert_eq!(answer["outcome"], "Succeeded");
        assert_eq!(answer["user"], app.get(&format!("/User/{id}")).await.json());
    }
}

#[actix_web::test]
async fn every_form_of_a_password_is_the_same_but_for_case_and_spaces() {
    let (app, id) = scene().await;
    app.set_password(&id, " cafe\u{301} and a long tail ").await;
    let answer = verify(&app, "ada", " caf\u{e9} and a long tail ").await.is(200).json();
    assert_eq!(answer["outcome"], "Succeeded");
    for other in ["caf\u{e9} and a long tail ", " Caf\u{e9} and a long tail "] {
        assert_eq!(refused(&app, "ada", other).await, "Failed");
    }
}

#[actix_web::test]
async fn what_is_wrong_is_told_by_the_outcome() {
    let (app, id) = scene().await;
    assert_eq!(refused(&app, "nobody", OLD).await, "Failed");
    assert_eq!(refused(&app, "%00", OLD).await, "Failed");
    assert_eq!(refused(&app, &"x".repeat(2_000), OLD).await, "Failed");
    assert_eq!(refused(&app, "ada", NEW).await, "Failed");
    assert_eq!(refused(&app, "ada@example.com", OLD).await, "Failed");
    for (property, value, usual, outcome) in [
        ("isUserActive", json!(false), json!(true), "NotValid"),
        ("userValidFrom", json!("2030-01-01T00:00:00Z"), json!(null), "NotValid"),
        ("userValidTo", json!("2025-01-01T00:00:00Z"), json!(null), "NotValid"),
        ("isUserLocked", json!(true), json!(false), "Locked"),
    ] {
        edit(&app, &id, property, value).await;
        assert_eq!(refused(&app, "ada", OLD).await, outcome, "{property}");
        edit(&app, &id, property, usual).await;
        app.post(&format!("/User/{id}/lockout/reset"), json!(null)).await.is(200);
    }
    edit(&app, &id, "isPasswordChangeRequired", json!(true)).await;
    let answer = verify(&app, "ada", OLD).await.is(200).json();
    assert_eq!(answer["outcome"], "PasswordChangeRequired");
    assert_eq!(answer["user"]["id"], id);
    app.world.clock.advance(SignedDuration::from_hours(24 * 15));
    let answer = verify(&app, "ada", OLD).await.is(200).json();
    assert_eq!(answer["outcome"], "PasswordChangeRequired");
    edit(&app, &id, "canChangePasswordOnExpiration", json!(false)).await;
    assert_eq!(refused(&app, "ada", OLD).await, "Expired");
}

#[actix_web::test]
async fn failures_slow_down_and_lock() {
    let (app, _) = scene().await;
    for _ in 0..3 {
        assert_eq!(refused(&app, "ada", NEW).await, "Failed");
    }
    let hashes = app.world.hasher.computed();
    let throttled = verify(&app, "ada", OLD).await;
    assert_eq!(throttled.header("retry-after"), Some("1"));
    throttled.problem(429, "too-many-attempts");
    assert_eq!(app.world.hasher.computed(), hashes);
    for _ in 0..2 {
        app.world.clock.advance(SignedDuration::from_secs(30));
        assert_eq!(refused(&app, "ada", NEW).await, "Failed");
    }
    app.world.clock.advance(SignedDuration::from_secs(30));
    let hashes = app.world.hasher.computed();
    assert_eq!(refused(&app, "ada", OLD).await, "Locked");
    assert_eq!(app.world.hasher.computed(), hashes, "who may know the reason is told at once");
    app.world.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(verify(&app, "ada", OLD).await.is(200).json()["outcome"], "Succeeded");
}

#[actix_web::test]
async fn an_address_is_a_name_where_the_store_says_so() {
    let (app, id) = scene().await;
    app.set(json!({"loginByEmail": true})).await;
    let answer = verify(&app, "ADA@example.com", OLD).await.is(200).json();
    assert_eq!((&answer["outcome"], &answer["user"]["id"]), (&json!("Succeeded"), &json!(id)));
}

#[actix_web::test]
async fn sign_in_works_in_a_read_only_store() {
    let (app, id) = scene().await;
    app.set(json!({"readOnly": true})).await;
    assert_eq!(refused(&app, "ada", NEW).await, "Failed");
    let counted = app.get(&format!("/User/{id}")).await.json();
    assert_eq!(counted["failedUserLoginAttempts"], 1);
    assert_eq!(verify(&app, "ada", OLD).await.is(200).json()["outcome"], "Succeeded");
}

#[actix_web::test]
async fn a_breached_password_has_to_be_changed_where_the_store_says_so() {
    let (app, _) = scene().await;
    app.world.blocklist.add_breached(&Password::parse(OLD.to_owned()).unwrap());
    assert_eq!(verify(&app, "ada", OLD).await.is(200).json()["outcome"], "Succeeded");
    app.set(json!({"breachedAtSignIn": true})).await;
    let answer = verify(&app, "ada", OLD).await.is(200).json();
    assert_eq!(answer["outcome"], "PasswordChangeRequired");
}

#[actix_web::test]
async fn it_needs_its_permission_and_users_are_shown_to_those_who_may_read_them() {
    let door = RoleName::parse("Door").unwrap();
    let only = PermissionSet::of(&[Permission::PasswordVerify]);
    let roles = RoleBook::with([(door.clone(), only)]).unwrap();
    let app = App::under(Rules { roles, ..Rules::default() }).await;
    let ada = app.user(json!({"loginName": "ada"})).await;
    app.set_password(ada["id"].as_str().unwrap(), OLD).await;
    app.add_client(a_client("door").holding(door, app.shop.id)).await;
    let ask = |client| {
        let request = app.request(Method::POST, PATH).insert_header(bearer(client));
        app.send(request.set_json(json!({"password": OLD})))
    };
    ask("manager").await.problem(403, "forbidden");
    ask("auditor").await.problem(403, "forbidden");
    ask("stranger").await.problem(404, "no-such-store");
    assert_eq!(ask("door").await.is(200).json(), json!({"outcome": "Succeeded", "user": null}));
    assert_eq!(ask("store-admin").await.is(200).json()["user"]["loginName"], "ada");
}

#[actix_web::test]
async fn what_cannot_be_read_is_refused_before_anything_is_hashed_or_counted() {
    let (app, id) = scene().await;
    let hashes = app.world.hasher.computed();
    for name in ["ada", "nobody"] {
        let path = format!("/User/loginname/{name}/password/verify");
        for value in [json!(null), json!(1), json!(""), json!("x".repeat(1_025)), json!("a\u{0}b")]
        {
            app.post(&path, json!({"password": value})).await.refuses(&["password"]);
        }
        app.post(&path, json!({})).await.refuses(&["password"]);
        app.post(&path, json!(OLD)).await.problem(400, "malformed-body");
        app.post(&format!("{path}?x=1"), json!({"password": OLD})).await.refuses(&["x"]);
        let large = json!({"password": "x".repeat(10 * 1024 * 1024)});
        app.post(&path, large).await.problem(413, "body-too-large");
        let text = app.request(Method::POST, &path).insert_header(("content-type", "text/plain"));
        app.send(text.set_payload("x")).await.problem(415, "unsupported-media-type");
    }
    assert_eq!(app.world.hasher.computed(), hashes);
    assert_eq!(app.get(&format!("/User/{id}")).await.json()["failedUserLoginAttempts"], 0);
    app.world.hasher.has_places(0);
    let overloaded = verify(&app, "ada", OLD).await;
    assert_eq!(overloaded.header("retry-after"), Some("1"));
    overloaded.problem(503, "overloaded");
}
