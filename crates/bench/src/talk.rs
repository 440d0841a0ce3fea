//! What the bench says while it runs, and its result where no page is written.

use std::fmt;
use std::io::{self, Write as _};

use crate::Outcome;

/// Tells whoever watches what is going on.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    // Nobody is left to tell when even the standard error is closed.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints a result.
pub(crate) fn print(text: &str) -> Outcome<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}
