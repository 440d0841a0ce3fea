//! Entity tags and the header `If-Match` (RFC 9110 §8.8.3 and §13.1.1).

use actix_web::http::header::{self, HeaderMap, HeaderValue};
use domain::id::AuditId;
use domain::version::{Precondition, Version};

use crate::problem::{Kind, Problem};

/// The strong entity tag of a version.
pub(crate) fn tag(version: Version) -> HeaderValue {
    let text = format!("\"{}\"", version.get());
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// What the request demands of the present version.
///
/// # Errors
/// The header is malformed.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Precondition, Problem> {
    let mut lines = headers.get_all(header::IF_MATCH).peekable();
    if lines.peek().is_none() {
        return Ok(Precondition::None);
    }
    let mut tags = Vec::new();
    for line in lines {
        if line.as_bytes().trim_ascii() == b"*" {
            tags.push(Tag::Any);
        } else {
            read_list(line.as_bytes(), &mut tags).ok_or_else(malformed)?;
        }
    }
    match tags.as_slice() {
        [] => Err(malformed()),
        [Tag::Any] => Ok(Precondition::Exists),
        several if several.contains(&Tag::Any) => Err(malformed()),
        several => Ok(Precondition::OneOf(several.iter().filter_map(Tag::version).collect())),
    }
}

fn malformed() -> Problem {
    Problem::because(Kind::MalformedRequest, "If-Match must be * or a list of entity tags.")
}

#[derive(Debug, PartialEq, Eq)]
enum Tag {
    Any,
    /// Of one version.
    Strong(Version),
    /// Weak, or none that we ever gave: it matches nothing.
    Foreign,
}

impl Tag {
    fn version(&self) -> Option<Version> {
        match self {
            Self::Strong(version) => Some(*version),
            Self::Any | Self::Foreign => None,
        }
    }
}

/// Reads a comma list of entity tags; `None` when it is none. Empty members are allowed
/// (RFC 9110 §5.6.1.2).
fn read_list(mut rest: &[u8], tags: &mut Vec<Tag>) -> Option<()> {
    loop {
        rest = rest.trim_ascii_start();
        match rest.split_first() {
            None => return Some(()),
            Some((b',', tail)) => rest = tail,
            Some(_) => {
                let (tag, tail) = read_tag(rest)?;
                tags.push(tag);
                rest = tail.trim_ascii_start();
                if !rest.is_empty() && !rest.starts_with(b",") {
                    return None;
                }
            }
        }
    }
}

fn read_tag(text: &[u8]) -> Option<(Tag, &[u8])> {
    let (opaque, weak) = match text.strip_prefix(b"W/") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let opaque = opaque.strip_prefix(b"\"")?;
    let end = opaque.iter().position(|byte| *byte == b'"')?;
    let (inside, rest) = opaque.split_at(end);
    if !inside.iter().all(|byte| matches!(byte, 0x21 | 0x23..=0x7E | 0x80..)) {
        return None;
    }
    let version = if weak { None } else { version_of(inside) };
    let tag = version.map_or(Tag::Foreign, Tag::Strong);
    rest.strip_prefix(b"\"").map(|rest| (tag, rest))
}

/// The version that a tag of ours stands for: digits as [`tag`] writes them, no other spelling.
fn version_of(inside: &[u8]) -> Option<Version> {
    let text = str::from_utf8(inside).ok()?;
    let number = text.parse().ok().and_then(AuditId::new)?;
    (number.to_string() == text).then(|| Version::of(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(number: i64) -> Version {
        Version::of(AuditId::new(number).expect("in range"))
    }

    fn read(lines: &[&str]) -> Option<Precondition> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_MATCH, HeaderValue::from_str(line).expect("a header"));
        }
        if_match(&headers).ok()
    }

    #[test]
    fn lists_and_lines_are_one_list_of_strong_tags() {
        let both = Some(Precondition::OneOf(vec![version(5), version(7)]));
        assert_eq!(read(&["\"5\", \"7\""]), both);
        assert_eq!(read(&["\"5\"", "\"7\""]), both);
        assert_eq!(read(&[",\"5\" ,, \"7\","]), both);
        assert_eq!(read(&["*"]), Some(Precondition::Exists));
        assert_eq!(read(&[]), Some(Precondition::None));
    }

    #[test]
    fn weak_and_foreign_tags_match_nothing() {
        for line in
            ["W/\"5\"", "\"05\"", "\"+5\"", "\"x\"", "\"\"", "\"0\"", "\"99999999999999999999\""]
        {
            assert_eq!(read(&[line]), Some(Precondition::OneOf(vec![])), "{line}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for line in
            ["", ",", "5", "\"5", "\"5\" \"7\"", "*, \"5\"", "w/\"5\"", "\"a b\"", "\"5\"x", "**"]
        {
            assert_eq!(read(&[line]), None, "{line}");
        }
        assert_eq!(read(&["*", "*"]), None);
    }

    #[test]
    fn a_tag_reads_back_as_its_version() {
        let tag = tag(version(42));
        assert_eq!(tag, "\"42\"");
        assert_eq!(
            read(&[tag.to_str().expect("ASCII")]),
            Some(Precondition::OneOf(vec![version(42)]))
        );
    }
}
