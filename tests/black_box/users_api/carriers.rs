//! How a request can come: which path, which method, and what carries its fields.

use serde_json::Value;

use super::UsersClient;
use super::client::{encode, with_query};
use super::fixture::Fixture;
use super::table::{Operation, PREDEFINED};
use crate::harness::Answer;

/// What carries the fields of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Query,
    Json,
    Form,
}

/// One way to ask for an operation.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// With `{UserName}` in it where the REST route has it.
    pub(super) path: String,
    pub(super) carrier: Carrier,
}

impl Way {
    /// Every way to ask for an operation: its REST route and its predefined ones.
    pub(super) fn all(operation: &Operation) -> Vec<Self> {
        let rest = format!("/api{}", operation.path);
        let way = |path: &str, carrier| Self { path: path.to_owned(), carrier };
        let mut ways = vec![way(&rest, Carrier::Json), way(&rest, Carrier::Form)];
        if operation.by_get {
            ways.push(way(&rest, Carrier::Query));
        }
        for (n, base) in PREDEFINED.into_iter().enumerate() {
            let Some(name) = operation.request_type else { continue };
            let path = format!("{base}/{name}");
            ways.push(way(&path, Carrier::Query));
            ways.push(way(&path, if n % 2 == 0 { Carrier::Json } else { Carrier::Form }));
        }
        ways
    }

    /// Asks in this way.
    pub(super) async fn ask(&self, client: &UsersClient, of: &Operation, f: &Fixture) -> Answer {
        let is_rest = self.path.contains('{');
        let fields = if is_rest { of.fields_beside_path(f) } else { (of.fields)(f) };
        let path = self.path.replace("{UserName}", &f.name);
        send(client, &path, self.carrier, &fields).await
    }
}

/// Sends the fields of an object in this carrier.
pub(super) async fn send(
    client: &UsersClient,
    path: &str,
    carrier: Carrier,
    fields: &Value,
) -> Answer {
    if carrier == Carrier::Json {
        return client.post(path, fields).await;
    }
    let texts = texts(fields, carrier);
    let pairs: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    match carrier {
        Carrier::Query => client.get(&with_query(path, &encode(&pairs))).await,
        Carrier::Json | Carrier::Form => client.form(path, &pairs).await,
    }
}

/// Fields as texts: what is nested as JSV in a query, and as JSON in a form.
fn texts(fields: &Value, carrier: Carrier) -> Vec<(String, String)> {
    let fields = fields.as_object().expect("an object").iter();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        nested if carrier == Carrier::Query => jsv(nested),
        other => other.to_string(),
    };
    fields
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

/// A value as JSV, the text format of ServiceStack: JSON without quotes around what needs none, and
/// with doubled quotes inside of those around what does.
pub(super) fn jsv(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(",");
    match value {
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{name}:{}", jsv(value));
            format!("{{{}}}", joined(members.iter().map(member).collect()))
        }
        Value::Array(items) => format!("[{}]", joined(items.iter().map(jsv).collect())),
        Value::String(text) if text.contains(['{', '}', '[', ']', ',', '"', ':']) => {
            format!("\"{}\"", text.replace('"', "\"\""))
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
