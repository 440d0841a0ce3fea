//! `userstore audit key|export|verify|erase`

mod erase;
mod export;
mod key;
mod live;
mod progress;
mod verdict;
mod verify;

use std::io::{self, Write as _};

use domain::access::Gate;
use domain::id::StoreId;
use domain::store::StoreRef;
use domain::unit_of_work::StoreError;

use super::grant::id_of;
use super::{caller, grant, in_store, on_a_node, on_logs, printed};
use crate::cli::{AuditKeyCommand, NewBundle, WhomToErase};
use crate::configuration::Configuration;
use crate::failure::Failure;

pub(super) use self::verify::run as verify;

pub(super) fn key(configuration: &Configuration, command: &AuditKeyCommand) -> Result<(), Failure> {
    on_a_node(configuration, async |node| key::run(&node, command).await)
}

pub(super) fn export(configuration: &Configuration, new: NewBundle) -> Result<(), Failure> {
    on_logs(configuration, async |ports| export::run(ports, new).await)
}

pub(super) fn erase(configuration: &Configuration, whom: WhomToErase) -> Result<(), Failure> {
    erase::confirm(&whom)?;
    on_a_node(configuration, async |node| erase::run(&node, whom).await)
}

/// Tells on standard error that what waits is not looked at, and why.
fn tell_waiting(store: StoreId, why: &StoreError) -> Result<(), Failure> {
    let mut out = io::stderr().lock();
    printed(writeln!(
        out,
        "what waits in the log of the store {store} was not sealed, and is left out: {why}"
    ))
}

/// Whose log is meant. A log outlives its store: an id need not be that of one that is there.
async fn store_of(gate: &Gate, named: &StoreRef) -> Result<StoreId, Failure> {
    match named {
        StoreRef::Id(id) => Ok(*id),
        StoreRef::Name(_) => id_of(gate, named).await,
    }
}
