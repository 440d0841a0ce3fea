use std::sync::LazyLock;

use clap::{Arg, ArgGroup, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use domain::error::Invalid;
use domain::id::StoreId;
use domain::store::{Overrides, Setting, SettingValue, StoreDraft, StoreName, StoreRef, Values};

/// What to do with stores.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Make a store
    Create {
        /// 1 to 64 of the characters A-Z a-z 0-9 . _ -
        #[arg(value_parser = |text: &str| StoreName::parse(text))]
        name: StoreName,
        /// Its id; without it, a new one
        #[arg(long)]
        id: Option<StoreId>,
    },
    /// List all stores
    List,
    /// Show a store with the settings that hold in it
    Show {
        /// Name or id
        #[arg(value_parser = StoreRef::parse)]
        store: StoreRef,
    },
    /// Change the name or the settings of a store
    Set {
        /// Name or id
        #[arg(value_parser = StoreRef::parse)]
        store: StoreRef,
        #[command(flatten)]
        edit: StoreEdit,
    },
    /// Remove a store
    Delete {
        /// Name or id
        #[arg(value_parser = StoreRef::parse)]
        store: StoreRef,
        /// The name of the store once more: removes everything in it too
        #[arg(long, value_name = "NAME", value_parser = |text: &str| StoreName::parse(text))]
        confirm: Option<StoreName>,
    },
}

/// What of a store changes: its name, and every setting by a flag of its own. `unset` leaves a
/// setting to the configuration and its default.
#[derive(Clone, Debug)]
pub(crate) struct StoreEdit {
    pub(crate) name: Option<StoreName>,
    /// `None` stands for `unset`.
    said: Vec<(&'static Setting, Option<SettingValue>)>,
}

impl StoreEdit {
    /// What a store becomes that is called `name` and of which `set` is set.
    ///
    /// # Errors
    /// Settings do not take what is said of them.
    pub(crate) fn applied(
        &self,
        name: &StoreName,
        mut set: Overrides,
    ) -> Result<StoreDraft, Invalid> {
        let mut invalid = Invalid::default();
        for (setting, value) in &self.said {
            if let Err(rule) = set.put(setting, *value) {
                invalid.add(setting.name, rule);
            }
        }
        invalid.or(StoreDraft { name: self.name.as_ref().unwrap_or(name).clone(), set })
    }
}

/// Every setting with its flag, without the dashes before: `password-history`.
pub(crate) fn setting_flags() -> impl Iterator<Item = (&'static str, &'static Setting)> {
    static FLAGS: LazyLock<Vec<String>> = LazyLock::new(|| {
        Setting::ALL.iter().map(|setting| setting.name.replace('_', "-")).collect()
    });
    FLAGS.iter().map(String::as_str).zip(Setting::ALL)
}

const NAME: &str = "name";
const UNSET: &str = "unset";

impl Args for StoreEdit {
    fn augment_args(command: Command) -> Command {
        let name = Arg::new(NAME)
            .long(NAME)
            .value_name("NAME")
            .value_parser(|text: &str| StoreName::parse(text))
            .help("The new name");
        let flags = setting_flags().map(|(flag, setting)| {
            Arg::new(setting.name)
                .long(flag)
                .value_name(placeholder(setting))
                .value_parser(move |text: &str| read(setting, text))
                .help(setting.about.trim_end_matches('.'))
        });
        let all = Setting::ALL.iter().map(|setting| setting.name).chain([NAME]);
        let something = ArgGroup::new("change").args(all).required(true).multiple(true);
        command.arg(name).args(flags).group(something)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn placeholder(setting: &Setting) -> &'static str {
    match setting.takes {
        Values::Flags => "BOOL|unset",
        Values::Numbers(_) => "N|unset",
        Values::Policies => "POLICY|unset",
    }
}

impl FromArgMatches for StoreEdit {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let said = |setting: &'static Setting| Some((setting, *matches.get_one(setting.name)?));
        Ok(Self {
            name: matches.get_one(NAME).cloned(),
            said: Setting::ALL.iter().filter_map(said).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What a text says of a setting. Whether the setting takes the value comes out when it is applied.
fn read(setting: &Setting, text: &str) -> Result<Option<SettingValue>, String> {
    if text == UNSET {
        return Ok(None);
    }
    let value = SettingValue::parse(text);
    value.map(Some).ok_or_else(|| format!("{}, or {UNSET}", setting.takes.rule()))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{self, Cli};

    fn set(arguments: &[&str]) -> Result<StoreEdit, clap::Error> {
        let all = ["userstore", "store", "set", "shop"].iter().chain(arguments);
        match Cli::try_parse_from(all)?.command {
            cli::Command::Store(StoreCommand::Set { edit, .. }) => Ok(edit),
            other => panic!("{other:?}"),
        }
    }

    fn applied(arguments: &[&str], before: Overrides) -> StoreDraft {
        set(arguments).unwrap().applied(&StoreName::parse("shop").unwrap(), before).unwrap()
    }

    #[test]
    fn what_is_not_said_stays() {
        let before =
            Overrides { read_only: Some(true), lockout_seconds: Some(9), ..Overrides::default() };
        let after = applied(&["--password-history", "3"], before);
        assert_eq!(after.set, Overrides { password_history: Some(3), ..before });
        assert_eq!(after.name.as_str(), "shop");
        let after = applied(&["--name", "store", "--read-only", "unset"], before);
        assert_eq!(after.set, Overrides { read_only: None, ..before });
        assert_eq!(after.name.as_str(), "store");
    }

    #[test]
    fn every_setting_has_its_flag() {
        let text = |setting: &Setting| match &setting.takes {
            Values::Flags => "true".to_owned(),
            Values::Numbers(range) => range.end().to_string(),
            Values::Policies => "identity".to_owned(),
        };
        let said = |text: &dyn Fn(&Setting) -> String| {
            let flags =
                setting_flags().flat_map(|(flag, setting)| [format!("--{flag}"), text(setting)]);
            flags.collect::<Vec<_>>()
        };
        let set = said(&text);
        let set: Vec<_> = set.iter().map(String::as_str).collect();
        let all = applied(&set, Overrides::default()).set;
        for setting in Setting::ALL {
            let value = all.get(setting).map(|value| value.to_string());
            assert_eq!(value, Some(text(setting)), "{}", setting.name);
        }
        let unset = said(&|_| UNSET.to_owned());
        let unset: Vec<_> = unset.iter().map(String::as_str).collect();
        assert!(applied(&unset, all).set.is_empty());
    }

    #[test]
    fn a_flag_is_spelled_with_dashes() {
        let after = applied(&["--identity-required-unique-chars", "4"], Overrides::default());
        let expected =
            Overrides { identity_required_unique_chars: Some(4), ..Overrides::default() };
        assert_eq!(after.set, expected);
    }

    #[test]
    fn what_is_no_value_is_refused_with_the_rule() {
        for (flag, value, rule) in [
            ("--read-only", "yes", "must be true or false, or unset"),
            ("--password-history", "many", "must be a number from 0 to 24, or unset"),
            ("--password-policy", "none", r#"must be "nist-800-63b-4" or "identity", or unset"#),
        ] {
            let refused = set(&[flag, value]).expect_err(value).to_string();
            assert!(refused.contains(rule), "{flag} {value}: {refused}");
        }
    }

    #[test]
    fn every_value_that_a_setting_does_not_take_is_told() {
        let edit = set(&["--read-only", "1", "--throttle", "true", "--password-history", "25"]);
        let name = StoreName::parse("shop").unwrap();
        let invalid = edit.unwrap().applied(&name, Overrides::default()).expect_err("refused");
        let told: Vec<_> = invalid.fields.into_iter().map(|f| (f.property, f.rule)).collect();
        let expected = [
            ("read_only", "must be true or false"),
            ("password_history", "must be a number from 0 to 24"),
        ];
        assert_eq!(told, expected.map(|(name, rule)| (name.to_owned(), rule.to_owned())));
    }

    #[test]
    fn a_change_says_something_and_nothing_wrong() {
        for wrong in
            [&[][..], &["--password-history", "-1"], &["--password-history"], &["--name", "a b"]]
        {
            assert!(set(wrong).is_err(), "{wrong:?}");
        }
    }
}
