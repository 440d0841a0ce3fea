use thiserror::Error;

use super::DeliveryId;
use crate::store::StoreName;
use crate::time::Instant;
use crate::token::Token;
use crate::user::{EmailAddress, LoginName, PersonName};

/// A language in which mail is written: the primary subtag of RFC 5646, two or three lower-case
/// letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

/// The text names no language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must begin with a language of two or three letters, such as en or de-CH")]
pub struct LanguageError;

impl Language {
    /// The key of the user profile that says which language the user reads.
    pub const PROFILE: &'static str = "locale";

    /// The language that a tag such as `de-CH` or `de_CH` begins with.
    ///
    /// # Errors
    /// It begins with none.
    pub fn parse(tag: &str) -> Result<Self, LanguageError> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        let fits = (2..=3).contains(&primary.len())
            && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
        if fits { Ok(Self(primary.to_ascii_lowercase())) } else { Err(LanguageError) }
    }

    /// The subtag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What mail is about.
#[derive(Clone, Debug)]
pub enum Occasion {
    /// An administrator started a reset of the password.
    ResetByAdministrator {
        /// What sets the new password.
        token: Token,
        /// Until when.
        expires: Instant,
    },
    /// Somebody who gave the user's name started it.
    ResetByUser {
        /// What sets the new password.
        token: Token,
        /// Until when.
        expires: Instant,
    },
    /// The password was set or changed.
    PasswordChanged,
    /// The address was changed; told at the old one and at the new one.
    EmailChanged {
        /// The address now; `None` when it was removed.
        now: Option<EmailAddress>,
    },
    /// The user has proved to have a second factor: it is asked for from now on.
    SecondFactorSet,
    /// The second factor was removed, with its recovery codes.
    SecondFactorRemoved,
    /// A recovery code was used in place of the second factor.
    RecoveryCodeUsed,
}

/// Mail to one user.
#[derive(Clone, Debug)]
pub struct Letter {
    /// The same every time it is sent: what `Message-ID` is made of.
    pub id: DeliveryId,
    /// The store of the user.
    pub store: StoreName,
    /// Where it goes.
    pub to: EmailAddress,
    /// The language the user reads, as far as that is known.
    pub language: Option<Language>,
    /// The name the user signs in with.
    pub login_name: LoginName,
    /// The given name.
    pub first_name: Option<PersonName>,
    /// When what it is about happened.
    pub at: Instant,
    /// What it is about.
    pub occasion: Occasion,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_the_beginning_of_a_tag() {
        for (tag, language) in [("en", "en"), ("de-CH", "de"), ("PT_br", "pt"), ("gsw", "gsw")] {
            assert_eq!(Language::parse(tag).expect("a language").as_str(), language);
        }
        for tag in ["", "e", "../x", "-de", "engl", "d3"] {
            assert_eq!(Language::parse(tag), Err(LanguageError), "{tag}");
        }
    }
}
