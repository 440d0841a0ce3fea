use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use adapters_crypto::{BreachFilterError, BuildError, KeyringError, SecretKeyFileError};
use adapters_diesel::{MigrateError, OpenError};
use domain::error::{Missing, UseCaseError};
use domain::id::StoreId;
use domain::unit_of_work::StoreError;
use thiserror::Error;

use crate::configuration::ConfigurationError;

/// Why a command ended without having done its work: one sentence for the operator.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// The configuration is refused.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database cannot be migrated.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database cannot be asked.
    #[error(transparent)]
    Database(#[from] StoreError),
    /// A use case refused.
    #[error("{}", sentence(.0))]
    Refused(#[from] UseCaseError),
    /// An argument of the command line is wrong in this database.
    #[error("{0}")]
    Argument(String),
    /// Migrations are pending and nobody said to run them.
    #[error("the database lacks {0} migrations of this program: run `userstore migrate`")]
    Pending(usize),
    /// A command that makes no database found none.
    #[error("there is no database {} yet: start the server, or run `userstore migrate`", .0.display())]
    NoDatabase(PathBuf),
    /// The keys of the audit trail cannot be used.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The file of secret keys cannot be used.
    #[error(transparent)]
    SecretKeyFile(#[from] SecretKeyFileError),
    /// The filter of breached passwords cannot be used.
    #[error(transparent)]
    BreachFilter(#[from] BreachFilterError),
    /// The operating system refuses.
    #[error("{what}: {error}")]
    Io {
        /// What was to be done, as the beginning of the sentence.
        what: String,
        /// Why it cannot be.
        error: io::Error,
    },
    /// The file of breached passwords cannot be made.
    #[error(transparent)]
    Breached(#[from] BuildError),
    /// What was archived is not what the database holds, or cannot be read: nothing is dropped.
    #[error("entries stay, since their archive {} is refused: {why}", .path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// An audit log still has the key that was to retire.
    #[error(
        "the audit log of the store {store} is not handed over, the former key stays until it is: {error}"
    )]
    NotHandedOver {
        /// Whose log.
        store: StoreId,
        /// Why.
        error: UseCaseError,
    },
    /// A verifier could not work: that says nothing of what it was to verify.
    #[error("nothing is verified: {0}")]
    NotVerified(String),
    /// A second signal came while requests were in flight.
    #[error("a second signal ended the shutdown before its time")]
    Forced,
}

impl Failure {
    /// A failure of the operating system while `what` was done.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, error }
    }

    /// 2 for a configuration that has to be changed, as for a wrong command line, and for a verifier
    /// that could not work; else 1.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Configuration(_) | Self::NotVerified(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

/// A refusal in the words of the command line.
fn sentence(error: &UseCaseError) -> String {
    match error {
        UseCaseError::Invalid(invalid) => {
            let rules =
                invalid.fields.iter().map(|field| format!("{} {}", field.property, field.rule));
            rules.collect::<Vec<_>>().join("; ")
        }
        UseCaseError::NotFound(Missing::Store) => "there is no such store".into(),
        UseCaseError::NotFound(Missing::Checkpoint) => "the log has no such checkpoint".into(),
        UseCaseError::NotFound(Missing::User) => "the store has no such user".into(),
        UseCaseError::NotFound(Missing::Client) => "the store has no client of that id".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use domain::error::Invalid;

    use super::*;

    #[test]
    fn a_broken_rule_is_told_with_its_property() {
        let mut invalid = Invalid::one("name", "must not be empty");
        invalid.add("expires", "must lie in the future");
        let failure = Failure::from(UseCaseError::from(invalid));
        assert_eq!(failure.to_string(), "name must not be empty; expires must lie in the future");
    }

    #[test]
    fn every_failure_is_one_line() {
        for failure in [
            Failure::Pending(3),
            Failure::NoDatabase("users.db".into()),
            Failure::from(KeyringError::Lacks("audit.key".into())),
            Failure::Archive { path: "a.jsonl".into(), why: "it is cut off".into() },
            Failure::NotVerified("the bundle cannot be read".into()),
            Failure::from(SecretKeyFileError::Lacks {
                path: "secrets.key".into(),
                key_id: "ab12cd34".into(),
            }),
            Failure::from(UseCaseError::NotFound(Missing::Store)),
            Failure::io("the address 127.0.0.1:80 cannot be used")(io::ErrorKind::AddrInUse.into()),
        ] {
            let sentence = failure.to_string();
            assert!(!sentence.contains(['\n', '\t']) && !sentence.contains("  "), "{sentence}");
        }
    }
}
