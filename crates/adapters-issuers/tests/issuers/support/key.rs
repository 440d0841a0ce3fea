use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256,
};
use serde_json::{Value, json};

/// A key pair of an issuer.
pub(crate) struct TestKey {
    kid: &'static str,
    algorithm: Algorithm,
    pair: KeyPair,
    private: EncodingKey,
}

/// What stands before the key in the PKCS#8 form of an RSA key of 2048 bits.
const PKCS8_OF_RSA: usize = 26;

impl TestKey {
    pub(crate) fn rsa(kid: &'static str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let private = EncodingKey::from_rsa_der(&pair.serialized_der()[PKCS8_OF_RSA..]);
        Self { kid, algorithm: Algorithm::RS256, pair, private }
    }

    pub(crate) fn p256(kid: &'static str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let private = EncodingKey::from_ec_der(pair.serialized_der());
        Self { kid, algorithm: Algorithm::ES256, pair, private }
    }

    pub(crate) fn p384(kid: &'static str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
        let private = EncodingKey::from_ec_der(pair.serialized_der());
        Self { kid, algorithm: Algorithm::ES384, pair, private }
    }

    pub(crate) fn ed25519(kid: &'static str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let private = EncodingKey::from_ed_der(pair.serialized_der());
        Self { kid, algorithm: Algorithm::EdDSA, pair, private }
    }

    /// The public half as a JWK that names no algorithm.
    pub(crate) fn public(&self) -> Value {
        let mut key = match self.algorithm {
            Algorithm::EdDSA => {
                let x = URL_SAFE_NO_PAD.encode(self.pair.public_key_raw());
                json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
            }
            algorithm => {
                serde_json::to_value(Jwk::from_encoding_key(&self.private, algorithm).unwrap())
                    .unwrap()
            }
        };
        key.as_object_mut().unwrap().remove("alg");
        key["kid"] = json!(self.kid);
        key
    }

    /// The public half with another member.
    pub(crate) fn public_with(&self, name: &str, value: Value) -> Value {
        let mut key = self.public();
        key[name] = value;
        key
    }

    pub(crate) fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// The header of its tokens.
    pub(crate) fn header(&self) -> Value {
        json!({ "alg": self.algorithm, "typ": "JWT", "kid": self.kid })
    }

    pub(crate) fn header_with(&self, name: &str, value: Value) -> Value {
        let mut header = self.header();
        match value {
            Value::Null => drop(header.as_object_mut().unwrap().remove(name)),
            value => header[name] = value,
        }
        header
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.sign(&self.header(), claims)
    }

    /// A token with whatever header, rightly signed.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    pub(crate) fn sign_text(&self, header: &str, claims: &str) -> String {
        self.sign_by(self.algorithm, header, claims)
    }

    pub(crate) fn sign_by(&self, algorithm: Algorithm, header: &str, claims: &str) -> String {
        let message = spliced(header, claims);
        let signature = crypto::sign(message.as_bytes(), &self.private, algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

/// Header and claims of a token, without a signature.
pub(crate) fn spliced(header: &str, claims: &str) -> String {
    format!("{}.{}", encoded(header), encoded(claims))
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
