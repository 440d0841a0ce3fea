//! An issuer of our own, and whoever trusts it.

mod key;
mod server;

use std::path::PathBuf;
use std::sync::Arc;

use adapters_issuers::{IssuerSettings, KeySource, SigningAlgorithm, TrustedIssuers};
use domain::credential::{Assertion, Issuers as _, IssuersError, Vouched};
use domain::store::StoreName;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::ManualClock;

pub(crate) use key::{TestKey, encoded, spliced};
pub(crate) use server::{Answer, Server};

pub(crate) const ISSUER: &str = "https://id.example/realms/staff";
pub(crate) const AUDIENCE: &str = "userstore";

/// 2026-01-01T00:00:00Z, where the clock stands.
pub(crate) const NOW: i64 = 1_767_225_600;

/// What an issuer says of somebody, for five minutes.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "sub": "ada",
        "aud": AUDIENCE,
        "exp": NOW + 300,
        "iat": NOW,
        "role": ["UserAdmin", "Auditor"],
    })
}

/// The claims with another value for one of them; without it for null.
pub(crate) fn claims_with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

/// A JWK set.
pub(crate) fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

pub(crate) fn settings(keys: KeySource) -> IssuerSettings {
    IssuerSettings {
        name: "staff".into(),
        issuer: ISSUER.into(),
        audience: AUDIENCE.into(),
        keys,
        algorithms: SigningAlgorithm::ALL.into(),
        role_claim: "role".into(),
        vouched: Vouched::In(StoreName::parse("default").unwrap()),
        token_type: None,
    }
}

/// Whoever trusts an issuer whose keys are in a file.
pub(crate) struct Trust {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) issuers: TrustedIssuers,
    directory: TempDir,
}

impl Trust {
    pub(crate) fn in_keys(keys: &[&TestKey]) -> Self {
        Self::in_set(&set(&keys.iter().map(|key| key.public()).collect::<Vec<_>>()))
    }

    pub(crate) fn in_set(set: &str) -> Self {
        Self::with(set, |_| {})
    }

    pub(crate) fn with(set: &str, change: impl FnOnce(&mut IssuerSettings)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("keys.json");
        std::fs::write(&file, set).unwrap();
        let mut settings = settings(KeySource::File(file));
        change(&mut settings);
        let clock = Arc::new(ManualClock::default());
        let issuers = TrustedIssuers::new(vec![settings], clock.clone()).unwrap();
        Self { clock, issuers, directory }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("keys.json")
    }

    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    pub(crate) async fn check(&self, token: &str) -> Result<Option<Assertion>, IssuersError> {
        self.issuers.check(token).await
    }

    pub(crate) async fn accepts(&self, token: &str) -> bool {
        matches!(self.check(token).await, Ok(Some(_)))
    }
}
