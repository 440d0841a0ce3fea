//! What users do without a credential: every refusal looks alike and costs the same.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use domain::access::RoleName;
use domain::delivery::Occasion;
use domain::password::HashError;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::builders::a_client;

use crate::app::{Answer, App, bearer};
use crate::passwords::{NEW, OLD, OTHER};

/// Every login name that there is, with what is special about its user.
const NAMES: [&str; 10] =
    ["ada", "inactive", "locked", "early", "late", "expired", "fresh", "guessed", "nobody", "%00"];

/// A shop with a user of each name but the last two.
async fn scene() -> App {
    let app = App::start().await;
    for name in NAMES.iter().take(8) {
        let user = json!({"loginName": name, "emailAddress": format!("{name}@example.com")});
        let id = app.user(user).await["id"].as_str().unwrap().to_owned();
        if *name != "fresh" {
            app.set_password(&id, OLD).await;
        }
        let change = match *name {
            "inactive" => json!({"isUserActive": false}),
            "locked" => json!({"isUserLocked": true}),
            "early" => json!({"userValidFrom": "2030-01-01T00:00:00Z"}),
            "late" => json!({"userValidTo": "2025-01-01T00:00:00Z"}),
            "expired" => json!({"canChangePasswordOnExpiration": false}),
            _ => json!({}),
        };
        for (property, value) in change.as_object().unwrap() {
            let patch = json!([{"op": "replace", "path": format!("/{property}"), "value": value}]);
            app.patch(&format!("/User/{id}"), patch).await.is(202);
        }
    }
    app
}

async fn change(app: &App, name: &str, old: &str) -> Answer {
    let body = json!({"oldPassword": old, "newPassword": NEW});
    app.send(app.public(&format!("/{name}/password/change")).set_json(body)).await
}

async fn respond(app: &App, name: &str, token: &str) -> Answer {
    let body = json!({"password": NEW, "token": token});
    app.send(app.public(&format!("/{name}/password/reset/response")).set_json(body)).await
}

async fn ask(app: &App, name: &str) -> Answer {
    app.send(app.public(&format!("/{name}/password/reset/request"))).await
}

async fn token_of(app: &App, name: &str) -> String {
    ask(app, name).await.is(202);
    app.mailed_token().await
}

async fn outcome(app: &App, name: &str, password: &str) -> Value {
    let path = format!("/User/loginname/{name}/password/verify");
    app.post(&path, json!({"password": password})).await.is(200).json()["outcome"].clone()
}

/// All that a client sees of an answer but the id of the request and the name in its own URL.
fn seen(answer: &Answer, name: &str) -> String {
    let id = answer.header("x-request-id").unwrap().to_owned();
    let headers: BTreeSet<_> =
        answer.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    let body = answer.text().replace(&format!("/loginname/{name}/"), "/loginname/{name}/");
    format!("{} {headers:?} {body}", answer.status).replace(&id, "{id}")
}

/// How many hashes were computed meanwhile.
async fn hashes(app: &App, act: impl Future<Output = Answer>) -> (Answer, u32) {
    let before = app.world.hasher.computed();
    let answer = act.await;
    (answer, app.world.hasher.computed() - before)
}

#[actix_web::test]
async fn who_knows_the_password_changes_it() {
    let app = scene().await;
    for name in ["ADA", "guessed"] {
        let answer = change(&app, name, OLD).await.is(200);
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(outcome(&app, name, NEW).await, "Succeeded");
        assert_eq!(outcome(&app, name, OLD).await, "Failed");
    }
    let entry = app.trail("User").await.into_iter().next_back().unwrap();
    assert_eq!(entry["user"], "public");
}

#[actix_web::test]
async fn who_has_the_token_sets_the_password_once() {
    let app = scene().await;
    let token = token_of(&app, "ADA").await;
    let letter = app.world.letters.empty().pop().unwrap();
    assert!(matches!(letter.occasion, Occasion::ResetByUser { .. }));
    let answer = respond(&app, "ada", &token).await.is(200);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(outcome(&app, "ada", NEW).await, "Succeeded");
    respond(&app, "ada", &token).await.problem(400, "refused");
}

#[actix_web::test]
async fn a_refused_change_looks_alike_and_costs_one_hash_whatever_the_reason() {
    let app = scene().await;
    app.world.clock.advance(SignedDuration::from_hours(24 * 20));
    let mut all = BTreeSet::new();
    for name in NAMES {
        // Right where something else is wrong, and wrong where nothing is.
        let password = if ["ada", "guessed"].contains(&name) { OTHER } else { OLD };
        let (answer, hashes) = hashes(&app, change(&app, name, password)).await;
        assert_eq!(hashes, 1, "{name}");
        all.insert(seen(&answer, name));
        answer.problem(400, "refused");
    }
    assert_eq!(all.len(), 1, "{all:#?}");
}

#[actix_web::test]
async fn a_refused_token_looks_alike_and_costs_one_hash_whatever_the_reason() {
    let app = scene().await;
    let of_guessed = token_of(&app, "guessed").await;
    let of_ada = token_of(&app, "ada").await;
    let mut all = BTreeSet::new();
    for name in NAMES {
        for token in ["", "x", &of_guessed] {
            if name == "guessed" && token == of_guessed {
                continue;
            }
            let (answer, hashes) = hashes(&app, respond(&app, name, token)).await;
            assert_eq!(hashes, 1, "{name} {token}");
            all.insert(seen(&answer, name));
            answer.problem(400, "refused");
            app.world.clock.advance(SignedDuration::from_secs(30));
        }
    }
    app.world.clock.advance(SignedDuration::from_hours(1));
    let (answer, hashes) = hashes(&app, respond(&app, "ada", &of_ada)).await;
    assert_eq!(hashes, 1, "an expired token");
    all.insert(seen(&answer, "ada"));
    assert_eq!(all.len(), 1, "{all:#?}");
}

#[actix_web::test]
async fn names_are_slowed_down_and_locked_alike_whether_somebody_has_them_or_not() {
    let app = scene().await;
    let mut courses = BTreeSet::new();
    for name in ["guessed", "nobody", "%00"] {
        let mut course = Vec::new();
        for round in 0..8 {
            let (answer, hashes) = hashes(&app, change(&app, name, OTHER)).await;
            course.push((hashes, seen(&answer, name)));
            if round % 2 == 1 {
                app.world.clock.advance(SignedDuration::from_secs(31));
            }
        }
        let throttled = course.iter().filter(|(hashes, _)| *hashes == 0).count();
        assert!(throttled > 0, "{course:#?}");
        courses.insert(course);
    }
    assert_eq!(courses.len(), 1, "{courses:#?}");
    // Who is locked out does not get in with the right password either, and is told no more.
    let (answer, hashes) = hashes(&app, change(&app, "guessed", OLD)).await;
    assert_eq!(hashes, 1);
    answer.problem(400, "refused");
}

#[actix_web::test]
async fn throttled_attempts_are_answered_when_to_come_again() {
    let app = scene().await;
    for name in ["ada", "nobody"] {
        for _ in 0..3 {
            change(&app, name, OTHER).await.problem(400, "refused");
        }
        for answer in [change(&app, name, OLD).await, respond(&app, name, "x").await] {
            assert_eq!(answer.header("retry-after"), Some("1"));
            answer.problem(429, "too-many-attempts");
        }
    }
}

#[actix_web::test]
async fn whoever_has_forgotten_a_password_is_answered_alike() {
    let app = scene().await;
    app.world.courier().round(100).await.unwrap();
    app.world.letters.empty();
    let mut all = BTreeSet::new();
    for name in NAMES {
        let (answer, hashes) = hashes(&app, ask(&app, name)).await;
        assert_eq!(hashes, 1, "{name}");
        all.insert(seen(&answer, name));
        let answer = answer.is(202);
        assert!(answer.body.is_empty());
    }
    assert_eq!(all.len(), 1, "{all:#?}");
    app.world.courier().round(100).await.unwrap();
    let letters = app.world.letters.empty();
    let names: BTreeSet<_> = letters.iter().map(|letter| letter.login_name.as_str()).collect();
    assert!(names.contains("ada") && names.contains("fresh"), "{names:?}");
    assert!(!names.contains("nobody") && !names.contains("inactive"), "{names:?}");
}

#[actix_web::test]
async fn a_store_may_switch_the_request_for_a_token_off() {
    let app = scene().await;
    app.set(json!({"selfServiceReset": false})).await;
    for name in ["ada", "nobody"] {
        ask(&app, name).await.problem(403, "switched-off");
    }
}

#[actix_web::test]
async fn a_read_only_store_is_one_whoever_asks() {
    let app = scene().await;
    app.set(json!({"readOnly": true})).await;
    let computed = app.world.hasher.computed();
    for name in ["ada", "nobody"] {
        change(&app, name, OLD).await.problem(403, "store-read-only");
        respond(&app, name, "x").await.problem(403, "store-read-only");
        ask(&app, name).await.problem(403, "store-read-only");
    }
    assert_eq!(app.world.hasher.computed(), computed);
}

#[actix_web::test]
async fn every_rule_that_a_new_password_breaks_is_told_by_its_property() {
    let app = scene().await;
    app.world.blocklist.add_common("password");
    let weak = json!({"oldPassword": OLD, "newPassword": "password"});
    let told = app.send(app.public("/ada/password/change").set_json(weak)).await;
    let told = told.refuses(&["newPassword"]);
    assert_eq!(told["errors"]["newPassword"].as_array().unwrap().len(), 2, "{told}");
    let token = token_of(&app, "ada").await;
    let weak = json!({"password": "password", "token": token});
    let told = app.send(app.public("/ada/password/reset/response").set_json(&weak)).await;
    told.refuses(&["password"]);
    // Without the right token nobody learns the rules of somebody's password.
    for name in ["guessed", "nobody"] {
        let path = format!("/{name}/password/reset/response");
        app.send(app.public(&path).set_json(&weak)).await.problem(400, "refused");
    }
    respond(&app, "ada", &token).await.is(200);
}

#[actix_web::test]
async fn what_cannot_be_read_is_refused_alike_before_anything_is_hashed_or_counted() {
    let app = scene().await;
    let computed = app.world.hasher.computed();
    let mut all = BTreeSet::new();
    for name in ["guessed", "nobody"] {
        let mut course = Vec::new();
        let mut told = |answer: Answer| course.push(seen(&answer, name));
        let post = async |act: &str, body: Value| {
            app.send(app.public(&format!("/{name}{act}")).set_json(body)).await
        };
        let (changing, responding) = ("/password/change", "/password/reset/response");
        for value in [json!(null), json!(1), json!(""), json!("x".repeat(1_025)), json!("a\u{0}")] {
            let answer = post(changing, json!({"oldPassword": value, "newPassword": NEW})).await;
            told(answer);
            let answer = post(changing, json!({"oldPassword": OLD, "newPassword": value})).await;
            told(answer);
            let answer = post(responding, json!({"password": value, "token": "x"})).await;
            told(answer);
        }
        post(changing, json!({})).await.refuses(&["oldPassword", "newPassword"]);
        post(responding, json!({})).await.refuses(&["password", "token"]);
        for act in [changing, responding] {
            post(act, json!(OLD)).await.problem(400, "malformed-body");
            let large = json!({"password": "x".repeat(10 * 1024 * 1024)});
            post(act, large).await.problem(413, "body-too-large");
            let text = app.public(&format!("/{name}{act}"));
            let text = text.insert_header(("content-type", "text/plain")).set_payload("x");
            app.send(text).await.problem(415, "unsupported-media-type");
        }
        for act in [changing, responding, "/password/reset/request"] {
            post(&format!("{act}?x=1"), json!({})).await.refuses(&["x"]);
        }
        assert!(course.iter().all(|told| told.starts_with("400")), "{course:#?}");
        all.insert(course);
    }
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(app.world.hasher.computed(), computed);
    let guessed = app.get("/User/loginname/guessed").await.json();
    assert_eq!(guessed["failedUserLoginAttempts"], 0);
}

#[actix_web::test]
async fn an_unknown_store_is_unknown() {
    let app = scene().await;
    let body = json!({"oldPassword": OLD, "newPassword": NEW, "password": NEW, "token": "x"});
    for store in ["nowhere", "a%20b", "00000000-0000-0000-0000-00000000000a"] {
        for act in ["change", "reset/response", "reset/request"] {
            let uri =
                format!("/api/userstore/v1/{store}/publicadmin/USER/loginname/ada/password/{act}");
            let answer = app.send(TestRequest::post().uri(&uri).set_json(&body)).await;
            answer.problem(404, "no-such-store");
        }
    }
}

#[actix_web::test]
async fn a_credential_makes_no_difference() {
    let app = scene().await;
    app.add_client(a_client("helper").holding(RoleName::USER_STORE_ADMIN, app.shop.id)).await;
    for client in ["helper", "admin", "nobody"] {
        let body = json!({"oldPassword": OTHER, "newPassword": NEW});
        let with = app.public("/ada/password/change").insert_header(bearer(client));
        let with = app.send(with.set_json(body)).await;
        let without = change(&app, "nobody", OTHER).await;
        assert_eq!(seen(&with, "ada"), seen(&without, "nobody"), "{client}");
        app.world.clock.advance(SignedDuration::from_secs(30));
    }
}

#[actix_web::test]
async fn only_post_is_taken() {
    let app = scene().await;
    for act in ["change", "reset/response", "reset/request"] {
        let request = app.public(&format!("/ada/password/{act}")).method(Method::GET);
        assert_eq!(app.send(request).await.is(405).header("allow"), Some("POST"));
    }
}

#[actix_web::test]
async fn where_no_password_can_be_hashed_names_are_alike_too() {
    let app = scene().await;
    let mut all = BTreeSet::new();
    for name in ["ada", "nobody"] {
        app.world.hasher.has_places(0);
        for answer in
            [change(&app, name, OLD).await, respond(&app, name, "x").await, ask(&app, name).await]
        {
            assert_eq!(answer.header("retry-after"), Some("1"));
            let path = serde_json::to_string(&answer.json()["instance"]).unwrap();
            all.insert(seen(&answer, name).replace(&path.replace(name, "{name}"), "{path}"));
            answer.problem(503, "overloaded");
        }
        app.world.hasher.has_places(1);
        app.world.hasher.fail_next(HashError::Overloaded);
        let answer = change(&app, name, OLD).await;
        all.insert(
            seen(&answer, name).replace("/ada/", "/{name}/").replace("/nobody/", "/{name}/"),
        );
        answer.problem(503, "overloaded");
    }
    // One text for each of the three operations, whatever the name.
    assert!(all.len() <= 4, "{all:#?}");
}

#[actix_web::test]
async fn what_a_client_says_of_hosts_changes_nothing() {
    let app = scene().await;
    let forged = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-for", "203.0.113.1"),
        ("x-forwarded-proto", "gopher"),
        ("forwarded", "for=203.0.113.1;host=evil.example;proto=gopher"),
        ("origin", "https://evil.example"),
        ("referer", "https://evil.example/"),
    ];
    let plain = ask(&app, "ada").await;
    let mut request = app.public("/ada/password/reset/request");
    for header in forged {
        request = request.insert_header(header);
    }
    let answer = app.send(request).await;
    assert_eq!(seen(&answer, "ada"), seen(&plain, "ada"));
    app.world.courier().round(100).await.unwrap();
    let letters = format!("{:?}", app.world.letters.letters());
    assert!(letters.contains("ada@example.com") && !letters.contains("evil"), "{letters}");
}
