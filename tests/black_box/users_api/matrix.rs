//! The state of an account × every route × every credential: the same refusal everywhere (C10).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::fixture::Fixture;
use super::table::{Operation, Who, operations};
use super::{
    Nodes, Refusal, SignedIn, UsersClient, admin, api_1, bearer, nobody, patch, without_limits,
};
use crate::harness::{Answer, Node, now, on_both_databases};
use crate::sign_in::{NEW, RIGHT, WRONG, outcome, set};

on_both_databases![
    who_may_not_use_the_account_is_refused_by_every_route,
    who_has_something_to_do_first_may_do_nothing_else,
    a_temporary_lock_refuses_what_tests_a_credential_and_leaves_sessions_alone,
    a_key_that_ended_is_refused_by_every_route,
];

/// With which every route would be open.
const ADMIN: [&str; 1] = ["UserStoreAdmin"];

/// A user in a state, with what was theirs before.
struct Held {
    fixture: Fixture,
    state: &'static str,
}

/// States in which a session is worth nothing.
const ENDED: [&str; 6] =
    ["disabled", "locked", "too early", "too late", "expired password", "deleted"];

async fn begin(node: &Node, state: &'static str) -> Held {
    let fixture = Fixture::new(node, &ADMIN).await;
    match state {
        "disabled" => fixture.patch(node, "isUserActive", false).await,
        "locked" => fixture.patch(node, "isUserLocked", true).await,
        "too early" => fixture.patch(node, "userValidFrom", "2100-01-01T00:00:00Z").await,
        "too late" => fixture.patch(node, "userValidTo", "2020-01-01T00:00:00Z").await,
        "expired password" => expire(node, &fixture).await,
        "deleted" => {
            api_1(node).delete_user(&fixture.id).await.expect(204);
        }
        "must change" => fixture.patch(node, "isPasswordChangeRequired", true).await,
        "not elevated" => fixture.patch(node, "isTwoFactorRequired", true).await,
        state => assert_eq!(state, "fine"),
    }
    Held { fixture, state }
}

/// Lets the password expire: a request cannot set a time that has passed.
async fn expire(node: &Node, fixture: &Fixture) {
    fixture.patch(node, "canChangePasswordOnExpiration", false).await;
    fixture.patch(node, "passwordExpiration", soon()).await;
    for _ in 0..600 {
        if outcome(&api_1(node), &fixture.name, RIGHT).await == "Expired" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the password does not expire");
}

/// In a moment, as soon as a request may ask for.
fn soon() -> Value {
    json!((now() + Duration::from_secs(2)).to_string())
}

impl Held {
    /// Every way to show the session.
    fn credentials(&self, node: &Node) -> [UsersClient; 4] {
        let token = &self.fixture.session.token;
        let from_here = ("sec-fetch-site", "same-origin");
        [
            bearer(node, token),
            nobody(node).with("x-ss-id", token),
            nobody(node).with_cookie("ss-id", token).with(from_here.0, from_here.1),
            nobody(node).with_cookie("ss-pid", token).with(from_here.0, from_here.1),
        ]
    }

    async fn refresh(&self, node: &Node) -> Answer {
        let fields = json!({ "RefreshToken": self.fixture.session.refresh });
        nobody(node).post("/api/access-token", &fields).await
    }
}

/// Asks for an operation about `target`, with what goes for the method.
async fn ask(client: &UsersClient, of: &Operation, target: &Fixture, method: &Method) -> Answer {
    let path = of.path_of(&target.name);
    let carrier = if *method == Method::GET {
        super::carriers::Carrier::Query
    } else {
        super::carriers::Carrier::Json
    };
    super::carriers::send(client, &path, carrier, &of.fields_beside_path(target)).await
}

/// The operations that a credential is asked for.
fn guarded() -> impl Iterator<Item = Operation> {
    operations().into_iter().filter(|of| !matches!(of.who, Who::Anyone | Who::Refresher))
}

fn methods(of: &Operation) -> Vec<Method> {
    if of.by_get { vec![Method::POST, Method::GET] } else { vec![Method::POST] }
}

async fn who_may_not_use_the_account_is_refused_by_every_route(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    without_limits(node).await;
    let fine = begin(node, "fine").await;
    let (mut told, mut told_of_refresh) = (None, None);
    for state in ENDED {
        let held = begin(node, state).await;
        let target = Fixture::new(node, &[]).await;
        for of in guarded() {
            for method in methods(&of) {
                for client in held.credentials(other) {
                    let answer = ask(&client, &of, &target, &method).await;
                    // A cookie alone writes nothing by GET, whosever it is.
                    if answer.status == 403 && of.writes && method == Method::GET {
                        continue;
                    }
                    let name = format!("{} {method} {}", held.state, of.path);
                    assert_eq!(answer.status, 401, "{name}: {}", answer.text());
                    assert_eq!(answer.header("www-authenticate").split(' ').next(), Some("Bearer"));
                    same(&mut told, Refusal::read(answer, 401), &name);
                }
            }
        }
        same(&mut told_of_refresh, Refusal::read(held.refresh(other).await, 401), state);
        other.api(Some(&held.fixture.session.token)).get_users("").await.problem(401);
        anonymous_refusals(other, &held.fixture.name, state).await;
    }
    // The state and nothing else has made the difference.
    let target = Fixture::new(node, &[]).await;
    for of in guarded().filter(|of| of.who == Who::Manager && of.path != "/users/delete") {
        ask(&bearer(other, &fine.fixture.session.token), &of, &target, &Method::POST)
            .await
            .expect(of.status);
    }
    fine.refresh(other).await.expect(200);
}

/// Each is as the first one.
#[track_caller]
fn same(first: &mut Option<Refusal>, refusal: Refusal, what: &str) {
    match first {
        Some(first) => assert_eq!(*first, refusal, "{what}"),
        None => *first = Some(refusal),
    }
}

/// EN-1: whoever knows the password is told what everybody is told.
async fn anonymous_refusals(node: &Node, name: &str, state: &str) {
    let mut told: Option<Refusal> = None;
    let both = json!({ "CurrentPassword": RIGHT, "Password": NEW });
    for (name, password) in [("nobody", RIGHT), (name, RIGHT), (name, WRONG)] {
        let fields = |more: &Value| {
            let mut fields = more.clone();
            fields["UserName"] = json!(name);
            fields
        };
        let password = json!({ "Password": password });
        for (request_type, more) in [
            ("Authenticate", &password),
            ("GetUserTwoFactorStatus", &password),
            ("ValidateUserPassword", &password),
            ("ValidateUserPassword", &both),
        ] {
            let answer = nobody(node).call(request_type, &fields(more)).await;
            assert!(answer.headers.get("set-cookie").is_none());
            // The state "expired password" ends with the right password behind it.
            let what = format!("{state} {request_type}");
            if state == "expired password" && name != "nobody" && request_type != "Authenticate" {
                continue;
            }
            same(&mut told, Refusal::read(answer, 401), &what);
        }
    }
}

/// What is open all the same to whoever has something to do first.
fn is_open(of: &Operation, state: &str) -> bool {
    of.path == "/auth/logout"
        || of.path == "/users/elevateTwoFactorStatus" && state == "not elevated"
}

async fn who_has_something_to_do_first_may_do_nothing_else(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    without_limits(node).await;
    for (state, code, problem) in [
        ("must change", "PasswordChangeRequired", "urn:userstore:problem:password-change-required"),
        ("not elevated", "TwoFactorRequired", "urn:userstore:problem:second-factor-required"),
    ] {
        let before = begin(node, state).await;
        // A session of before the state, and one that began in it.
        let since = nobody(node).sign_in(&before.fixture.name, RIGHT).await;
        let target = Fixture::new(node, &[]).await;
        for token in [&before.fixture.session.token, &since.token] {
            for of in guarded().filter(|of| !is_open(of, state)) {
                for method in methods(&of) {
                    let answer = ask(&bearer(other, token), &of, &target, &method).await;
                    let name = format!("{state} {method} {}", of.path);
                    assert_eq!(answer.status, 403, "{name}: {}", answer.text());
                    assert_eq!(Refusal::read(answer, 403).code, code, "{name}");
                }
            }
            let api = other.api(Some(token));
            for answer in [
                api.get_users("").await,
                api.get_user(&target.id).await,
                api.create_user(&json!({ "loginName": "new" })).await,
                api.delete_user(&target.id).await,
                api.user_post(&target.id, "lockout/reset", None).await,
            ] {
                assert_eq!(answer.problem(403)["type"], problem, "{state}");
            }
        }
        escapes(other, state, &before, &since, code).await;
    }
}

/// No way round: a refresh, or another route to the same.
async fn escapes(node: &Node, state: &str, before: &Held, since: &SignedIn, code: &str) {
    let Fixture { name, .. } = &before.fixture;
    let answer = before.refresh(node).await;
    if answer.status == 200 {
        let token = answer.json(200)["AccessToken"].as_str().expect("a token").to_owned();
        let refusal = Refusal::read(bearer(node, &token).get("/api/users").await, 403);
        assert_eq!(refusal.code, code, "{state}");
    } else {
        assert_eq!(answer.status, 401);
    }
    let client = bearer(node, &since.token);
    let change = json!({ "UserName": name, "CurrentPassword": RIGHT, "Password": NEW });
    if state == "not elevated" {
        assert!(since.refresh.is_none(), "none is given before elevation");
        Refusal::read(client.call("UpdateUserPassword", &change).await, 403);
        let reset =
            json!({ "UserName": name, "CurrentPassword": RIGHT, "OneTimePassword": "123456" });
        Refusal::read(client.call("ResetUser2fa", &reset).await, 403);
        client.post("/api/auth/logout", &json!({})).await.expect(200);
        Refusal::read(client.whoami().await, 401);
    } else {
        client.call("UpdateUserPassword", &change).await.expect(204);
        client.get("/api/users").await.expect(200);
    }
}

async fn a_temporary_lock_refuses_what_tests_a_credential_and_leaves_sessions_alone(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    set(&api_1(node), json!({ "throttle": false })).await;
    let held = begin(node, "fine").await;
    let Fixture { name, session, .. } = &held.fixture;
    for _ in 0..5 {
        Refusal::read(nobody(node).try_sign_in(name, WRONG).await, 401);
    }
    anonymous_refusals(other, name, "temporarily locked").await;
    let client = bearer(other, &session.token);
    let owner = Fixture::new(node, &[]).await;
    for (request_type, fields) in [
        (
            "UpdateUserPassword",
            json!({ "UserName": name, "CurrentPassword": RIGHT, "Password": NEW }),
        ),
        (
            "UpdateUserPassword",
            json!({ "UserName": owner.name, "CurrentPassword": RIGHT, "Password": NEW }),
        ),
        (
            "ResetUser2fa",
            json!({ "UserName": name, "CurrentPassword": RIGHT, "OneTimePassword": "123456" }),
        ),
    ] {
        let answer = client.call(request_type, &fields).await;
        let refusal = Refusal::read(answer, 401);
        assert_eq!(refusal.code, "Unauthorized", "{request_type} {fields}");
    }
    for _ in 0..5 {
        nobody(node).try_sign_in(&owner.name, WRONG).await.expect(401);
    }
    let own = json!({ "UserDetails": { "UserName": owner.name, "Email": "new@example.com" }, "CurrentPassword": RIGHT });
    Refusal::read(owner.client(other).call("UpdateUser", &own).await, 401);
    // What needs no password goes on: else whoever guesses would throw the owner out.
    held.refresh(other).await.expect(200);
    for of in guarded().filter(|of| of.who == Who::Manager || of.path == "/permissions") {
        let target = Fixture::new(node, &[]).await;
        ask(&client, &of, &target, &Method::POST).await.expect(of.status);
    }
    admin(node).call("ResetUser", &json!({ "UserName": name })).await.expect(204);
    nobody(other).sign_in(name, RIGHT).await;
}

async fn a_key_that_ended_is_refused_by_every_route(nodes: Nodes) {
    let (node, other) = (nodes.first(), nodes.other());
    let grant = json!([{ "role": "UserStoreAdmin" }]);
    let removed = json!({ "name": "removed", "roles": grant });
    let removed = api_1(node).post("Client", &removed).await.json(201);
    let key = |client: &Value| client["key"].as_str().expect("a key").to_owned();
    let expiring = json!({ "name": "expiring", "roles": grant, "expires": soon() });
    let expiring = api_1(node).post("Client", &expiring).await.json(201);
    bearer(other, &key(&removed)).get("/api/users").await.expect(200);
    let id = removed["id"].as_str().expect("an id");
    api_1(node).delete(&format!("Client?id={id}")).await.expect(204);
    for _ in 0..600 {
        if bearer(node, &key(&expiring)).get("/api/users").await.status == 401 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let target = Fixture::new(node, &[]).await;
    let mut told: Option<Refusal> = None;
    for client in [&removed, &expiring] {
        for of in guarded() {
            for method in methods(&of) {
                let answer = ask(&bearer(other, &key(client)), &of, &target, &method).await;
                let name = format!("{} {method} {}", client["name"], of.path);
                assert_eq!(answer.status, 401, "{name}: {}", answer.text());
                same(&mut told, Refusal::read(answer, 401), &name);
            }
        }
    }
    patch(node, &target.id, "isUserActive", true).await;
}
