use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters_crypto::StrictKeys;
use domain::access::Gate;
use domain::audit::KeyRotation;
use domain::audit::bundle::{Exporter, Fault, KeptCheckpoint, Reason, Report, Tail};
use domain::audit::log::origin;
use domain::error::{Missing, UseCaseError};
use domain::id::{AuditId, StoreId};
use domain::store::StoreRef;
use domain::unit_of_work::Access;

use super::grant::StoreNames;
use super::progress::Progress;
use super::verdict::Verdict;
use super::{caller, on_a_node, store_of};
use crate::apart::piped;
use crate::bundle;
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::wire::Node;

/// Logs that are listed at once.
const PAGE: u32 = 500;

/// Tells what is found of each log of the database.
pub(super) fn verify(
    configuration: &Configuration,
    store: Option<StoreRef>,
    kept: Option<String>,
    tell: &mut impl FnMut(&Verdict) -> Result<(), Failure>,
) -> Result<(), Failure> {
    on_a_node(configuration, async |node: Node| of_node(&node.gate(), store, kept, tell).await)
}

async fn of_node(
    gate: &Gate,
    store: Option<StoreRef>,
    kept: Option<String>,
    tell: &mut impl FnMut(&Verdict) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let names = StoreNames::read(gate).await?;
    let shown = |id| format!("the log of the store {} in the database", names.of(id));
    if let Some(store) = store {
        let id = store_of(gate, &store).await?;
        return tell(&of_log(gate, id, shown(id), kept).await?);
    }
    let wanted = kept.as_deref().map(origin_in).transpose()?;
    let mut is_there = false;
    for id in logs(gate).await? {
        let is_wanted = wanted.is_some_and(|wanted| wanted == origin(id));
        is_there |= is_wanted;
        tell(&of_log(gate, id, shown(id), kept.clone().filter(|_| is_wanted)).await?)?;
    }
    match wanted {
        Some(wanted) if !is_there => tell(&missing(wanted)),
        _ => Ok(()),
    }
}

/// The log of a checkpoint that was kept is gone altogether.
fn missing(origin: &str) -> Verdict {
    let fault = fault(Reason::Truncated, 0, "the log of that checkpoint is not in the database");
    Verdict { what: origin.to_owned(), report: nothing_of(None, fault), took: Duration::ZERO }
}

/// Which log a checkpoint is of, by its origin.
fn origin_in(note: &str) -> Result<&str, Failure> {
    let read = KeptCheckpoint::read(note);
    read.map_err(|error| Failure::NotVerified(bundle::CannotVerify::from(error).to_string()))?;
    Ok(note.lines().next().unwrap_or_default())
}

/// Whose logs there are.
async fn logs(gate: &Gate) -> Result<Vec<StoreId>, Failure> {
    let rotation = KeyRotation::new(gate.clone());
    let (mut stores, mut after) = (Vec::new(), None);
    loop {
        let page = rotation.logs(&caller(), after, PAGE).await?;
        stores.extend(page.items.iter().map(|head| head.store));
        after = page.next;
        if after.is_none() {
            return Ok(stores);
        }
    }
}

async fn of_log(
    gate: &Gate,
    store: StoreId,
    what: String,
    kept: Option<String>,
) -> Result<Verdict, Failure> {
    let began = Instant::now();
    let mut report = report(gate, store, kept).await?;
    if report.is_valid()
        && let Some(id) = stray(gate, store).await?
    {
        let detail = format!("entry {id} is in the database and in no log");
        report.fault = Some(fault(Reason::Inserted, report.size.unwrap_or_default(), detail));
        report.root = None;
    }
    Ok(Verdict { what, report, took: began.elapsed() })
}

/// What a verifier says of the bundle of a log, which it reads while that is exported.
async fn report(gate: &Gate, store: StoreId, kept: Option<String>) -> Result<Report, Failure> {
    let begun = Exporter::new(gate.clone()).begin(&caller(), store, None).await;
    let export = match begun {
        Ok(export) => export,
        Err(UseCaseError::NotFound(Missing::Checkpoint)) => {
            // The first entry of a log is that its store was made.
            let nothing = "the log is empty, which none ever is";
            return Ok(nothing_of(Some(store), fault(Reason::Removed, 0, nothing)));
        }
        Err(other) => return Err(other.into()),
    };
    let verify = move |bundle| {
        let progress = Progress::new();
        bundle::verify(bundle, Arc::new(StrictKeys), kept.as_deref(), |done, of| {
            progress.tell(done, of);
        })
    };
    let report = piped(export, verify).await?;
    report.map_err(|error| Failure::NotVerified(error.to_string()))
}

/// An entry that somebody wrote past this program.
async fn stray(gate: &Gate, store: StoreId) -> Result<Option<AuditId>, UseCaseError> {
    gate.system(Access::Read, &caller(), None, move |room| Ok(room.inside(store).log().stray()?))
        .await
}

fn fault(reason: Reason, leaf: u64, detail: impl Into<String>) -> Fault {
    Fault { reason, leaf, line: None, detail: detail.into() }
}

fn nothing_of(store: Option<StoreId>, fault: Fault) -> Report {
    Report {
        fault: Some(fault),
        store,
        first: None,
        size: None,
        entries: 0,
        erased: 0,
        checkpoints: 0,
        keys: 0,
        root: None,
        key: None,
        tail: Tail::Unprotected,
    }
}

#[cfg(test)]
mod tests;
