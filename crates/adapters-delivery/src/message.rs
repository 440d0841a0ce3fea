use std::time::{Duration, SystemTime};

use domain::delivery::{Letter, Undelivered};
use domain::time::Instant;
use lettre::Message;
use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue};
use lettre::message::{Body, MultiPart, SinglePart};

use crate::sender::{Sender, address};
use crate::templates::Words;

/// The message that says `words`. The same letter makes the same message, byte for byte: its date is
/// when that happened which it is about, and nothing in it is drawn by chance.
pub(crate) fn compose(
    letter: &Letter,
    sender: &Sender,
    words: Words,
) -> Result<Message, Undelivered> {
    let to = address(letter.to.as_str())
        .ok_or_else(|| Undelivered::Never("mail has no form for the address".into()))?;
    let from = sender.mailbox();
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()])
        .map_err(|error| Undelivered::Never(error.to_string()))?;
    Message::builder()
        .envelope(envelope)
        .from(from.clone())
        .to(to.into())
        .subject(words.subject)
        .date(date(letter.at))
        .message_id(Some(format!("<{}@{}>", letter.id, sender.domain())))
        .raw_header(auto_submitted())
        .multipart(
            MultiPart::alternative()
                .boundary(format!("=_{}", letter.id))
                .singlepart(SinglePart::plain(plain(words.text)))
                .singlepart(SinglePart::html(words.html)),
        )
        .map_err(|error| Undelivered::Never(error.to_string()))
}

/// The longest line of a message (RFC 5322 §2.1.1).
const LONGEST_LINE: usize = 998;

/// A text as it is where mail can carry it, so that a link can be read and taken from a file too:
/// lettre by itself encodes all that has a line over 76.
fn plain(text: String) -> Body {
    let is_plain = |byte: u8| byte == b'\t' || byte == b' ' || byte.is_ascii_graphic();
    if !text.lines().all(|line| line.len() <= LONGEST_LINE && line.bytes().all(is_plain)) {
        return Body::new(text);
    }
    let lines: Vec<_> = text.lines().collect();
    Body::dangerous_pre_encoded(lines.join("\r\n").into(), ContentTransferEncoding::SevenBit)
}

/// Of RFC 3834: no vacation notice or other machine shall answer.
fn auto_submitted() -> HeaderValue {
    const NAME: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");
    HeaderValue::new(NAME, "auto-generated".into())
}

/// A date that lettre can write: it knows none before 1970.
fn date(at: Instant) -> SystemTime {
    let micros = u64::try_from(at.as_micros()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_encoded_only_where_mail_cannot_carry_it() {
        let long = "x".repeat(LONGEST_LINE);
        for (text, encoding, body) in [
            ("a\nb\r\n\tc", ContentTransferEncoding::SevenBit, "a\r\nb\r\n\tc"),
            (&long, ContentTransferEncoding::SevenBit, &long),
            ("a\rb", ContentTransferEncoding::SevenBit, "a\rb"),
            (
                "a long text, and an ä",
                ContentTransferEncoding::QuotedPrintable,
                "a long text, and an =C3=A4",
            ),
        ] {
            let encoded = plain(text.to_owned());
            assert_eq!((encoded.encoding(), encoded.as_ref()), (encoding, body.as_bytes()));
        }
        let longer = plain("x".repeat(LONGEST_LINE + 1));
        assert_eq!(longer.encoding(), ContentTransferEncoding::QuotedPrintable);
    }

    #[test]
    fn a_date_before_1970_becomes_the_first_that_can_be_written() {
        let before: Instant = "1969-12-31T23:59:59Z".parse().unwrap();
        assert_eq!(date(before), SystemTime::UNIX_EPOCH);
    }
}
