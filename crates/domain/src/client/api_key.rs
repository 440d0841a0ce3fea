use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::random::Random;

/// An API key in the clear: shown once when it is made, wiped from memory when dropped, and never
/// printed. Made keys are `us_` and 43 characters of base64url (256 random bits).
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

/// Why a text cannot be a key that an operator chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be 32 to 256 printable ASCII characters without spaces")]
pub struct ApiKeyError;

impl ApiKey {
    const PREFIX: &'static str = "us_";

    /// A new key of 256 random bits.
    pub fn generate(random: &dyn Random) -> Self {
        let mut secret = Zeroizing::new([0_u8; 32]);
        random.fill(secret.as_mut_slice());
        let mut text = String::with_capacity(Self::PREFIX.len() + 43);
        text.push_str(Self::PREFIX);
        URL_SAFE_NO_PAD.encode_string(secret.as_slice(), &mut text);
        Self(Zeroizing::new(text))
    }

    /// Accepts a key that an operator chose: 32 to 256 printable ASCII characters. A space is
    /// refused, since a Bearer credential cannot carry one (RFC 6750 §2.1).
    ///
    /// # Errors
    /// The text is no such key.
    pub fn parse(mut text: String) -> Result<Self, ApiKeyError> {
        let fits = (32..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits {
            return Ok(Self(Zeroizing::new(text)));
        }
        text.zeroize();
        Err(ApiKeyError)
    }

    /// The key, to be shown to its holder.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash::of(&self.0)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// SHA-256 of a key. A fast hash is enough for a secret of 128 bits and more (OWASP ASVS 6.5.2).
///
/// Keys are found by an index over this hash, so a comparison that ends early tells only about the
/// hash of what was presented, which the caller knows anyway.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyHash([u8; 32]);

impl ApiKeyHash {
    /// The hash of a presented credential, whatever its form.
    pub fn of(presented: &str) -> Self {
        Self(Sha256::digest(presented.as_bytes()).into())
    }

    /// A hash read from the store.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::MockRandom;

    #[test]
    fn a_made_key_is_long_and_recognisable_and_silent() {
        let mut random = MockRandom::new();
        random.expect_fill().once().returning(|bytes| bytes.fill(7));
        let key = ApiKey::generate(&random);
        assert!(key.reveal().starts_with("us_"));
        assert_eq!(key.reveal().len(), 46);
        assert_eq!(format!("{key:?} {:?}", key.hash()), "ApiKey(..) ApiKeyHash(..)");
    }

    #[test]
    fn a_chosen_key_has_32_to_256_printable_characters() {
        assert!(ApiKey::parse("k".repeat(32)).is_ok());
        assert!(ApiKey::parse("k".repeat(256)).is_ok());
        for text in
            ["k".repeat(31), "k".repeat(257), format!("{} ", "k".repeat(40)), "ä".repeat(20)]
        {
            assert_eq!(ApiKey::parse(text).err(), Some(ApiKeyError));
        }
    }
}
