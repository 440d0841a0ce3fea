use std::collections::BTreeMap;

use super::{Setting, SettingValue, Store, Values};
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

/// Defines the settings of a store: each with what it decides, its type, its default and the values
/// it takes. `Settings` holds a value of each, `Overrides` those that somebody has set, and
/// `Setting::ALL` knows them all; what it decides is printed by the command line and the document of
/// the API too.
macro_rules! settings {
    ($($(#[doc = $about:literal])+ $name:ident: $type:ty = $default:expr, $takes:expr;)+) => {
        /// The settings that hold in a store.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Settings {
            $($(#[doc = $about])+ pub $name: $type,)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($name: $default,)+ }
            }
        }

        /// The settings that were set on purpose; what is `None` comes from elsewhere.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Overrides {
            $($(#[doc = $about])+ pub $name: Option<$type>,)+
        }

        /// As if each had been set.
        impl From<Settings> for Overrides {
            fn from(settings: Settings) -> Self {
                Self { $($name: Some(settings.$name),)+ }
            }
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
        }

        impl Setting {
            /// Every setting.
            pub const ALL: &[Self] = &[$(Self {
                name: stringify!($name),
                about: concat!($($about),+).trim_ascii(),
                takes: $takes,
                get: |set| set.$name.map(SettingValue::from),
                put: |set, value| set.$name = value.and_then(|value| value.try_into().ok()),
            },)+];
        }
    };
}

settings! {
    /// While true every write but that of the store itself is refused; sign-in works.
    read_only: bool = false, Values::Flags;
    /// Whether users sign in by their address too, which is unique then.
    login_by_email: bool = false, Values::Flags;
    /// Which rules a new password keeps: `nist-800-63b-4` or `identity`.
    password_policy: PasswordPolicy = PasswordPolicy::Nist, Values::Policies;
    /// How many of a user's last passwords are refused: 0 to 24.
    password_history: u32 = 0, Values::Numbers(0..=24);
    /// After how many days a password expires: 0, for never, to 3650.
    password_max_age_days: u32 = 0, Values::Numbers(0..=3_650);
    /// How many days an initial password, or one that an administrator set, can be used: 1 to 365.
    password_deadline_days: u32 = 14, Values::Numbers(1..=365);
    /// Whether a password is looked up among the breached ones at each sign-in too: then it has to
    /// be changed.
    breached_at_sign_in: bool = false, Values::Flags;
    /// Policy `identity`: the fewest characters, 1 to 128.
    identity_required_length: u32 = 6, Values::Numbers(1..=128);
    /// Policy `identity`: the fewest characters that differ, 1 to 128.
    identity_required_unique_chars: u32 = 1, Values::Numbers(1..=128);
    /// Policy `identity`: whether there must be a character that is neither letter nor digit.
    identity_require_non_alphanumeric: bool = true, Values::Flags;
    /// Policy `identity`: whether there must be a lower-case letter from a to z.
    identity_require_lowercase: bool = true, Values::Flags;
    /// Policy `identity`: whether there must be an upper-case letter from A to Z.
    identity_require_uppercase: bool = true, Values::Flags;
    /// Policy `identity`: whether there must be a digit from 0 to 9.
    identity_require_digit: bool = true, Values::Flags;
    /// Whether somebody who forgot the password may ask for a reset without a credential.
    self_service_reset: bool = true, Values::Flags;
    /// Whether attempts under a name are slowed down from the third failure on.
    throttle: bool = true, Values::Flags;
    /// After how many failures in a row the temporary lock begins: 0, for never, to 100.
    lockout_failures: u32 = 5, Values::Numbers(0..=100);
    /// How many seconds the temporary lock lasts: 1 to 86400.
    lockout_seconds: u32 = 300, Values::Numbers(1..=86_400);
    /// After how many failures in a row the permanent lock begins: 0, for never, to 100, the
    /// ceiling of NIST SP 800-63B-4 §3.2.2.
    attempts_before_locked: u32 = 100, Values::Numbers(0..=100);
}

impl Overrides {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is said of a setting.
    pub fn get(&self, setting: &Setting) -> Option<SettingValue> {
        (setting.get)(self)
    }

    /// Says something of a setting, or nothing.
    ///
    /// # Errors
    /// It does not take that value: the rule, as a sentence that begins with `must`.
    pub fn put(&mut self, setting: &Setting, value: Option<SettingValue>) -> Result<(), String> {
        if value.is_some_and(|value| !setting.takes.hold(value)) {
            return Err(setting.takes.rule());
        }
        (setting.put)(self, value);
        Ok(())
    }

    /// The name of the first setting in which the two differ and of which `pinned` says something.
    pub fn first_pinned_change(before: &Self, after: &Self, pinned: &Self) -> Option<&'static str> {
        let changed = |setting: &&Setting| {
            pinned.get(setting).is_some() && before.get(setting) != after.get(setting)
        };
        Setting::ALL.iter().find(changed).map(|setting| setting.name)
    }

    /// The name of the first setting that is out of its range, with the rule.
    pub fn first_out_of_range(&self) -> Option<(&'static str, String)> {
        let wrong =
            |setting: &&Setting| self.get(setting).is_some_and(|value| !setting.takes.hold(value));
        Setting::ALL.iter().find(wrong).map(|setting| (setting.name, setting.takes.rule()))
    }
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
    fn a_setting_out_of_its_range_is_told() {
        assert_eq!(history(24).first_out_of_range(), None);
        let (name, rule) = history(25).first_out_of_range().expect("out of range");
        assert_eq!((name, rule.as_str()), ("password_history", "must be a number from 0 to 24"));
    }

    #[test]
    fn each_setting_is_reached_by_the_list() {
        let all = Overrides::from(Settings::default());
        for setting in Setting::ALL {
            let value = all.get(setting).expect(setting.name);
            let mut alone = Overrides::default();
            assert_eq!(alone.put(setting, Some(value)), Ok(()), "{}", setting.name);
            let said: Vec<_> = Setting::ALL.iter().filter(|s| alone.get(s).is_some()).collect();
            assert_eq!(said.iter().map(|s| s.name).collect::<Vec<_>>(), [setting.name]);
            assert_eq!(alone.put(setting, None), Ok(()));
            assert!(alone.is_empty(), "{}", setting.name);
        }
        assert_eq!(all.or_default(), Settings::default());
    }

    #[test]
    fn a_value_that_a_setting_does_not_take_changes_nothing() {
        let named = |setting: &&Setting| setting.name == "password_history";
        let setting = Setting::ALL.iter().find(named).expect("a setting");
        let mut set = history(3);
        for wrong in [SettingValue::Number(25), SettingValue::Flag(true)] {
            let refused = set.put(setting, Some(wrong));
            assert_eq!(refused, Err("must be a number from 0 to 24".into()));
        }
        assert_eq!(set, history(3));
    }

    #[test]
    fn each_setting_says_what_it_decides() {
        for setting in Setting::ALL {
            let about = setting.about;
            assert!(about.ends_with('.') && !about.contains("  "), "{}: {about}", setting.name);
        }
    }
}
