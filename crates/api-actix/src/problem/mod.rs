//! Refusals as RFC 9457 problem documents.
//!
//! A handler fails with a [`Problem`]; the edge, which knows path and request id, turns it into a
//! [`Document`]. Errors of the framework pass there too and get a document by their status.

mod document;
mod kind;
mod refusal;

pub(crate) use document::{CONTENT_TYPE, Document};
pub(crate) use kind::Kind;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use domain::error::{FieldError, Invalid};
use domain::version::Version;

use crate::request::precondition;

/// A refusal or failure on its way to the client.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    kind: Kind,
    detail: Option<Cow<'static, str>>,
    errors: Vec<FieldError>,
    position: Option<Position>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Whether the connection is of no more use.
    closing: bool,
    /// For the log, never for the client.
    cause: Option<String>,
}

/// Where a problem lies.
#[derive(Clone, Copy, Debug)]
enum Position {
    /// At this item of the batch.
    Item(usize),
    /// Before this leaf of the audit log, the first that is not archived.
    Leaf(u64),
}

impl Problem {
    /// A problem of this kind, without words of its own.
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            errors: Vec::new(),
            position: None,
            headers: Vec::new(),
            closing: false,
            cause: None,
        }
    }

    /// A problem with a sentence about this occurrence.
    pub(crate) fn because(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(cut(detail.into())), ..Self::new(kind) }
    }

    /// Broken rules of properties, at least one.
    pub(crate) fn invalid(invalid: Invalid) -> Self {
        Self { errors: invalid.fields, ..Self::new(Kind::Validation) }
    }

    /// What is asked for of the audit log is archived; `first` is the first leaf that is not.
    fn archived(first: u64) -> Self {
        let detail = format!("The log begins with leaf {first} here: what was before is archived.");
        Self { position: Some(Position::Leaf(first)), ..Self::because(Kind::Archived, detail) }
    }

    /// No acceptable credential. `presented` tells whether there was one (RFC 6750 §3.1).
    pub(crate) fn unauthenticated(presented: bool) -> Self {
        let challenge = if presented { "Bearer error=\"invalid_token\"" } else { "Bearer" };
        Self::new(Kind::Unauthenticated)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// The method is not among those of `allow`.
    pub(crate) fn method_not_allowed(allow: HeaderValue) -> Self {
        Self::new(Kind::MethodNotAllowed).with_header(header::ALLOW, allow)
    }

    /// The precondition does not hold; `present` is the version there is.
    pub(crate) fn stale(present: Option<Version>) -> Self {
        let problem = Self::new(Kind::Stale);
        match present {
            Some(version) => problem.with_header(header::ETAG, precondition::tag(version)),
            None => problem,
        }
    }

    /// A problem that may be gone in a moment.
    pub(crate) fn passing(kind: Kind, cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..Self::retriable(kind, 1) }
    }

    /// A source that asks too often, and when it may ask again.
    pub(crate) fn too_many_requests(wait: Duration) -> Self {
        let begun = u64::from(wait.subsec_nanos() > 0);
        Self::retriable(Kind::TooManyRequests, wait.as_secs().saturating_add(begun).max(1))
    }

    /// A refusal that will not hold after so many seconds.
    fn retriable(kind: Kind, seconds: impl Into<HeaderValue>) -> Self {
        Self::new(kind).with_header(header::RETRY_AFTER, seconds.into())
    }

    /// A failure of ours.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..Self::new(Kind::Internal) }
    }

    /// What an error of the framework becomes.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        Self::new(Kind::of_status(status))
    }

    /// The same problem, of item `index` of a batch.
    pub(crate) fn of_item(self, index: usize) -> Self {
        Self { position: Some(Position::Item(index)), ..self }
    }

    /// The same problem, after which the connection is closed.
    pub(crate) fn closing(self) -> Self {
        Self { closing: true, ..self }
    }

    fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Its cause, as far as clients may tell it.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence about it.
    pub(crate) fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or(self.kind.detail())
    }

    /// The broken rules of properties.
    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Its status.
    pub(crate) fn status(&self) -> StatusCode {
        self.kind.status()
    }

    /// Whether the connection is closed after it.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// What the log should know beside the answer.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// Headers that belong to the answer.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        self.headers.iter().cloned()
    }

    /// The document to show, for a request to `instance`.
    pub(crate) fn document<'a>(&'a self, instance: &'a str, request_id: &'a str) -> Document<'a> {
        let (index, first_leaf) = match self.position {
            Some(Position::Item(index)) => (Some(index), None),
            Some(Position::Leaf(leaf)) => (None, Some(leaf)),
            None => (None, None),
        };
        Document {
            r#type: self.kind.uri(),
            title: self.kind.title(),
            status: self.status().as_u16(),
            detail: self.detail(),
            instance,
            request_id,
            index,
            first_leaf,
            errors: document::by_property(&self.errors),
        }
    }
}

/// The most characters of a sentence about an occurrence, which may hold what the client sent.
const MOST_CHARACTERS: usize = 200;

fn cut(detail: Cow<'static, str>) -> Cow<'static, str> {
    match detail.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => Cow::Owned(format!("{}…", detail.get(..end).unwrap_or_default())),
        None => detail,
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.title())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// Only the status: the edge writes the rest.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_cut_between_two_characters() {
        let detail = |text: String| {
            let problem = Problem::because(Kind::TestFailed, text);
            problem.document("/x", "id").detail.to_owned()
        };
        assert_eq!(detail("ä".repeat(200)), "ä".repeat(200));
        assert_eq!(detail("ä".repeat(201)), "ä".repeat(200) + "…");
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_and_never_too_short() {
        for (millis, told) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2"), (59_999, "60")] {
            let problem = Problem::too_many_requests(Duration::from_millis(millis));
            let (name, value) = problem.headers().next().expect("a header");
            assert_eq!((name, value.to_str().expect("ASCII")), (header::RETRY_AFTER, told));
        }
    }
}
