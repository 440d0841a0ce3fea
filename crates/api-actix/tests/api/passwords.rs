//! What administrators do to passwords, tokens and locks of users.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use domain::delivery::Occasion;
use domain::password::HashError;
use domain::time::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{Answer, App, bearer};

pub const OLD: &str = "an old password that is long";
pub const NEW: &str = "a new password that is long";
pub const OTHER: &str = "yet another password";

/// A user with an address.
struct Scene {
    app: App,
    id: String,
}

impl Scene {
    /// Without a password.
    async fn new() -> Self {
        let app = App::start().await;
        let ada = json!({"loginName": "ada", "emailAddress": "ada@example.com"});
        let id = app.user(ada).await["id"].as_str().unwrap().to_owned();
        Self { app, id }
    }

    /// With the old password, set by themselves.
    async fn with_password() -> Self {
        let scene = Self::new().await;
        scene.app.set_password(&scene.id, OTHER).await;
        scene.change(OTHER, OLD).await.is(200);
        scene
    }

    fn path(&self, act: &str) -> String {
        format!("/User/{}{act}", self.id)
    }

    async fn post(&self, act: &str, body: Value) -> Answer {
        self.app.post(&self.path(act), body).await
    }

    /// An act that sends nothing.
    async fn act(&self, act: &str) -> Answer {
        self.app.send(self.app.request(Method::POST, &self.path(act))).await
    }

    async fn change(&self, old: &str, new: &str) -> Answer {
        self.post("/password/change", json!({"oldPassword": old, "newPassword": new})).await
    }

    async fn respond(&self, token: &str) -> Answer {
        self.post("/password/reset/response", json!({"password": NEW, "token": token})).await
    }

    async fn get(&self) -> Value {
        self.app.get(&self.path("")).await.is(200).json()
    }

    async fn edit(&self, property: &str, value: Value) {
        let patch = json!([{"op": "replace", "path": format!("/{property}"), "value": value}]);
        self.app.patch(&self.path(""), patch).await.is(202);
    }

    async fn outcome(&self, password: &str) -> Value {
        let path = "/User/loginname/ada/password/verify";
        let answer = self.app.post(path, json!({"password": password})).await;
        answer.is(200).json()["outcome"].clone()
    }

    /// The answer is the user as it can be read now.
    #[track_caller]
    fn shows(answer: Answer, read: &Answer) -> Value {
        let answer = answer.is(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("etag"), read.header("etag"));
        assert_eq!(answer.json(), read.json());
        answer.json()
    }

    async fn is_shown(&self, answer: Answer) -> Value {
        Self::shows(answer, &self.app.get(&self.path("")).await)
    }
}

/// Every act on a user, with a body that can be read.
fn acts() -> [(&'static str, Option<Value>); 8] {
    let password = json!({"password": NEW});
    [
        ("/password/initial", Some(password.clone())),
        ("/password/initial/reset", None),
        ("/password/reset", Some(password)),
        ("/password/reset/sendresetemail", None),
        ("/password/reset/request", None),
        ("/password/reset/response", Some(json!({"password": NEW, "token": "usr_reset_x"}))),
        ("/lockout/reset", None),
        ("/password/change", Some(json!({"oldPassword": OLD, "newPassword": NEW}))),
    ]
}

fn request(app: &App, path: &str, body: Option<&Value>) -> TestRequest {
    let request = app.request(Method::POST, path);
    match body {
        Some(body) => request.set_json(body),
        None => request,
    }
}

#[actix_web::test]
async fn a_first_password_has_to_be_replaced_in_time() {
    let scene = Scene::new().await;
    let answer = scene.post("/password/initial", json!({"password": OLD})).await;
    let user = scene.is_shown(answer).await;
    assert_eq!(
        (&user["isInitialPassword"], &user["isPasswordChangeRequired"]),
        (&json!(true), &json!(true))
    );
    let days = |days: i64| {
        let end = scene.app.world.clock.now().saturating_add(SignedDuration::from_hours(24 * days));
        json!(end.to_string())
    };
    assert_eq!(user["passwordExpiration"], days(14));
    assert_eq!(scene.outcome(OLD).await, "PasswordChangeRequired");
    let body = json!({"password": NEW, "EXPIRATION": days(1)});
    let user = scene.post("/password/initial", body).await.is(200).json();
    assert_eq!(user["passwordExpiration"], days(1));
    for past in ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"] {
        let body = json!({"password": NEW, "expiration": past});
        scene.post("/password/initial", body).await.refuses(&["expiration"]);
    }
    scene.app.world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(scene.outcome(NEW).await, "Expired");
    let answer = scene.act("/password/initial/reset").await;
    assert_eq!(scene.is_shown(answer).await["passwordExpiration"], days(14));
    assert_eq!(scene.outcome(NEW).await, "PasswordChangeRequired");
    scene.change(NEW, OLD).await.is(200);
    scene.act("/password/initial/reset").await.problem(409, "not-initial-password");
}

#[actix_web::test]
async fn an_administrator_sets_a_password_and_ends_every_lock() {
    let scene = Scene::with_password().await;
    assert_eq!(scene.outcome(OTHER).await, "Failed");
    scene.edit("isUserLocked", json!(true)).await;
    let answer = scene.post("/password/reset", json!({"password": NEW})).await;
    let user = scene.is_shown(answer).await;
    assert_eq!(
        (&user["isUserLocked"], &user["failedUserLoginAttempts"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(user["isInitialPassword"], false);
    assert_eq!(scene.outcome(NEW).await, "Succeeded");
    assert_eq!(scene.outcome(OLD).await, "Failed");
}

#[actix_web::test]
async fn locks_and_failures_are_lifted() {
    let scene = Scene::with_password().await;
    assert_eq!(scene.outcome(OTHER).await, "Failed");
    scene.edit("isUserLocked", json!(true)).await;
    assert_eq!(scene.outcome(OLD).await, "Locked");
    assert_eq!(scene.get().await["failedUserLoginAttempts"], 1);
    let answer = scene.act("/lockout/reset").await;
    let user = scene.is_shown(answer).await;
    assert_eq!(
        (&user["isUserLocked"], &user["failedUserLoginAttempts"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(scene.outcome(OLD).await, "Succeeded");
}

#[actix_web::test]
async fn a_token_is_mailed_and_sets_a_password_once() {
    for act in ["/password/reset/sendresetemail", "/password/reset/request"] {
        let scene = Scene::with_password().await;
        let answer = scene.act(act).await;
        assert!(!answer.text().contains("usr_reset_"));
        scene.is_shown(answer).await;
        let token = scene.app.mailed_token().await;
        let letter = scene.app.world.letters.empty().pop().unwrap();
        let is_administrators = matches!(letter.occasion, Occasion::ResetByAdministrator { .. });
        assert_eq!(is_administrators, act.ends_with("email"));
        let answer = scene.respond(&token).await;
        scene.is_shown(answer).await;
        assert_eq!(scene.outcome(NEW).await, "Succeeded");
        scene.respond(&token).await.problem(400, "invalid-token");
    }
}

#[actix_web::test]
async fn a_token_that_is_not_the_users_is_refused() {
    let scene = Scene::with_password().await;
    let bob = json!({"loginName": "bob", "emailAddress": "bob@example.com"});
    let bob = scene.app.user(bob).await["id"].as_str().unwrap().to_owned();
    scene.app.post(&format!("/User/{bob}/password/reset/request"), json!(null)).await.is(200);
    let of_bob = scene.app.mailed_token().await;
    scene.respond(&of_bob).await.problem(400, "invalid-token");
    scene.act("/password/reset/request").await.is(200);
    let token = scene.app.mailed_token().await;
    let cut = token.get(..token.len() - 1).unwrap();
    let long = "x".repeat(10_000);
    for wrong in ["", "usr_reset_", cut, &format!("{token}A"), &token.to_uppercase(), &long] {
        let told = scene.respond(wrong).await.problem(400, "invalid-token");
        assert!(wrong.is_empty() || !told.to_string().contains(wrong), "{told}");
    }
    scene.app.world.clock.advance(SignedDuration::from_hours(1));
    scene.respond(&token).await.problem(400, "invalid-token");
    scene.act("/password/reset/sendresetemail").await.is(200);
    let first = scene.app.mailed_token().await;
    scene.act("/password/reset/sendresetemail").await.is(200);
    let second = scene.app.mailed_token().await;
    scene.respond(&first).await.problem(400, "invalid-token");
    scene.app.world.clock.advance(SignedDuration::from_hours(23));
    scene.respond(&second).await.is(200);
}

#[actix_web::test]
async fn without_an_address_no_token_is_mailed() {
    let scene = Scene::new().await;
    scene.edit("emailAddress", json!(null)).await;
    for act in ["/password/reset/sendresetemail", "/password/reset/request"] {
        scene.act(act).await.problem(409, "no-email-address");
    }
}

#[actix_web::test]
async fn a_password_is_changed_by_who_knows_it() {
    let scene = Scene::with_password().await;
    let answer = scene.change(OLD, NEW).await;
    let user = scene.is_shown(answer).await;
    assert_eq!(user["failedUserLoginAttempts"], 0);
    scene.change(OLD, NEW).await.problem(400, "wrong-password");
    assert_eq!(scene.get().await["failedUserLoginAttempts"], 1);
    assert_eq!(scene.outcome(NEW).await, "Succeeded");
}

#[actix_web::test]
async fn who_guesses_is_slowed_down_and_then_locked_out() {
    let scene = Scene::with_password().await;
    for _ in 0..3 {
        scene.change(OTHER, NEW).await.problem(400, "wrong-password");
    }
    let hashes = scene.app.world.hasher.computed();
    let told = scene.change(OLD, NEW).await;
    assert_eq!(told.header("retry-after"), Some("1"));
    told.problem(429, "too-many-attempts");
    assert_eq!(scene.app.world.hasher.computed(), hashes, "no hash for what is not looked at");
    for _ in 0..2 {
        scene.app.world.clock.advance(SignedDuration::from_secs(30));
        scene.change(OTHER, NEW).await.problem(400, "wrong-password");
    }
    scene.app.world.clock.advance(SignedDuration::from_secs(30));
    scene.change(OLD, NEW).await.problem(409, "account-locked");
    scene.app.world.clock.advance(SignedDuration::from_mins(5));
    scene.change(OLD, NEW).await.is(200);
}

#[actix_web::test]
async fn an_account_that_may_not_be_used_keeps_its_password() {
    let scene = Scene::with_password().await;
    for (property, value, usual) in [
        ("isUserLocked", json!(true), json!(false)),
        ("isUserActive", json!(false), json!(true)),
        ("userValidTo", json!("2025-01-01T00:00:00Z"), json!(null)),
    ] {
        scene.edit(property, value).await;
        scene.change(OLD, NEW).await.problem(409, "account-locked");
        scene.edit(property, usual).await;
        scene.act("/lockout/reset").await.is(200);
    }
    scene.edit("canChangePasswordOnExpiration", json!(false)).await;
    scene.app.set_password(&scene.id, OLD).await;
    scene.app.world.clock.advance(SignedDuration::from_hours(24 * 14));
    scene.change(OLD, NEW).await.problem(409, "password-expired");
}

#[actix_web::test]
async fn every_rule_that_a_new_password_breaks_is_told_by_its_property() {
    let scene = Scene::with_password().await;
    scene.app.world.blocklist.add_common("password");
    scene.act("/password/reset/request").await.is(200);
    let token = scene.app.mailed_token().await;
    let weak = json!({"password": "password"});
    for (act, body, property) in [
        ("/password/initial", weak.clone(), "password"),
        ("/password/reset", weak, "password"),
        ("/password/reset/response", json!({"password": "password", "token": token}), "password"),
        ("/password/change", json!({"oldPassword": OLD, "newPassword": "password"}), "newPassword"),
    ] {
        let told = scene.post(act, body).await.refuses(&[property]);
        assert_eq!(told["errors"][property].as_array().unwrap().len(), 2, "{told}");
    }
    // What was refused has used nothing up.
    scene.respond(&token).await.is(200);
}

#[actix_web::test]
async fn what_cannot_be_read_is_refused_before_anything_is_hashed_or_counted() {
    let scene = Scene::with_password().await;
    let (before, hashes) = (scene.get().await, scene.app.world.hasher.computed());
    let (long, nul) = ("x".repeat(1_025), "a password with \u{0} inside");
    let expanding = "\u{fdfa}".repeat(64);
    let wrong =
        [json!(null), json!(1), json!(["x"]), json!(""), json!(long), json!(nul), json!(expanding)];
    for value in &wrong {
        for (act, body, property) in [
            ("/password/initial", json!({"password": value}), "password"),
            ("/password/reset", json!({"password": value}), "password"),
            ("/password/reset/response", json!({"password": value, "token": "x"}), "password"),
            ("/password/change", json!({"oldPassword": value, "newPassword": NEW}), "oldPassword"),
            ("/password/change", json!({"oldPassword": OLD, "newPassword": value}), "newPassword"),
        ] {
            let told = scene.post(act, body).await.refuses(&[property]);
            assert!(!told.to_string().contains("xxx") && !told.to_string().contains("inside"));
        }
    }
    scene.post("/password/change", json!({})).await.refuses(&["oldPassword", "newPassword"]);
    scene
        .post("/password/reset/response", json!({"token": 1}))
        .await
        .refuses(&["password", "token"]);
    let body = json!({"password": "", "expiration": "soon"});
    scene.post("/password/initial", body).await.refuses(&["password", "expiration"]);
    let body = json!({"password": NEW, "PASSWORD": NEW});
    scene.post("/password/reset", body).await.refuses(&["password"]);
    for (act, body) in acts() {
        let path = scene.path(act);
        let query = request(&scene.app, &format!("{path}?dryRun=true"), body.as_ref());
        scene.app.send(query).await.refuses(&["dryRun"]);
        if body.is_none() {
            continue;
        }
        for body in [json!([]), json!(OLD), json!(null), json!(true)] {
            scene.post(act, body).await.problem(400, "malformed-body");
        }
        let post = || scene.app.request(Method::POST, &path);
        scene.app.send(post()).await.problem(400, "malformed-body");
        let surrogate = post().insert_header(("content-type", "application/json"));
        let surrogate = surrogate.set_payload(r#"{"password":"\ud800"}"#);
        scene.app.send(surrogate).await.problem(400, "malformed-body");
        let text = post().insert_header(("content-type", "text/plain")).set_payload("x");
        scene.app.send(text).await.problem(415, "unsupported-media-type");
        let large = json!({"password": "x".repeat(10 * 1024 * 1024)});
        scene.post(act, large).await.problem(413, "body-too-large");
    }
    assert_eq!(scene.app.world.hasher.computed(), hashes);
    assert_eq!(scene.get().await, before);
}

#[actix_web::test]
async fn acts_are_for_one_version_of_a_user_that_is_there() {
    let scene = Scene::with_password().await;
    for (act, body) in acts() {
        let stale = request(&scene.app, &scene.path(act), body.as_ref());
        let stale = scene.app.send(stale.insert_header(("if-match", "\"1\""))).await;
        let tag = stale.header("etag").unwrap().to_owned();
        stale.problem(412, "stale");
        assert_eq!(scene.app.get(&scene.path("")).await.header("etag"), Some(&*tag));
        let malformed = request(&scene.app, &scene.path(act), body.as_ref());
        let malformed = malformed.insert_header(("if-match", "1"));
        scene.app.send(malformed).await.problem(400, "malformed-request");
        for nobody in ["00000000-0000-0000-0000-00000000000a", "x"] {
            let request = request(&scene.app, &format!("/User/{nobody}{act}"), body.as_ref());
            scene.app.send(request).await.problem(404, "not-found");
        }
    }
    let read = scene.app.get(&scene.path("")).await;
    let tag = read.header("etag").unwrap().to_owned();
    let reset =
        request(&scene.app, &scene.path("/password/reset"), Some(&json!({"password": NEW})));
    scene.app.send(reset.insert_header(("if-match", tag))).await.is(200);
}

#[actix_web::test]
async fn a_read_only_store_takes_no_act() {
    let scene = Scene::with_password().await;
    scene.app.set(json!({"readOnly": true})).await;
    let hashes = scene.app.world.hasher.computed();
    for (act, body) in acts() {
        let answer = scene.app.send(request(&scene.app, &scene.path(act), body.as_ref())).await;
        answer.problem(403, "store-read-only");
    }
    assert_eq!(scene.app.world.hasher.computed(), hashes);
}

#[actix_web::test]
async fn nobody_acts_on_who_holds_more() {
    let scene = Scene::with_password().await;
    let role = json!({"userId": scene.id, "role": "UserStoreAdmin"});
    scene.app.post("/Role/assignment", role).await.is(201);
    for (act, body) in acts() {
        // These are granted to whoever has the user's secret, or tell the user alone.
        if ["/password/reset/sendresetemail", "/password/reset/request"].contains(&act)
            || act.ends_with("response")
            || act.ends_with("change")
        {
            continue;
        }
        let request = request(&scene.app, &scene.path(act), body.as_ref());
        let answer = scene.app.send(request.insert_header(bearer("manager"))).await;
        answer.problem(403, "forbidden");
    }
    assert_eq!(scene.outcome(OLD).await, "Succeeded");
}

#[actix_web::test]
async fn where_no_password_can_be_hashed_the_answer_is_try_again() {
    let scene = Scene::with_password().await;
    let before = scene.get().await;
    for (act, body) in acts().into_iter().filter(|(_, body)| body.is_some()) {
        scene.app.world.hasher.has_places(0);
        let overloaded = scene.post(act, body.unwrap()).await;
        assert_eq!(overloaded.header("retry-after"), Some("1"));
        overloaded.problem(503, "overloaded");
        scene.app.world.hasher.has_places(1);
    }
    scene.app.world.hasher.fail_next(HashError::Overloaded);
    scene.change(OLD, NEW).await.problem(503, "overloaded");
    scene.app.world.hasher.fail_next(HashError::UnknownPepper { key_id: "CANARY".into() });
    let told = scene.change(OLD, NEW).await;
    assert_eq!(told.header("retry-after"), Some("1"));
    assert!(!told.problem(503, "unavailable").to_string().contains("CANARY"));
    assert_eq!(scene.get().await, before, "nothing was counted");
    scene.change(OLD, NEW).await.is(200);
}

#[actix_web::test]
async fn an_idempotency_key_is_ignored_since_no_secret_is_kept() {
    let scene = Scene::with_password().await;
    for password in [NEW, OTHER] {
        for key in ["k", "not a key"] {
            let body = json!({"password": password});
            let request = request(&scene.app, &scene.path("/password/reset"), Some(&body));
            let answer = scene.app.send(request.insert_header(("idempotency-key", key))).await;
            assert_eq!(answer.is(200).header("idempotency-replayed"), None);
            assert_eq!(scene.outcome(password).await, "Succeeded");
        }
    }
}

#[actix_web::test]
async fn locks_are_lifted_once_for_one_idempotency_key() {
    let scene = Scene::with_password().await;
    let unlock = async || {
        let request = scene.app.request(Method::POST, &scene.path("/lockout/reset"));
        scene.app.send(request.insert_header(("idempotency-key", "k"))).await.is(200)
    };
    assert_eq!(scene.outcome(OTHER).await, "Failed");
    let first = unlock().await;
    assert_eq!(first.json()["failedUserLoginAttempts"], 0);
    assert_eq!(scene.outcome(OTHER).await, "Failed");
    let again = unlock().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!((again.header("etag"), &again.body), (first.header("etag"), &first.body));
    assert_eq!(scene.get().await["failedUserLoginAttempts"], 1);
}

#[actix_web::test]
async fn every_password_that_is_set_leaves_an_entry_that_says_no_more() {
    let scene = Scene::new().await;
    scene.app.set_password(&scene.id, OLD).await;
    scene.change(OLD, NEW).await.is(200);
    let entries = scene.app.trail("User").await;
    let of_passwords: Vec<_> = entries
        .iter()
        .filter(|entry| entry["currentContent"].to_string().contains("passwordSet"))
        .collect();
    assert_eq!(of_passwords.len(), 2, "{entries:?}");
    for entry in of_passwords {
        let text = entry.to_string();
        assert!(!text.contains(OLD) && !text.contains(NEW) && !text.contains("$test$"), "{text}");
    }
}
