//! The command line.

mod audit;
mod breached;
mod grant;
mod role;
mod secrets;
mod store;
mod user;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use domain::client::ClientName;
use domain::id::ClientId;
use domain::store::StoreRef;

pub(crate) use audit::{AuditCommand, AuditKeyCommand, NewBundle, WhatToVerify, WhomToErase};
pub(crate) use breached::BreachedCommand;
pub(crate) use grant::{GrantArgument, Place};
pub(crate) use role::{AssignmentArguments, HolderName, RoleCommand, WhichAssignments};
pub(crate) use secrets::SecretsCommand;
pub(crate) use store::{StoreCommand, StoreEdit, setting_flags};
pub(crate) use user::{NewPassword, UserCommand, WhichUser};

/// A store of users, with an audit trail that proves itself.
#[derive(Debug, Parser)]
#[command(name = "userstore", version)]
pub(crate) struct Cli {
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "Configuration file in TOML; USERSTORE_CONFIG names it too"
    )]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer requests until SIGTERM or SIGINT
    Serve,
    /// Bring the database to the version of this program
    Migrate {
        /// Only list the migrations that are pending
        #[arg(long)]
        status: bool,
    },
    /// User stores
    #[command(subcommand)]
    Store(StoreCommand),
    /// Passwords, locks, second factors and sessions of users
    #[command(subcommand)]
    User(UserCommand),
    /// Roles, and who holds them
    #[command(subcommand)]
    Role(RoleCommand),
    /// API keys, each with the client that holds it
    #[command(subcommand)]
    Key(KeyCommand),
    /// The audit trail: bundles that prove it, its keys, the erasure of a person from it
    #[command(subcommand)]
    Audit(AuditCommand),
    /// The keys outside of the database that protect secrets in it
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Passwords that were found in breaches
    #[command(subcommand)]
    Breached(BreachedCommand),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// What to do with API keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a client and its key, which is printed this once
    Create(NewKey),
    /// List the clients of a store
    List(InStore),
    /// End a key, with the client that holds it
    Revoke {
        /// Id of the client, as `key list` prints it
        id: ClientId,
        #[command(flatten)]
        place: InStore,
    },
}

/// Which store is meant.
#[derive(Debug, Args)]
pub(crate) struct InStore {
    /// Name or id of the store that the holder belongs to
    #[arg(long, default_value = "default", value_parser = StoreRef::parse)]
    pub(crate) store: StoreRef,
}

/// A key to make.
#[derive(Debug, Args)]
pub(crate) struct NewKey {
    /// What the client is called, 1 to 256 characters
    #[arg(value_parser = |text: &str| ClientName::parse(text))]
    pub(crate) name: ClientName,
    #[arg(
        long = "grant",
        required = true,
        value_name = "ROLE[@STORE|@*]",
        help = "A role, and where it is held: ROLE in the store of --store, ROLE@STORE, or ROLE@* in \
                every store; SystemAdmin is always held in every store. May be given several times"
    )]
    pub(crate) grants: Vec<GrantArgument>,
    #[command(flatten)]
    pub(crate) place: InStore,
    /// From when on the key is refused; without it, never
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=36_500))]
    pub(crate) expires_in_days: Option<u16>,
}

/// What to do with the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check every key, and print the values in effect
    Check,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn key_create(arguments: &[&str]) -> Result<NewKey, clap::Error> {
        let all = ["userstore", "key", "create"].iter().chain(arguments);
        match Cli::try_parse_from(all)?.command {
            Command::Key(KeyCommand::Create(new)) => Ok(new),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_key_needs_a_grant_and_may_have_several() {
        assert!(key_create(&["ci"]).is_err());
        let new = key_create(&["ci", "--grant", "UserManager", "--grant", "AuditTrailReader@*"]);
        let new = new.unwrap();
        assert_eq!(new.grants.len(), 2);
        assert_eq!(new.place.store, StoreRef::parse("default").unwrap());
        assert_eq!(new.expires_in_days, None);
    }

    #[test]
    fn a_key_ends_within_a_hundred_years_and_not_at_once() {
        let days = |days| key_create(&["ci", "--grant", "UserManager", "--expires-in-days", days]);
        assert_eq!(days("90").unwrap().expires_in_days, Some(90));
        for wrong in ["0", "-1", "36501", "soon"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }
}
