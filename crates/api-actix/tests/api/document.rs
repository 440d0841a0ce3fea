//! The published document, and every answer of every test held against it.

use std::path::Path;
use std::sync::LazyLock;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::Value;

use crate::app::{Answer, App};

/// The document that the repository keeps.
static KEPT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(&kept()).unwrap());

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

/// Whether this run writes the document anew, and holds no answer against the old one.
fn updating() -> bool {
    std::env::var_os("UPDATE_OPENAPI").is_some()
}

fn kept() -> String {
    std::fs::read_to_string(Path::new(PATH)).unwrap_or_else(|_| "{}".to_owned())
}

/// The operation of a request, as the kept document has it.
fn operation<'d>(method: &Method, path: &str) -> Option<&'d Value> {
    let paths = KEPT["paths"].as_object()?;
    let path = bare(path);
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) =
            (bare(pattern).split('/').collect(), path.split('/').collect());
        let same = |(p, s): (&&str, &&str)| {
            p.eq_ignore_ascii_case(s) || p.starts_with('{') && !s.is_empty()
        };
        pattern.len() == path.len() && pattern.iter().zip(&path).all(same)
    };
    let fits = |pattern: &str| is_of_users(pattern) == is_of_users(path) && fits(pattern);
    let mut fitting: Vec<_> = paths.iter().filter(|(pattern, _)| fits(pattern)).collect();
    // A literal wins over a parameter.
    fitting.sort_by_key(|(pattern, _)| pattern.matches('{').count());
    fitting.first()?.1.get(method.as_str().to_lowercase())
}

/// Whether a path is one of the users API, whose refusals have another form.
fn is_of_users(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let other = path == "/api/userstore" || path.starts_with("/api/userstore/");
    (path.starts_with("/api") || path.starts_with("/json")) && !other
}

/// A path of the users API without what does not matter at its end.
fn bare(path: &str) -> &str {
    if !is_of_users(path) {
        return path;
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    path.strip_suffix(".json").unwrap_or(path)
}

/// Holds an answer against the document: its status, its media type, its properties.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &Answer) {
    if updating() {
        return;
    }
    let status = answer.status.as_str();
    assert!(answer.header("x-request-id").is_some(), "{method} {path}: no request id");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{method} {path}");
    if answer.status.is_client_error() || answer.status.is_server_error() {
        check_refusal(path, answer);
    }
    if matches!(status, "405") {
        assert!(answer.header("allow").is_some());
        return;
    }
    let Some(operation) = operation(method, path) else {
        assert!(matches!(status, "404" | "400"), "{method} {path}: {status} is not documented");
        return;
    };
    let response = operation["responses"].get(status);
    let response = response.unwrap_or_else(|| panic!("{method} {path}: {status} undocumented"));
    let media_type = answer.header("content-type").and_then(|text| text.split(';').next());
    let Some(contents) = response.get("content").and_then(Value::as_object) else {
        assert!(answer.body.is_empty(), "{method} {path}: {status} has no documented body");
        return;
    };
    if path.to_ascii_lowercase().starts_with("/docs/") && answer.status.is_success() {
        return;
    }
    let content = media_type.and_then(|media_type| contents.get(media_type));
    let content = content.unwrap_or_else(|| panic!("{method} {path}: {media_type:?} undocumented"));
    if media_type == Some("application/json") {
        check_properties(&content["schema"], &answer.json());
    }
}

#[track_caller]
fn check_refusal(path: &str, answer: &Answer) {
    let (media_type, schema) = if is_of_users(path) {
        ("application/json", "ErrorResponse")
    } else {
        ("application/problem+json", "Problem")
    };
    assert_eq!(answer.header("content-type"), Some(media_type), "{path}");
    let document = answer.json();
    check_properties(&KEPT["components"]["schemas"][schema], &document);
    if schema == "Problem" {
        assert_eq!(document["status"], answer.status.as_u16());
        assert_eq!(document["requestId"], answer.header("x-request-id").unwrap());
    }
    if answer.status == 401 {
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{path}");
    }
}

#[track_caller]
fn check_properties(schema: &Value, value: &Value) {
    let fits = fits(schema, value);
    assert!(fits.is_ok(), "{fits:?}: {value}");
}

/// Whether every required property is there, and no other than the documented ones.
fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return fits(&KEPT["components"]["schemas"][name], value);
    }
    if let Some(schemas) = schema["oneOf"].as_array() {
        let told: Vec<_> = schemas.iter().filter_map(|schema| fits(schema, value).err()).collect();
        return if told.len() < schemas.len() { Ok(()) } else { Err(told.join(" and ")) };
    }
    if let Some(items) = schema.get("items") {
        let values = value.as_array().map_or(&[][..], Vec::as_slice);
        return values.iter().try_for_each(|value| fits(items, value));
    }
    let (Some(properties), Some(object)) = (schema["properties"].as_object(), value.as_object())
    else {
        return Ok(());
    };
    for (name, value) in object {
        let schema = properties.get(name);
        let schema = schema.ok_or_else(|| format!("{name} is not documented"))?;
        fits(schema, value)?;
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap();
        object.get(name).ok_or_else(|| format!("{name} is missing"))?;
    }
    Ok(())
}

#[actix_web::test]
async fn the_document_kept_in_the_repository_is_the_one_served() {
    let app = App::start().await;
    let answer = app.send(TestRequest::get().uri("/openapi.json")).await;
    let served = answer.is(200);
    if updating() {
        std::fs::write(PATH, &served.body).unwrap();
        return;
    }
    assert!(
        served.text() == kept(),
        "docs/openapi.json is out of date: UPDATE_OPENAPI=1 cargo test -p api-actix",
    );
}
