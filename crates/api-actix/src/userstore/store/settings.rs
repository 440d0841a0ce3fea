//! Settings of a store in JSON.

use domain::error::Invalid;
use domain::store::{Overrides, PasswordPolicy, Settings};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::request::fields::Fields;
use crate::request::patch::{Kind, Shape};

/// Defines the settings as they are printed: each with its name in JSON, its name in the domain, its
/// type in JSON, how a value is shown and how it is read. The rules of values are the domain's.
macro_rules! settings {
    ($($(#[$doc:meta])* $printed:literal $name:ident: $type:ty, $show:expr, $read:expr;)+) => {
        /// The settings that hold in a store: what the configuration pins, before what is set,
        /// before the defaults.
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        #[schema(as = StoreSettings)]
        pub(super) struct SettingsView {
            $($(#[$doc])* $name: $type,)+
        }

        /// The settings that are set for a store; null where nothing is set.
        #[derive(Serialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        #[schema(as = StoreSet)]
        pub(super) struct SetView {
            $($(#[$doc])* #[schema(required)] $name: Option<$type>,)+
        }

        /// The settings to set for a store; those that are absent or null are not set.
        #[derive(ToSchema)]
        #[schema(as = StoreSetInput, rename_all = "camelCase")]
        #[expect(dead_code, reason = "describes what `read` reads")]
        pub(super) struct SetInput {
            $($(#[$doc])* $name: Option<$type>,)+
        }

        impl From<Settings> for SettingsView {
            fn from(settings: Settings) -> Self {
                Self { $($name: $show(settings.$name),)+ }
            }
        }

        impl From<Overrides> for SetView {
            fn from(set: Overrides) -> Self {
                Self { $($name: set.$name.map($show),)+ }
            }
        }

        /// As a patch sees them.
        pub(super) const SHAPE: Shape = &[$(($printed, Kind::Value)),+];

        const NAMES: &[&str] = &[$($printed),+];

        /// Reads the settings that `object` sets: what is absent or null is not set. Broken rules
        /// go to `invalid`.
        pub(super) fn read(object: Map<String, Value>, invalid: &mut Invalid) -> Overrides {
            let mut fields = Fields::of(object, NAMES, "set.", invalid);
            let mut set = Overrides::default();
            $(
                let value = fields.any($printed).filter(|value| !value.is_null());
                let alone = value.map(|value| {
                    Some(Overrides { $name: Some($read(&value)?), ..Overrides::default() })
                });
                match alone {
                    None => {}
                    Some(Some(alone)) if alone.first_out_of_range().is_none() => {
                        set = alone.over(set);
                    }
                    Some(_) => {
                        let rule = Overrides::rule_of(stringify!($name));
                        fields.broken($printed, rule.unwrap_or_default());
                    }
                }
            )+
            set
        }
    };
}

settings! {
    /// While true every write is refused but those of these settings; sign-in works.
    "readOnly" read_only: bool, as_it_is, Value::as_bool;
    /// Whether users sign in by their address too, which is unique then.
    "loginByEmail" login_by_email: bool, as_it_is, Value::as_bool;
    /// Which rules a new password keeps: `nist-800-63b-4` or `identity`.
    "passwordPolicy" password_policy: &'static str, PasswordPolicy::name, policy;
    /// How many of a user's last passwords are refused: 0 to 24.
    "passwordHistory" password_history: u32, as_it_is, number;
    /// After how many days a password expires: 0, for never, to 3650.
    "passwordMaxAgeDays" password_max_age_days: u32, as_it_is, number;
    /// After how many failures in a row the temporary lock begins: 0, for never, to 100.
    "lockoutFailures" lockout_failures: u32, as_it_is, number;
    /// How many seconds the temporary lock lasts: 1 to 86400.
    "lockoutSeconds" lockout_seconds: u32, as_it_is, number;
    /// After how many failures in a row the permanent lock begins: 0, for never, to 100.
    "attemptsBeforeLocked" attempts_before_locked: u32, as_it_is, number;
}

fn as_it_is<T>(value: T) -> T {
    value
}

fn policy(value: &Value) -> Option<PasswordPolicy> {
    PasswordPolicy::named(value.as_str()?)
}

fn number(value: &Value) -> Option<u32> {
    value.as_u64()?.try_into().ok()
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
    fn every_setting_is_printed_under_its_name() {
        let shown = serde_json::to_value(SettingsView::from(Settings::default())).expect("JSON");
        let printed: Vec<_> = shown.as_object().expect("an object").keys().cloned().collect();
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        assert_eq!(printed, names);
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
            "lockoutSeconds": 0,
            "lockoutFailures": 1.5,
            "attemptsBeforeLocked": -1,
            "passwordMaxAgeDays": 5_000_000_000_u64,
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
                "set.lockoutFailures",
                "set.lockoutSeconds",
                "set.attemptsBeforeLocked",
            ]
        );
        assert_eq!(invalid.fields[2].rule, "must be a number from 0 to 24");
    }
}
