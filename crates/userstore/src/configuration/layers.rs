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
use super::issuers;

/// The defaults, which are also the list of the keys that exist.
const DEFAULTS: &str = include_str!("../../../../config/default.toml");
/// How the name of an environment variable that sets a key begins.
const PREFIX: &str = "USERSTORE__";
/// The section of own roles: every name in it is a key.
pub(super) const ROLES: &str = "roles";
/// The section of stores: every name in it is a section with the keys of [`STORE_DEFAULTS`].
pub(super) const STORES: &str = "stores";
/// The section of issuers: every name in it is a section with the keys of [`issuers::KEYS`].
pub(super) const ISSUERS: &str = "issuers";
/// The section of what holds in every store.
pub(super) const STORE_DEFAULTS: &str = "store_defaults";

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
        let values = values.into_iter().filter(|(_, value)| !matches!(value, ValueKind::Table(_)));
        let entries = values.map(|(key, value)| (key, entry(value))).collect();
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
        let key = self.spelled(key);
        let entry = self.entries.get(&key);
        if entry.is_none() && !self.is_made_up(&key) {
            return Err(ConfigurationError::Unknown { key, origin });
        }
        if entry.is_some_and(|entry| entry.origin == origin) {
            return Err(refused(
                &key,
                &origin,
                "must not be there twice, whatever its letter case",
            ));
        }
        self.entries.insert(key, Entry { value, origin });
        Ok(())
    }

    fn is_section(&self, name: &str) -> bool {
        let of_names = [ROLES, STORES, ISSUERS].contains(&name);
        let made_up = [STORES, ISSUERS].iter().any(|of| strip_section(name, of).is_some());
        let inside = |key: &String| strip_section(key, name).is_some();
        name.is_empty() || of_names || made_up || self.entries.keys().any(inside)
    }

    /// Whether a key that is in no list is one that an operator may make up: a role, or what is said
    /// of a store or of an issuer.
    fn is_made_up(&self, key: &str) -> bool {
        let last = |section| Some(strip_section(key, section)?.rsplit_once('.')?.1);
        let is_setting = |name: &str| self.has(&format!("{STORE_DEFAULTS}.{name}"));
        strip_section(key, ROLES).is_some()
            || last(STORES).is_some_and(is_setting)
            || last(ISSUERS).is_some_and(|name| issuers::KEYS.contains(&name))
    }

    /// The key in the one spelling that it has here: letter case does not matter in the names of
    /// stores, issuers and roles, and those of roles are shown as they were spelled first.
    pub(super) fn spelled(&self, key: String) -> String {
        if [STORES, ISSUERS].iter().any(|section| strip_section(&key, section).is_some()) {
            return key.to_ascii_lowercase();
        }
        if strip_section(&key, ROLES).is_none() {
            return key;
        }
        let known = self.inside(ROLES).find(|(known, _)| known.eq_ignore_ascii_case(&key));
        match known {
            Some((known, _)) => known.to_owned(),
            None => key,
        }
    }

    /// Whether the key has a value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// The keys of a section, each with the rest of its name.
    pub(super) fn inside(&self, section: &str) -> impl Iterator<Item = (&str, &str)> {
        let first = format!("{section}.");
        self.entries
            .range(first..)
            .map_while(move |(key, _)| Some((key.as_str(), strip_section(key, section)?)))
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

    /// A list of texts; an environment variable joins them by commas, and has none when it is empty.
    pub(super) fn list(&self, key: &str) -> Result<Vec<String>, ConfigurationError> {
        let entry = self.entry(key)?;
        let texts = match (&entry.value, &entry.origin) {
            (ValueKind::Array(items), _) => items.iter().map(|item| text_of(&item.kind)).collect(),
            (ValueKind::String(none), Origin::Variable(_)) if none.trim().is_empty() => {
                Some(vec![])
            }
            (ValueKind::String(joined), Origin::Variable(_)) => {
                Some(joined.split(',').map(str::trim).map(str::to_owned).collect())
            }
            _ => None,
        };
        texts.ok_or_else(|| self.refuse(key, "must be a list of texts in quotes"))
    }

    /// A refusal of the value of `key`, with the `rule` it breaks, which begins with `must`.
    pub(super) fn refuse(&self, key: &str, rule: impl Into<String>) -> ConfigurationError {
        let origin = self.entries.get(key).map_or(&Origin::Default, |entry| &entry.origin);
        refused(key, origin, rule)
    }

    /// A refusal of what a section does not say: who sets another key of it, is told.
    pub(super) fn refuse_unsaid(
        &self,
        section: &str,
        key: &str,
        rule: impl Into<String>,
    ) -> ConfigurationError {
        let said = self.inside(section).next().and_then(|(known, _)| self.entries.get(known));
        refused(key, said.map_or(&Origin::Default, |entry| &entry.origin), rule)
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

/// The rest of a key behind the name of a section that it is in.
fn strip_section<'a>(key: &'a str, section: &str) -> Option<&'a str> {
    key.strip_prefix(section)?.strip_prefix('.')
}

fn text_of(value: &ValueKind) -> Option<String> {
    match value {
        ValueKind::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn shown(value: &ValueKind) -> String {
    match value {
        ValueKind::String(text) => format!("{text:?}"),
        ValueKind::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| shown(&item.kind)).collect();
            format!("[{}]", items.join(", "))
        }
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
