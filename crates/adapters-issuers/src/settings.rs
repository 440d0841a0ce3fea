use std::net::IpAddr;
use std::path::PathBuf;

use domain::credential::Vouched;
use reqwest::Url;
use thiserror::Error;

use crate::algorithm::SigningAlgorithm;

/// An issuer whose word counts: the table `issuers.<name>` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerSettings {
    /// Its name with us: 1 to 64 of the characters `A-Z a-z 0-9 . _ -`.
    pub name: String,
    /// `issuer`: the `iss` of its tokens.
    pub issuer: String,
    /// `audience`: what the `aud` of its tokens has to hold. With it a token for somebody else is
    /// told from one for us, so it must be a name that is ours alone.
    pub audience: String,
    /// `jwks_file` or `jwks_url`.
    pub keys: KeySource,
    /// `algorithms`: how it may sign.
    pub algorithms: Vec<SigningAlgorithm>,
    /// `role_claim`: the claim with the names of roles: a list or a text with commas or blanks between
    /// them. It may be a path, such as `realm_access.roles`.
    pub role_claim: String,
    /// `store`: where its word counts.
    pub vouched: Vouched,
    /// `type`: the `typ` that its tokens have to have. Without one it is none, `JWT` or `at+jwt`.
    pub token_type: Option<String>,
}

/// Where the keys of an issuer are had from: a JWK set (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file, which is read anew every few seconds.
    File(PathBuf),
    /// An address by `https`, or by `http` on this machine, which is asked every ten minutes.
    Url(String),
}

impl KeySource {
    /// The key of the configuration.
    pub(crate) const fn key(&self) -> &'static str {
        match self {
            Self::File(_) => "jwks_file",
            Self::Url(_) => "jwks_url",
        }
    }
}

/// A setting of an issuer breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the key `issuers.{issuer}.{key}` {rule}")]
pub struct IssuerSettingsError {
    /// The name of the issuer.
    pub issuer: String,
    /// The key in its table.
    pub key: &'static str,
    /// The rule, beginning with `must`.
    pub rule: String,
}

impl IssuerSettings {
    /// Whether the texts can be meant.
    pub(crate) fn check(&self) -> Result<(), IssuerSettingsError> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_named = (1..=64).contains(&self.name.len()) && self.name.bytes().all(is_name);
        let token_type = self.token_type.as_deref();
        for (is_kept, key, rule) in [
            (is_named, "name", "must be 1 to 64 of the characters A-Z a-z 0-9 . _ -"),
            (!self.issuer.is_empty(), "issuer", "must not be empty"),
            (!self.audience.is_empty(), "audience", "must not be empty"),
            (!self.algorithms.is_empty(), "algorithms", "must name at least one"),
            (!self.role_claim.is_empty(), "role_claim", "must not be empty"),
            (token_type != Some(""), "type", "must not be empty"),
        ] {
            if !is_kept {
                return Err(self.broken(key, rule));
            }
        }
        Ok(())
    }

    pub(crate) fn broken(&self, key: &'static str, rule: impl Into<String>) -> IssuerSettingsError {
        IssuerSettingsError { issuer: self.name.clone(), key, rule: rule.into() }
    }

    /// An address that keys can be trusted from: what is on the way must not be able to change them.
    pub(crate) fn address(&self, text: &str) -> Result<Url, IssuerSettingsError> {
        let refused = |rule: &str| self.broken(self.keys.key(), rule);
        let url = Url::parse(text).map_err(|_| refused("must be a URL"))?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(refused("must have neither a user nor a fragment"));
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_loopback(&url) => Ok(url),
            _ => Err(refused("must begin with https://, or with http:// on this machine")),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
