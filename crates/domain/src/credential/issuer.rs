//! Issuers as a port: others who vouch for callers by signed tokens (JWT, RFC 7519).

use std::sync::Arc;

use async_trait::async_trait;
use thiserror::Error;

use crate::store::StoreName;

/// What an issuer says of somebody, in a token that was found to be its own and valid now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The issuer's name in the configuration.
    pub issuer: Arc<str>,
    /// Whom it vouches for: `sub`. Not empty, at most 256 characters, none of them a control character.
    pub subject: Arc<str>,
    /// The names of the roles that it says they hold. Names of no role are left out later.
    pub roles: Vec<String>,
    /// Where they hold them.
    pub vouched: Vouched,
}

/// Where the word of an issuer counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vouched {
    /// In every store.
    Everywhere,
    /// In one store; a role that can only be held everywhere is not held then.
    In(StoreName),
}

/// Why a token yields nobody.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IssuersError {
    /// It is not of an issuer of ours, for another audience, expired, not valid yet, or forged: one
    /// answer for all.
    #[error("the token is not valid")]
    Refused,
    /// The keys of the issuer cannot be had at the moment; the text is for the log.
    #[error("the keys of the issuer cannot be had: {0}")]
    Unavailable(String),
}

/// Checks tokens of the issuers of the configuration, by RFC 8725.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
#[async_trait]
pub trait Issuers: Send + Sync + 'static {
    /// What the issuer of this token says. `None` when it has not the form of such a token, or no
    /// issuer is configured: it may be another credential then.
    ///
    /// # Errors
    /// [`IssuersError`].
    async fn check(&self, presented: &str) -> Result<Option<Assertion>, IssuersError>;
}

/// No issuers: for installations and tests without any.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoIssuers;

#[async_trait]
impl Issuers for NoIssuers {
    async fn check(&self, _: &str) -> Result<Option<Assertion>, IssuersError> {
        Ok(None)
    }
}
