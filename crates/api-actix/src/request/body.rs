//! Bodies: which media types are read, and how many bytes.

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderMap};
use actix_web::rt::time::timeout;
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::time::Duration;

use crate::problem::{Kind, Problem};
use crate::state::Patience;

/// How the fields of a body are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As JSON.
    Json,
    /// As an HTML form without files.
    UrlEncoded,
}

/// The body of a request, not yet read: nothing of it is looked at before the caller is known.
pub(crate) struct Body(Payload);

impl FromRequest for Body {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(Self(payload.take())))
    }
}

impl Body {
    /// The bytes of a JSON body, at most `most`.
    ///
    /// # Errors
    /// Those of [`Self::json_if_any`]; 400 when there is no body.
    pub(crate) async fn json(
        self,
        headers: &HeaderMap,
        most: usize,
        patience: Patience,
    ) -> Result<Bytes, Problem> {
        let bytes = self.json_if_any(headers, most, patience).await?;
        bytes.ok_or_else(|| Problem::because(Kind::MalformedBody, "The operation needs a body."))
    }

    /// The same, where there need not be a body.
    ///
    /// # Errors
    /// 415 for another media type, 413 for more bytes, 400 for a broken transfer and for one that
    /// takes longer than `patience`.
    pub(crate) async fn json_if_any(
        self,
        headers: &HeaderMap,
        most: usize,
        patience: Patience,
    ) -> Result<Option<Bytes>, Problem> {
        let typed = headers.contains_key(header::CONTENT_TYPE);
        if typed && !is_json(headers) || is_encoded(headers) {
            return Err(unsupported());
        }
        let bytes = timeout(patience.whole, self.bytes(headers, most, patience.pause));
        let bytes = bytes.await.map_err(|_| late())??;
        match (bytes.is_empty(), typed) {
            (true, _) => Ok(None),
            (false, true) => Ok(Some(bytes)),
            (false, false) => Err(unsupported()),
        }
    }

    /// The bytes of a body that is JSON or an HTML form, at most `most`. What is empty is none,
    /// whatever type it is said to have.
    ///
    /// # Errors
    /// Those of [`Self::json_if_any`].
    pub(crate) async fn json_or_form(
        self,
        headers: &HeaderMap,
        most: usize,
        patience: Patience,
    ) -> Result<Option<(Form, Bytes)>, Problem> {
        let form = form(headers).filter(|_| !is_encoded(headers));
        let bytes = timeout(patience.whole, self.bytes(headers, most, patience.pause));
        let bytes = bytes.await.map_err(|_| late())??;
        if bytes.is_empty() {
            return Ok(None);
        }
        let form = form.ok_or_else(|| {
            let detail = "The body must be JSON or application/x-www-form-urlencoded in UTF-8, \
                          without a content encoding.";
            Problem::because(Kind::UnsupportedMediaType, detail)
        })?;
        Ok(Some((form, bytes)))
    }

    async fn bytes(
        mut self,
        headers: &HeaderMap,
        most: usize,
        pause: Duration,
    ) -> Result<Bytes, Problem> {
        if announced(headers).is_some_and(|length| length > most) {
            return Err(too_large(most));
        }
        let Some(first) = self.chunk(pause).await? else {
            return Ok(Bytes::new());
        };
        // Nearly every body is one chunk, which needs no copy.
        let Some(second) = self.chunk(pause).await? else {
            return if first.len() > most { Err(too_large(most)) } else { Ok(first) };
        };
        let mut whole = BytesMut::from(first);
        let mut next = Some(second);
        while let Some(chunk) = next {
            if whole.len().saturating_add(chunk.len()) > most {
                return Err(too_large(most));
            }
            whole.extend_from_slice(&chunk);
            next = self.chunk(pause).await?;
        }
        Ok(whole.freeze())
    }

    async fn chunk(&mut self, pause: Duration) -> Result<Option<Bytes>, Problem> {
        let chunk = timeout(pause, self.0.next()).await.map_err(|_| late())?.transpose();
        chunk.map_err(|_| Problem::because(Kind::MalformedBody, "The body did not arrive whole."))
    }
}

/// Whoever sends so slowly keeps no connection, but for a body in chunks: the framework goes on
/// reading that one behind the answer.
fn late() -> Problem {
    Problem::because(Kind::MalformedBody, "The body did not arrive in time.").closing()
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn unsupported() -> Problem {
    let detail = "The body must be application/json, text/json or application/*+json in UTF-8, \
                  without a content encoding.";
    Problem::because(Kind::UnsupportedMediaType, detail)
}

fn too_large(most: usize) -> Problem {
    Problem::because(Kind::BodyTooLarge, format!("The body may have at most {most} bytes."))
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let encoding = headers.get(header::CONTENT_ENCODING);
    encoding.is_some_and(|value| !value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"))
}

/// Whether the one `Content-Type` is a JSON type in UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    form(headers) == Some(Form::Json)
}

/// The form that the one `Content-Type` names, in UTF-8.
fn form(headers: &HeaderMap) -> Option<Form> {
    let mut types = headers.get_all(header::CONTENT_TYPE);
    let (Some(value), None) = (types.next(), types.next()) else { return None };
    let mut parts = value.to_str().ok()?.split(';');
    let media_type = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let form = match media_type.as_str() {
        "application/x-www-form-urlencoded" => Form::UrlEncoded,
        json if names_json(json) => Form::Json,
        _ => return None,
    };
    parts.all(is_utf_8).then_some(form)
}

fn names_json(media_type: &str) -> bool {
    let subtype = media_type.strip_prefix("application/").and_then(|it| it.strip_suffix("+json"));
    matches!(media_type, "application/json" | "text/json")
        || subtype.is_some_and(|it| !it.is_empty())
}

/// Whether a parameter of the type is other than `charset`, or says UTF-8.
fn is_utf_8(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            let value = value.trim().trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn reads(media_type: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(media_type).expect("a header"));
        is_json(&headers)
    }

    #[test]
    fn json_types_in_utf_8_are_read() {
        for media_type in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "text/json;charset=\"utf-8\"",
            "application/json-patch+json",
            "application/vnd.x+json; v=1",
        ] {
            assert!(reads(media_type), "{media_type}");
        }
    }

    #[test]
    fn other_types_are_not() {
        for media_type in [
            "",
            "text/plain",
            "application/xml",
            "application/+json",
            "application/jsonx",
            "json",
            "application/json; charset=utf-16",
            "multipart/form-data",
        ] {
            assert!(!reads(media_type), "{media_type}");
        }
    }

    #[test]
    fn a_form_in_utf_8_is_a_form_and_no_json() {
        let named = |media_type: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
            form(&headers)
        };
        assert_eq!(named("Application/X-www-form-urlencoded"), Some(Form::UrlEncoded));
        let typed = named("application/x-www-form-urlencoded;charset=UTF-8");
        assert_eq!(typed, Some(Form::UrlEncoded));
        assert_eq!(named("application/x-www-form-urlencoded; charset=latin1"), None);
        assert_eq!(named("multipart/form-data; boundary=x"), None);
    }
}
