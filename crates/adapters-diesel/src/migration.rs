//! What migrating a database asks for, and how it fails.

use std::error::Error;

/// Where to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Direction {
    /// Only tell what is pending.
    Nowhere,
    /// Apply what is pending.
    Up,
    /// Undo the last migrations.
    Down {
        /// How many at most.
        steps: usize,
    },
}

/// The database could not be migrated; it is as it was.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the database could not be migrated: {0}")]
pub struct MigrateError(String);

impl MigrateError {
    /// The database holds a migration that this program does not know.
    pub(crate) fn unknown(version: &str) -> Self {
        Self(format!("this program does not know migration {version}"))
    }

    /// No connection.
    pub(crate) fn unreachable(why: String) -> Self {
        Self(why)
    }
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        Self(chain(&error))
    }
}

impl From<Box<dyn Error + Send + Sync>> for MigrateError {
    fn from(error: Box<dyn Error + Send + Sync>) -> Self {
        Self(chain(&*error))
    }
}

/// An error and its sources, in one line.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        let reason_text = reason.to_string();
        if !text.ends_with(&reason_text) {
            text.push_str(": ");
            text.push_str(&reason_text);
        }
        source = reason.source();
    }
    text
}
