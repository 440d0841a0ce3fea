//! The command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use domain::access::{Grant, GrantError, Reach, Role};
use domain::client::ClientName;
use domain::id::{ClientId, StoreId};
use domain::store::{StoreName, StoreRef};

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
    /// API keys, each with the client that holds it
    #[command(subcommand)]
    Key(KeyCommand),
    /// The configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// What to do with stores.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Make a store
    Create {
        /// 1 to 64 of the characters A-Z a-z 0-9 . _ -
        #[arg(value_parser = |text: &str| StoreName::parse(text))]
        name: StoreName,
    },
    /// List all stores
    List,
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
    /// Name or id of the store that the client belongs to
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

/// A grant as it is typed: `ROLE`, `ROLE@STORE` or `ROLE@*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GrantArgument {
    role: Role,
    place: Place,
}

/// Where a role is to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Unsaid,
    Everywhere,
    In(StoreRef),
}

impl GrantArgument {
    /// The store it names, if any.
    pub(crate) fn store(&self) -> Option<&StoreRef> {
        match &self.place {
            Place::In(store) => Some(store),
            Place::Unsaid | Place::Everywhere => None,
        }
    }

    /// The grant, where `store` is the one it names, or else that of the client.
    pub(crate) fn in_store(&self, store: StoreId) -> Result<Grant, GrantError> {
        match (&self.place, self.role) {
            (Place::Everywhere, role) => Grant::new(role, Reach::Everywhere),
            (Place::Unsaid, Role::SystemAdmin) => Ok(Grant::system_admin()),
            (Place::Unsaid | Place::In(_), role) => Grant::new(role, Reach::Store(store)),
        }
    }
}

impl FromStr for GrantArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (role, place) = match text.split_once('@') {
            None => (text, Place::Unsaid),
            Some((role, "*")) => (role, Place::Everywhere),
            Some((role, store)) => (role, Place::In(store_ref(store)?)),
        };
        let role = role.parse().map_err(|error| format!("the role {error}"))?;
        Ok(Self { role, place })
    }
}

fn store_ref(text: &str) -> Result<StoreRef, String> {
    StoreRef::parse(text).map_err(|error| format!("the store {error}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn store(n: u128) -> StoreId {
        format!("{n:032x}").parse().unwrap()
    }

    fn grant(text: &str) -> Result<Grant, String> {
        let argument: GrantArgument = text.parse()?;
        argument.in_store(store(7)).map_err(|error| error.to_string())
    }

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
    fn a_role_is_held_where_the_grant_says() {
        let here = |role| Grant::new(role, Reach::Store(store(7))).unwrap();
        assert_eq!(grant("UserManager"), Ok(here(Role::UserManager)));
        assert_eq!(grant("usermanager@shop"), Ok(here(Role::UserManager)));
        assert_eq!(grant("AuditTrailReader"), Ok(here(Role::AuditTrailReader)));
        let everywhere = Grant::new(Role::AuditTrailReader, Reach::Everywhere).unwrap();
        assert_eq!(grant("AuditTrailReader@*"), Ok(everywhere));
        assert_eq!(grant("SystemAdmin"), Ok(Grant::system_admin()));
        assert_eq!(grant("SystemAdmin@*"), Ok(Grant::system_admin()));
    }

    #[test]
    fn a_grant_that_cannot_be_is_refused_with_a_reason() {
        for (text, reason) in [
            ("Root", "the role must be one of SystemAdmin"),
            ("", "the role must be one of"),
            ("UserManager@", "the store must be 1 to 64 characters long"),
            ("UserManager@a b", "the store may hold only"),
            ("UserManager@*", "UserManager is held in one store"),
            ("SystemAdmin@shop", "SystemAdmin is held in every store"),
        ] {
            let refused = grant(text).unwrap_err();
            assert!(refused.starts_with(reason), "{text}: {refused}");
        }
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
