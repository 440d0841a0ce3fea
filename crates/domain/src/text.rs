//! Text that names something: how long it may be, which characters it may hold, and how two
//! spellings are found to be the same name.

use unicode_normalization::UnicodeNormalization;

use thiserror::Error;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// Nothing in it.
    #[error("must not be empty")]
    Empty,
    /// More Unicode code points than allowed.
    #[error("must be at most {max} characters long")]
    TooLong {
        /// The most that is allowed.
        max: usize,
    },
    /// NUL or another control character (Unicode category Cc).
    #[error("must not contain control characters")]
    ControlCharacter,
}

/// Checks the length in code points and that no control character is inside.
pub(crate) fn check(text: &str, min: usize, max: usize) -> Result<(), TextError> {
    if min > 0 && text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.len() > max && text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    if text.chars().any(char::is_control) {
        return Err(TextError::ControlCharacter);
    }
    Ok(())
}

/// A name as it is compared: Unicode simple case folding of its NFC form.
///
/// Two spellings that fold alike are the same name. Stored beside the name as typed, so that
/// uniqueness does not depend on a database's collation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Folded(String);

impl Folded {
    /// Folds any text.
    pub fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self(text.to_ascii_lowercase());
        }
        Self(text.nfc().map(fold).collect())
    }

    /// A text that was folded before. To fold it once more might change it: what folding leaves
    /// may compose.
    pub fn from_folded(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Simple case folding of one character (status C and S of Unicode's `CaseFolding.txt`).
fn fold(character: char) -> char {
    unicode_case_mapping::case_folded(character)
        .and_then(|code| char::from_u32(code.get()))
        .unwrap_or(character)
}

/// Defines a bounded text newtype with a private field and one `parse`.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Accepts a text of allowed length without control characters, and keeps it as typed.
            ///
            /// # Errors
            /// The rule that is broken.
            pub fn parse(text: impl Into<String>) -> Result<Self, $crate::text::TextError> {
                let text = text.into();
                $crate::text::check(&text, $min, $max)?;
                Ok(Self(text))
            }

            /// The text as typed.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The form in which it is compared ignoring case.
            pub fn folded(&self) -> $crate::text::Folded {
                $crate::text::Folded::of(&self.0)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use text_type;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_fold_ignoring_case_and_composition() {
        for (left, right) in [
            ("Ada", "aDA"),
            ("ÄÖÜ", "äöü"),
            ("Cafe\u{301}", "CAFÉ"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("ſ", "s"),
            ("\u{212A}", "k"),
        ] {
            assert_eq!(Folded::of(left), Folded::of(right), "{left} {right}");
        }
    }

    #[test]
    fn simple_folding_keeps_sharp_s_apart_from_double_s() {
        assert_ne!(Folded::of("Maße"), Folded::of("MASSE"));
        assert_eq!(Folded::of("ẞ"), Folded::of("ß"));
    }

    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(check(&"ä".repeat(256), 1, 256), Ok(()));
        assert_eq!(check(&"ä".repeat(257), 1, 256), Err(TextError::TooLong { max: 256 }));
        assert_eq!(check("", 1, 256), Err(TextError::Empty));
        assert_eq!(check("", 0, 256), Ok(()));
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a\0", "\n", "\u{7f}", "x\u{85}"] {
            assert_eq!(check(text, 1, 256), Err(TextError::ControlCharacter));
        }
    }

    proptest! {
        #[test]
        fn the_ascii_short_cut_folds_as_the_long_way(text in "[ -~]{0,40}") {
            let long: String = text.nfc().map(fold).collect();
            prop_assert_eq!(Folded::of(&text), Folded(long));
        }

        #[test]
        fn folding_ignores_the_case_of_letters(text in "\\PC{0,20}") {
            let simple_upper: String = text.chars().map(|c| {
                let mut upper = c.to_uppercase();
                match (upper.next(), upper.next()) { (Some(u), None) if fold(u) == fold(c) => u, _ => c }
            }).collect();
            prop_assert_eq!(Folded::of(&simple_upper), Folded::of(&text));
        }
    }
}
