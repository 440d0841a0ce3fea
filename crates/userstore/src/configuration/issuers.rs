//! Who else vouches for callers: sections whose names an operator makes up.

use std::collections::BTreeSet;
use std::sync::Arc;

use adapters_crypto::SystemClock;
use adapters_issuers::{
    IssuerSettings, IssuerSettingsError, KeySource, SigningAlgorithm, TrustedIssuers,
};
use domain::credential::Vouched;
use domain::store::StoreName;

use super::error::ConfigurationError;
use super::layers::{ISSUERS, Layers};
use super::unless_empty;

/// The keys of each section.
pub(super) const KEYS: [&str; 8] =
    ["issuer", "audience", "jwks_url", "jwks_file", "algorithms", "role_claim", "store", "type"];

/// What may be signed with where nothing is said of it.
const USUAL_ALGORITHMS: [SigningAlgorithm; 3] =
    [SigningAlgorithm::Rs256, SigningAlgorithm::Es256, SigningAlgorithm::EdDsa];

/// The issuers of the sections in `issuers`, in use: so a rule that one breaks is told with its key.
pub(super) fn read(layers: &Layers) -> Result<Arc<TrustedIssuers>, ConfigurationError> {
    let issuers = TrustedIssuers::new(settings(layers)?, Arc::new(SystemClock));
    issuers.map(Arc::new).map_err(|error| refusal(layers, &error))
}

/// What is said of them, in order of their names.
pub(super) fn settings(layers: &Layers) -> Result<Vec<IssuerSettings>, ConfigurationError> {
    let names = layers.inside(ISSUERS).filter_map(|(_, rest)| Some(rest.rsplit_once('.')?.0));
    let names: BTreeSet<_> = names.collect();
    names.into_iter().map(|name| Section::of(layers, name).settings(name)).collect()
}

fn refusal(layers: &Layers, error: &IssuerSettingsError) -> ConfigurationError {
    let section = Section::of(layers, &error.issuer);
    match error.key {
        "name" => layers.refuse_unsaid(&section.path, &section.path, &error.rule),
        key => section.refuse(key, &error.rule),
    }
}

/// What is said of one issuer.
struct Section<'a> {
    layers: &'a Layers,
    path: String,
}

impl<'a> Section<'a> {
    fn of(layers: &'a Layers, name: &str) -> Self {
        Self { layers, path: format!("{ISSUERS}.{name}") }
    }

    fn settings(&self, name: &str) -> Result<IssuerSettings, ConfigurationError> {
        Ok(IssuerSettings {
            name: name.to_owned(),
            issuer: self.text("issuer", "")?.to_owned(),
            audience: self.text("audience", "")?.to_owned(),
            keys: self.keys()?,
            algorithms: self.algorithms()?,
            role_claim: self.text("role_claim", "role")?.to_owned(),
            vouched: self.vouched()?,
            token_type: unless_empty(self.text("type", "")?).map(str::to_owned),
        })
    }

    /// Where the keys are: one of two.
    fn keys(&self) -> Result<KeySource, ConfigurationError> {
        let (url, file) = (self.text("jwks_url", "")?, self.text("jwks_file", "")?);
        match (unless_empty(url), unless_empty(file)) {
            (Some(url), None) => Ok(KeySource::Url(url.to_owned())),
            (None, Some(file)) => Ok(KeySource::File(file.into())),
            (Some(_), Some(_)) => {
                Err(self.refuse("jwks_file", "must not be set beside `jwks_url`"))
            }
            (None, None) => Err(self.refuse("jwks_url", "must be set, or `jwks_file` instead")),
        }
    }

    fn algorithms(&self) -> Result<Vec<SigningAlgorithm>, ConfigurationError> {
        const KEY: &str = "algorithms";
        if !self.has(KEY) {
            return Ok(USUAL_ALGORITHMS.to_vec());
        }
        let named = self.layers.list(&self.key(KEY))?;
        let read =
            named.iter().map(|name| name.parse::<SigningAlgorithm>()).collect::<Result<_, _>>();
        read.map_err(|rule| self.refuse(KEY, format!("must list algorithms, each of which {rule}")))
    }

    fn vouched(&self) -> Result<Vouched, ConfigurationError> {
        const KEY: &str = "store";
        match self.text(KEY, "default")? {
            "*" => Ok(Vouched::Everywhere),
            name => StoreName::parse(name).map(Vouched::In).map_err(|rule| {
                self.refuse(KEY, format!("must be \"*\" or name a store, whose name {rule}"))
            }),
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    fn has(&self, name: &str) -> bool {
        self.layers.has(&self.key(name))
    }

    fn text<'t>(&'t self, name: &str, otherwise: &'t str) -> Result<&'t str, ConfigurationError> {
        if self.has(name) { self.layers.text(&self.key(name)) } else { Ok(otherwise) }
    }

    fn refuse(&self, name: &str, rule: impl Into<String>) -> ConfigurationError {
        let key = self.key(name);
        if self.layers.has(&key) {
            self.layers.refuse(&key, rule)
        } else {
            self.layers.refuse_unsaid(&self.path, &key, rule)
        }
    }
}
