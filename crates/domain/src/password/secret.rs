use std::fmt;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize as _, Zeroizing};

/// A password in the clear, in its normal form NFKC (NIST SP 800-63B-4 §3.1.1.2): 1 to 1 024 bytes
/// of UTF-8 without NUL, otherwise exactly as it was sent. Wiped from memory when dropped, and never
/// printed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a text is no password, whatever the policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Nothing in it.
    #[error("must not be empty")]
    Empty,
    /// Longer than what is hashed.
    #[error("must be at most 1024 bytes long in UTF-8, in the normal form NFKC")]
    TooLong,
    /// A character that many systems take for the end of the text.
    #[error("must not contain the character U+0000")]
    Nul,
}

impl Password {
    /// The longest, in bytes of UTF-8.
    pub const MOST_BYTES: usize = 1_024;

    /// Accepts a text as it was sent, and wipes it.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn parse(mut text: String) -> Result<Self, PasswordError> {
        let parsed = Self::of(&text);
        text.zeroize();
        parsed
    }

    fn of(text: &str) -> Result<Self, PasswordError> {
        if text.is_empty() {
            return Err(PasswordError::Empty);
        }
        // Before it is normalised too: nobody makes us work on megabytes.
        if text.len() > Self::MOST_BYTES {
            return Err(PasswordError::TooLong);
        }
        if text.contains('\0') {
            return Err(PasswordError::Nul);
        }
        // No character grows to more than 33 bytes for each of its own: one buffer, never copied.
        let mut normal = Zeroizing::new(String::with_capacity(text.len() * 12));
        normal.extend(text.nfkc());
        if normal.len() > Self::MOST_BYTES {
            return Err(PasswordError::TooLong);
        }
        Ok(Self(normal))
    }

    /// A password for hashes whose only sense is the time they take.
    pub(crate) fn decoy() -> Self {
        Self(Zeroizing::new(String::from("decoy")))
    }

    /// The password in its normal form: to be hashed, compared with lists, or shown once to whom it
    /// was generated for.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Password, PasswordError> {
        Password::parse(text.to_owned())
    }

    fn normal(text: &str) -> String {
        parse(text).expect("a password").reveal().to_owned()
    }

    #[test]
    fn composed_and_decomposed_forms_are_one_password() {
        assert_eq!(normal("caf\u{e9}"), normal("cafe\u{301}"));
        assert_eq!(normal("\u{fb01}sh"), "fish");
    }

    #[test]
    fn spaces_and_case_are_kept() {
        assert_eq!(normal("  Ada "), "  Ada ");
        assert_ne!(normal("ada"), normal("Ada"));
    }

    #[test]
    fn one_to_1024_bytes_without_nul_are_taken() {
        assert!(parse(&"x".repeat(1_024)).is_ok());
        assert_eq!(parse(&"x".repeat(1_025)).err(), Some(PasswordError::TooLong));
        assert_eq!(parse("").err(), Some(PasswordError::Empty));
        assert_eq!(parse("pass\0word").err(), Some(PasswordError::Nul));
    }

    #[test]
    fn the_limit_holds_for_the_normal_form_too() {
        // One character of three bytes whose normal form has 33.
        let text = "\u{fdfa}".repeat(64);
        assert!(text.len() < Password::MOST_BYTES);
        assert_eq!(parse(&text).err(), Some(PasswordError::TooLong));
    }

    #[test]
    fn a_password_is_never_printed() {
        assert_eq!(format!("{:?}", parse("hunter2")), "Ok(Password(..))");
    }

    proptest! {
        #[test]
        fn the_normal_form_is_its_own(text in "\\PC{1,60}") {
            if let Ok(password) = parse(&text) {
                prop_assert_eq!(&normal(password.reveal()), password.reveal());
            }
        }
    }
}
