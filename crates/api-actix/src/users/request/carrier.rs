//! Where the fields of a request stand: in its path, its query and its body, in any mix.

use actix_web::HttpRequest;
use bytes::Bytes;
use serde_json::Value;
use zeroize::Zeroize as _;

use super::fields::Fields;
use super::form;
use crate::percent;
use crate::problem::{Kind, Problem};
use crate::request::body::{Body, Form};
use crate::request::json;
use crate::state::Api;

/// The most bytes of a body: far more than the details of a user have.
const MOST_BYTES: usize = 256 * 1024;

/// The one field that a path holds.
const NAME_IN_PATH: &str = "UserName";

/// The fields of a request.
///
/// # Errors
/// A part of it cannot be read, or is too large; a field is given twice.
pub(super) async fn read(api: &Api, http: &HttpRequest, body: Body) -> Result<Fields, Problem> {
    let mut fields = Fields::none(api.shared.limits.json());
    if let Some(name) = name_in_path(http)? {
        fields.merge(vec![(NAME_IN_PATH.to_owned(), Value::String(name))]);
    }
    fields.merge(form::pairs(http.query_string())?);
    fields.merge(sent(api, http, body).await?);
    fields.finish().map(|()| fields)
}

/// The name that the path holds.
///
/// # Errors
/// It is not percent-encoded UTF-8.
pub(super) fn name_in_path(http: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(encoded) = http.match_info().get(NAME_IN_PATH) else { return Ok(None) };
    let name = percent::decode(encoded).ok_or(Problem::new(Kind::MalformedRequest))?;
    Ok(Some(name.into_owned()))
}

/// The fields of the body.
async fn sent(api: &Api, http: &HttpRequest, body: Body) -> Result<Vec<(String, Value)>, Problem> {
    let limits = api.shared.limits;
    let most = limits.body_bytes.min(MOST_BYTES);
    let sent = body.json_or_form(http.headers(), most, limits.patience()).await?;
    let Some((form, bytes)) = sent else { return Ok(Vec::new()) };
    let read = match form {
        Form::Json => json::value(&bytes, limits.json()).and_then(members),
        Form::UrlEncoded => str::from_utf8(&bytes).map_err(|_| not_text()).and_then(form::pairs),
    };
    wipe(bytes);
    read
}

fn members(value: Value) -> Result<Vec<(String, Value)>, Problem> {
    match value {
        Value::Object(members) => Ok(members.into_iter().collect()),
        _ => Err(Problem::because(Kind::MalformedBody, "The body must be a JSON object.")),
    }
}

fn not_text() -> Problem {
    Problem::because(Kind::MalformedBody, "The form is not percent-encoded UTF-8.")
}

/// Wipes the bytes of a body, unless the connection reads further ones into the same memory.
fn wipe(sent: Bytes) {
    if let Ok(mut sent) = sent.try_into_mut() {
        sent.as_mut().zeroize();
    }
}
