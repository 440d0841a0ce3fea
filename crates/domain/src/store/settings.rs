use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::Store;
use crate::text::Folded;

/// Which rules a password keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PasswordPolicy {
    /// NIST SP 800-63B-4: long, on no list of common passwords, no rules of composition.
    Nist,
    /// The six rules of ASP.NET Core Identity.
    Identity,
}

impl PasswordPolicy {
    /// Every policy.
    pub const ALL: [Self; 2] = [Self::Nist, Self::Identity];

    /// The name in the specification.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nist => "nist-800-63b-4",
            Self::Identity => "identity",
        }
    }

    /// The policy of that name, ignoring case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name().eq_ignore_ascii_case(name))
    }
}

/// Defines the settings of a store: each with its type, its range and its default. `Settings` holds
/// a value of each, `Overrides` those that somebody has set.
macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr, $range:expr;)+) => {
        /// The settings that hold in a store.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Settings {
            $($(#[$doc])* pub $name: $type,)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        /// The settings that were set on purpose; what is `None` comes from elsewhere.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Overrides {
            $($(#[$doc])* pub $name: Option<$type>,)+
        }

        impl Overrides {
            /// Where two say something, `self` wins.
            #[must_use]
            pub fn over(self, lower: Self) -> Self {
                Self { $($name: self.$name.or(lower.$name),)+ }
            }

            /// The settings, with the usual ones where nothing is said.
            pub fn or_default(self) -> Settings {
                let usual = Settings::default();
                Settings { $($name: self.$name.unwrap_or(usual.$name),)+ }
            }

            /// Whether nothing is said.
            pub fn is_empty(&self) -> bool {
                *self == Self::default()
            }

            /// The first setting, by its name here, in which the two differ and of which `pinned`
            /// says something.
            pub fn first_pinned_change(before: &Self, after: &Self, pinned: &Self) -> Option<&'static str> {
                $(if pinned.$name.is_some() && before.$name != after.$name {
                    return Some(stringify!($name));
                })+
                None
            }

            /// The name of the first setting that is out of its range, with the rule.
            pub fn first_out_of_range(&self) -> Option<(&'static str, String)> {
                $(if let Some(value) = self.$name
                    && !<_ as Range<$type>>::holds(&$range, value)
                {
                    return Some((stringify!($name), rule::<$type>(&$range)));
                })+
                None
            }

            /// What the value of the setting of that name must be. `None` when there is none such.
            pub fn rule_of(setting: &str) -> Option<String> {
                match setting {
                    $(stringify!($name) => Some(rule::<$type>(&$range)),)+
                    _ => None,
                }
            }
        }
    };
}

settings! {
    /// While true every write is refused and sign-in works.
    read_only: bool = false, ();
    /// Whether users sign in by their address too, which is unique then.
    login_by_email: bool = false, ();
    /// Which rules a new password keeps.
    password_policy: PasswordPolicy = PasswordPolicy::Nist, ();
    /// How many of a user's last passwords are refused: 0 to 24.
    password_history: u32 = 0, 0..=24;
    /// After how many days a password expires: 0, for never, to 3 650.
    password_max_age_days: u32 = 0, 0..=3_650;
    /// After how many failures in a row the temporary lock begins: 0, for never, to 100.
    lockout_failures: u32 = 5, 0..=100;
    /// How long the temporary lock lasts: 1 second to a day.
    lockout_seconds: u32 = 300, 1..=86_400;
    /// After how many failures in a row the permanent lock begins: 0, for never, to 100, the
    /// ceiling of NIST SP 800-63B-4 §3.2.2.
    attempts_before_locked: u32 = 100, 0..=100;
}

/// Which values of its type a setting takes.
trait Range<T> {
    /// Whether this is one.
    fn holds(&self, value: T) -> bool;

    /// What a value must be, as the end of a sentence.
    fn rule(&self) -> String;
}

impl Range<bool> for () {
    fn holds(&self, _: bool) -> bool {
        true
    }

    fn rule(&self) -> String {
        "must be true or false".into()
    }
}

impl Range<PasswordPolicy> for () {
    fn holds(&self, _: PasswordPolicy) -> bool {
        true
    }

    fn rule(&self) -> String {
        let names = PasswordPolicy::ALL.map(|policy| format!("\"{}\"", policy.name()));
        format!("must be {}", names.join(" or "))
    }
}

impl Range<u32> for RangeInclusive<u32> {
    fn holds(&self, value: u32) -> bool {
        self.contains(&value)
    }

    fn rule(&self) -> String {
        format!("must be a number from {} to {}", self.start(), self.end())
    }
}

fn rule<T>(range: &impl Range<T>) -> String {
    range.rule()
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

/// What the configuration says of stores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreRules {
    /// What holds in a store of which nothing else is said.
    pub defaults: Overrides,
    /// By folded name of the store: what holds there whatever is set, and cannot be changed.
    pub pinned: BTreeMap<Folded, Overrides>,
}

impl StoreRules {
    /// What is pinned in the store of that name.
    pub fn pinned(&self, store: &Folded) -> Overrides {
        self.pinned.get(store).copied().unwrap_or_default()
    }

    /// The settings that hold in that store.
    pub fn of(&self, store: &Store) -> Settings {
        self.resolve(&store.name.folded(), store.set)
    }

    /// The settings that hold in a store: pinned before set before the defaults.
    pub fn resolve(&self, store: &Folded, set: Overrides) -> Settings {
        self.pinned(store).over(set).over(self.defaults).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(n: u32) -> Overrides {
        Overrides { password_history: Some(n), ..Overrides::default() }
    }

    #[test]
    fn pinned_wins_over_set_and_set_over_the_defaults() {
        let shop = Folded::of("shop");
        let mut rules = StoreRules::default();
        assert_eq!(rules.resolve(&shop, Overrides::default()), Settings::default());
        rules.defaults = history(1);
        assert_eq!(rules.resolve(&shop, Overrides::default()).password_history, 1);
        assert_eq!(rules.resolve(&shop, history(2)).password_history, 2);
        rules.pinned = BTreeMap::from([(shop.clone(), history(3))]);
        assert_eq!(rules.resolve(&shop, history(2)).password_history, 3);
        assert_eq!(rules.resolve(&Folded::of("other"), history(2)).password_history, 2);
    }

    #[test]
    fn only_a_change_of_what_is_pinned_is_told() {
        let change = |after| Overrides::first_pinned_change(&history(1), &after, &history(9));
        assert_eq!(change(history(1)), None);
        assert_eq!(change(Overrides { read_only: Some(true), ..history(1) }), None);
        assert_eq!(change(history(2)), Some("password_history"));
    }

    #[test]
    fn a_setting_is_printed_as_other_properties_are() {
        assert_eq!(printed_name("read_only"), "readOnly");
        assert_eq!(printed_name("password_max_age_days"), "passwordMaxAgeDays");
        assert_eq!(printed_name("plain"), "plain");
    }

    #[test]
    fn a_setting_out_of_its_range_is_told() {
        assert_eq!(history(24).first_out_of_range(), None);
        let (name, rule) = history(25).first_out_of_range().expect("out of range");
        assert_eq!((name, rule.as_str()), ("password_history", "must be a number from 0 to 24"));
    }

    #[test]
    fn every_setting_has_a_rule() {
        let rule = |setting| Overrides::rule_of(setting).unwrap_or_default();
        assert_eq!(rule("read_only"), "must be true or false");
        assert_eq!(rule("password_policy"), r#"must be "nist-800-63b-4" or "identity""#);
        assert_eq!(rule("lockout_seconds"), "must be a number from 1 to 86400");
        assert_eq!(Overrides::rule_of("lockoutSeconds"), None);
    }
}
