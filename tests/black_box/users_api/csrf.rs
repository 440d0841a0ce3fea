//! That no other site acts for somebody who is signed in: neither by a link nor by a form (C22).

use reqwest::Method;
use serde_json::{Value, json};

use super::carriers::{Carrier, Way, send};
use super::client::SignedIn;
use super::fixture::Fixture;
use super::table::{Operation, PREDEFINED, Who, operations};
use super::{
    METHODS, Nodes, Refusal, UsersClient, admin, api_1, bearer, details, new_session, nobody,
};
use crate::harness::{Installation, Node, Snapshot, on_both_databases};
use crate::sign_in::{Cheap, RIGHT, WRONG, set};

on_both_databases![
    a_post_of_another_site_changes_nothing,
    a_get_by_a_cookie_alone_changes_nothing_wherever_it_comes_from,
    a_request_of_the_same_origin_is_answered,
    another_site_signs_nobody_in,
    a_picture_on_another_site_guesses_nothing,
    cookies_are_kept_from_scripts_and_other_sites,
    where_get_writes_are_off_only_post_changes_something,
];

/// Roles with which every write would succeed.
const ADMIN: [&str; 1] = ["UserStoreAdmin"];

/// What a browser may say of where a request comes from, which is not from here.
fn foreign(node_origin: &str) -> Vec<Vec<(&'static str, String)>> {
    let origin = |text: &str| vec![("origin", text.to_owned())];
    let site = |text: &str| vec![("sec-fetch-site", text.to_owned())];
    let both = |text: &str| {
        vec![("origin", "https://evil.example".to_owned()), ("sec-fetch-site", text.to_owned())]
    };
    vec![
        // An old browser, or what takes itself for one.
        vec![],
        origin("https://evil.example"),
        origin("null"),
        origin(""),
        // Another port is another origin, and a prefix is no equality.
        origin("http://127.0.0.1:1"),
        origin("http://127.0.0.1"),
        origin(&format!("{node_origin}.evil.example")),
        origin(&format!("{node_origin}@evil.example")),
        origin(&format!("{node_origin}0")),
        site("cross-site"),
        site("same-site"),
        site("none"),
        site("same-origin, cross-site"),
        both("cross-site"),
        both("same-site"),
        vec![("referer", format!("{node_origin}/docs/"))],
    ]
}

fn with(client: &UsersClient, headers: &[(&str, String)]) -> UsersClient {
    headers.iter().fold(client.clone(), |client, (name, value)| client.with(name, value))
}

/// The victim's browser, which sends the cookies along.
fn browsers(node: &Node, session: &SignedIn) -> [UsersClient; 3] {
    let token = &session.token;
    [
        nobody(node).with_cookie("ss-id", token),
        nobody(node).with_cookie("ss-pid", token),
        nobody(node).with("cookie", &format!("theme=dark; ss-id={token}; ss-pid={token}")),
    ]
}

/// What changes something of a user, for a caller with a cookie.
fn writes() -> Vec<Operation> {
    let of_callers = |of: &Operation| matches!(of.who, Who::Manager | Who::SelfOrManager);
    operations().into_iter().filter(|of| of.writes && of_callers(of)).collect()
}

fn origin(node: &Node) -> String {
    api_1(node).origin().to_owned()
}

async fn a_post_of_another_site_changes_nothing(nodes: Nodes) {
    let node = nodes.first();
    let victim = new_session(node, "victim", &ADMIN).await;
    let target = Fixture::new(node, &[]).await;
    let before = Snapshot::of(&api_1(node)).await;
    for headers in foreign(&origin(node)) {
        for browser in browsers(node, &victim) {
            let browser = with(&browser, &headers);
            for operation in writes() {
                for way in Way::all(&operation) {
                    if way.carrier == Carrier::Query {
                        continue;
                    }
                    let answer = way.ask(&browser, &operation, &target).await;
                    assert_eq!(answer.status, 403, "{headers:?} {way:?}: {}", answer.text());
                    assert_eq!(Refusal::read(answer, 403).code, "Forbidden", "{way:?}");
                }
            }
        }
        before.assert_kept(&api_1(node), &format!("{headers:?}")).await;
    }
    // What a form can send without asking first, with fields that read as JSON.
    let cross =
        nobody(node).with_cookie("ss-id", &victim.token).with("origin", "https://evil.example");
    let text = json!({ "UserName": target.name }).to_string();
    for media_type in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
        let answer = cross.text(Method::POST, "/api/users/delete", media_type, text.clone()).await;
        assert!([403, 415].contains(&answer.status), "{media_type}: {}", answer.text());
    }
    before.assert_kept(&api_1(node), "forms").await;
    bearer(node, &victim.token).whoami().await.expect(200);
}

async fn a_get_by_a_cookie_alone_changes_nothing_wherever_it_comes_from(nodes: Nodes) {
    let node = nodes.first();
    let victim = new_session(node, "victim", &ADMIN).await;
    let target = Fixture::new(node, &[]).await;
    let before = Snapshot::of(&api_1(node)).await;
    let own = origin(node);
    let mut from = foreign(&own);
    from.push(vec![("origin", own.clone())]);
    from.push(vec![("sec-fetch-site", "same-origin".to_owned())]);
    from.push(vec![("origin", own), ("sec-fetch-site", "same-origin".to_owned())]);
    for headers in from {
        for browser in browsers(node, &victim) {
            let browser = with(&browser, &headers);
            for operation in writes() {
                let ways = Way::all(&operation).into_iter();
                for way in ways.filter(|way| way.carrier == Carrier::Query) {
                    let answer = way.ask(&browser, &operation, &target).await;
                    assert_eq!(answer.status, 403, "{headers:?} {way:?}: {}", answer.text());
                    Refusal::read(answer, 403);
                }
            }
        }
        before.assert_kept(&api_1(node), &format!("{headers:?}")).await;
    }
    // To read is no harm: the answer is for the browser's owner alone.
    let browser = nobody(node).with_cookie("ss-id", &victim.token);
    browser.get(&format!("/api/users/{}", target.name)).await.expect(200);
    browser.whoami().await.expect(200);
}

async fn a_request_of_the_same_origin_is_answered(nodes: Nodes) {
    let node = nodes.first();
    let session = new_session(node, "ada", &ADMIN).await;
    let own = origin(node);
    for headers in [
        vec![("origin", own.clone())],
        vec![("sec-fetch-site", "same-origin".to_owned())],
        vec![("origin", own), ("sec-fetch-site", "same-origin".to_owned())],
    ] {
        for browser in browsers(node, &session) {
            let browser = with(&browser, &headers);
            for operation in writes() {
                let fixture = Fixture::new(node, &[]).await;
                let fields = operation.fields_beside_path(&fixture);
                let path = operation.path_of(&fixture.name);
                for carrier in [Carrier::Json, Carrier::Form] {
                    if carrier == Carrier::Form && operation.path != "/users/reset" {
                        continue;
                    }
                    let answer = send(&browser, &path, carrier, &fields).await;
                    assert_eq!(answer.status, operation.status, "{path}: {}", answer.text());
                }
            }
        }
    }
    // A credential that no browser adds by itself proves that it is no other site.
    let target = Fixture::new(node, &[]).await;
    let named = json!({ "UserName": target.name });
    for own in [
        bearer(node, &session.token),
        nobody(node).with("x-ss-id", &session.token),
        bearer(node, &session.token).with_cookie("ss-id", "something else"),
    ] {
        own.post("/api/users/reset", &named).await.expect(204);
        own.query("/api/users/reset", &[("UserName", &target.name)]).await.expect(204);
    }
}

async fn another_site_signs_nobody_in(nodes: Nodes) {
    let node = nodes.first();
    super::new_user(node, "ada", &[]).await;
    let fields = json!({ "UserName": "ada", "Password": RIGHT, "RememberMe": true });
    for headers in foreign(&origin(node)).into_iter().filter(|headers| !headers.is_empty()) {
        if headers[0].0 == "referer" || headers.iter().any(|(_, value)| value == "none") {
            continue;
        }
        let client = with(&nobody(node), &headers);
        for path in ["/api/auth/credentials", "/api/auth", "/json/reply/Authenticate"] {
            let answer = client.post(path, &fields).await;
            assert!(
                answer.headers.get("set-cookie").is_none(),
                "{headers:?}: {:?}",
                answer.headers
            );
        }
        let answer =
            client.query("/api/auth/credentials", &[("UserName", "ada"), ("Password", RIGHT)]);
        assert!(answer.await.headers.get("set-cookie").is_none(), "{headers:?}");
    }
}

/// A GET that a page of another site makes a browser send is refused before anything is counted.
async fn a_picture_on_another_site_guesses_nothing(nodes: Nodes) {
    let node = nodes.first();
    set(&api_1(node), json!({ "throttle": false })).await;
    super::new_user(node, "ada", &[]).await;
    let present = [("UserName", "ada"), ("CurrentPassword", WRONG)];
    let signed_in = [("UserName", "ada"), ("Password", WRONG)];
    let asked = [
        ("/api/users/validatePassword", present),
        ("/json/reply/ValidateUserPassword", present),
        ("/api/GetUserTwoFactorStatus", signed_in),
        ("/api/auth/credentials", signed_in),
        ("/api/auth", signed_in),
        ("/json/reply/Authenticate", signed_in),
    ];
    for site in ["cross-site", "same-site"] {
        let victim = nobody(node).with("sec-fetch-site", site);
        for (path, fields) in asked {
            let refusal = Refusal::read(victim.query(path, &fields).await, 403);
            assert_eq!(refusal.code, "Forbidden", "{site} {path}");
        }
        let token = [("RefreshToken", "usr_refresh_AAAA")];
        Refusal::read(victim.query("/api/access-token", &token).await, 403);
    }
    let shown = details(node, "ada").await;
    assert!(shown["LastLogonAttemptUtc"].is_null(), "an attempt was counted: {shown}");
    nobody(nodes.other()).sign_in("ada", RIGHT).await;
    // Five that are counted would have locked the account.
    for (path, fields) in asked.into_iter().take(5) {
        Refusal::read(nobody(node).query(path, &fields).await, 401);
    }
    Refusal::read(nobody(nodes.other()).try_sign_in("ada", RIGHT).await, 401);
}

/// The cookies of an answer: name, value, and attributes in lower case.
pub(super) fn cookies(answer: &crate::harness::Answer) -> Vec<(String, String, Vec<String>)> {
    let all = answer.headers.get_all("set-cookie").into_iter();
    all.map(|header| {
        let text = header.to_str().expect("ASCII");
        let mut parts = text.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a pair");
        (name.to_owned(), value.to_owned(), parts.map(str::to_lowercase).collect())
    })
    .collect()
}

async fn cookies_are_kept_from_scripts_and_other_sites(Cheap(here): Cheap) {
    let here = here.with("USERSTORE__SERVER__TRUSTED_PROXIES", "127.0.0.0/8");
    let node = here.start().await;
    super::new_user(&node, "ada", &[]).await;
    let sign_in =
        |remember: bool| json!({ "UserName": "ada", "Password": RIGHT, "RememberMe": remember });
    for (secure, client) in [
        (false, nobody(&node)),
        (true, nobody(&node).with("x-forwarded-proto", "https")),
        (true, nobody(&node).with("forwarded", "for=192.0.2.1;proto=https")),
    ] {
        for remember in [false, true] {
            let answer = client.post("/api/auth/credentials", &sign_in(remember)).await.expect(200);
            let set = cookies(&answer);
            let token = answer.json(200)["SessionId"].as_str().expect("a token").to_owned();
            let name = if remember { "ss-pid" } else { "ss-id" };
            let own = set.iter().find(|(known, ..)| known == name);
            let (_, value, attributes) = own.unwrap_or_else(|| panic!("no {name}: {set:?}"));
            assert_eq!(*value, token);
            for attribute in ["httponly", "samesite=strict", "path=/"] {
                assert!(attributes.iter().any(|known| known == attribute), "{attribute}: {set:?}");
            }
            assert!(!attributes.iter().any(|it| it.starts_with("domain")), "{set:?}");
            assert_eq!(attributes.iter().any(|it| it == "secure"), secure, "{set:?}");
            let lasts = attributes.iter().any(|it| it.starts_with("max-age=") && it != "max-age=0");
            assert_eq!(lasts, remember, "{set:?}");
            // A date has a comma and spaces, on which clients that manage cookies themselves stumble.
            assert!(!attributes.iter().any(|it| it.starts_with("expires")), "{set:?}");
        }
    }
    let session = nobody(&node).sign_in("ada", RIGHT).await;
    let out = bearer(&node, &session.token).post("/api/auth/logout", &json!({})).await.expect(200);
    let gone = cookies(&out);
    assert!(!gone.is_empty(), "cookies go with the session");
    let is_over = |attributes: &[String]| attributes.iter().any(|it| it == "max-age=0");
    assert!(gone.iter().all(|(_, _, attributes)| is_over(attributes)), "{gone:?}");
}

async fn where_get_writes_are_off_only_post_changes_something(Cheap(here): Cheap) {
    let here: Installation = here.with("USERSTORE__USERS_API__ALLOW_GET_WRITES", "false");
    let node = here.start().await;
    let target = Fixture::new(&node, &[]).await;
    let before = Snapshot::of(&api_1(&node)).await;
    for operation in operations().into_iter().filter(|of| of.writes) {
        for way in Way::all(&operation).into_iter().filter(|way| way.carrier == Carrier::Query) {
            let answer = way.ask(&admin(&node), &operation, &target).await;
            assert_eq!(answer.status, 405, "{way:?}: {}", answer.text());
            assert!(answer.header("allow").contains("POST"), "{way:?}");
            Refusal::read(answer, 405);
        }
    }
    before.assert_kept(&api_1(&node), "GET is off").await;
    for operation in
        operations().into_iter().filter(|of| !of.writes && of.who == Who::SelfOrManager)
    {
        let fixture = Fixture::new(&node, &[]).await;
        let fields: Value = operation.fields_beside_path(&fixture);
        let path = operation.path_of(&fixture.name);
        send(&admin(&node), &path, Carrier::Query, &fields).await.expect(operation.status);
    }
    for operation in writes() {
        let fixture = Fixture::new(&node, &[]).await;
        let way = Way { path: operation.path_of(&fixture.name), carrier: Carrier::Json };
        way.ask(&admin(&node), &operation, &fixture).await.expect(operation.status);
    }
    for base in PREDEFINED {
        for method in METHODS {
            let path = format!("{base}/GetUserList");
            admin(&node).send(method, &path).await.expect(200);
        }
    }
}
