//! Percent-encoding of RFC 3986, strict in and sparing out.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text that `encoded` stands for. `None` when a `%` is not followed by two hexadecimal digits,
/// or when the bytes are no UTF-8.
pub(crate) fn decode(encoded: &str) -> Option<Cow<'_, str>> {
    if !encoded.contains('%') {
        return Some(Cow::Borrowed(encoded));
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let (byte, tail) = if *first == b'%' { decode_pair(tail)? } else { (*first, tail) };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The same in the form of HTML forms, where `+` is a space.
pub(crate) fn decode_form(encoded: &str) -> Option<String> {
    decode(&encoded.replace('+', " ")).map(Cow::into_owned)
}

fn decode_pair(digits: &[u8]) -> Option<(u8, &[u8])> {
    let ([high, low], rest) = digits.split_first_chunk()?;
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some((digit(high)? << 4 | digit(low)?, rest))
}

/// `text` as one path segment or query value: everything but the unreserved characters is encoded.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_percent_encoded_utf_8_is_refused() {
        for text in ["%", "%4", "%zz", "a%", "%ff", "%c3", "%+1"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode("%C3%a4%2F%00").as_deref(), Some("ä/\0"));
        assert_eq!(decode_form("a+%2B%20+").as_deref(), Some("a +  "));
    }

    #[test]
    fn one_decoding_undoes_one_encoding() {
        assert_eq!(decode("%2541").as_deref(), Some("%41"));
    }

    proptest! {
        #[test]
        fn decoding_undoes_encoding(text in any::<String>()) {
            let encoded = encode(&text);
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_graphic()));
            let decoded = decode(&encoded);
            prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
        }
    }
}
