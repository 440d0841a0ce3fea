use std::path::PathBuf;

use clap::Subcommand;

/// What to do with the passwords that were found in breaches.
#[derive(Debug, Subcommand)]
pub(crate) enum BreachedCommand {
    /// Make the file that `password.breached` names from a list of Pwned Passwords
    ///
    /// The list has a SHA-1 in hexadecimal a line, with or without `:` and a count after it, and is
    /// ordered by hash. Neither a database nor a server is needed.
    Build {
        /// The list, as text
        #[arg(value_name = "FILE")]
        list: PathBuf,
        /// File to make, or to replace when it is whole; without it, FILE with `.filter` after it
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}
