use adapters_issuers::TrustedIssuers;
use domain::credential::{Assertion, Issuers as _, Vouched};
use domain::store::StoreName;
use jsonwebtoken::Algorithm;
use serde_json::json;
use std::sync::Arc;
use testkit::ManualClock;

use crate::support::{NOW, TestKey, Trust, claims, claims_with, set};

#[tokio::test]
async fn a_token_tells_who_calls_and_what_they_may() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    let expected = Assertion {
        issuer: "staff".into(),
        subject: "ada".into(),
        roles: vec!["UserAdmin".into(), "Auditor".into()],
        vouched: Vouched::In(StoreName::parse("default").unwrap()),
    };
    assert_eq!(trust.check(&key.token(&claims())).await, Ok(Some(expected)));
}

#[tokio::test]
async fn every_kind_of_key_is_known() {
    let keys = [TestKey::rsa("a"), TestKey::p256("b"), TestKey::p384("c"), TestKey::ed25519("d")];
    let trust = Trust::in_keys(&keys.each_ref());
    for key in &keys {
        assert!(trust.accepts(&key.token(&claims())).await, "{}", key.header());
    }
    for algorithm in
        [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512]
    {
        let header = keys[0].header_with("alg", json!(algorithm)).to_string();
        let token = keys[0].sign_by(algorithm, &header, &claims().to_string());
        assert!(trust.accepts(&token).await, "{header}");
    }
}

#[tokio::test]
async fn what_issuers_write_differently_is_the_same() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    for header in [
        key.header(),
        key.header_with("typ", json!(null)),
        key.header_with("typ", json!("at+jwt")),
        key.header_with("typ", json!("application/at+JWT")),
        key.header_with("kid", json!(null)),
        key.header_with("x5t", json!("3q2-7w")),
        key.header_with("x5c", json!(["MIIB"])),
        key.header_with("unheard-of", json!({ "of": [1] })),
    ] {
        assert!(trust.accepts(&key.sign(&header, &claims())).await, "{header}");
    }
    for (name, value) in [
        ("aud", json!(["other", "userstore"])),
        ("exp", json!(0.5 + f64::from(1_767_225_600))),
        ("nbf", json!(NOW + 60)),
        ("iat", json!(null)),
        ("role", json!(null)),
        ("scope", json!("openid")),
    ] {
        let claims = claims_with(name, value);
        assert!(trust.accepts(&key.token(&claims)).await, "{claims}");
    }
}

#[tokio::test]
async fn an_access_token_that_says_so_may_have_what_id_tokens_have() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    let claims = claims_with("nonce", json!("n-0S6_WzA2Mj"));
    let header = key.header_with("typ", json!("at+jwt"));
    assert!(trust.accepts(&key.sign(&header, &claims)).await);
    assert!(!trust.accepts(&key.token(&claims)).await);
}

#[tokio::test]
async fn roles_may_lie_deeper() {
    let key = TestKey::ed25519("a");
    let trust =
        Trust::with(&set(&[key.public()]), |it| it.role_claim = "realm_access.roles".into());
    let claims = claims_with("realm_access", json!({ "roles": ["StoreAdmin"] }));
    let assertion = trust.check(&key.token(&claims)).await.unwrap().unwrap();
    assert_eq!(assertion.roles, ["StoreAdmin"]);
}

#[tokio::test]
async fn a_token_is_for_the_issuer_and_audience_that_it_names() {
    let [staff, guests] = [TestKey::ed25519("a"), TestKey::ed25519("a")];
    let [one, other] = [&staff, &guests].map(|key| Trust::in_keys(&[key]));
    let mut both = [&one, &other]
        .map(|it| crate::support::settings(adapters_issuers::KeySource::File(it.file())));
    both[1].name = "guests".into();
    both[1].issuer = "https://guests.example".into();
    both[1].vouched = Vouched::Everywhere;
    let issuers = TrustedIssuers::new(both.into(), Arc::new(ManualClock::default())).unwrap();
    let of_guests = claims_with("iss", json!("https://guests.example"));
    let assertion = issuers.check(&guests.token(&of_guests)).await.unwrap().unwrap();
    assert_eq!((&*assertion.issuer, assertion.vouched), ("guests", Vouched::Everywhere));
    assert!(issuers.check(&staff.token(&claims())).await.unwrap().is_some());
    for crossed in [staff.token(&of_guests), guests.token(&claims())] {
        assert!(issuers.check(&crossed).await.is_err());
    }
}

#[tokio::test]
async fn other_credentials_are_left_to_others() {
    let key = TestKey::ed25519("a");
    let trust = Trust::in_keys(&[&key]);
    for other in ["", "usr_key_AbCdEf", "a.b.c", "Basic YTpi", "....", &"x".repeat(1_000)] {
        assert_eq!(trust.check(other).await, Ok(None), "{other}");
    }
    let none = TrustedIssuers::new(vec![], Arc::new(ManualClock::default())).unwrap();
    assert_eq!(none.check(&key.token(&claims())).await, Ok(None));
}
