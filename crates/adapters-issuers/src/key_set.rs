//! The keys of an issuer: those of a JWK set (RFC 7517) that we can check signatures with.

use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{DecodingKey, DecodingKeyKind};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::algorithm::{KeyKind, SigningAlgorithm};

/// The fewest bits of an RSA key (RFC 7518 §3.3).
const FEWEST_RSA_BITS: usize = 2048;

/// The text is no JWK set.
#[derive(Debug, Error)]
#[error("holds no JWK set: {0}")]
pub(crate) struct KeySetError(#[from] serde_json::Error);

/// The keys of an issuer.
#[derive(Debug)]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    kid: Option<String>,
    kind: KeyKind,
    /// The only algorithm that it is for, where the set names one.
    only: Option<SigningAlgorithm>,
    material: DecodingKey,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads the JSON of a set. Keys for something else, of a kind that we do not know, or too weak are
    /// left out: a set may serve others too.
    pub(crate) fn read(json: &[u8]) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_slice(json)?;
        let keys = document.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        Ok(Self(keys.filter_map(|key| Key::of(&key)).collect()))
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether another set is needed to find a key of that name.
    pub(crate) fn lacks(&self, kid: Option<&str>) -> bool {
        kid.is_some() && !self.0.iter().any(|key| key.kid.as_deref() == kid)
    }

    /// The key of that name for the algorithm; without a name, the one that there is for it. `None`
    /// where there are several.
    pub(crate) fn find(
        &self,
        kid: Option<&str>,
        algorithm: SigningAlgorithm,
    ) -> Option<&DecodingKey> {
        let is_named = |key: &&Key| kid.is_none() || key.kid.as_deref() == kid;
        let mut fitting = self.0.iter().filter(is_named).filter(|key| key.fits(algorithm));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(&key.material),
            _ => None,
        }
    }
}

impl Key {
    fn of(key: &Jwk) -> Option<Self> {
        let kind = kind_of(&key.algorithm)?;
        if !is_for_signatures(&key.common) {
            return None;
        }
        let only = match key.common.key_algorithm {
            Some(named) => Some(named.to_string().parse::<SigningAlgorithm>().ok()?),
            None => None,
        };
        let material = DecodingKey::from_jwk(key).ok()?;
        let key = Self { kid: key.common.key_id.clone(), kind, only, material };
        (!key.is_weak()).then_some(key)
    }

    fn fits(&self, algorithm: SigningAlgorithm) -> bool {
        algorithm.key_kind() == self.kind && self.only.is_none_or(|only| only == algorithm)
    }

    fn is_weak(&self) -> bool {
        match self.material.kind() {
            DecodingKeyKind::RsaModulusExponent { n, .. } => bits(n) < FEWEST_RSA_BITS,
            DecodingKeyKind::SecretOrDer(_) => false,
        }
    }
}

/// Never that of a shared secret.
fn kind_of(parameters: &AlgorithmParameters) -> Option<KeyKind> {
    match parameters {
        AlgorithmParameters::RSA(_) => Some(KeyKind::Rsa),
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => Some(KeyKind::P256),
            EllipticCurve::P384 => Some(KeyKind::P384),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(pair) => {
            (pair.curve == EllipticCurve::Ed25519).then_some(KeyKind::Ed25519)
        }
        _ => None,
    }
}

/// Whether `use` and `key_ops` let signatures be checked with the key.
fn is_for_signatures(key: &CommonParameters) -> bool {
    let by_use = key.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
    let verifies = |operations: &Vec<_>| operations.contains(&KeyOperations::Verify);
    by_use && key.key_operations.as_ref().is_none_or(verifies)
}

/// The length of a number, zeros in front of it left out.
fn bits(number: &[u8]) -> usize {
    let mut significant = number.iter().skip_while(|byte| **byte == 0);
    let Some(first) = significant.next() else { return 0 };
    (significant.count() + 1) * 8 - first.leading_zeros() as usize
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    /// A public RSA key with a modulus of so many bits.
    fn rsa(bits: usize, more: &Value) -> Value {
        let mut modulus = vec![0xff; bits / 8];
        modulus[0] = 0x80;
        let mut key = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB" });
        let more = more.as_object().expect("an object").clone();
        key.as_object_mut().expect("an object").extend(more);
        key
    }

    fn point(curve: &str, bytes: usize) -> Value {
        let half = URL_SAFE_NO_PAD.encode(vec![7; bytes]);
        json!({ "kty": "EC", "crv": curve, "x": half, "y": half })
    }

    fn set(keys: &[Value]) -> KeySet {
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes()).expect("a set")
    }

    fn fits(key: Value) -> Vec<&'static str> {
        let set = set(&[key]);
        let all = SigningAlgorithm::ALL.into_iter();
        all.filter(|it| set.find(None, *it).is_some()).map(SigningAlgorithm::name).collect()
    }

    #[test]
    fn a_key_is_for_the_algorithms_of_its_kind_or_for_the_one_it_names() {
        let all_of_rsa = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
        assert_eq!(fits(rsa(2048, &json!({}))), all_of_rsa);
        assert_eq!(fits(rsa(2048, &json!({ "alg": "PS256" }))), ["PS256"]);
        assert_eq!(fits(point("P-256", 32)), ["ES256"]);
        assert_eq!(fits(point("P-384", 48)), ["ES384"]);
        let x = URL_SAFE_NO_PAD.encode([7; 32]);
        assert_eq!(fits(json!({ "kty": "OKP", "crv": "Ed25519", "x": x })), ["EdDSA"]);
    }

    #[test]
    fn a_key_that_names_the_algorithm_of_another_kind_is_for_none() {
        for alg in ["ES256", "EdDSA"] {
            assert!(fits(rsa(2048, &json!({ "alg": alg }))).is_empty(), "{alg}");
        }
    }

    #[test]
    fn keys_that_must_not_or_cannot_check_signatures_are_left_out() {
        for key in [
            rsa(1024, &json!({})),
            rsa(2040, &json!({})),
            rsa(2048, &json!({ "use": "enc" })),
            rsa(2048, &json!({ "use": "SIG" })),
            rsa(2048, &json!({ "key_ops": ["sign"] })),
            rsa(2048, &json!({ "key_ops": [] })),
            rsa(2048, &json!({ "alg": "RSA-OAEP" })),
            rsa(2048, &json!({ "alg": "HS256" })),
            rsa(2048, &json!({ "alg": "none" })),
            rsa(2048, &json!({ "kty": "rsa" })),
            json!({ "kty": "RSA", "n": "!", "e": "AQAB" }),
            json!({ "kty": "RSA", "n": "", "e": "AQAB" }),
            json!({ "kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "alg": "HS256" }),
            json!({ "kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0" }),
            point("P-521", 66),
            point("secp256k1", 32),
            json!({ "kty": "OKP", "crv": "X25519", "x": "AAAA" }),
            json!({}),
            json!("key"),
            json!(null),
        ] {
            assert_eq!(set(std::slice::from_ref(&key)).len(), 0, "{key}");
        }
        assert_eq!(set(&[rsa(2048, &json!({ "use": "sig", "key_ops": ["verify"] }))]).len(), 1);
    }

    #[test]
    fn a_key_is_found_by_its_name_or_for_being_the_only_one() {
        let [a, b] = ["a", "b"].map(|kid| rsa(2048, &json!({ "kid": kid })));
        let both = set(&[a.clone(), b, point("P-256", 32)]);
        let found = |set: &KeySet, kid| set.find(kid, SigningAlgorithm::Rs256).is_some();
        assert!(found(&both, Some("a")) && found(&both, Some("b")));
        assert!(!found(&both, Some("c")) && !found(&both, Some("")) && !found(&both, None));
        assert!(both.find(None, SigningAlgorithm::Es256).is_some());
        assert!(both.find(Some("a"), SigningAlgorithm::Es256).is_none());
        assert!(both.lacks(Some("c")) && !both.lacks(Some("a")) && !both.lacks(None));
        assert!(!found(&set(&[a.clone(), a]), Some("a")), "one name for two keys");
    }

    #[test]
    fn a_text_that_is_no_set_is_refused() {
        for text in ["", "[]", "{}", r#"{"keys":null}"#, r#"{"keys":{}}"#, "<html>"] {
            assert!(KeySet::read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
