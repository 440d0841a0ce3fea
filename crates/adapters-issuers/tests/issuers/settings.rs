use std::sync::Arc;

use adapters_issuers::{IssuerSettings, KeySource, TrustedIssuers};
use testkit::ManualClock;

use crate::support::{TestKey, Trust, set, settings};

fn refusal(settings: Vec<IssuerSettings>) -> String {
    TrustedIssuers::new(settings, Arc::new(ManualClock::default())).unwrap_err().to_string()
}

#[test]
fn an_address_has_to_be_safe_from_whoever_is_on_the_way() {
    for (url, rule) in [
        ("", "must be a URL"),
        ("id.example/jwks", "must be a URL"),
        ("http://id.example/jwks", "must begin with https://"),
        ("http://10.0.0.1/jwks", "must begin with https://"),
        ("http://127.0.0.1.evil.example/jwks", "must begin with https://"),
        ("http://localhost.evil.example/jwks", "must begin with https://"),
        ("file:///etc/jwks.json", "must begin with https://"),
        ("ftp://127.0.0.1/jwks", "must begin with https://"),
        ("https://user@id.example/jwks", "must have neither"),
        ("https://:secret@id.example/jwks", "must have neither"),
        ("https://id.example/jwks#keys", "must have neither"),
    ] {
        let said = refusal(vec![settings(KeySource::Url(url.into()))]);
        let key = "the key `issuers.staff.jwks_url` ";
        assert!(said.starts_with(&format!("{key}{rule}")), "{url}: {said}");
    }
    for url in [
        "http://127.0.0.1:8080/jwks",
        "http://127.9.9.9/jwks",
        "http://[::1]/jwks",
        "http://localhost:8080/jwks",
        "https://id.example/jwks?tenant=a",
    ] {
        let settings = vec![settings(KeySource::Url(url.into()))];
        TrustedIssuers::new(settings, Arc::new(ManualClock::default())).unwrap();
    }
}

#[test]
fn a_file_has_to_hold_keys_when_the_service_starts() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("keys.json");
    for text in [None, Some(""), Some("{}")] {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let said = refusal(vec![settings(KeySource::File(file.clone()))]);
        let rule = "the key `issuers.staff.jwks_file` must name a file with keys: ";
        assert!(said.starts_with(rule) && said.contains("keys.json: it "), "{said}");
    }
    let said = refusal(vec![settings(KeySource::File(directory.path().to_owned()))]);
    assert!(said.contains("must name a file with keys"), "{said}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let trust = Trust::in_set(&set(&[TestKey::ed25519("a").public()]));
    let changed = |change: fn(&mut IssuerSettings)| {
        let mut settings = settings(KeySource::File(trust.file()));
        change(&mut settings);
        refusal(vec![settings])
    };
    for (change, expected) in [
        ((|it| it.issuer.clear()) as fn(&mut IssuerSettings), "staff.issuer` must not be empty"),
        (|it| it.audience.clear(), "staff.audience` must not be empty"),
        (|it| it.algorithms.clear(), "staff.algorithms` must name at least one"),
        (|it| it.role_claim.clear(), "staff.role_claim` must not be empty"),
        (|it| it.token_type = Some(String::new()), "staff.type` must not be empty"),
        (|it| it.name = "a b".into(), "a b.name` must be 1 to 64 of the characters"),
    ] {
        let said = changed(change);
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn issuers_that_cannot_be_told_apart_are_refused() {
    let trust = Trust::in_set(&set(&[TestKey::ed25519("a").public()]));
    let one = settings(KeySource::File(trust.file()));
    let mut twin = one.clone();
    twin.name = "twin".into();
    let said = refusal(vec![one.clone(), twin.clone()]);
    assert!(said.contains("issuers.twin.issuer` must not be that of another"), "{said}");
    twin.audience = "another-audience".into();
    TrustedIssuers::new(vec![one, twin], Arc::new(ManualClock::default())).unwrap();
}
