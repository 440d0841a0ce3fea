//! Verifies bundles: one thread reads, others check, and one judges in order.

mod lines;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use domain::audit::PublicKeys;
use domain::audit::bundle::{
    ArchiveNeeded, Checked, Checker, KeptCheckpoint, Report, Verifier, Wanted,
};
use domain::audit::log::CheckpointError;
use thiserror::Error;

use self::lines::{Batch, End, Lines};

/// Why a bundle could not be verified: this says nothing of the bundle.
#[derive(Debug, Error)]
pub(crate) enum CannotVerify {
    /// The bundle could not be read to its end.
    #[error("the bundle cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// What was given as a checkpoint is none.
    #[error("what was kept is {0}")]
    NoCheckpoint(#[from] CheckpointError),
    /// The kept checkpoint lies before what the bundle holds.
    #[error(transparent)]
    ArchiveNeeded(#[from] ArchiveNeeded),
}

/// On how many threads lines are checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cores {
    /// On one, beside a server that has others to serve.
    One,
    /// On as many as there are.
    All,
}

impl Cores {
    fn count(self) -> usize {
        match self {
            Self::One => 1,
            Self::All => thread::available_parallelism().map_or(1, NonZero::get),
        }
    }
}

/// Verifies a bundle, on all cores. `kept` is a signed checkpoint that is trusted; `progress` is told
/// how many entries are done, of how many. Memory is bounded whatever the bundle holds.
///
/// # Errors
/// [`CannotVerify`]; whatever is wrong in the bundle stands in the report.
pub(crate) fn verify(
    bundle: impl Read + Send,
    keys: Arc<dyn PublicKeys>,
    kept: Option<&str>,
    progress: impl Fn(u64, u64),
) -> Result<Report, CannotVerify> {
    verify_on(Cores::All, bundle, keys, kept, progress)
}

/// [`verify`], on as many cores as are said.
pub(crate) fn verify_on(
    cores: Cores,
    bundle: impl Read + Send,
    keys: Arc<dyn PublicKeys>,
    kept: Option<&str>,
    progress: impl Fn(u64, u64),
) -> Result<Report, CannotVerify> {
    let kept = kept.map(KeptCheckpoint::read).transpose()?;
    let mut verifier = Verifier::new(keys, kept);
    let mut lines = Lines::new(bundle);
    let end = match judge_head(&mut lines, &mut verifier)? {
        Some(end) => end,
        None => judge_body(lines, cores, &mut verifier, &progress)?,
    };
    Ok(verifier.finish(end == End::WithinLine)?)
}

/// Reads the lines up to the last key. Gives the end, when nothing behind them is wanted.
fn judge_head<R: Read>(lines: &mut Lines<R>, verifier: &mut Verifier) -> io::Result<Option<End>> {
    let mut line = Vec::new();
    while verifier.checker().is_none() {
        line.clear();
        if let Some(end) = lines.line(&mut line)? {
            return Ok(Some(end));
        }
        verifier.line(&line, None);
        if verifier.wanted() == Wanted::Nothing {
            return Ok(Some(End::Whole));
        }
    }
    Ok(None)
}

/// Lines on their way to be checked, or to be judged.
struct Parcel {
    batch: Batch,
    /// What was found of them, or of none.
    checked: Vec<Checked>,
    /// What comes behind them, if it is not more lines.
    end: Option<io::Result<End>>,
}

/// How many parcels wait before and behind each thread that checks: what one does while another is
/// kept from working.
const WAITING: usize = 4;

/// Reads the lines behind the keys, as far as they are wanted.
///
/// Parcels go round the threads that check, and are taken back in that order: so they stay in order,
/// and nowhere more than a few are in memory.
fn judge_body<R: Read + Send>(
    lines: Lines<R>,
    cores: Cores,
    verifier: &mut Verifier,
    progress: &impl Fn(u64, u64),
) -> io::Result<End> {
    let Some(checker) = verifier.checker().map(Arc::clone) else { return Ok(End::Whole) };
    let is_settled = AtomicBool::new(false);
    let (checker, is_settled) = (&*checker, &is_settled);
    thread::scope(|scope| {
        let (to_check, to_judge): (Vec<_>, Vec<_>) = (0..cores.count())
            .map(|_| {
                let (read, to_check) = sync_channel(WAITING);
                let (done, to_judge) = sync_channel(WAITING);
                scope.spawn(move || check(&to_check, &done, checker, is_settled));
                (read, to_judge)
            })
            .unzip();
        scope.spawn(move || read(lines, &to_check));
        judge(&to_judge, verifier, is_settled, progress)
    })
}

/// Reads until the file ends, or nobody takes any more.
fn read<R: Read>(mut lines: Lines<R>, threads: &[SyncSender<Parcel>]) {
    for thread in threads.iter().cycle() {
        let (batch, end) = lines.batch();
        let is_last = end.is_some();
        let is_taken = thread.send(Parcel { batch, checked: Vec::new(), end }).is_ok();
        if is_last || !is_taken {
            return;
        }
    }
}

fn check(
    parcels: &Receiver<Parcel>,
    done: &SyncSender<Parcel>,
    checker: &Checker,
    is_settled: &AtomicBool,
) {
    for mut parcel in parcels {
        // Once something is wrong, the verdict does not rest on what is found behind it.
        if !is_settled.load(Ordering::Relaxed) {
            parcel.checked = parcel.batch.lines().map(|line| checker.check(line)).collect();
        }
        if done.send(parcel).is_err() {
            return;
        }
    }
}

fn judge(
    threads: &[Receiver<Parcel>],
    verifier: &mut Verifier,
    is_settled: &AtomicBool,
    progress: &impl Fn(u64, u64),
) -> io::Result<End> {
    for parcel in threads.iter().cycle().map_while(|thread| thread.recv().ok()) {
        let mut checked = parcel.checked.into_iter();
        for line in parcel.batch.lines() {
            verifier.line(line, checked.next());
        }
        progress(verifier.entries(), verifier.expected());
        match verifier.wanted() {
            Wanted::Checked => {}
            Wanted::Plain => is_settled.store(true, Ordering::Relaxed),
            Wanted::Nothing => return Ok(End::Whole),
        }
        if let Some(end) = parcel.end {
            return end;
        }
    }
    // A thread that ends without the end of the file has panicked, and the scope says so.
    Err(io::Error::other("a thread that checks the bundle ended"))
}
