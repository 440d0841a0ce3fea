//! Settings of a store in JSON: all that the domain lists, under their printed names.

mod document;

use std::sync::LazyLock;

use domain::error::Invalid;
use domain::store::{Overrides, PasswordPolicy, Setting, SettingValue, Settings, printed_name};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::request::fields::Fields;
use crate::request::patch::{Kind, Shape};

pub(super) use document::SetInput;

/// The settings that hold in a store.
pub(super) struct SettingsView(Overrides);

/// The settings that are set for a store; null where nothing is set.
pub(super) struct SetView(Overrides);

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        Self(settings.into())
    }
}

impl From<Overrides> for SetView {
    fn from(set: Overrides) -> Self {
        Self(set)
    }
}

impl Serialize for SettingsView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(members(&self.0))
    }
}

impl Serialize for SetView {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(members(&self.0))
    }
}

/// As a patch sees them.
pub(super) fn shape() -> Shape {
    static SHAPE: LazyLock<Vec<(&str, Kind)>> =
        LazyLock::new(|| printed().map(|(name, _)| (name, Kind::Value)).collect());
    &SHAPE
}

/// Reads the settings that `object` sets: what is absent or null is not set. Broken rules go to
/// `invalid`.
pub(super) fn read(object: Map<String, Value>, invalid: &mut Invalid) -> Overrides {
    let names: Vec<_> = printed().map(|(name, _)| name).collect();
    let mut fields = Fields::of(object, &names, "set.", invalid);
    let mut set = Overrides::default();
    for (name, setting) in printed() {
        let Some(json) = fields.any(name).filter(|json| !json.is_null()) else { continue };
        let value = value_of(&json).ok_or_else(|| setting.takes.rule());
        if let Err(rule) = value.and_then(|value| set.put(setting, Some(value))) {
            fields.broken(name, rule);
        }
    }
    set
}

/// Every setting with its printed name.
fn printed() -> impl Iterator<Item = (&'static str, &'static Setting)> {
    static NAMES: LazyLock<Vec<String>> =
        LazyLock::new(|| Setting::ALL.iter().map(|setting| printed_name(setting.name)).collect());
    NAMES.iter().map(String::as_str).zip(Setting::ALL)
}

fn members(set: &Overrides) -> impl Iterator<Item = (&'static str, Option<Value>)> {
    printed().map(|(name, setting)| (name, set.get(setting).map(json_of)))
}

fn json_of(value: SettingValue) -> Value {
    match value {
        SettingValue::Flag(flag) => flag.into(),
        SettingValue::Number(number) => number.into(),
        SettingValue::Policy(policy) => policy.name().into(),
    }
}

fn value_of(json: &Value) -> Option<SettingValue> {
    match json {
        Value::Bool(flag) => Some((*flag).into()),
        Value::Number(number) => Some(u32::try_from(number.as_u64()?).ok()?.into()),
        Value::String(name) => PasswordPolicy::named(name).map(SettingValue::from),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_json(json: Value) -> Result<Overrides, Invalid> {
        let Value::Object(object) = json else { panic!("no object: {json}") };
        let mut invalid = Invalid::default();
        let set = read(object, &mut invalid);
        invalid.or(set)
    }

    #[test]
    fn what_is_shown_is_read_again() {
        let usual = Settings::default();
        let shown = serde_json::to_value(SettingsView::from(usual)).expect("JSON");
        let set = read_json(shown).expect("valid");
        assert_eq!(set.or_default(), usual);
        let shown = serde_json::to_value(SetView::from(set)).expect("JSON");
        assert_eq!(read_json(shown), Ok(set));
    }

    #[test]
    fn what_is_not_set_is_shown_as_null() {
        let set = Overrides { password_history: Some(3), ..Overrides::default() };
        let shown = serde_json::to_value(SetView::from(set)).expect("JSON");
        let members = shown.as_object().expect("an object");
        assert_eq!(members.len(), Setting::ALL.len());
        let set: Vec<_> = members.iter().filter(|(_, value)| !value.is_null()).collect();
        assert_eq!(set, [(&"passwordHistory".to_owned(), &json!(3))]);
    }

    #[test]
    fn null_and_absent_set_nothing() {
        let set = read_json(json!({"readOnly": null, "other": 1}));
        assert_eq!(set, Ok(Overrides::default()));
    }

    #[test]
    fn every_broken_rule_is_told_under_its_own_name() {
        let broken = json!({
            "readOnly": "true",
            "passwordPolicy": "none",
            "PasswordHistory": 25,
            "passwordDeadlineDays": "14",
            "breachedAtSignIn": 1,
            "identityRequiredLength": 0,
            "throttle": [],
            "lockoutSeconds": 0,
            "lockoutFailures": 1.5,
            "attemptsBeforeLocked": -1,
            "passwordMaxAgeDays": 5_000_000_000_u64,
            "selfServiceReset": {},
            "loginByEmail": false,
        });
        let invalid = read_json(broken).expect_err("refused");
        let told: Vec<_> = invalid.fields.iter().map(|e| e.property.as_str()).collect();
        assert_eq!(
            told,
            [
                "set.readOnly",
                "set.passwordPolicy",
                "set.passwordHistory",
                "set.passwordMaxAgeDays",
                "set.passwordDeadlineDays",
                "set.breachedAtSignIn",
                "set.identityRequiredLength",
                "set.selfServiceReset",
                "set.throttle",
                "set.lockoutFailures",
                "set.lockoutSeconds",
                "set.attemptsBeforeLocked",
            ]
        );
        assert_eq!(invalid.fields[2].rule, "must be a number from 0 to 24");
    }
}
