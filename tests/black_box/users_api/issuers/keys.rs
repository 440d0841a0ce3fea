//! Keys of an issuer, and tokens signed with them by hand, so that any header and any claim can be
//! signed.

use std::path::Path;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// What kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    P256,
    Ed25519,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Rsa, Self::P256, Self::Ed25519];
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

/// A key with its id.
pub(super) struct Key {
    pub(super) id: String,
    pair: Pair,
}

impl Key {
    pub(super) fn new(id: &str, kind: Kind) -> Self {
        let pair = match kind {
            Kind::Rsa => {
                Pair::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")))
            }
            Kind::P256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
                Pair::P256(Box::new(pair.expect("a key")))
            }
            Kind::Ed25519 => Pair::Ed25519(Box::new(Ed25519KeyPair::generate().expect("a key"))),
        };
        Self { id: id.to_owned(), pair }
    }

    /// What tokens of this key usually say of how they are signed.
    pub(super) const fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::P256(_) => "ES256",
            Pair::Ed25519(_) => "EdDSA",
        }
    }

    /// The public key as RFC 7517 writes it.
    pub(super) fn public(&self) -> Value {
        let mut key = match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                json!({
                    "kty": "RSA",
                    "n": encode(public.modulus().big_endian_without_leading_zero()),
                    "e": encode(public.exponent().big_endian_without_leading_zero()),
                })
            }
            Pair::P256(pair) => {
                // Uncompressed: 4, x, y.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) })
            }
            Pair::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) })
            }
        };
        key["kid"] = json!(self.id);
        key["use"] = json!("sig");
        key
    }

    /// The public key as bytes that everybody knows: what a confused verifier takes for a secret.
    pub(super) fn known_bytes(&self) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::P256(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    fn sign(&self, algorithm: &str, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let encoding: &dyn RsaEncoding = match algorithm {
                    "PS256" => &RSA_PSS_SHA256,
                    "RS512" => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(encoding, &random, text, &mut signature).expect("a signature");
                signature
            }
            Pair::P256(pair) => pair.sign(&random, text).expect("a signature").as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.sign(text).as_ref().to_vec(),
        }
    }
}

/// Writes the public keys as a set, in one step: nobody reads half of it.
pub(super) fn write_set(file: &Path, keys: &[&Key]) {
    let set = json!({ "keys": keys.iter().map(|key| key.public()).collect::<Vec<_>>() });
    let new = file.with_extension("new");
    std::fs::write(&new, set.to_string()).expect("a new file");
    std::fs::rename(&new, file).expect("it takes the place of the old one");
}

/// A token that is not signed yet.
pub(super) struct Token {
    /// Header and claims, as they are signed.
    pub(super) text: String,
}

impl Token {
    pub(super) fn new(header: &Value, claims: &Value) -> Self {
        Self::of_texts(&header.to_string(), &claims.to_string())
    }

    /// The same of texts that need not be JSON.
    pub(super) fn of_texts(header: &str, claims: &str) -> Self {
        let text = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        Self { text }
    }

    pub(super) fn signed(&self, key: &Key) -> String {
        self.signed_as(key, key.algorithm())
    }

    pub(super) fn signed_as(&self, key: &Key, algorithm: &str) -> String {
        self.with_signature(&key.sign(algorithm, self.text.as_bytes()))
    }

    pub(super) fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.text, encode(signature))
    }
}

pub(super) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
