use clap::{Args, Subcommand};
use domain::user::LoginName;

use super::InStore;

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Set a password as an administrator, which ends every lock
    ///
    /// The password is read from standard input: one line, or typed twice at a terminal.
    SetPassword(NewPassword),
    /// End every lock and forget every failed attempt
    Unlock(WhichUser),
    /// Erase the second factor of a user and its recovery codes; whether one is required stays
    #[command(name = "reset-2fa")]
    ResetTwoFactor(WhichUser),
    /// End every session of a user
    SignOut(WhichUser),
}

/// A user by name.
#[derive(Debug, Args)]
pub(crate) struct WhichUser {
    /// Login name
    #[arg(value_name = "LOGIN", value_parser = |text: &str| LoginName::parse(text))]
    pub(crate) login_name: LoginName,
    #[command(flatten)]
    pub(crate) place: InStore,
}

/// Whose password becomes which.
#[derive(Debug, Args)]
pub(crate) struct NewPassword {
    #[command(flatten)]
    pub(crate) user: WhichUser,
    #[arg(long, help = "Make a password of over 128 random bits, and print it this once")]
    pub(crate) generate: bool,
    #[arg(long, help = "One that the user has to change at the next sign-in; ends no lock")]
    pub(crate) initial: bool,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use domain::store::StoreRef;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parse(arguments: &[&str]) -> Result<UserCommand, clap::Error> {
        let all = ["userstore", "user"].iter().chain(arguments);
        match Cli::try_parse_from(all)?.command {
            Command::User(command) => Ok(command),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_password_is_never_an_argument() {
        let Ok(UserCommand::SetPassword(new)) = parse(&["set-password", "ada"]) else {
            panic!("refused")
        };
        assert_eq!(new.user.login_name, LoginName::parse("ada").unwrap());
        assert!(!new.generate && !new.initial);
        assert!(parse(&["set-password", "ada", "hunter2"]).is_err());
        assert!(parse(&["set-password"]).is_err());
    }

    #[test]
    fn an_initial_password_may_be_generated() {
        let parsed = parse(&["set-password", "ada", "--generate", "--initial", "--store", "shop"]);
        let Ok(UserCommand::SetPassword(new)) = parsed else { panic!("refused") };
        assert!(new.generate && new.initial);
        assert_eq!(new.user.place.store, StoreRef::parse("shop").unwrap());
    }

    #[test]
    fn a_user_of_a_store_is_unlocked() {
        let Ok(UserCommand::Unlock(which)) = parse(&["unlock", "ada", "--store", "shop"]) else {
            panic!("refused")
        };
        assert_eq!(which.place.store, StoreRef::parse("shop").unwrap());
        assert!(parse(&["unlock", ""]).is_err());
    }

    #[test]
    fn a_second_factor_and_sessions_end_for_a_user_of_a_store() {
        let parsed = parse(&["reset-2fa", "ada", "--store", "shop"]);
        let Ok(UserCommand::ResetTwoFactor(which)) = parsed else { panic!("refused") };
        assert_eq!(which.place.store, StoreRef::parse("shop").unwrap());
        let Ok(UserCommand::SignOut(which)) = parse(&["sign-out", "ada"]) else {
            panic!("refused")
        };
        assert_eq!(which.login_name, LoginName::parse("ada").unwrap());
        assert!(parse(&["sign-out"]).is_err());
    }
}
