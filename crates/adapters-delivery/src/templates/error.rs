use std::error::Error as _;
use std::path::PathBuf;

use thiserror::Error;

/// Why templates cannot be used: a rule that begins with `must` and names the file.
#[derive(Debug, Error)]
pub(crate) enum TemplatesError {
    /// It cannot be read.
    #[error("must hold templates that can be read: {}: {error}", .path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// No mail is made of it.
    #[error("must hold templates of mail that is sent: {} is none", .0.display())]
    Stray(PathBuf),
    /// An occasion that is there in parts.
    #[error("must hold {0} too: an occasion that is not built in needs its subject, txt and html")]
    Incomplete(String),
    /// It is not a template, or names what there is not.
    #[error("must hold templates that can be filled in: {0}")]
    Broken(#[from] BrokenTemplate),
}

/// A template that cannot be filled in.
#[derive(Debug, Error)]
#[error("{place}: {why}")]
pub(crate) struct BrokenTemplate {
    /// Its file and line.
    pub(crate) place: String,
    /// May hold what it was filled in with.
    why: String,
}

impl From<minijinja::Error> for BrokenTemplate {
    fn from(error: minijinja::Error) -> Self {
        let error = innermost(&error);
        let (name, line) = (error.name().unwrap_or("a template"), error.line().unwrap_or(1));
        let kind = error.kind();
        Self {
            place: format!("{name}, line {line}"),
            why: error.detail().map_or(kind.to_string(), |detail| format!("{kind}: {detail}")),
        }
    }
}

/// Where it began: an error in a layout is wrapped by the template that names the layout.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let inner = error.source().and_then(|source| source.downcast_ref::<minijinja::Error>());
    inner.map_or(error, innermost)
}
