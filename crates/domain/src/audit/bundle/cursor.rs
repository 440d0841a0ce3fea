use std::borrow::Cow;

use crate::id::AuditId;

/// The largest integer: every JSON reader keeps it exact.
const MOST: u64 = AuditId::MAX.unsigned_abs();

/// A value that may be null.
pub(super) type Nullable<T> = Option<T>;

/// Reads JSON of a known shape, in its canonical form (RFC 8785) and in no other: so nothing has to be
/// built to compare with.
pub(super) struct Cursor<'a> {
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { whole: text, rest: text }
    }

    /// Takes exactly this text.
    pub(super) fn take(&mut self, text: &str) -> Option<()> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(())
    }

    /// Takes this text where it comes next, and says whether it did.
    pub(super) fn takes(&mut self, text: &str) -> bool {
        self.take(text).is_some()
    }

    /// Where it stands.
    pub(super) fn place(&self) -> usize {
        self.whole.len() - self.rest.len()
    }

    /// What was read since it stood at `place`.
    pub(super) fn since(&self, place: usize) -> Option<&'a str> {
        self.whole.get(place..self.place())
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }

    /// An integer from 0 to 2^53 − 1.
    pub(super) fn integer(&mut self) -> Option<u64> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at_checked(digits)?;
        if digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        self.rest = rest;
        digits.parse().ok().filter(|number| *number <= MOST)
    }

    /// A string.
    pub(super) fn string(&mut self) -> Option<Text<'a>> {
        let body = self.rest.strip_prefix('"')?;
        let (mut end, mut escaped) = (0, false);
        loop {
            let ahead = body.as_bytes().get(end..)?;
            let plain = ahead.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            end += plain;
            match ahead.get(plain..)? {
                [b'"', ..] => break,
                [b'\\', escape @ ..] => end += 1 + length_of_escape(escape)?,
                _ => return None,
            }
            escaped = true;
        }
        let (raw, rest) = body.split_at_checked(end)?;
        self.rest = rest.strip_prefix('"')?;
        Some(Text { raw, escaped })
    }

    /// A string or null.
    pub(super) fn nullable(&mut self) -> Option<Nullable<Text<'a>>> {
        if self.takes("null") { Some(None) } else { self.string().map(Some) }
    }
}

/// How long the escape is that follows a backslash: only where it is the one that RFC 8785 §3.2.2.2
/// has for that character.
fn length_of_escape(ahead: &[u8]) -> Option<usize> {
    match ahead {
        [b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't', ..] => Some(1),
        [b'u', b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f', ..]
        | [b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', ..] => Some(5),
        _ => None,
    }
}

/// A string as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// What stands between the quotation marks: the string itself, where nothing is escaped.
    pub(super) fn raw(self) -> &'a str {
        self.raw
    }

    /// The string.
    pub(super) fn decode(self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut text = String::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some((plain, escape)) = rest.split_once('\\') {
            text.push_str(plain);
            let (character, length) = unescape(escape);
            text.push(character);
            rest = escape.get(length..).unwrap_or_default();
        }
        text.push_str(rest);
        Cow::Owned(text)
    }
}

/// The character for which an escape stands that [`length_of_escape`] has taken, and its length.
fn unescape(escape: &str) -> (char, usize) {
    let of = |character| (character, 1);
    match escape.as_bytes() {
        [b'b', ..] => of('\u{8}'),
        [b'f', ..] => of('\u{c}'),
        [b'n', ..] => of('\n'),
        [b'r', ..] => of('\r'),
        [b't', ..] => of('\t'),
        [b'u', ..] => {
            let code = escape.get(3..5).and_then(|hex| u8::from_str_radix(hex, 16).ok());
            (char::from(code.unwrap_or_default()), 5)
        }
        [b'"', ..] => of('"'),
        _ => of('\\'),
    }
}

#[cfg(test)]
mod tests;
