//! What is said of stores and roles: sections whose keys an operator makes up.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::access::{PermissionSet, RoleBook, RoleBookError, RoleName, Rules};
use domain::store::{Overrides, PasswordPolicy, StoreName, StoreRules};

use super::error::ConfigurationError;
use super::layers::{Layers, ROLES, STORE_DEFAULTS, STORES};

/// Reads the sections `roles`, `store_defaults` and `stores`.
pub(super) fn read(layers: &Layers) -> Result<Rules, ConfigurationError> {
    Ok(Rules { roles: roles(layers)?, stores: stores(layers)? })
}

fn roles(layers: &Layers) -> Result<RoleBook, ConfigurationError> {
    let mut own = Vec::new();
    for (key, name) in layers.inside(ROLES) {
        let name = RoleName::parse(name).map_err(|_| {
            layers.refuse(key, "must name a role with 1 to 64 of the characters A-Z a-z 0-9 . _ -")
        })?;
        own.push((name, permissions(layers, key)?));
    }
    RoleBook::with(own).map_err(|error| refused(layers, &error))
}

fn permissions(layers: &Layers, key: &str) -> Result<PermissionSet, ConfigurationError> {
    let mut all = Vec::new();
    for name in layers.list(key)? {
        let permission = name.parse().map_err(|rule| {
            layers.refuse(key, format!("must list permissions, each of which {rule}"))
        })?;
        all.push(permission);
    }
    Ok(PermissionSet::of(&all))
}

fn refused(layers: &Layers, error: &RoleBookError) -> ConfigurationError {
    let (name, rule) = match error {
        RoleBookError::BuiltIn(name) => (name, "must not bear the name of a built-in role"),
        RoleBookError::Twice(name) => (name, "must not be there twice"),
        RoleBookError::Empty(name) => (name, "must list at least one permission"),
        RoleBookError::SystemManage(name) => {
            (name, "must not list SystemManage, which only SystemAdmin gives")
        }
    };
    layers.refuse(&layers.spelled(format!("{ROLES}.{}", name.as_str())), rule)
}

fn stores(layers: &Layers) -> Result<StoreRules, ConfigurationError> {
    let mut pinned = BTreeMap::new();
    for (key, rest) in layers.inside(STORES) {
        let Some((name, _)) = rest.rsplit_once('.') else { continue };
        let name = StoreName::parse(name)
            .map_err(|rule| layers.refuse(key, format!("must name a store, whose name {rule}")))?;
        if let Entry::Vacant(unread) = pinned.entry(name.folded()) {
            unread.insert(overrides(layers, &format!("{STORES}.{name}"))?);
        }
    }
    Ok(StoreRules { defaults: overrides(layers, STORE_DEFAULTS)?, pinned })
}

/// The settings that a section has.
fn overrides(layers: &Layers, section: &str) -> Result<Overrides, ConfigurationError> {
    let section = Section { layers, name: section };
    let set = Overrides {
        read_only: section.flag("read_only")?,
        login_by_email: section.flag("login_by_email")?,
        password_policy: section.policy("password_policy")?,
        password_history: section.number("password_history")?,
        password_max_age_days: section.number("password_max_age_days")?,
        lockout_failures: section.number("lockout_failures")?,
        lockout_seconds: section.number("lockout_seconds")?,
        attempts_before_locked: section.number("attempts_before_locked")?,
    };
    match set.first_out_of_range() {
        None => Ok(set),
        Some((setting, rule)) => Err(layers.refuse(&section.key(setting), rule)),
    }
}

/// A section of settings, each of which may be absent.
struct Section<'a> {
    layers: &'a Layers,
    name: &'a str,
}

impl Section<'_> {
    fn key(&self, setting: &str) -> String {
        format!("{}.{setting}", self.name)
    }

    fn flag(&self, setting: &str) -> Result<Option<bool>, ConfigurationError> {
        self.value(setting, |key| self.layers.flag(key).ok())
    }

    fn number(&self, setting: &str) -> Result<Option<u32>, ConfigurationError> {
        self.value(setting, |key| self.layers.number(key, 0..=u32::MAX).ok())
    }

    fn policy(&self, setting: &str) -> Result<Option<PasswordPolicy>, ConfigurationError> {
        self.value(setting, |key| self.layers.text(key).ok().and_then(PasswordPolicy::named))
    }

    /// The value of a setting that is there; one that cannot be read is told what it must be.
    fn value<T>(
        &self,
        setting: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigurationError> {
        let key = self.key(setting);
        if !self.layers.has(&key) {
            return Ok(None);
        }
        let rule = || Overrides::rule_of(setting).unwrap_or_default();
        read(&key).map(Some).ok_or_else(|| self.layers.refuse(&key, rule()))
    }
}
