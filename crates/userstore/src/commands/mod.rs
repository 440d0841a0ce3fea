//! What the command line can ask for. Each command calls the use cases that the API calls, as the
//! caller `system:cli`.

mod breached;
mod check;
mod grant;
mod key;
mod migrate;
mod new_password;
mod role;
mod secrets;
mod store;
mod user;

use std::env;
use std::io;
use std::path::PathBuf;

use actix_web::rt::System;
use domain::access::{Caller, Context, Gate};
use domain::store::StoreRef;

use crate::cli::{Cli, Command, ConfigCommand, SecretsCommand};
use crate::configuration::{Configuration, Layers};
use crate::failure::Failure;
use crate::wire::Node;
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
        Command::Store(command) => at_the_gate(&configuration, async |gate| {
            store::run(&gate, &configuration.rules.stores, command).await
        }),
        Command::User(command) => user::run(&configuration, command),
        Command::Role(command) => role::run(&configuration, command),
        Command::Key(command) => {
            at_the_gate(&configuration, async |gate| key::run(&gate, command).await)
        }
        Command::Secrets(SecretsCommand::Rotate) => secrets::rotate(&configuration),
        Command::Breached(command) => breached::run(command),
        Command::Config(ConfigCommand::Check) => check::run(&layers, &configuration),
    }
}

/// Does `work`, which may wait, beside a server, and closes the database after it. Opening and
/// closing block, so they stand outside.
fn on_a_node(
    configuration: &Configuration,
    work: impl AsyncFnOnce(Node) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let database = wire::open_in_use(configuration)?;
    let done = System::new().block_on(async {
        let node = Node::open(configuration, &database).await?;
        work(node).await
    });
    database.close();
    done
}

/// The same for work that needs no more than a gate.
fn at_the_gate(
    configuration: &Configuration,
    work: impl AsyncFnOnce(Gate) -> Result<(), Failure>,
) -> Result<(), Failure> {
    on_a_node(configuration, async |node| work(node.gate()).await)
}

/// Who acts when the command line does.
fn caller() -> Caller {
    Caller::system("cli")
}

/// The command line, acting in `store`.
fn in_store(store: StoreRef) -> Context {
    Context::new(caller(), store)
}

/// Turns a failure to print into a sentence.
fn printed(result: io::Result<()>) -> Result<(), Failure> {
    result.map_err(Failure::io("the answer cannot be printed"))
}
