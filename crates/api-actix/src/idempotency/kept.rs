//! Answers as bytes. The first tells the form, so that an answer kept by another version of the
//! program is read as what it is or not at all:
//! `1`, the status in two bytes, the number of headers in one, for each header its name and its
//! value with the length of each in two bytes before it, and what is left is the body.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use domain::idempotency::Answer;

use crate::problem::Problem;

/// The form that is written.
const FORM: u8 = 1;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer of a few headers, to be kept.
pub(crate) fn encode(
    status: StatusCode,
    headers: &[(HeaderName, HeaderValue)],
    body: &[u8],
) -> Answer {
    let mut bytes = Vec::with_capacity(body.len() + 256);
    bytes.push(FORM);
    bytes.extend(status.as_u16().to_be_bytes());
    // An answer that outgrew its lengths would be refused when it is read.
    bytes.push(u8::try_from(headers.len()).unwrap_or(u8::MAX));
    for (name, value) in headers {
        for text in [name.as_str().as_bytes(), value.as_bytes()] {
            bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend(text);
        }
    }
    bytes.extend(body);
    Answer(bytes)
}

/// The answer as it was given, marked as given again.
///
/// # Errors
/// The bytes are no answer of a form that is known.
pub(crate) fn replay(answer: &Answer) -> Result<HttpResponse, Problem> {
    let kept = read(&answer.0);
    let (mut kept, body) = kept.ok_or_else(|| Problem::internal("a kept answer is unreadable"))?;
    kept.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(kept.set_body(body.to_vec()).map_into_boxed_body())
}

fn read(bytes: &[u8]) -> Option<(HttpResponse<()>, &[u8])> {
    let (&[FORM, high, low, headers], mut rest) = bytes.split_first_chunk()? else {
        return None;
    };
    let status = StatusCode::from_u16(u16::from_be_bytes([high, low])).ok()?;
    let mut answer = HttpResponse::with_body(status, ());
    for _ in 0..headers {
        let (name, value);
        (name, rest) = take(rest)?;
        (value, rest) = take(rest)?;
        let name = HeaderName::from_bytes(name).ok()?;
        answer.headers_mut().append(name, HeaderValue::from_bytes(value).ok()?);
    }
    Some((answer, rest))
}

/// A text with its length before it, and what follows.
fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::to_bytes;
    use actix_web::http::header;
    use proptest::prelude::*;

    fn kept() -> Answer {
        let headers = [
            (header::ETAG, HeaderValue::from_static("\"7\"")),
            (header::LOCATION, HeaderValue::from_static("/a/b?c=%20")),
        ];
        encode(StatusCode::CREATED, &headers, b"{\"a\":1}")
    }

    #[tokio::test]
    async fn an_answer_comes_back_as_it_was_and_says_so() {
        let answer = replay(&kept()).expect("readable");
        assert_eq!(answer.status(), 201);
        let header = |name| answer.headers().get(name).cloned();
        assert_eq!(header(header::ETAG).expect("there"), "\"7\"");
        assert_eq!(header(header::LOCATION).expect("there"), "/a/b?c=%20");
        assert_eq!(header(REPLAYED).expect("there"), "true");
        assert_eq!(answer.headers().len(), 3);
        assert_eq!(to_bytes(answer.into_body()).await.expect("whole"), "{\"a\":1}");
    }

    #[tokio::test]
    async fn an_answer_without_a_body_has_none_again() {
        let answer = replay(&encode(StatusCode::NO_CONTENT, &[], b"")).expect("readable");
        assert_eq!(answer.status(), 204);
        assert_eq!(to_bytes(answer.into_body()).await.expect("whole"), "");
    }

    #[test]
    fn what_is_no_answer_of_this_form_is_refused() {
        let whole = kept().0;
        let head = whole.len() - b"{\"a\":1}".len();
        for cut in 0..head {
            assert!(read(&whole[..cut]).is_none(), "{cut}");
        }
        let later = [&[FORM + 1], &whole[1..]].concat();
        assert!(read(&later).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(&bytes);
            let _ = read(&[&[FORM, 0, 200][..], &bytes].concat());
        }
    }
}
