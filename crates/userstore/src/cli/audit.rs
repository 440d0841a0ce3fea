use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use domain::id::UserId;
use domain::store::StoreRef;

/// What to do with the audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// The keys that sign the trail, one after the other
    #[command(subcommand)]
    Key(AuditKeyCommand),
    /// Write what the database holds of a store's audit log into one file that verifies by itself
    Export(NewBundle),
    /// Verify a bundle, with neither configuration nor database, or the logs of a running database
    ///
    /// Ends with 0 when all is good, with 1 when it is not, and with 2 when it could not be verified.
    Verify(WhatToVerify),
    /// Erase what the trail holds of a user who was deleted; what is left verifies as before
    Erase(WhomToErase),
}

/// What to do with the keys of the audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditKeyCommand {
    /// List every key that was ever to sign, and whether it is on this node
    List,
    /// Make the key that is to sign next, unless there is one, and print its public part
    ///
    /// With several nodes: copy the file audit-next.key to every other node before `rotate`.
    Prepare,
    /// Let the next key sign from now on; it is made when there is none. The present one is deleted
    ///
    /// A rotation that was broken off is finished by running it again.
    Rotate,
}

/// Which part of which log, and where to.
#[derive(Debug, Args)]
pub(crate) struct NewBundle {
    /// Name or id of the store; of a store that was removed, its id
    #[arg(long, default_value = "default", value_parser = StoreRef::parse)]
    pub(crate) store: StoreRef,
    /// Only up to the checkpoint of that many leaves; without it, all that there is
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) size: Option<u64>,
    /// File to make, or to replace when it is whole; `-` is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
}

/// A bundle or a database, and what is known of it from elsewhere.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").args(["bundle", "live"]).required(true))]
pub(crate) struct WhatToVerify {
    /// The bundle; `-` is standard input
    pub(crate) bundle: Option<PathBuf>,
    /// Verify the database instead, while servers work on it
    #[arg(long)]
    pub(crate) live: bool,
    /// Name or id of the only store whose log is verified; without it, those of all are
    #[arg(long, value_parser = StoreRef::parse, conflicts_with = "bundle")]
    pub(crate) store: Option<StoreRef>,
    /// A checkpoint that was published, and kept elsewhere: shows that nothing was cut off since
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Print the report as a JSON object, for each log one a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// A user who was deleted.
#[derive(Debug, Args)]
pub(crate) struct WhomToErase {
    /// Id of the user
    #[arg(long, value_name = "ID")]
    pub(crate) user: UserId,
    /// Name or id of the store that the user belonged to
    #[arg(long, default_value = "default", value_parser = StoreRef::parse)]
    pub(crate) store: StoreRef,
    /// Do not ask whether it is meant
    #[arg(long)]
    pub(crate) yes: bool,
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn parse(arguments: &[&str]) -> Result<AuditCommand, clap::Error> {
        let all = ["userstore", "audit"].iter().chain(arguments);
        match Cli::try_parse_from(all)?.command {
            Command::Audit(command) => Ok(command),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_bundle_or_the_database_is_verified_and_not_both() {
        for right in [
            &["verify", "a.jsonl"][..],
            &["verify", "-", "--json"],
            &["verify", "a.jsonl", "--checkpoint", "kept"],
            &["verify", "--live"],
            &["verify", "--live", "--store", "shop", "--checkpoint", "kept", "--json"],
        ] {
            assert!(parse(right).is_ok(), "{right:?}");
        }
        for wrong in [
            &["verify"][..],
            &["verify", "a.jsonl", "--live"],
            &["verify", "a.jsonl", "b.jsonl"],
            &["verify", "a.jsonl", "--store", "shop"],
            &["verify", "--store", "shop"],
        ] {
            let refused = parse(wrong).expect_err("refused");
            assert_eq!(refused.exit_code(), 2, "{wrong:?}");
        }
    }

    #[test]
    fn a_bundle_goes_to_standard_output_unless_a_file_is_named() {
        let Ok(AuditCommand::Export(new)) = parse(&["export"]) else { panic!("refused") };
        assert_eq!(new.output, PathBuf::from("-"));
        assert_eq!((new.store, new.size), (StoreRef::parse("default").unwrap(), None));
        for wrong in ["0", "-1", "all"] {
            assert!(parse(&["export", "--size", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_user_is_erased_by_id() {
        let id = "018f3b1e-0000-7000-8000-000000000001";
        let Ok(AuditCommand::Erase(whom)) = parse(&["erase", "--user", id]) else {
            panic!("refused")
        };
        assert!(whom.user.to_string() == id && !whom.yes);
        assert!(parse(&["erase"]).is_err());
        assert!(parse(&["erase", "--user", "ada"]).is_err());
    }
}
