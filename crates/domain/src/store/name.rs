use std::fmt;

use thiserror::Error;
use uuid::Uuid;

use crate::text::Folded;

/// The name of a store: 1 to 64 of the characters `A-Z a-z 0-9 . _ -`, and not a UUID, so that it
/// stands in a path as it is and is never taken for an id. Unique ignoring case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreName(String);

/// Why a text is no name of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum StoreNameError {
    /// Empty or over 64 characters.
    #[error("must be 1 to 64 characters long")]
    Length,
    /// A character outside the allowed set.
    #[error("may hold only the characters A-Z a-z 0-9 . _ -")]
    Character,
    /// Would be taken for an id.
    #[error("must not have the form of a UUID")]
    LooksLikeId,
}

impl StoreName {
    const MAX: usize = 64;

    /// Accepts a name under the rules of the type and keeps it as typed.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn parse(text: impl Into<String>) -> Result<Self, StoreNameError> {
        let text = text.into();
        if text.is_empty() || text.len() > Self::MAX {
            return Err(StoreNameError::Length);
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
            return Err(StoreNameError::Character);
        }
        if Uuid::try_parse(&text).is_ok() {
            return Err(StoreNameError::LooksLikeId);
        }
        Ok(Self(text))
    }

    /// The name as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which it is compared.
    pub fn folded(&self) -> Folded {
        Folded::of(&self.0)
    }
}

impl fmt::Display for StoreName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_a_path_as_it_is() {
        assert!(StoreName::parse("shop-1.eu_West").is_ok());
        assert_eq!(StoreName::parse(""), Err(StoreNameError::Length));
        assert_eq!(StoreName::parse("a".repeat(65)), Err(StoreNameError::Length));
        for text in ["a/b", "a b", "ä", "a%", "a\0"] {
            assert_eq!(StoreName::parse(text), Err(StoreNameError::Character), "{text}");
        }
    }

    #[test]
    fn a_uuid_is_no_name() {
        for text in ["018f3b1e-0000-7000-8000-000000000000", "018f3b1e000070008000000000000000"] {
            assert_eq!(StoreName::parse(text), Err(StoreNameError::LooksLikeId));
        }
    }
}
