//! Keys and values that hang on an owner: profiles on a user, metadata on a group. One thing, twice.

mod extent;
mod owner;
mod property;
mod repository;
mod service;
pub(crate) mod set;
mod write;

pub use extent::Extent;
pub use owner::{Kept, Owner};
pub use property::AttributeProperty;
pub use repository::AttributeRepository;
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockAttributeRepository;
pub use service::{AttributeInStore, MetadataService, ProfileService};

use std::collections::BTreeSet;
use std::fmt;

use thiserror::Error;

use crate::id::{GroupId, UserId};
use crate::page::{Query, SortKey};
use crate::text::{Folded, TextError, check};
use crate::version::Version;

/// A key: 1 to 256 characters, unique for its owner ignoring case, and none that a path could not
/// reach: the words that stand for operations, and the dots that clients and proxies take out of
/// paths.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeKey(String);

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AttributeKeyError {
    /// Length or characters.
    #[error(transparent)]
    Text(#[from] TextError),
    /// What a path of the API cannot end with.
    #[error("must not be one of batch, createorupdate, groupId, userId, `.`, `..`")]
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
        let reserved = ["batch", "createorupdate", "groupid", "userid", ".", ".."];
        if reserved.contains(&Folded::of(&text).as_str()) {
            return Err(AttributeKeyError::Reserved);
        }
        Ok(Self(text))
    }

    /// A key that the program itself gives a meaning.
    pub(crate) fn built_in(key: &'static str) -> Self {
        Self(key.to_owned())
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

/// One key and value of an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute<O> {
    /// Whose it is.
    pub owner: O,
    /// Unique for the owner ignoring case.
    pub key: AttributeKey,
    /// May be unset.
    pub value: Option<AttributeValue>,
    /// Changes with key and value.
    pub version: Version,
}

/// An attribute of a user.
pub type Profile = Attribute<UserId>;
/// An attribute of a group.
pub type Metadata = Attribute<GroupId>;

/// A key and value as a request wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributeDraft {
    /// Unique for the owner ignoring case.
    pub key: AttributeKey,
    /// May be unset.
    pub value: Option<AttributeValue>,
}

impl AttributeDraft {
    /// The first key that stands in `drafts` twice, ignoring case.
    pub fn repeated_key(drafts: &[Self]) -> Option<&AttributeKey> {
        let mut seen = BTreeSet::new();
        drafts.iter().map(|draft| &draft.key).find(|key| !seen.insert(key.folded()))
    }
}

/// In which order attributes of one owner can come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeOrder {
    /// By the folded key.
    Key,
}

impl SortKey for AttributeOrder {
    const ALL: &'static [Self] = &[Self::Key];

    fn name(self) -> &'static str {
        "key"
    }
}

/// What of the attributes of one owner is asked for.
pub type AttributeQuery = Query<AttributeProperty, AttributeOrder, Folded>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_cannot_name_is_no_key() {
        for word in ["batch", "BATCH", "CreateOrUpdate", "groupId", "userid", ".", ".."] {
            assert_eq!(AttributeKey::parse(word), Err(AttributeKeyError::Reserved), "{word}");
        }
        for word in ["batches", "...", ".a", "a.."] {
            assert!(AttributeKey::parse(word).is_ok(), "{word}");
        }
    }

    #[test]
    fn a_value_has_at_most_64_kib() {
        assert!(AttributeValue::parse("x".repeat(65_536)).is_ok());
        assert_eq!(AttributeValue::parse("x".repeat(65_537)), Err(AttributeValueError::TooLong));
        assert!(AttributeValue::parse("line\nline\t").is_ok());
        assert_eq!(AttributeValue::parse("a\0b"), Err(AttributeValueError::Nul));
    }
}
