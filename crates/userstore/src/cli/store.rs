use std::fmt::Display;
use std::str::FromStr;

use clap::{Args, Subcommand};
use domain::id::StoreId;
use domain::store::{Overrides, PasswordPolicy, StoreDraft, StoreName, StoreRef};

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

/// What of a store changes. `unset` leaves a setting to the configuration and its default.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct StoreEdit {
    /// The new name
    #[arg(long, value_parser = |text: &str| StoreName::parse(text))]
    pub(crate) name: Option<StoreName>,
    /// Refuse every write: true, false or unset
    #[arg(long, value_name = "BOOL")]
    read_only: Option<Setting<bool>>,
    /// Let users sign in by their address, which is unique then: true, false or unset
    #[arg(long, value_name = "BOOL")]
    login_by_email: Option<Setting<bool>>,
    /// Rules of new passwords: nist-800-63b-4, identity or unset
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    password_policy: Option<Setting<PasswordPolicy>>,
    /// How many of a user's last passwords are refused: 0 to 24, or unset
    #[arg(long, value_name = "N")]
    password_history: Option<Setting<u32>>,
    /// After how many days a password expires: 0 for never, to 3650, or unset
    #[arg(long, value_name = "N")]
    password_max_age_days: Option<Setting<u32>>,
    /// After how many failures in a row the temporary lock begins: 0 for never, to 100, or unset
    #[arg(long, value_name = "N")]
    lockout_failures: Option<Setting<u32>>,
    /// How many seconds the temporary lock lasts: 1 to 86400, or unset
    #[arg(long, value_name = "N")]
    lockout_seconds: Option<Setting<u32>>,
    /// After how many failures in a row the permanent lock begins: 0 for never, to 100, or unset
    #[arg(long, value_name = "N")]
    attempts_before_locked: Option<Setting<u32>>,
}

impl StoreEdit {
    /// What a store becomes that is called `name` and of which `set` is set.
    pub(crate) fn applied(&self, name: &StoreName, set: Overrides) -> StoreDraft {
        StoreDraft {
            name: self.name.as_ref().unwrap_or(name).clone(),
            set: Overrides {
                read_only: said(self.read_only, set.read_only),
                login_by_email: said(self.login_by_email, set.login_by_email),
                password_policy: said(self.password_policy, set.password_policy),
                password_history: said(self.password_history, set.password_history),
                password_max_age_days: said(self.password_max_age_days, set.password_max_age_days),
                lockout_failures: said(self.lockout_failures, set.lockout_failures),
                lockout_seconds: said(self.lockout_seconds, set.lockout_seconds),
                attempts_before_locked: said(
                    self.attempts_before_locked,
                    set.attempts_before_locked,
                ),
            },
        }
    }
}

/// What is said of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setting<T> {
    Set(T),
    Unset,
}

fn said<T>(said: Option<Setting<T>>, before: Option<T>) -> Option<T> {
    match said {
        None => before,
        Some(Setting::Set(value)) => Some(value),
        Some(Setting::Unset) => None,
    }
}

const UNSET: &str = "unset";

impl<T: FromStr<Err: Display>> FromStr for Setting<T> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == UNSET {
            return Ok(Self::Unset);
        }
        let value = text.parse().map_err(|error: T::Err| format!("{error}, or `{UNSET}`"))?;
        Ok(Self::Set(value))
    }
}

fn policy(text: &str) -> Result<Setting<PasswordPolicy>, String> {
    if text == UNSET {
        return Ok(Setting::Unset);
    }
    let found = PasswordPolicy::named(text).map(Setting::Set);
    found.ok_or_else(|| {
        let names = PasswordPolicy::ALL.map(PasswordPolicy::name).join(", ");
        format!("must be one of {names}, {UNSET}")
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn set(arguments: &[&str]) -> Result<StoreEdit, clap::Error> {
        let all = ["userstore", "store", "set", "shop"].iter().chain(arguments);
        match Cli::try_parse_from(all)?.command {
            Command::Store(StoreCommand::Set { edit, .. }) => Ok(edit),
            other => panic!("{other:?}"),
        }
    }

    fn applied(arguments: &[&str], before: Overrides) -> StoreDraft {
        set(arguments).unwrap().applied(&StoreName::parse("shop").unwrap(), before)
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
        let all = [
            ("--read-only", "true"),
            ("--login-by-email", "true"),
            ("--password-policy", "identity"),
            ("--password-history", "1"),
            ("--password-max-age-days", "2"),
            ("--lockout-failures", "3"),
            ("--lockout-seconds", "4"),
            ("--attempts-before-locked", "5"),
        ];
        let arguments: Vec<_> = all.into_iter().flat_map(|(flag, value)| [flag, value]).collect();
        let expected = Overrides {
            read_only: Some(true),
            login_by_email: Some(true),
            password_policy: Some(PasswordPolicy::Identity),
            password_history: Some(1),
            password_max_age_days: Some(2),
            lockout_failures: Some(3),
            lockout_seconds: Some(4),
            attempts_before_locked: Some(5),
        };
        assert_eq!(applied(&arguments, Overrides::default()).set, expected);
        let unset: Vec<_> = all.into_iter().flat_map(|(flag, _)| [flag, "unset"]).collect();
        assert!(applied(&unset, expected).set.is_empty());
    }

    #[test]
    fn a_change_says_something_and_nothing_wrong() {
        for wrong in [
            &[][..],
            &["--read-only", "yes"],
            &["--password-history", "-1"],
            &["--password-policy", "none"],
            &["--name", "a b"],
        ] {
            assert!(set(wrong).is_err(), "{wrong:?}");
        }
    }
}
