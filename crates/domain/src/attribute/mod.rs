//! Keys and values that hang on a user: its profiles. Metadata of groups has the same shape.

mod repository;

#[cfg(any(test, feature = "mocks"))]
pub use repository::MockProfileRepository;
pub use repository::ProfileRepository;

use std::fmt;

use thiserror::Error;

use crate::id::UserId;
use crate::text::{Folded, TextError, check};

/// A key: 1 to 256 characters, unique for its owner ignoring case, and none of the words that a
/// path could not reach.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeKey(String);

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AttributeKeyError {
    /// Length or characters.
    #[error(transparent)]
    Text(#[from] TextError),
    /// A word that stands for an operation in the paths of the API.
    #[error("must not be one of the words batch, createorupdate, groupId, userId")]
    Reserved,
}

impl AttributeKey {
    /// Accepts a key under the rules of the type and keeps it as typed.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn parse(text: impl Into<String>) -> Result<Self, AttributeKeyError> {
        let text = text.into();
        check(&text, 1, 256)?;
        let reserved = ["batch", "createorupdate", "groupid", "userid"];
        if reserved.contains(&Folded::of(&text).as_str()) {
            return Err(AttributeKeyError::Reserved);
        }
        Ok(Self(text))
    }

    /// The key as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which it is compared.
    pub fn folded(&self) -> Folded {
        Folded::of(&self.0)
    }
}

impl fmt::Display for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value: at most 64 KiB of UTF-8. NUL is refused, since not every database can hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeValue(String);

/// Why a text is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AttributeValueError {
    /// Over 65 536 bytes.
    #[error("must be at most 65536 bytes of UTF-8")]
    TooLong,
    /// U+0000 inside.
    #[error("must not contain the character U+0000")]
    Nul,
}

impl AttributeValue {
    /// The most bytes a value may have.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// Accepts a value under the rules of the type.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn parse(text: impl Into<String>) -> Result<Self, AttributeValueError> {
        let text = text.into();
        if text.len() > Self::MAX_BYTES {
            return Err(AttributeValueError::TooLong);
        }
        if text.contains('\0') {
            return Err(AttributeValueError::Nul);
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A profile: one key and value of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Whose it is.
    pub user: UserId,
    /// Unique for the user ignoring case.
    pub key: AttributeKey,
    /// May be unset.
    pub value: Option<AttributeValue>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_paths_are_no_keys() {
        for word in ["batch", "BATCH", "CreateOrUpdate", "groupId", "userid"] {
            assert_eq!(AttributeKey::parse(word), Err(AttributeKeyError::Reserved), "{word}");
        }
        assert!(AttributeKey::parse("batches").is_ok());
    }

    #[test]
    fn a_value_has_at_most_64_kib() {
        assert!(AttributeValue::parse("x".repeat(65_536)).is_ok());
        assert_eq!(AttributeValue::parse("x".repeat(65_537)), Err(AttributeValueError::TooLong));
        assert!(AttributeValue::parse("line\nline\t").is_ok());
        assert_eq!(AttributeValue::parse("a\0b"), Err(AttributeValueError::Nul));
    }
}
