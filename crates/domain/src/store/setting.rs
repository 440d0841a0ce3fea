//! One setting of a store, whatever its type: so that what shows, reads or sets all of them goes
//! through one list.

use std::fmt;
use std::ops::RangeInclusive;

use super::{Overrides, PasswordPolicy};

/// What is known of a setting.
#[derive(Debug)]
pub struct Setting {
    /// Its name in the configuration: `password_history`. See [`printed_name`] for that in the API.
    pub name: &'static str,
    /// What it decides, in sentences.
    pub about: &'static str,
    /// Which values it takes.
    pub takes: Values,
    pub(super) get: fn(&Overrides) -> Option<SettingValue>,
    pub(super) put: fn(&mut Overrides, Option<SettingValue>),
}

/// The value of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingValue {
    /// Of a switch.
    Flag(bool),
    /// Of a limit or a length.
    Number(u32),
    /// Of the rules of passwords.
    Policy(PasswordPolicy),
}

/// The values that a setting takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Values {
    /// True and false.
    Flags,
    /// Those of the range.
    Numbers(RangeInclusive<u32>),
    /// The policies.
    Policies,
}

impl SettingValue {
    /// The value that a text is: no text is one of two types.
    pub fn parse(text: &str) -> Option<Self> {
        let flag = || text.parse().ok().map(Self::Flag);
        let number = || text.parse().ok().map(Self::Number);
        let policy = || PasswordPolicy::named(text).map(Self::Policy);
        flag().or_else(number).or_else(policy)
    }
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => flag.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Policy(policy) => f.write_str(policy.name()),
        }
    }
}

/// Turns the values of one type into those of any and back.
macro_rules! value {
    ($type:ty => $variant:ident) => {
        impl From<$type> for SettingValue {
            fn from(value: $type) -> Self {
                Self::$variant(value)
            }
        }

        impl TryFrom<SettingValue> for $type {
            type Error = SettingValue;

            fn try_from(value: SettingValue) -> Result<Self, SettingValue> {
                match value {
                    SettingValue::$variant(value) => Ok(value),
                    other => Err(other),
                }
            }
        }
    };
}

value!(bool => Flag);
value!(u32 => Number);
value!(PasswordPolicy => Policy);

impl Values {
    /// Whether this is one.
    pub fn hold(&self, value: SettingValue) -> bool {
        match (self, value) {
            (Self::Flags, SettingValue::Flag(_)) | (Self::Policies, SettingValue::Policy(_)) => {
                true
            }
            (Self::Numbers(range), SettingValue::Number(number)) => range.contains(&number),
            _ => false,
        }
    }

    /// What a value must be, as a sentence that begins with `must`.
    pub fn rule(&self) -> String {
        match self {
            Self::Flags => "must be true or false".into(),
            Self::Numbers(range) => {
                format!("must be a number from {} to {}", range.start(), range.end())
            }
            Self::Policies => {
                let names = PasswordPolicy::ALL.map(|policy| format!("\"{}\"", policy.name()));
                format!("must be {}", names.join(" or "))
            }
        }
    }
}

/// The name of a setting as the API prints it: `passwordHistory` for `password_history`.
pub fn printed_name(setting: &str) -> String {
    let mut words = setting.split('_');
    let mut printed = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        printed.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        printed.push_str(letters.as_str());
    }
    printed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_printed_as_other_properties_are() {
        assert_eq!(printed_name("read_only"), "readOnly");
        assert_eq!(printed_name("password_max_age_days"), "passwordMaxAgeDays");
        assert_eq!(printed_name("plain"), "plain");
    }

    #[test]
    fn a_value_is_read_from_the_text_that_it_prints() {
        for value in [
            SettingValue::Flag(true),
            SettingValue::Flag(false),
            SettingValue::Number(0),
            SettingValue::Number(u32::MAX),
            SettingValue::Policy(PasswordPolicy::Nist),
            SettingValue::Policy(PasswordPolicy::Identity),
        ] {
            assert_eq!(SettingValue::parse(&value.to_string()), Some(value));
        }
        for text in ["", "yes", "-1", "1.5", "4294967296", "none"] {
            assert_eq!(SettingValue::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_setting_takes_values_of_its_own_type_alone() {
        let policy = SettingValue::Policy(PasswordPolicy::Nist);
        for (values, taken, others) in [
            (Values::Flags, vec![SettingValue::Flag(false)], vec![SettingValue::Number(0), policy]),
            (
                Values::Numbers(1..=3),
                vec![SettingValue::Number(1), SettingValue::Number(3)],
                vec![
                    SettingValue::Number(0),
                    SettingValue::Number(4),
                    SettingValue::Flag(true),
                    policy,
                ],
            ),
            (
                Values::Policies,
                vec![policy],
                vec![SettingValue::Number(1), SettingValue::Flag(true)],
            ),
        ] {
            assert!(taken.iter().all(|value| values.hold(*value)), "{values:?}");
            assert!(others.iter().all(|value| !values.hold(*value)), "{values:?}");
        }
    }

    #[test]
    fn the_rule_says_which_values_are_taken() {
        assert_eq!(Values::Flags.rule(), "must be true or false");
        assert_eq!(Values::Policies.rule(), r#"must be "nist-800-63b-4" or "identity""#);
        assert_eq!(Values::Numbers(1..=86_400).rule(), "must be a number from 1 to 86400");
    }
}
