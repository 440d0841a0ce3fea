//! What the command line can ask for. Each command calls the use cases that the API calls, as the
//! caller `system:cli`.

mod check;
mod key;
mod migrate;
mod store;

use std::env;
use std::io;
use std::path::PathBuf;

use actix_web::rt::System;
use adapters_diesel::Database;
use domain::access::Caller;

use crate::cli::{Cli, Command, ConfigCommand};
use crate::configuration::{Configuration, Layers};
use crate::failure::Failure;
use crate::{serve, telemetry, wire};

/// Does what `cli` asks.
pub(crate) fn run(cli: Cli) -> Result<(), Failure> {
    let file = cli.config.or_else(|| env::var_os("USERSTORE_CONFIG").map(PathBuf::from));
    let layers = Layers::of_process(file.as_deref())?;
    let configuration = Configuration::of(&layers)?;
    telemetry::start(&configuration.log);
    match cli.command {
        Command::Serve => {
            let database = wire::open_current(&configuration)?;
            System::new().block_on(serve::run(&configuration, &database))
        }
        Command::Migrate { status } => migrate::run(&configuration, status),
        Command::Store(command) => {
            let database = wire::open_in_use(&configuration)?;
            on(&database, async |database| store::run(&configuration, database, command).await)
        }
        Command::Key(command) => {
            let database = wire::open_in_use(&configuration)?;
            on(&database, async |database| key::run(&configuration, database, command).await)
        }
        Command::Config(ConfigCommand::Check) => check::run(&layers, &configuration),
    }
}

/// Does `work`, which may wait, and closes the database after it. Opening and closing block, so they
/// stand outside.
fn on(
    database: &Database,
    work: impl AsyncFnOnce(&Database) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let done = System::new().block_on(work(database));
    database.close();
    done
}

/// Who acts when the command line does.
fn caller() -> Caller {
    Caller::system("cli")
}

/// Turns a failure to print into a sentence.
fn printed(result: io::Result<()>) -> Result<(), Failure> {
    result.map_err(Failure::io("the answer cannot be printed"))
}
