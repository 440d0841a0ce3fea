//! The form of a signed token: three parts of base64url, the first of which is a header.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// The parts of a token (RFC 7515 §7.1).
pub(crate) struct Compact<'a> {
    /// The JSON of the header.
    pub(crate) header: Vec<u8>,
    /// The bytes of the claims.
    pub(crate) claims: Vec<u8>,
    /// What is signed: header and claims as they came.
    pub(crate) message: &'a str,
    /// The signature, in base64url.
    pub(crate) signature: &'a str,
}

impl<'a> Compact<'a> {
    /// The parts of what is shown. `None` when that is another kind of credential.
    pub(crate) fn of(presented: &'a str) -> Option<Self> {
        let (message, signature) = presented.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let [header, claims, _] = [decoded(header)?, decoded(claims)?, decoded(signature)?];
        let names_algorithm = serde_json::from_slice::<Value>(&header).ok()?.get("alg").is_some();
        names_algorithm.then_some(Self { header, claims, message, signature })
    }
}

/// Base64url without padding and without stray bits at the end: each value has one spelling.
fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        URL_SAFE_NO_PAD.encode(text)
    }

    #[test]
    fn three_parts_with_a_header_have_the_form() {
        let header = encoded(r#"{"alg":"none"}"#);
        for claims in ["", &encoded("{}"), &encoded("anything")] {
            for signature in ["", "AAAA"] {
                let token = format!("{header}.{claims}.{signature}");
                let parts = Compact::of(&token).expect("the form");
                assert_eq!(parts.message, format!("{header}.{claims}"));
                assert_eq!(parts.signature, signature);
            }
        }
    }

    #[test]
    fn everything_else_is_another_credential() {
        let header = encoded(r#"{"alg":"RS256"}"#);
        for text in [
            String::new(),
            "usk_AbCdEfGh".into(),
            "..".into(),
            header.clone(),
            format!("{header}.e30"),
            format!("{header}.e30.AAAA.AAAA"),
            format!("{header}.e30.AAAA.AAAA.AAAA"),
            format!("{header}=.e30.AAAA"),
            format!("{header}.e30=.AAAA"),
            format!("{header}.e30.AAA="),
            format!("{header}.e30.AAB"),
            format!("{header}.e 30.AAAA"),
            format!("{header}.e30.A+/A"),
            format!("{}.e30.AAAA", encoded("{}")),
            format!("{}.e30.AAAA", encoded("[\"alg\"]")),
            format!("{}.e30.AAAA", encoded("\"alg\"")),
            format!("{}.e30.AAAA", encoded("{\"alg\":\"RS256\"")),
            format!("{}.e30.AAAA", encoded(&"[".repeat(10_000))),
        ] {
            assert!(Compact::of(&text).is_none(), "{text}");
        }
    }
}
