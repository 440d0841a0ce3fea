use std::fmt;

use subtle::ConstantTimeEq as _;
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use super::RecoveryCode;

/// Six digits of an authenticator. Compared in constant time, and never printed.
#[derive(Clone, Copy)]
pub struct OneTimePassword([u8; 6]);

impl OneTimePassword {
    /// The digits as ASCII. `None` when they are no digits.
    pub fn from_digits(digits: [u8; 6]) -> Option<Self> {
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    /// The digits as ASCII.
    pub const fn digits(&self) -> &[u8; 6] {
        &self.0
    }
}

impl PartialEq for OneTimePassword {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for OneTimePassword {}

impl fmt::Debug for OneTimePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimePassword(..)")
    }
}

/// What somebody shows as a second factor.
#[derive(Clone, Debug)]
pub enum Code {
    /// Of an authenticator.
    OneTime(OneTimePassword),
    /// One of those that were shown when the authenticator was enrolled.
    Recovery(RecoveryCode),
}

/// The text is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be six digits or a recovery code")]
pub struct CodeError;

impl Code {
    /// The longest text that is looked at, in bytes.
    const MOST_BYTES: usize = 128;

    /// Reads a code, which wipes the text. Spaces do not count, nor do hyphens and case in a recovery
    /// code.
    ///
    /// # Errors
    /// [`CodeError`].
    pub fn parse(mut text: String) -> Result<Self, CodeError> {
        let read = Self::read(&text);
        text.zeroize();
        read
    }

    fn read(text: &str) -> Result<Self, CodeError> {
        if text.len() > Self::MOST_BYTES {
            return Err(CodeError);
        }
        let compact: Zeroizing<String> =
            Zeroizing::new(text.chars().filter(|letter| !letter.is_whitespace()).collect());
        let digits = compact.as_bytes().try_into().ok().and_then(OneTimePassword::from_digits);
        if let Some(digits) = digits {
            return Ok(Self::OneTime(digits));
        }
        RecoveryCode::read(&compact).map(Self::Recovery).ok_or(CodeError)
    }
}

/// Five bits a letter, the last one filled up with zeros.
pub(super) fn letters(alphabet: &[u8; 32], bytes: &[u8]) -> String {
    let (mut text, mut held, mut bits) = (String::with_capacity(bytes.len() * 8 / 5 + 1), 0_u32, 0);
    let mut push = |five: u32| {
        let letter = alphabet.get((five & 31) as usize).copied().unwrap_or_default();
        text.push(char::from(letter));
    };
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push(held >> bits);
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        push(held << (5 - bits));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Code, CodeError> {
        Code::parse(text.to_owned())
    }

    #[test]
    fn six_digits_are_a_code_whatever_spaces_stand_between_them() {
        for text in ["123456", " 123 456 ", "1 2 3 4 5 6", "123\u{a0}456"] {
            let Ok(Code::OneTime(code)) = parse(text) else { panic!("{text}") };
            assert_eq!(code.digits(), b"123456");
        }
    }

    #[test]
    fn what_is_neither_six_digits_nor_a_recovery_code_is_no_code() {
        for text in ["", "12345", "1234567", "12345a", "１２３４５６", "123-456", &"1".repeat(200)]
        {
            assert_eq!(parse(text).err(), Some(CodeError), "{text}");
        }
    }

    #[test]
    fn a_code_prints_nothing() {
        let code = parse("123456").expect("a code");
        assert_eq!(format!("{code:?}"), "OneTime(OneTimePassword(..))");
    }
}
