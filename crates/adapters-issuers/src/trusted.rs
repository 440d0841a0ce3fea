use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use domain::credential::{Assertion, Issuers, IssuersError};
use domain::time::Clock;

use crate::algorithm::SigningAlgorithm;
use crate::claims::Claims;
use crate::compact::Compact;
use crate::header::Header;
use crate::issuer::{Issuer, check_signature};
use crate::refusal::Refusal;
use crate::settings::{IssuerSettings, IssuerSettingsError};

/// The most bytes of a token that are looked at.
const LONGEST: usize = 16 * 1024;

/// The issuers of the configuration. [`Issuers::check`] is to be called in a tokio runtime.
pub struct TrustedIssuers {
    issuers: Vec<Issuer>,
    clock: Arc<dyn Clock>,
}

/// A token that may be what it says, if only its signature is right.
struct Screened<'a> {
    issuer: &'a Issuer,
    header: Header,
    claims: Claims,
    algorithm: SigningAlgorithm,
}

impl TrustedIssuers {
    /// These issuers. Keys in files are read now, those at addresses when a token needs them.
    ///
    /// # Errors
    /// A setting cannot be meant, or two issuers cannot be told apart.
    pub fn new(
        settings: Vec<IssuerSettings>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IssuerSettingsError> {
        for (index, one) in settings.iter().enumerate() {
            let is_twin = |it: &IssuerSettings| {
                it.name == one.name || (&it.issuer, &it.audience) == (&one.issuer, &one.audience)
            };
            if settings.iter().take(index).any(is_twin) {
                return Err(
                    one.broken("issuer", "must not be that of another for the same audience")
                );
            }
        }
        let opened = settings.into_iter().map(|it| Issuer::new(it, clock.clone()));
        Ok(Self { issuers: opened.collect::<Result<_, _>>()?, clock })
    }

    /// Everything that is seen without a key.
    fn screen(&self, token: &Compact<'_>) -> Result<Screened<'_>, Refusal> {
        let header = Header::read(&token.header)?;
        let claims = Claims::read(&token.claims)?;
        let issuer = self.issuers.iter().find(|issuer| issuer.is_meant_by(&claims));
        let issuer = issuer.ok_or(Refusal::Foreign)?;
        let algorithm = issuer.screen(&header, &claims, self.clock.now())?;
        Ok(Screened { issuer, header, claims, algorithm })
    }

    async fn checked(&self, token: &Compact<'_>) -> Result<Assertion, IssuersError> {
        let screened = self.screen(token).map_err(|why| refused(why, None))?;
        let Screened { issuer, header, claims, algorithm } = screened;
        let keys = issuer.keys(&header).await?;
        check_signature(token, &header, algorithm, &keys)
            .and_then(|()| issuer.assertion(&claims))
            .map_err(|why| refused(why, Some(issuer)))
    }
}

#[async_trait]
impl Issuers for TrustedIssuers {
    async fn check(&self, presented: &str) -> Result<Option<Assertion>, IssuersError> {
        if self.issuers.is_empty() {
            return Ok(None);
        }
        // No other credential is so long either.
        if presented.len() > LONGEST {
            return Err(refused(Refusal::TooLong, None));
        }
        match Compact::of(presented) {
            Some(token) => self.checked(&token).await.map(Some),
            None => Ok(None),
        }
    }
}

/// One answer for all; the reason is for whoever runs the service.
fn refused(why: Refusal, issuer: Option<&Issuer>) -> IssuersError {
    let issuer = issuer.map(|issuer| &**issuer.name());
    tracing::debug!(issuer, %why, "refused the token of an issuer");
    IssuersError::Refused
}

impl fmt::Debug for TrustedIssuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.issuers).finish()
    }
}
