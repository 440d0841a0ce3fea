//! POSTs that happen once however often they are sent: the header `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header-07).
//!
//! The answer of the first time is kept in the unit of work that it tells of, so it is kept exactly
//! when the change is. Who sends the request again gets the same answer; who sends another request
//! with the key is refused. Which request it is tells a keyed hash, so that nothing of a body can be
//! found out from what is kept.

mod kept;

pub(crate) use kept::{encode, replay};

use actix_web::http::Method;
use actix_web::http::header::HeaderName;
use domain::error::Invalid;
use domain::idempotency::{Fingerprint, IdempotencyKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::caller::Authenticated;
use crate::problem::{Kind, Problem};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key that a POST came with. Other methods are idempotent themselves, or guarded by
/// `If-Match`: theirs is ignored.
///
/// # Errors
/// The header is given twice, or is no key.
pub(crate) fn key(call: &Authenticated) -> Result<Option<IdempotencyKey>, Problem> {
    if call.method() != Method::POST {
        return Ok(None);
    }
    let mut lines = call.headers().get_all(KEY);
    let Some(line) = lines.next() else {
        return Ok(None);
    };
    if lines.next().is_some() {
        let detail = "Idempotency-Key must not be given twice.";
        return Err(Problem::because(Kind::MalformedRequest, detail));
    }
    let key = IdempotencyKey::parse(String::from_utf8_lossy(line.as_bytes()));
    let refused = |rule| Problem::invalid(Invalid::one("Idempotency-Key", format!("{rule}")));
    key.map(Some).map_err(refused)
}

/// The hash of a request and its body `sent`, under the caller's own credential.
///
/// # Errors
/// There is no credential.
pub(crate) fn fingerprint(call: &Authenticated, sent: &[u8]) -> Result<Fingerprint, Problem> {
    let mac = Hmac::<Sha256>::new_from_slice(call.credential()?.as_bytes());
    let mut mac = mac.map_err(|error| Problem::internal(error.to_string()))?;
    let (method, path, query) = (call.method().as_str(), call.path(), call.query_string());
    for part in [method.as_bytes(), path.as_bytes(), query.as_bytes(), sent] {
        // With the length before it no part runs into the next.
        mac.update(&part.len().to_be_bytes());
        mac.update(part);
    }
    Ok(Fingerprint(mac.finalize().into_bytes().into()))
}
