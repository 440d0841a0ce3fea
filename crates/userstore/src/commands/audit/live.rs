use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters_crypto::StrictKeys;
use domain::access::Gate;
use domain::audit::bundle::{Exporter, Fault, Inspector, KeptCheckpoint, Reason, Report, Tail};
use domain::audit::log::origin;
use domain::error::{Missing, UseCaseError};
use domain::id::StoreId;
use domain::store::StoreRef;
use domain::unit_of_work::StoreError;

use super::grant::StoreNames;
use super::progress::Progress;
use super::verdict::Verdict;
use super::{caller, on_logs, store_of, tell_waiting};
use crate::apart::piped;
use crate::bundle;
use crate::configuration::Configuration;
use crate::failure::Failure;

/// Stores that are listed at once.
const PAGE: u32 = 500;
/// How long to wait before a log is read again of which entries were archived meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells what is found of each log of the database.
pub(super) fn verify(
    configuration: &Configuration,
    store: Option<StoreRef>,
    kept: Option<String>,
    tell: &mut impl FnMut(&Verdict) -> Result<(), Failure>,
) -> Result<(), Failure> {
    on_logs(configuration, async |ports| of_logs(&Gate::new(ports), store, kept, tell).await)
}

async fn of_logs(
    gate: &Gate,
    store: Option<StoreRef>,
    kept: Option<String>,
    tell: &mut impl FnMut(&Verdict) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let names = names(gate).await?;
    let shown = |id| format!("the log of the store {} in the database", names.of(id));
    if let Some(store) = store {
        let id = store_of(gate, &store).await?;
        return tell(&of_log(gate, id, shown(id), kept).await?);
    }
    let wanted = kept.as_deref().map(store_in).transpose()?;
    let (mut is_there, mut not_judged) = (false, Ok(()));
    for id in stores(gate).await? {
        let is_wanted = wanted == Some(id);
        is_there |= is_wanted;
        match of_log(gate, id, shown(id), kept.clone().filter(|_| is_wanted)).await {
            Ok(verdict) => tell(&verdict)?,
            // The others are judged all the same.
            Err(failure) => not_judged = not_judged.and(Err(failure)),
        }
    }
    if let Some(wanted) = wanted.filter(|_| !is_there) {
        tell(&missing(wanted))?;
    }
    not_judged
}

/// The names of all stores; of none, where one of them cannot be read.
async fn names(gate: &Gate) -> Result<StoreNames, Failure> {
    match StoreNames::read(gate).await {
        Err(Failure::Refused(UseCaseError::Store(StoreError::Corrupt(_)))) => {
            Ok(StoreNames::default())
        }
        names => names,
    }
}

/// The log of a checkpoint that was kept is gone altogether.
fn missing(store: StoreId) -> Verdict {
    let detail = "the log of that checkpoint is not in the database";
    let fault = Fault::of_database(Reason::Truncated, 0, detail);
    Verdict { what: origin(store), report: nothing_of(store, fault), took: Duration::ZERO }
}

/// Whose log a checkpoint is of.
fn store_in(note: &str) -> Result<StoreId, Failure> {
    let kept = KeptCheckpoint::read(note);
    let kept =
        kept.map_err(|error| Failure::NotVerified(bundle::CannotVerify::from(error).to_string()))?;
    Ok(kept.store())
}

/// The stores that have to have a log.
async fn stores(gate: &Gate) -> Result<Vec<StoreId>, Failure> {
    let inspector = Inspector::new(gate.clone());
    let (mut stores, mut after) = (Vec::new(), None);
    loop {
        let page = inspector.stores(&caller(), after, PAGE).await?;
        stores.extend(page.items);
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
    let mut archived = None;
    let found = loop {
        match report(gate, store, kept.clone()).await {
            // Entries were archived while they were read: what is left is another bundle.
            Err(Failure::Refused(UseCaseError::Archived { first })) if archived != Some(first) => {
                archived = Some(first);
                tokio::time::sleep(PAUSE).await;
            }
            found => break found,
        }
    };
    let report = match found {
        Err(Failure::Refused(UseCaseError::Store(StoreError::Corrupt(why)))) => {
            let detail = format!("a value of the database cannot be read: {why}");
            nothing_of(store, Fault::of_database(Reason::Malformed, 0, detail))
        }
        found => found?,
    };
    Ok(Verdict { what, report, took: began.elapsed() })
}

/// What a verifier says of the bundle of a log, which it reads while that is exported, and what else
/// is wrong in the database.
async fn report(gate: &Gate, store: StoreId, kept: Option<String>) -> Result<Report, Failure> {
    let begun = Exporter::new(gate.clone()).begin(&caller(), store, None).await;
    let export = match begun {
        Ok(export) => export.for_verifier(),
        Err(UseCaseError::NotFound(what)) => return no_log(gate, store, what).await,
        Err(other) => return Err(other.into()),
    };
    let refused = export.refused().cloned();
    let verify = move |bundle| {
        let progress = Progress::new();
        bundle::verify(bundle, Arc::new(StrictKeys), kept.as_deref(), |done, of| {
            progress.tell(done, of);
        })
    };
    let report = piped(export, verify).await?;
    let mut report = report.map_err(|error| Failure::NotVerified(error.to_string()))?;
    look_beside(gate, store, refused, &mut report).await?;
    Ok(report)
}

/// There is no log of a store, or nothing in it.
async fn no_log(gate: &Gate, store: StoreId, what: Missing) -> Result<Report, Failure> {
    let detail = match what {
        // The first entry of a log is that its store was made.
        Missing::Checkpoint => "the log is empty, which none ever is",
        Missing::Store if stores(gate).await?.contains(&store) => {
            "the log is not in the database, and the store, or something of its log, is"
        }
        other => return Err(UseCaseError::NotFound(other).into()),
    };
    Ok(nothing_of(store, Fault::of_database(Reason::Removed, 0, detail)))
}

/// Adds to a report what its bundle does not show. `refused` is why nothing was sealed before.
async fn look_beside(
    gate: &Gate,
    store: StoreId,
    refused: Option<StoreError>,
    report: &mut Report,
) -> Result<(), Failure> {
    let inspector = Inspector::new(gate.clone());
    if let Some(fault) = report.fault.as_mut().filter(|fault| fault.reason == Reason::Malformed) {
        let why = inspector.unreadable(&caller(), store, fault.leaf).await?;
        fault.detail = why.unwrap_or_else(|| mem::take(&mut fault.detail));
    }
    if !report.is_valid() {
        return Ok(());
    }
    let mut found = inspector.fault(&caller(), store, report).await?;
    match refused {
        Some(StoreError::Corrupt(why) | StoreError::Other(why)) => {
            let size = report.size.unwrap_or_default();
            let detail = format!("what waits cannot be sealed: {why}");
            found = found.or_else(|| Some(Fault::of_database(Reason::Malformed, size, detail)));
        }
        Some(why) => tell_waiting(store, &why)?,
        None => {}
    }
    if found.is_some() {
        report.root = None;
        report.tail = Tail::Unprotected;
        report.fault = found;
    }
    Ok(())
}

fn nothing_of(store: StoreId, fault: Fault) -> Report {
    Report {
        fault: Some(fault),
        store: Some(store),
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
