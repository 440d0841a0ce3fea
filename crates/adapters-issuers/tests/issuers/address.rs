//! Keys at an address.

use std::sync::Arc;

use adapters_issuers::{KeySource, TrustedIssuers};
use domain::credential::{Issuers as _, IssuersError};
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::json;
use testkit::ManualClock;

use crate::support::{Answer, Server, TestKey, claims, claims_with, set, settings};

struct Remote {
    clock: Arc<ManualClock>,
    issuers: TrustedIssuers,
}

impl Remote {
    fn at(url: String) -> Self {
        let clock = Arc::new(ManualClock::default());
        let issuers = TrustedIssuers::new(vec![settings(KeySource::Url(url))], clock.clone());
        Self { clock, issuers: issuers.unwrap() }
    }

    fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    /// `accepted`, `refused` or `unavailable`.
    async fn says(&self, token: &str) -> &'static str {
        match self.issuers.check(token).await {
            Ok(Some(_)) => "accepted",
            Ok(None) => "another credential",
            Err(IssuersError::Refused) => "refused",
            Err(IssuersError::Unavailable(why)) => {
                assert!(why.starts_with("issuer staff: "), "{why}");
                "unavailable"
            }
        }
    }
}

/// A token that is valid for hours.
fn token(key: &TestKey) -> String {
    key.token(&claims_with("exp", json!(4_102_444_800_i64)))
}

fn keys(keys: &[&TestKey]) -> Answer {
    Answer::keys(&set(&keys.iter().map(|key| key.public()).collect::<Vec<_>>()))
}

#[tokio::test]
async fn keys_are_fetched_when_a_token_needs_them_and_then_kept() {
    let key = TestKey::ed25519("a");
    let server = Server::start(keys(&[&key]));
    let remote = Remote::at(server.url());
    assert_eq!(server.asked(), 0);
    for _ in 0..10 {
        assert_eq!(remote.says(&token(&key)).await, "accepted");
    }
    remote.wait(599);
    assert_eq!(remote.says(&token(&key)).await, "accepted");
    assert_eq!(server.asked(), 1);
    remote.wait(1);
    assert_eq!(remote.says(&token(&key)).await, "accepted");
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn what_is_refused_without_a_key_fetches_none() {
    let key = TestKey::ed25519("a");
    let server = Server::start(keys(&[&key]));
    let remote = Remote::at(server.url());
    for claims in [claims_with("exp", json!(1)), claims_with("aud", json!("another"))] {
        assert_eq!(remote.says(&key.token(&claims)).await, "refused");
    }
    let header = key.header_with("alg", json!("none"));
    assert_eq!(remote.says(&key.sign(&header, &claims())).await, "refused");
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn a_new_key_is_found_when_a_token_names_it() {
    let [old, new] = [TestKey::ed25519("old"), TestKey::ed25519("new")];
    let server = Server::start(keys(&[&old]));
    let remote = Remote::at(server.url());
    assert_eq!(remote.says(&token(&old)).await, "accepted");
    server.answer(keys(&[&old, &new]));
    assert_eq!(remote.says(&token(&new)).await, "refused");
    remote.wait(30);
    assert_eq!(remote.says(&token(&new)).await, "accepted");
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_key_that_is_taken_back_ends_within_ten_minutes() {
    let [old, new] = [TestKey::ed25519("old"), TestKey::ed25519("new")];
    let server = Server::start(keys(&[&old]));
    let remote = Remote::at(server.url());
    assert_eq!(remote.says(&token(&old)).await, "accepted");
    server.answer(keys(&[&new]));
    remote.wait(600);
    assert_eq!(remote.says(&token(&old)).await, "refused");
}

#[tokio::test]
async fn names_that_an_attacker_makes_up_cause_no_storm() {
    let key = TestKey::ed25519("a");
    let server = Server::start(keys(&[&key]));
    let remote = Remote::at(server.url());
    assert_eq!(remote.says(&token(&key)).await, "accepted");
    for number in 0..600 {
        if number % 10 == 0 {
            remote.wait(1);
        }
        let header = key.header_with("kid", json!(format!("made-up-{number}")));
        let forged = key.sign(&header, &claims());
        assert_eq!(remote.says(&forged).await, "refused");
    }
    assert_eq!(server.asked(), 3, "the first time, and twice in a minute");
    assert_eq!(remote.says(&token(&key)).await, "accepted");
}

#[tokio::test]
async fn requests_at_once_fetch_once() {
    let key = TestKey::ed25519("a");
    let server = Server::start(keys(&[&key]));
    let remote = Remote::at(server.url());
    server.shut();
    let token = token(&key);
    let requests = join_all((0..50).map(|_| remote.says(&token)));
    let release = async {
        server.is_asked(1).await;
        server.open();
    };
    let (answers, ()) = tokio::join!(requests, release);
    assert!(answers.iter().all(|answer| *answer == "accepted"), "{answers:?}");
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn nobody_waits_for_keys_that_are_only_renewed() {
    let key = TestKey::ed25519("a");
    let server = Server::start(keys(&[&key]));
    let remote = Remote::at(server.url());
    let token = token(&key);
    assert_eq!(remote.says(&token).await, "accepted");
    remote.wait(600);
    server.shut();
    let others = async {
        server.is_asked(2).await;
        let others = join_all((0..10).map(|_| remote.says(&token))).await;
        server.open();
        others
    };
    let (first, others) = tokio::join!(remote.says(&token), others);
    assert_eq!(first, "accepted");
    assert!(others.iter().all(|answer| *answer == "accepted"), "{others:?}");
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_request_that_is_broken_off_does_not_break_off_the_fetch() {
    let key = TestKey::ed25519("a");
    let server = Server::start(keys(&[&key]));
    let remote = Remote::at(server.url());
    let token = token(&key);
    server.shut();
    tokio::select! {
        answer = remote.says(&token) => panic!("{answer}"),
        () = server.is_asked(1) => {}
    }
    server.open();
    assert_eq!(remote.says(&token).await, "accepted");
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn an_outage_leaves_the_last_good_keys() {
    let key = TestKey::ed25519("a");
    let server = Server::start(keys(&[&key]));
    let remote = Remote::at(server.url());
    assert_eq!(remote.says(&token(&key)).await, "accepted");
    server.answer(Answer::failure());
    for _ in 0..5 {
        remote.wait(600);
        assert_eq!(remote.says(&token(&key)).await, "accepted");
        assert_eq!(remote.says(&token(&key)).await, "accepted");
    }
    assert_eq!(server.asked(), 6);
    server.answer(keys(&[]));
    remote.wait(30);
    assert_eq!(remote.says(&token(&key)).await, "refused");
}

#[tokio::test]
async fn without_any_keys_the_issuer_is_unavailable_for_a_while() {
    let key = TestKey::ed25519("a");
    let server = Server::start(Answer::failure());
    let remote = Remote::at(server.url());
    for _ in 0..5 {
        assert_eq!(remote.says(&token(&key)).await, "unavailable");
    }
    assert_eq!(server.asked(), 1);
    server.answer(keys(&[&key]));
    remote.wait(30);
    assert_eq!(remote.says(&token(&key)).await, "accepted");
}

#[tokio::test]
async fn nobody_at_the_address_is_an_outage() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let remote = Remote::at(format!("http://127.0.0.1:{port}/jwks"));
    assert_eq!(remote.says(&token(&TestKey::ed25519("a"))).await, "unavailable");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let key = TestKey::ed25519("a");
    let elsewhere = Server::start(keys(&[&key]));
    let server = Server::start(Answer {
        status: "302 Found",
        headers: format!("Location: {}\r\n", elsewhere.url()),
        body: set(&[key.public()]),
    });
    let remote = Remote::at(server.url());
    assert_eq!(remote.says(&token(&key)).await, "unavailable");
    assert_eq!((server.asked(), elsewhere.asked()), (1, 0));
}

#[tokio::test]
async fn an_answer_that_is_no_set_is_an_outage() {
    let key = TestKey::ed25519("a");
    let whole = set(&[key.public()]);
    let padded = format!("{whole}{}", " ".repeat(1 << 20));
    for body in ["<html>", "", "[]", &padded] {
        let server = Server::start(Answer::keys(body));
        assert_eq!(Remote::at(server.url()).says(&token(&key)).await, "unavailable");
    }
}

#[tokio::test]
async fn a_server_that_no_authority_vouches_for_gives_no_keys() {
    let key = TestKey::ed25519("a");
    let server = Server::with_a_certificate_of_its_own(keys(&[&key]));
    let remote = Remote::at(format!("https://localhost:{}/jwks", server.port()));
    let refused = remote.issuers.check(&token(&key)).await.unwrap_err();
    let IssuersError::Unavailable(why) = refused else { panic!("{refused}") };
    assert!(why.contains("certificate"), "{why}");
    assert_eq!(server.asked(), 0);
}
