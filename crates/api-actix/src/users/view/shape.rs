//! Objects inside of a user's record that are kept as JSON text: their names match ignoring case,
//! and a number may stand as text, as JSV has it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The members of an object, taken out by name.
pub(super) struct Members(Map<String, Value>);

/// A member has another type than it should.
pub(super) struct WrongType;

impl Members {
    /// Of an object.
    pub(super) fn of(value: Value) -> Result<Self, WrongType> {
        match value {
            Value::Object(members) if is_distinct(&members) => Ok(Self(members)),
            _ => Err(WrongType),
        }
    }

    /// A member that is there and not null.
    pub(super) fn value(&mut self, name: &str) -> Option<Value> {
        let found = self.0.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
        let value = found.and_then(|key| self.0.remove(&key))?;
        (!value.is_null()).then_some(value)
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, WrongType> {
        self.value(name).map(text).transpose()
    }

    /// A list of texts, or one text with commas.
    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>, WrongType> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Array(items)) => {
                items.into_iter().map(text).collect::<Result<_, _>>().map(Some)
            }
            Some(value) => text(value).map(|list| Some(split(&list))),
        }
    }
}

/// Whether no two names are one, ignoring case.
fn is_distinct(members: &Map<String, Value>) -> bool {
    let names: BTreeSet<_> = members.keys().map(|name| name.to_ascii_lowercase()).collect();
    names.len() == members.len()
}

fn text(value: Value) -> Result<String, WrongType> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(WrongType),
    }
}

fn split(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}
