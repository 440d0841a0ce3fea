use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::Purpose;
use crate::random::Random;

/// A token in the clear: the prefix of its purpose and 43 characters of base64url (256 random bits),
/// or what it carries in their place. Wiped from memory when dropped, and never printed.
#[derive(Clone)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// The longest text that is looked at, in bytes.
    const MOST_BYTES: usize = 128;

    /// A new token.
    pub fn generate(purpose: Purpose, random: &dyn Random) -> Self {
        let mut secret = Zeroizing::new([0_u8; 32]);
        random.fill(secret.as_mut_slice());
        Self::carrying(purpose, secret.as_slice())
    }

    /// A token that carries what nobody can guess or forge, and only we can read: something sealed, of
    /// at most 80 bytes.
    pub fn carrying(purpose: Purpose, sealed: &[u8]) -> Self {
        let mut text = String::with_capacity(Self::MOST_BYTES);
        text.push_str(purpose.prefix());
        URL_SAFE_NO_PAD.encode_string(sealed, &mut text);
        Self(Zeroizing::new(text))
    }

    /// What a token of that purpose carries. `None` when it is none.
    pub fn carried(&self, purpose: Purpose) -> Option<Zeroizing<Vec<u8>>> {
        let encoded = self.0.strip_prefix(purpose.prefix())?;
        URL_SAFE_NO_PAD.decode(encoded).ok().map(Zeroizing::new)
    }

    /// What somebody shows as a token of that purpose, which wipes it. `None` when it cannot be one.
    pub fn shown(purpose: Purpose, mut text: String) -> Option<Self> {
        let fits = text.len() <= Self::MOST_BYTES && text.starts_with(purpose.prefix());
        if fits {
            return Some(Self(Zeroizing::new(text)));
        }
        text.zeroize();
        None
    }

    /// The token, to be sent to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// SHA-256 of a token, its prefix included. Compared in constant time.
#[derive(Clone, Copy)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// A hash read from the store.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::MockRandom;

    const PURPOSE: Purpose = Purpose::PasswordReset;

    #[test]
    fn a_made_token_is_long_and_recognisable_and_silent() {
        let mut random = MockRandom::new();
        random.expect_fill().once().returning(|bytes| bytes.fill(7));
        let token = Token::generate(PURPOSE, &random);
        assert!(token.reveal().starts_with("usr_reset_"));
        assert_eq!(token.reveal().len(), 53);
        assert_eq!(format!("{token:?} {:?}", token.hash()), "Token(..) TokenHash(..)");
        let shown = Token::shown(PURPOSE, token.reveal().to_owned()).expect("a token");
        assert_eq!(shown.hash(), token.hash());
    }

    #[test]
    fn what_cannot_be_a_token_is_none() {
        for text in ["", "usr_reset", "us_AAAA", &format!("usr_reset_{}", "A".repeat(119))] {
            assert!(Token::shown(PURPOSE, text.to_owned()).is_none(), "{text}");
        }
    }
}
