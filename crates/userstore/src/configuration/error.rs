use std::fmt;
use std::path::PathBuf;

use thiserror::Error;

/// Where the value of a key came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The compiled-in defaults.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable, by its name.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the defaults"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
        }
    }
}

/// Why the configuration is refused: one sentence that names the key and never a value, which could
/// be a secret.
#[derive(Debug, Error)]
pub(crate) enum ConfigurationError {
    /// The configuration file cannot be read.
    #[error("the configuration file {} cannot be read: {error}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The configuration file is not TOML.
    #[error("the configuration file {} is not valid: {reason}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where in it.
        reason: String,
    },
    /// No such key exists.
    #[error("the key `{key}` in {origin} does not exist")]
    Unknown {
        /// The key.
        key: String,
        /// Who sets it.
        origin: Origin,
    },
    /// The value breaks a rule.
    #[error("the key `{key}` in {origin} {rule}")]
    Refused {
        /// The key.
        key: String,
        /// Who sets it.
        origin: Origin,
        /// The rule, beginning with `must`.
        rule: String,
    },
}
