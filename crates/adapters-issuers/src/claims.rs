use std::sync::Arc;

use domain::time::Instant;
use jiff::SignedDuration;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::refusal::Refusal;
use crate::roles;

/// How far the clock of an issuer may be ahead of ours.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 256;

/// What a token says. Nothing of it is true before the signature is checked.
#[derive(Debug)]
pub(crate) struct Claims {
    registered: Registered,
    all: Value,
}

/// The claims that we look at. That one stands twice makes them none.
#[derive(Debug, Deserialize)]
struct Registered {
    iss: String,
    sub: String,
    aud: Audience,
    exp: NumericDate,
    nbf: Option<NumericDate>,
    iat: Option<NumericDate>,
    nonce: Option<IgnoredAny>,
    at_hash: Option<IgnoredAny>,
    c_hash: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Seconds since 1970, also with a fraction (RFC 7519 §2).
#[derive(Clone, Copy, Debug)]
struct NumericDate(Instant);

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        let since = SignedDuration::try_from_secs_f64(seconds).map_err(D::Error::custom)?;
        let epoch = Instant::from_micros(0).map_err(D::Error::custom)?;
        Ok(Self(epoch.saturating_add(since)))
    }
}

impl Claims {
    /// Reads the JSON of the claims.
    pub(crate) fn read(json: &[u8]) -> Result<Self, Refusal> {
        let all: Value = serde_json::from_slice(json).map_err(|_| Refusal::Claims)?;
        if !all.is_object() {
            return Err(Refusal::Claims);
        }
        let registered = serde_json::from_slice(json).map_err(|_| Refusal::Claims)?;
        Ok(Self { registered, all })
    }

    /// Whether it is by this issuer and for this audience.
    pub(crate) fn are_between(&self, issuer: &str, audience: &str) -> bool {
        let is_for = match &self.registered.aud {
            Audience::One(one) => one == audience,
            Audience::Several(several) => several.iter().any(|one| one == audience),
        };
        self.registered.iss == issuer && is_for
    }

    /// Whether the token is valid at `now`. Our clock may be behind that of the issuer; a token that
    /// has expired has expired.
    pub(crate) fn check_time(&self, now: Instant) -> Result<(), Refusal> {
        let Registered { exp, nbf, iat, .. } = &self.registered;
        if exp.0 <= now {
            return Err(Refusal::Expired);
        }
        let is_early = |date: &NumericDate| date.0 > now.saturating_add(LEEWAY);
        if nbf.iter().chain(iat).any(is_early) { Err(Refusal::Early) } else { Ok(()) }
    }

    /// Whether it has what only an ID token has (`OpenID` Connect Core §2, §3.3.2.11): it tells a client
    /// who signed in, and must open nothing.
    pub(crate) fn are_of_an_id_token(&self) -> bool {
        let Registered { nonce, at_hash, c_hash, .. } = &self.registered;
        [nonce, at_hash, c_hash].into_iter().any(Option::is_some)
    }

    /// Whom it is about.
    pub(crate) fn subject(&self) -> Result<Arc<str>, Refusal> {
        let subject = self.registered.sub.as_str();
        let fits = (1..=LONGEST_SUBJECT).contains(&subject.chars().count())
            && !subject.chars().any(char::is_control);
        if fits { Ok(subject.into()) } else { Err(Refusal::Subject) }
    }

    /// The roles that the claim of that name holds.
    pub(crate) fn roles(&self, claim: &str) -> Vec<String> {
        roles::held(&self.all, claim)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(change: impl FnOnce(&mut Value)) -> Result<Claims, Refusal> {
        let mut all = json!({ "iss": "i", "sub": "s", "aud": "a", "exp": 1_000 });
        change(&mut all);
        Claims::read(all.to_string().as_bytes())
    }

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000).expect("in range")
    }

    #[test]
    fn a_token_ends_with_the_second_it_names() {
        for (exp, last) in [(json!(1_000), 999), (json!(1_000.0), 999), (json!(1_000.5), 1_000)] {
            let claims = claims(|all| all["exp"] = exp).expect("claims");
            assert_eq!(claims.check_time(at(last)), Ok(()));
            assert_eq!(claims.check_time(at(last + 1)), Err(Refusal::Expired));
        }
    }

    #[test]
    fn a_token_of_the_next_minute_is_valid_and_later_ones_are_not() {
        for name in ["nbf", "iat"] {
            let claims = claims(|all| all[name] = json!(560)).expect("claims");
            assert_eq!(claims.check_time(at(500)), Ok(()), "{name}");
            assert_eq!(claims.check_time(at(499)), Err(Refusal::Early), "{name}");
        }
    }

    #[test]
    fn what_is_no_date_makes_no_claims() {
        for (name, value) in [
            ("exp", json!(null)),
            ("exp", json!("1000")),
            ("exp", json!(1e300)),
            ("exp", json!([1_000])),
            ("nbf", json!("soon")),
            ("iat", json!({})),
        ] {
            let read = claims(|all| all[name] = value.clone());
            assert_eq!(read.err(), Some(Refusal::Claims), "{name} {value}");
        }
    }

    #[test]
    fn the_audience_is_one_or_several() {
        for (aud, is_ours) in [
            (json!("a"), true),
            (json!(["b", "a"]), true),
            (json!(["b"]), false),
            (json!([]), false),
            (json!("A"), false),
            (json!("a b"), false),
        ] {
            let claims = claims(|all| all["aud"] = aud.clone()).expect("claims");
            assert_eq!(claims.are_between("i", "a"), is_ours, "{aud}");
            assert!(!claims.are_between("i/", "a"), "{aud}");
        }
        for aud in [json!(null), json!(1), json!([1, "a"]), json!({ "a": "a" })] {
            assert_eq!(
                claims(|all| all["aud"] = aud.clone()).err(),
                Some(Refusal::Claims),
                "{aud}"
            );
        }
    }

    #[test]
    fn a_subject_is_a_text_of_one_line() {
        for (sub, fits) in [
            ("s".to_owned(), true),
            ("ø".repeat(256), true),
            (String::new(), false),
            ("s".repeat(257), false),
            ("a\nb".to_owned(), false),
            ("a\0".to_owned(), false),
            ("\u{85}".to_owned(), false),
        ] {
            let claims = claims(|all| all["sub"] = json!(sub)).expect("claims");
            assert_eq!(claims.subject().is_ok(), fits, "{sub:?}");
        }
    }

    #[test]
    fn claims_are_an_object_in_which_nothing_stands_twice() {
        for json in [
            r#"["i","s","a",1000,null,null,null,null,null]"#,
            r#"{"iss":"i","sub":"s","aud":"a","exp":1000,"exp":9999}"#,
            r#"{"iss":"i","iss":"j","sub":"s","aud":"a","exp":1000}"#,
            r#"{"sub":"s","aud":"a","exp":1000}"#,
            "null",
            "",
        ] {
            assert_eq!(Claims::read(json.as_bytes()).err(), Some(Refusal::Claims), "{json}");
        }
    }
}
