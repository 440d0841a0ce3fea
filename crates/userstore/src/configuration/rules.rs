//! What holds for everybody and for every store: roles and stores, whose names an operator makes up,
//! and how long sessions last.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::access::{PermissionSet, RoleBook, RoleBookError, RoleName, Rules};
use domain::store::{
    Overrides, PasswordPolicy, Setting, SettingValue, StoreName, StoreRules, Values,
};

use super::error::ConfigurationError;
use super::layers::{Layers, ROLES, STORE_DEFAULTS, STORES};
use super::sessions;

/// Reads the sections `roles`, `store_defaults`, `stores` and `sessions`.
pub(super) fn read(layers: &Layers) -> Result<Rules, ConfigurationError> {
    let (roles, stores) = (roles(layers)?, stores(layers)?);
    Ok(Rules { roles, stores, sessions: sessions::read(layers)? })
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
    let mut set = Overrides::default();
    for setting in Setting::ALL {
        let key = format!("{section}.{}", setting.name);
        if !layers.has(&key) {
            continue;
        }
        let value = value(layers, &key, setting).ok_or_else(|| setting.takes.rule());
        value
            .and_then(|value| set.put(setting, Some(value)))
            .map_err(|rule| layers.refuse(&key, rule))?;
    }
    Ok(set)
}

/// The value of a key, if it is of the type of the setting.
fn value(layers: &Layers, key: &str, setting: &Setting) -> Option<SettingValue> {
    match setting.takes {
        Values::Flags => layers.flag(key).ok().map(SettingValue::Flag),
        Values::Numbers(_) => layers.number(key, 0..=u32::MAX).ok().map(SettingValue::Number),
        Values::Policies => {
            layers.text(key).ok().and_then(PasswordPolicy::named).map(SettingValue::Policy)
        }
    }
}
