use std::sync::Arc;

use domain::credential::{Assertion, IssuersError};
use domain::time::{Clock, Instant};
use jsonwebtoken::crypto;

use crate::algorithm::SigningAlgorithm;
use crate::claims::Claims;
use crate::compact::Compact;
use crate::header::Header;
use crate::key_set::KeySet;
use crate::keys::Keys;
use crate::refusal::Refusal;
use crate::settings::{IssuerSettings, IssuerSettingsError, KeySource};
use crate::shelf::Shelf;
use crate::source::{self, Source};

/// One issuer, and how its tokens are checked.
#[derive(Debug)]
pub(crate) struct Issuer {
    name: Arc<str>,
    settings: IssuerSettings,
    keys: Arc<Keys>,
}

impl Issuer {
    /// Whatever can be wrong is told here, but for an address that cannot be reached now.
    pub(crate) fn new(
        settings: IssuerSettings,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IssuerSettingsError> {
        settings.check()?;
        let name: Arc<str> = settings.name.as_str().into();
        let (source, shelf) = opened(&settings, clock.now())?;
        let keys = Arc::new(Keys::new(name.clone(), source, clock, shelf));
        Ok(Self { name, settings, keys })
    }

    /// Its name in the configuration.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether a token with these claims says that it is by this issuer, for us.
    pub(crate) fn is_meant_by(&self, claims: &Claims) -> bool {
        claims.are_between(&self.settings.issuer, &self.settings.audience)
    }

    /// Whether a token may be what it says, as far as that is seen without a key; then the algorithm.
    pub(crate) fn screen(
        &self,
        header: &Header,
        claims: &Claims,
        now: Instant,
    ) -> Result<SigningAlgorithm, Refusal> {
        let is_its_name = |it: &&SigningAlgorithm| it.name() == header.algorithm();
        let IssuerSettings { algorithms, token_type, .. } = &self.settings;
        let algorithm = algorithms.iter().find(is_its_name).ok_or(Refusal::Algorithm)?;
        if !header.is_of(token_type.as_deref()) {
            return Err(Refusal::Type);
        }
        if claims.are_of_an_id_token() && !header.is_access_token() {
            return Err(Refusal::IdToken);
        }
        claims.check_time(now)?;
        Ok(*algorithm)
    }

    /// The keys among which that of the token is.
    pub(crate) async fn keys(&self, header: &Header) -> Result<Arc<KeySet>, IssuersError> {
        self.keys.current(header.kid()).await
    }

    /// What the claims say.
    pub(crate) fn assertion(&self, claims: &Claims) -> Result<Assertion, Refusal> {
        Ok(Assertion {
            issuer: self.name.clone(),
            subject: claims.subject()?,
            roles: claims.roles(&self.settings.role_claim),
            vouched: self.settings.vouched.clone(),
        })
    }
}

/// Whether one of the keys made the signature.
pub(crate) fn check_signature(
    token: &Compact<'_>,
    header: &Header,
    algorithm: SigningAlgorithm,
    keys: &KeySet,
) -> Result<(), Refusal> {
    let key = keys.find(header.kid(), algorithm).ok_or(Refusal::Key)?;
    let message = token.message.as_bytes();
    match crypto::verify(token.signature, message, key, algorithm.raw()) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(Refusal::Signature),
    }
}

/// The source of the keys, and those of a file: a service that starts with a wrong one says so at once.
fn opened(settings: &IssuerSettings, now: Instant) -> Result<(Source, Shelf), IssuerSettingsError> {
    let refused = |rule: String| settings.broken(settings.keys.key(), rule);
    let mut shelf = Shelf::default();
    let source = match &settings.keys {
        KeySource::File(path) => {
            let why =
                |error| refused(format!("must name a file with keys: {}: {error}", path.display()));
            shelf.note(Ok(source::read(path).map_err(why)?), now);
            Source::File(path.clone())
        }
        KeySource::Url(text) => {
            let why = |error| refused(format!("must be an address that can be asked: {error}"));
            Source::at(settings.address(text)?).map_err(why)?
        }
    };
    Ok((source, shelf))
}
