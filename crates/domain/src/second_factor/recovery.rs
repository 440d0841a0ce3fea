use std::fmt;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::code::letters;
use crate::random::Random;

/// A code for whoever has lost the authenticator, such as `k7w2m9-x3c8qn-4tz6hd-r5v1bj`: 24 letters
/// of 5 random bits. Wiped from memory when dropped, and never printed.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<String>);

/// Digits and letters without those that look alike in print: no i, l, o and u (Crockford's base32).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 24;
/// A hyphen stands between groups of so many.
const GROUP: usize = 6;

impl RecoveryCode {
    /// How many codes a user is given.
    pub const GIVEN: usize = 10;

    /// A new code.
    pub fn generate(random: &dyn Random) -> Self {
        let mut bits = Zeroizing::new([0_u8; LETTERS * 5 / 8]);
        random.fill(bits.as_mut_slice());
        Self(Zeroizing::new(letters(ALPHABET, bits.as_slice())))
    }

    /// What somebody types as a code: hyphens and case do not count. `None` when it cannot be one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let letters = text.chars().filter(|letter| *letter != '-');
        let code = Zeroizing::new(letters.map(|it| it.to_ascii_lowercase()).collect::<String>());
        let fits = code.len() == LETTERS && code.bytes().all(|letter| ALPHABET.contains(&letter));
        fits.then_some(Self(code))
    }

    /// The code in groups, to be shown to its owner once.
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LETTERS + LETTERS / GROUP));
        for (index, letter) in self.0.chars().enumerate() {
            if index > 0 && index.is_multiple_of(GROUP) {
                text.push('-');
            }
            text.push(letter);
        }
        text
    }

    /// What is stored of it: a fast hash is enough for 120 random bits (OWASP ASVS 6.5.2).
    pub fn hash(&self) -> RecoveryHash {
        RecoveryHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

/// SHA-256 of a recovery code. Codes are found by it, so a comparison that ends early tells only about
/// the hash of what was shown, which whoever shows it knows anyway.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecoveryHash([u8; 32]);

impl RecoveryHash {
    /// A hash read from the store.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for RecoveryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::MockRandom;

    #[test]
    fn a_code_is_read_as_it_was_shown_in_whatever_case() {
        let mut random = MockRandom::new();
        random.expect_fill().once().returning(|bytes| {
            assert!(bytes.len() * 8 >= 112, "a fast hash is enough from 112 bits on");
            for (bit, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(bit * 17 % 251).expect("a byte");
            }
        });
        let code = RecoveryCode::generate(&random);
        let shown = code.reveal();
        assert_eq!(shown.len(), 27);
        for typed in [shown.to_string(), shown.to_uppercase(), shown.replace('-', "")] {
            let read = RecoveryCode::read(&typed).expect("a code");
            assert_eq!(read.hash(), code.hash(), "{typed}");
        }
        assert_eq!(format!("{code:?} {:?}", code.hash()), "RecoveryCode(..) RecoveryHash(..)");
    }

    #[test]
    fn what_has_another_length_or_alphabet_is_no_code() {
        for text in ["", &"a".repeat(23), &"a".repeat(25), &"u".repeat(24), &"ä".repeat(12)] {
            assert!(RecoveryCode::read(text).is_none(), "{text}");
        }
    }
}
