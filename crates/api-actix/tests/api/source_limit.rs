//! How often one address may ask without a credential.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use api_actix::{SourceLimit, Sources};
use jiff::SignedDuration;
use serde_json::json;

use crate::app::{Answer, App};

const PEER: &str = "192.0.2.1:5000";
const PROXY: &str = "10.0.0.1:5000";

/// Three at once, one a second, through proxies at 10.0.0.0/8.
async fn scene() -> App {
    let limit = SourceLimit { per_second: 1, burst: 3 };
    let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    App::from(Sources { limit: Some(limit), trusted_proxies }).await
}

fn ask(app: &App, peer: &str) -> TestRequest {
    app.public("/nobody/password/reset/request").peer_addr(peer.parse().unwrap())
}

async fn exhaust(app: &App, peer: &str) {
    for _ in 0..3 {
        app.send(ask(app, peer)).await.is(202);
    }
    app.send(ask(app, peer)).await.is(429);
}

async fn through_proxy(app: &App, header: (&'static str, &str)) -> Answer {
    app.send(ask(app, PROXY).insert_header(header)).await
}

#[actix_web::test]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let app = scene().await;
    exhaust(&app, PEER).await;
    let answer = app.send(ask(&app, PEER)).await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    answer.problem(429, "too-many-requests");
    app.world.clock.advance(SignedDuration::from_secs(1));
    app.send(ask(&app, PEER)).await.is(202);
    app.send(ask(&app, PEER)).await.is(429);
    app.send(ask(&app, "192.0.2.2:5000")).await.is(202);
}

#[actix_web::test]
async fn every_anonymous_operation_is_bounded_before_anything_else_is_looked_at() {
    let app = scene().await;
    exhaust(&app, PEER).await;
    let computed = app.world.hasher.computed();
    for act in ["change", "reset/response", "reset/request"] {
        for store in ["shop", "nowhere"] {
            let uri = format!(
                "/api/userstore/v1/{store}/PublicAdmin/user/loginname/x/password/{act}?mistyped"
            );
            let request = TestRequest::post().uri(&uri).peer_addr(PEER.parse().unwrap());
            let request = request.insert_header(("content-type", "text/plain"));
            let answer = app.send(request.set_payload("x".repeat(10 * 1024 * 1024))).await;
            answer.problem(429, "too-many-requests");
        }
    }
    assert_eq!(app.world.hasher.computed(), computed);
}

#[actix_web::test]
async fn whoever_has_a_credential_is_not_bounded() {
    let app = scene().await;
    exhaust(&app, PEER).await;
    for _ in 0..10 {
        let request = app.request(Method::POST, "/User/loginname/ada/password/verify");
        let request = request.peer_addr(PEER.parse().unwrap());
        app.send(request.set_json(json!({"password": "x"}))).await.is(200);
        app.world.clock.advance(SignedDuration::from_secs(31));
        exhaust(&app, PEER).await;
    }
}

#[actix_web::test]
async fn a_forged_header_makes_nobody_somebody_else() {
    let app = scene().await;
    exhaust(&app, PEER).await;
    for header in [
        ("x-forwarded-for", "203.0.113.1"),
        ("forwarded", "for=203.0.113.1"),
        ("x-real-ip", "203.0.113.1"),
        ("x-forwarded-for", "10.0.0.1"),
    ] {
        app.send(ask(&app, PEER).insert_header(header)).await.is(429);
    }
}

#[actix_web::test]
async fn behind_a_trusted_proxy_every_client_has_its_own() {
    let app = scene().await;
    for header in ["x-forwarded-for", "forwarded"] {
        let told = |address: &str| match header {
            "forwarded" => format!("for=\"{address}\""),
            _ => address.to_owned(),
        };
        for _ in 0..3 {
            through_proxy(&app, (header, &told("198.51.100.1"))).await.is(202);
        }
        through_proxy(&app, (header, &told("198.51.100.1"))).await.is(429);
        through_proxy(&app, (header, &told("198.51.100.2"))).await.is(202);
        let forged = format!("{}, {}", told("203.0.113.9"), told("198.51.100.1"));
        through_proxy(&app, (header, &forged)).await.is(429);
        app.world.clock.advance(SignedDuration::from_hours(1));
    }
}
