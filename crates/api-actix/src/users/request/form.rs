//! Pairs of names and texts: a query, or the body of an HTML form.

use serde_json::Value;

use crate::percent;
use crate::problem::{Kind, Problem};

/// More pairs than any operation has fields.
const MOST_PAIRS: usize = 128;

/// The pairs of `text`, as texts.
///
/// # Errors
/// It is not percent-encoded UTF-8, or has more than 128 pairs.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, Value)>, Problem> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    if pairs.clone().count() > MOST_PAIRS {
        return Err(malformed("The query or the form has too many fields."));
    }
    let read = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((percent::decode_form(name)?, Value::String(percent::decode_form(value)?)))
    };
    let pairs: Option<Vec<_>> = pairs.map(read).collect();
    pairs.ok_or_else(|| malformed("The query or the form is not percent-encoded UTF-8."))
}

fn malformed(detail: &'static str) -> Problem {
    Problem::because(Kind::MalformedRequest, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_kept_in_order() {
        let read = pairs("a+b=%C3%A4+%2B&flag&&x=1=2").expect("valid");
        let read: Vec<_> =
            read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(read, [("a b", Some("ä +")), ("flag", Some("")), ("x", Some("1=2"))]);
    }

    #[test]
    fn what_cannot_be_decoded_or_is_too_much_is_refused() {
        for text in ["%", "a=%ff", "a=%zz", "%c3=1"] {
            assert!(pairs(text).is_err(), "{text}");
        }
        let many = |number: usize| vec!["a="; number].join("&");
        assert!(pairs(&many(128)).is_ok());
        assert!(pairs(&many(129)).is_err());
    }
}
