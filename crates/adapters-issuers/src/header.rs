use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::refusal::Refusal;

/// What we look at in the header of a token. That a member stands twice makes it no header.
#[derive(Debug, Deserialize)]
pub(crate) struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default)]
    jku: Presence,
    #[serde(default)]
    jwk: Presence,
    #[serde(default)]
    x5u: Presence,
    #[serde(default)]
    crit: Presence,
}

/// Whether a member is there, whatever it holds.
#[derive(Clone, Copy, Debug, Default)]
struct Presence(bool);

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true))
    }
}

/// The type of access tokens (RFC 9068 §2.1).
const ACCESS_TOKEN: &str = "at+jwt";

impl Header {
    /// Reads the JSON of a header.
    pub(crate) fn read(json: &[u8]) -> Result<Self, Refusal> {
        let header: Self = serde_json::from_slice(json).map_err(|_| Refusal::Header)?;
        if header.jku.0 || header.jwk.0 || header.x5u.0 {
            return Err(Refusal::BringsKey);
        }
        // RFC 7515 §4.1.11: what is named there has to be understood, and no extension is.
        if header.crit.0 {
            return Err(Refusal::Critical);
        }
        Ok(header)
    }

    /// The name of the algorithm, as it came.
    pub(crate) fn algorithm(&self) -> &str {
        &self.alg
    }

    /// The name of the key.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether it is of this type; without one, whether it may be an access token.
    pub(crate) fn is_of(&self, token_type: Option<&str>) -> bool {
        match (token_type, self.typ.as_deref()) {
            (Some(wanted), Some(typ)) => same_type(wanted, typ),
            (Some(_), None) => false,
            (None, Some(typ)) => same_type("JWT", typ) || same_type(ACCESS_TOKEN, typ),
            (None, None) => true,
        }
    }

    /// Whether it says that it is an access token and nothing else.
    pub(crate) fn is_access_token(&self) -> bool {
        self.typ.as_deref().is_some_and(|typ| same_type(ACCESS_TOKEN, typ))
    }
}

/// Media types are compared ignoring case, and may go without `application/` (RFC 7515 §4.1.9).
fn same_type(one: &str, other: &str) -> bool {
    bare(one).eq_ignore_ascii_case(bare(other))
}

fn bare(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_type(typ: &str) -> Header {
        Header::read(format!(r#"{{"alg":"RS256","typ":{typ}}}"#).as_bytes()).expect("a header")
    }

    #[test]
    fn a_type_is_compared_without_case_and_prefix() {
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
            let header = of_type(&format!("{typ:?}"));
            assert!(header.is_of(Some("at+jwt")) && header.is_of(Some("application/AT+JWT")));
            assert!(header.is_of(None) && header.is_access_token());
            assert!(!header.is_of(Some("JWT")), "{typ}");
        }
    }

    #[test]
    fn where_none_is_wanted_it_must_not_be_that_of_something_else() {
        assert!(of_type("null").is_of(None) && of_type("\"jwt\"").is_of(None));
        for typ in
            ["secevent+jwt", "logout+jwt", "dpop+jwt", "id_token", "", "application/", "JOSE"]
        {
            assert!(!of_type(&format!("{typ:?}")).is_of(None), "{typ}");
        }
        assert!(!of_type("null").is_of(Some("at+jwt")) && !of_type("null").is_access_token());
    }

    #[test]
    fn a_header_that_brings_keys_or_extensions_is_refused() {
        for (member, refusal) in [
            (r#""jku":"https://evil.example/jwks""#, Refusal::BringsKey),
            (r#""jku":null"#, Refusal::BringsKey),
            (r#""jwk":{"kty":"RSA"}"#, Refusal::BringsKey),
            (r#""x5u":"https://evil.example/x""#, Refusal::BringsKey),
            (r#""crit":["exp"]"#, Refusal::Critical),
            (r#""crit":[]"#, Refusal::Critical),
            (r#""alg":"none""#, Refusal::Header),
            (r#""kid":"a","kid":"b""#, Refusal::Header),
            (r#""kid":1"#, Refusal::Header),
            (r#""typ":["JWT"]"#, Refusal::Header),
        ] {
            let json = format!(r#"{{"alg":"RS256",{member}}}"#);
            assert_eq!(Header::read(json.as_bytes()).err(), Some(refusal), "{member}");
        }
    }
}
