//! The fields of a request, found ignoring case, and read by what an operation takes them for: a text
//! of a query or a form may stand for a number, a list or an object. A wrong one is noted, so that all
//! broken rules are told at once.

use std::cell::RefCell;
use std::rc::Rc;

use domain::error::Invalid;
use serde_json::{Map, Value};
use zeroize::{Zeroize as _, Zeroizing};

use super::jsv;
use crate::problem::Problem;
use crate::request::fields::note;
use crate::request::json::{self, Bounds};

/// The most characters of the name of a field that an answer repeats.
const LONGEST_NAME: usize = 64;

/// More fields than any request type has.
const MOST_FIELDS: usize = 128;

/// The fields of one object. What is not taken out of it is wiped with it.
pub(crate) struct Fields {
    /// Where the object stands, as the prefix of its fields' names: empty, or `UserDetails.`.
    place: String,
    members: Vec<(String, Value)>,
    bounds: Bounds,
    /// Shared with the objects inside.
    broken: Rc<RefCell<Invalid>>,
}

impl Fields {
    /// No fields, of a request that may hold so much.
    pub(super) fn none(bounds: Bounds) -> Self {
        Self { place: String::new(), members: Vec::new(), bounds, broken: Rc::default() }
    }

    /// Adds the fields of one carrier, which gives none of them twice. What another carrier gave
    /// already must have the same value.
    pub(super) fn merge(&mut self, carrier: Vec<(String, Value)>) {
        for (name, mut value) in self.distinct(carrier) {
            // As good as nothing, wherever it stands.
            if value.is_null() {
                continue;
            }
            let Some(known) = self.get(&name) else {
                self.members.push((name, value));
                continue;
            };
            if !is_same(known, &value) {
                self.refuse(&shortened(&name), "must not be given with two values");
            }
            wipe(&mut value);
        }
    }

    /// Notes each name that is given twice, ignoring case, and leaves it out.
    fn distinct(&mut self, carrier: Vec<(String, Value)>) -> Vec<(String, Value)> {
        if carrier.len() > MOST_FIELDS {
            self.refuse("", format!("must not have more than {MOST_FIELDS} fields"));
            return Vec::new();
        }
        let mut seen: Vec<(String, Value)> = Vec::with_capacity(carrier.len());
        for (name, mut value) in carrier {
            if seen.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                self.refuse(&shortened(&name), "must not be given twice");
                wipe(&mut value);
            } else {
                seen.push((name, value));
            }
        }
        seen
    }

    /// A text. A number or a boolean is the text that it is written as.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            scalar @ (Value::Number(_) | Value::Bool(_)) => Some(scalar.to_string()),
            other => self.wrong(name, other, "must be a text"),
        }
    }

    /// A text that is wiped after use. A number is none: it would not be kept as it was sent.
    pub(crate) fn secret(&mut self, name: &'static str) -> Option<Zeroizing<String>> {
        match self.take(name)? {
            Value::String(text) => Some(Zeroizing::new(text)),
            other => self.wrong(name, other, "must be a text"),
        }
    }

    /// A boolean, or one of the words by which forms say one. An empty text is nothing.
    pub(crate) fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.take(name)?;
        if let Value::Bool(flag) = value {
            return Some(flag);
        }
        let word = written(&value).unwrap_or_default().to_ascii_lowercase();
        match word.as_str() {
            "true" | "1" | "on" | "yes" | "t" | "y" => Some(true),
            "false" | "0" | "off" | "no" | "f" | "n" => Some(false),
            "" if value.is_string() => None,
            _ => self.wrong(name, value, "must be true or false"),
        }
    }

    /// A list of texts: an array, or a text that is one as JSON or JSV, or whose parts commas divide.
    pub(crate) fn texts(&mut self, name: &'static str) -> Option<Vec<String>> {
        let items = match self.take(name)? {
            Value::Array(items) => Ok(items),
            Value::String(text) => self.items(&text),
            _ => Err(()),
        };
        let texts = items.ok().and_then(|items| items.into_iter().map(into_text).collect());
        if texts.is_none() {
            self.refuse(
                name,
                "must be a list of texts: an array, or a list as JSON, as JSV or with commas",
            );
        }
        texts
    }

    /// An object, or a text that is one as JSON or JSV.
    pub(crate) fn nested(&mut self, name: &'static str) -> Option<Self> {
        match self.structured(name)? {
            Value::Object(members) => Some(self.inside(name, members)),
            other => self.wrong(name, other, "must be an object, as JSON or as JSV"),
        }
    }

    /// Any JSON value, or the array or the object that a text is as JSON or JSV.
    pub(crate) fn json(&mut self, name: &'static str) -> Option<Value> {
        self.structured(name)
    }

    /// Whether there is such a field and it is not null.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !value.is_null())
    }

    /// What a field says that is a text, which stays.
    pub(super) fn peek(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_str)
    }

    /// Notes a broken rule of a field of this object, as a sentence that begins with `must`.
    pub(crate) fn refuse(&mut self, name: &str, rule: impl Into<String>) {
        let property = format!("{}{name}", self.place);
        note(&mut self.broken.borrow_mut(), property, rule);
    }

    /// That no rule is broken so far, of this object and those around it.
    ///
    /// # Errors
    /// 400 with every one that was noted.
    pub(crate) fn finish(&mut self) -> Result<(), Problem> {
        let broken = std::mem::take(&mut *self.broken.borrow_mut());
        broken.or(()).map_err(Problem::invalid)
    }

    fn at(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.at(name).and_then(|at| self.members.get(at)).map(|(_, value)| value)
    }

    /// Takes a field out. `None` when there is none, or null.
    fn take(&mut self, name: &str) -> Option<Value> {
        let value = self.members.swap_remove(self.at(name)?).1;
        (!value.is_null()).then_some(value)
    }

    fn wrong<T>(&mut self, name: &str, mut value: Value, rule: &str) -> Option<T> {
        wipe(&mut value);
        self.refuse(name, rule);
        None
    }

    /// A field, where a text that begins like an array or an object is read as one.
    fn structured(&mut self, name: &'static str) -> Option<Value> {
        let value = self.take(name)?;
        let Value::String(text) = &value else { return Some(value) };
        if !text.trim_start().starts_with(['{', '[']) {
            return Some(value);
        }
        match read(text, self.bounds) {
            Ok(read) => Some(read),
            Err(rule) => self.wrong(name, value, rule),
        }
    }

    fn items(&self, text: &str) -> Result<Vec<Value>, ()> {
        if text.trim_start().starts_with('[') {
            return match read(text, self.bounds) {
                Ok(Value::Array(items)) => Ok(items),
                _ => Err(()),
            };
        }
        jsv::list(text, self.bounds).map_err(|_| ())
    }

    fn inside(&self, name: &str, members: Map<String, Value>) -> Self {
        let place = format!("{}{name}.", self.place);
        let broken = Rc::clone(&self.broken);
        let mut inside = Self { place, members: Vec::new(), bounds: self.bounds, broken };
        inside.members = inside.distinct(members.into_iter().collect());
        inside
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        self.members.iter_mut().for_each(|(_, value)| wipe(value));
    }
}

/// What a text is as JSON, or else as JSV.
fn read(text: &str, bounds: Bounds) -> Result<Value, &'static str> {
    match json::value(text.as_bytes(), bounds) {
        Ok(value) => Ok(value),
        Err(_) => jsv::value(text, bounds).map_err(jsv::Malformed::rule),
    }
}

/// How a number or a text is written.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn into_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Whether two carriers say the same: they may write it in different forms.
fn is_same(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| into_text(value.clone()).map(Zeroizing::new);
    one == other || text(one).is_some_and(|one| text(other).is_some_and(|other| one == other))
}

fn shortened(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

/// Wipes every text of a value, which may be secret.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;
