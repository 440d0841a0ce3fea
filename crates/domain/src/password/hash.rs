use std::fmt;

use thiserror::Error;

/// What is stored of a password: a PHC string, as the Password Hashing Competition specifies it,
/// which names its algorithm, its parameters and, where there is one, the key of its pepper.
///
/// Valid in form alone: whether its parameters can be met is for the [`super::PasswordHasher`] to
/// say.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// The text is no PHC string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a PHC string of at most 512 characters")]
pub struct PasswordHashError;

impl PasswordHash {
    /// The longest, in bytes.
    pub const MOST_BYTES: usize = 512;

    /// Accepts `$` and up to 511 printable ASCII characters.
    ///
    /// # Errors
    /// The text is no such string.
    pub fn parse(text: impl Into<String>) -> Result<Self, PasswordHashError> {
        let text = text.into();
        let fits = text.starts_with('$')
            && text.len() <= Self::MOST_BYTES
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(PasswordHashError) }
    }

    /// The string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phc_string_is_kept_and_never_printed() {
        let text = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA";
        let hash = PasswordHash::parse(text).expect("a PHC string");
        assert_eq!(hash.as_str(), text);
        assert_eq!(format!("{hash:?}"), "PasswordHash(..)");
    }

    #[test]
    fn what_is_no_phc_string_is_refused() {
        for text in
            ["", "hunter2", "$argon2id with space", "$\u{e9}", &format!("${}", "x".repeat(512))]
        {
            assert_eq!(PasswordHash::parse(text), Err(PasswordHashError), "{text}");
        }
    }
}
