//! `userstore config check`

use std::io::{self, Write as _};

use super::printed;
use crate::configuration::{Configuration, Layers};
use crate::failure::Failure;
use crate::table;

/// Prints the values in effect; that they are valid was found out when they were read.
pub(super) fn run(layers: &Layers, configuration: &Configuration) -> Result<(), Failure> {
    let rows = layers.listed(|key| configuration.shown_instead(key));
    let mut out = io::stdout().lock();
    printed(writeln!(out, "configuration is valid\n"))?;
    printed(table::write(&mut out, ["KEY", "VALUE", "FROM"], &rows))
}
