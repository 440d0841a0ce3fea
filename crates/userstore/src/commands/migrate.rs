//! `userstore migrate`

use std::io::{self, Write as _};

use super::printed;
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::wire;

/// Runs the pending migrations, or only lists them.
pub(super) fn run(configuration: &Configuration, only_list: bool) -> Result<(), Failure> {
    let database = wire::open(configuration)?;
    let (names, said) =
        if only_list { (database.pending()?, "pending") } else { (database.migrate()?, "done") };
    database.close();
    let mut out = io::stdout().lock();
    if names.is_empty() {
        return printed(writeln!(out, "the database is up to date"));
    }
    names.iter().try_for_each(|name| printed(writeln!(out, "{said}  {name}")))
}
