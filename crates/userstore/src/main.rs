//! The program `userstore`: configuration, commands, wiring. The only crate that knows all others.
//!
//! - `cli`, `commands`: what can be asked of it, one file per command
//! - `configuration`: defaults, file, environment
//! - `wire`: adapters behind ports; `audit_key`, `secret_keys` and `founding`: what a first start makes
//! - `serve`, `background`, `shutdown`, `telemetry`: the server, what goes on beside requests, its
//!   end, its log

mod audit_key;
mod background;
mod cli;
mod commands;
mod configuration;
mod failure;
mod founding;
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
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(io::stderr(), "userstore: {failure}");
            failure.exit_code()
        }
    }
}
