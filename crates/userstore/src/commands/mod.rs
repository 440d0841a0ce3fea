//! What the command line can ask for. Each command calls the use cases that the API calls, as the
//! caller `system:cli`.

mod audit;
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
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use actix_web::rt::System;
use adapters_diesel::Database;
use domain::access::{Caller, Context, Gate, Ports};
use domain::store::StoreRef;

use crate::cli::{AuditCommand, Cli, Command, ConfigCommand, SecretsCommand};
use crate::configuration::{Configuration, Layers};
use crate::failure::Failure;
use crate::wire::Node;
use crate::{serve, telemetry, wire};

/// Does what `cli` asks, and gives the status to end with.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let file = cli.config.or_else(|| env::var_os("USERSTORE_CONFIG").map(PathBuf::from));
    let in_effect = || InEffect::read(file.as_deref());
    let done = match cli.command {
        // It may work with nothing else at hand, and has a status of its own for what it finds.
        Command::Audit(AuditCommand::Verify(what)) => {
            return audit::verify(what, || Ok(in_effect()?.configuration));
        }
        Command::Audit(AuditCommand::Key(command)) => {
            audit::key(&in_effect()?.configuration, &command)
        }
        Command::Audit(AuditCommand::Export(new)) => {
            audit::export(&in_effect()?.configuration, new)
        }
        Command::Audit(AuditCommand::Erase(whom)) => {
            audit::erase(&in_effect()?.configuration, whom)
        }
        Command::Serve => serve(&in_effect()?.configuration),
        Command::Migrate { status } => migrate::run(&in_effect()?.configuration, status),
        Command::Store(command) => {
            let configuration = in_effect()?.configuration;
            at_the_gate(&configuration, async |gate| {
                store::run(&gate, &configuration.rules.stores, command).await
            })
        }
        Command::User(command) => user::run(&in_effect()?.configuration, command),
        Command::Role(command) => role::run(&in_effect()?.configuration, command),
        Command::Key(command) => {
            let configuration = in_effect()?.configuration;
            at_the_gate(&configuration, async |gate| key::run(&gate, command).await)
        }
        Command::Secrets(SecretsCommand::Rotate) => secrets::rotate(&in_effect()?.configuration),
        Command::Breached(command) => {
            in_effect()?;
            breached::run(command)
        }
        Command::Config(ConfigCommand::Check) => {
            let InEffect { layers, configuration } = in_effect()?;
            check::run(&layers, &configuration)
        }
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// The configuration of this process, which logs as it says from here on.
struct InEffect {
    layers: Layers,
    configuration: Configuration,
}

impl InEffect {
    fn read(file: Option<&Path>) -> Result<Self, Failure> {
        let layers = Layers::of_process(file)?;
        let configuration = Configuration::of(&layers)?;
        telemetry::start(&configuration.log);
        Ok(Self { layers, configuration })
    }
}

fn serve(configuration: &Configuration) -> Result<(), Failure> {
    let database = wire::open_current(configuration)?;
    System::new().block_on(serve::run(configuration, &database))
}

/// Does `work`, which may wait, beside a server, and closes the database after it. Opening and
/// closing block, so they stand outside.
fn on_a_node<T>(
    configuration: &Configuration,
    work: impl AsyncFnOnce(Node) -> Result<T, Failure>,
) -> Result<T, Failure> {
    on_database(configuration, async |database| {
        work(Node::open(configuration, database).await?).await
    })
}

/// The same for work on the audit logs, which wants no keys but those that are at hand.
fn on_logs<T>(
    configuration: &Configuration,
    work: impl AsyncFnOnce(Ports) -> Result<T, Failure>,
) -> Result<T, Failure> {
    on_database(configuration, async |database| {
        work(wire::ports_for_logs(configuration, database)?).await
    })
}

fn on_database<T>(
    configuration: &Configuration,
    work: impl AsyncFnOnce(&Database) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let database = wire::open_in_use(configuration)?;
    let done = System::new().block_on(work(&database));
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
