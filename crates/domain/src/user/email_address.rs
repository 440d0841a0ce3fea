use std::fmt;

use thiserror::Error;

use crate::text::Folded;

/// An e-mail address: syntax of RFC 5321 §4.1.2, at most 254 characters (RFC 3696 erratum 1690).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EmailAddressError {
    /// Over 254 characters.
    #[error("must be at most 254 characters long")]
    TooLong,
    /// Not of the form local-part@domain, or with a control character in a quoted local part.
    #[error("must be an e-mail address of the form name@example.com")]
    Malformed,
}

impl EmailAddress {
    /// Accepts an address and keeps it as typed.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn parse(text: impl Into<String>) -> Result<Self, EmailAddressError> {
        let text = text.into();
        if text.chars().count() > 254 {
            return Err(EmailAddressError::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(EmailAddressError::Malformed);
        }
        let options = email_address::Options::default().without_display_text();
        email_address::EmailAddress::parse_with_options(&text, options)
            .map_err(|_| EmailAddressError::Malformed)?;
        Ok(Self(text))
    }

    /// The address as typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which it is compared ignoring case. The local part could tell case apart
    /// (RFC 5321 §2.4); no provider of note lets two people differ by it.
    pub fn folded(&self) -> Folded {
        Folded::of(&self.0)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_local_part_and_a_domain() {
        for text in ["ada@example.com", "a.b+c@sub.example.org", "ä@exämple.de"] {
            assert!(EmailAddress::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "Ada <ada@example.com>",
            "a b@c.d",
            "a@b\n.c",
            "\"a\tb\"@c.d",
        ] {
            assert_eq!(EmailAddress::parse(text), Err(EmailAddressError::Malformed), "{text}");
        }
    }

    #[test]
    fn an_address_has_at_most_254_characters() {
        let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(190));
        assert_eq!(EmailAddress::parse(long), Err(EmailAddressError::TooLong));
    }
}
