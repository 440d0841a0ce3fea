//! The program `userstore`: configuration, commands, wiring. The only crate that knows all others.
//!
//! - `cli`, `commands`: what can be asked of it, one file per command
//! - `configuration`: defaults, file, environment
//! - `wire`: adapters behind ports; `audit_key`, `secret_keys` and `founding`: what a first start makes
//! - `bundle`, `apart`, `new_file`: bundles of the audit trail, verified, piped and written
//! - `serve`, `background`, `shutdown`, `telemetry`: the server, what goes on beside requests, its
//!   end, its log

mod apart;
mod audit_key;
mod background;
mod bundle;
mod cli;
mod commands;
mod configuration;
mod failure;
mod founding;
mod new_file;
mod notices;
mod secret_keys;
mod serve;
mod shutdown;
mod table;
mod telemetry;
mod wire;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match commands::run(cli) {
        Ok(code) => code,
        Err(failure) => {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(io::stderr(), "userstore: {failure}");
            failure.exit_code()
        }
    }
}
