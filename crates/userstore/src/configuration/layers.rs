//! The layers of the configuration, laid over one another key by key.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use config::{File, FileFormat, Source as _, Value, ValueKind};
use zeroize::Zeroizing;

use super::error::{ConfigurationError, Origin};

/// The defaults, which are also the list of the keys that exist.
const DEFAULTS: &str = include_str!("../../../../config/default.toml");
/// How the name of an environment variable that sets a key begins.
const PREFIX: &str = "USERSTORE__";

/// The value of every key, with where it came from.
pub(crate) struct Layers {
    entries: BTreeMap<String, Entry>,
}

struct Entry {
    value: ValueKind,
    origin: Origin,
}

impl Layers {
    /// The defaults, then the file, if any, then the environment of this process.
    pub(crate) fn of_process(file: Option<&Path>) -> Result<Self, ConfigurationError> {
        let defaults = Self::defaults()?;
        let with_file = match file {
            Some(path) => defaults.with_file(path)?,
            None => defaults,
        };
        with_file.with_environment(env::vars_os())
    }

    /// The compiled-in defaults.
    pub(super) fn defaults() -> Result<Self, ConfigurationError> {
        let values = parse_toml(DEFAULTS, Path::new("default.toml"))?;
        let entry = |value| Entry { value, origin: Origin::Default };
        let entries = values.into_iter().map(|(key, value)| (key, entry(value))).collect();
        Ok(Self { entries })
    }

    /// Lays the file at `path` over what is there.
    pub(super) fn with_file(mut self, path: &Path) -> Result<Self, ConfigurationError> {
        let text = fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|error| ConfigurationError::Unreadable { path: path.to_owned(), error })?;
        for (key, value) in parse_toml(&text, path)? {
            self.set(key, value, Origin::File(path.to_owned()))?;
        }
        Ok(self)
    }

    /// Lays those of `variables` that begin with the prefix over what is there. Letter case does
    /// not matter in their names.
    pub(super) fn with_environment(
        mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigurationError> {
        for (name, value) in variables {
            let Some((key, name)) = key_of_variable(&name) else { continue };
            let origin = Origin::Variable(name);
            match value.into_string() {
                Ok(value) => self.set(key, value.into(), origin)?,
                Err(_) => return Err(refused(&key, &origin, "must be UTF-8")),
            }
        }
        Ok(self)
    }

    fn set(
        &mut self,
        key: String,
        value: ValueKind,
        origin: Origin,
    ) -> Result<(), ConfigurationError> {
        if matches!(value, ValueKind::Table(_)) && self.is_section(&key) {
            return Ok(());
        }
        match self.entries.get_mut(&key) {
            Some(entry) => *entry = Entry { value, origin },
            None => return Err(ConfigurationError::Unknown { key, origin }),
        }
        Ok(())
    }

    fn is_section(&self, name: &str) -> bool {
        let inside =
            |key: &String| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
        name.is_empty() || self.entries.keys().any(inside)
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Result<&str, ConfigurationError> {
        match &self.entry(key)?.value {
            ValueKind::String(text) => Ok(text),
            _ => Err(self.refuse(key, "must be a text in quotes")),
        }
    }

    /// A whole number of the range.
    pub(super) fn number<T>(
        &self,
        key: &str,
        range: RangeInclusive<T>,
    ) -> Result<T, ConfigurationError>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        let entry = self.entry(key)?;
        let number = match (&entry.value, &entry.origin) {
            (ValueKind::I64(number), _) => Some(*number),
            (ValueKind::String(text), Origin::Variable(_)) => text.parse().ok(),
            _ => None,
        };
        let number = number.and_then(|number| T::try_from(number).ok());
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let (first, last) = range.into_inner();
            self.refuse(key, format!("must be a whole number from {first} to {last}"))
        })
    }

    /// A switch.
    pub(super) fn flag(&self, key: &str) -> Result<bool, ConfigurationError> {
        let entry = self.entry(key)?;
        let flag = match (&entry.value, &entry.origin) {
            (ValueKind::Boolean(flag), _) => Some(*flag),
            (ValueKind::String(text), Origin::Variable(_)) => text.to_lowercase().parse().ok(),
            _ => None,
        };
        flag.ok_or_else(|| self.refuse(key, "must be true or false"))
    }

    /// A refusal of the value of `key`, with the `rule` it breaks, which begins with `must`.
    pub(super) fn refuse(&self, key: &str, rule: impl Into<String>) -> ConfigurationError {
        let origin = self.entries.get(key).map_or(&Origin::Default, |entry| &entry.origin);
        refused(key, origin, rule)
    }

    /// Every key with its value and origin, in order; `hide` replaces values that are not to be
    /// shown.
    pub(crate) fn listed(&self, hide: impl Fn(&str) -> Option<String>) -> Vec<[String; 3]> {
        let value = |key: &str, entry: &Entry| hide(key).unwrap_or_else(|| shown(&entry.value));
        self.entries
            .iter()
            .map(|(key, entry)| [key.clone(), value(key, entry), entry.origin.to_string()])
            .collect()
    }

    fn entry(&self, key: &str) -> Result<&Entry, ConfigurationError> {
        let unknown = || ConfigurationError::Unknown { key: key.into(), origin: Origin::Default };
        self.entries.get(key).ok_or_else(unknown)
    }
}

fn refused(key: &str, origin: &Origin, rule: impl Into<String>) -> ConfigurationError {
    ConfigurationError::Refused { key: key.into(), origin: origin.clone(), rule: rule.into() }
}

fn shown(value: &ValueKind) -> String {
    match value {
        ValueKind::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// `USERSTORE__SERVER__BIND` sets `server.bind`; `None` for a variable that is none of ours.
fn key_of_variable(name: &OsString) -> Option<(String, String)> {
    let name = name.to_str()?;
    let (prefix, path) = name.split_at_checked(PREFIX.len())?;
    if !prefix.eq_ignore_ascii_case(PREFIX) {
        return None;
    }
    Some((path.to_lowercase().replace("__", "."), name.to_owned()))
}

fn parse_toml(text: &str, path: &Path) -> Result<Vec<(String, ValueKind)>, ConfigurationError> {
    let tables = File::from_str(text, FileFormat::Toml).collect().map_err(|error| {
        // The first line tells where; the others show the text, which could hold a secret.
        let reason = error.to_string().lines().next().unwrap_or_default().to_owned();
        ConfigurationError::Malformed { path: path.to_owned(), reason }
    })?;
    let mut flat = Vec::new();
    flatten(String::new(), Value::new(None, tables), &mut flat);
    Ok(flat)
}

/// Turns nested tables into keys with dots.
fn flatten(key: String, value: Value, flat: &mut Vec<(String, ValueKind)>) {
    match value.kind {
        // What is in a table names it; one with nothing in it must be refused by its own name.
        ValueKind::Table(table) if table.is_empty() => flat.push((key, ValueKind::Table(table))),
        ValueKind::Table(table) => {
            for (name, value) in table {
                let key = if key.is_empty() { name } else { format!("{key}.{name}") };
                flatten(key, value, flat);
            }
        }
        value => flat.push((key, value)),
    }
}

#[cfg(test)]
impl Layers {
    /// Every key that exists.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }
}
