use std::time::{Duration, Instant};

use domain::unit_of_work::{Access, StoreError, Work};
use tokio::sync::oneshot::{Receiver, Sender, channel};

use crate::error::{Failure, Rerun};

/// A unit of work on its way through a lane.
pub(crate) struct Job {
    /// What it is going to do.
    pub(crate) access: Access,
    /// The closure.
    pub(crate) work: Work,
    answer: Sender<Result<(), StoreError>>,
    reruns: u32,
    not_before: Option<Instant>,
}

/// What one run of a unit led to.
#[derive(Debug)]
pub(crate) enum Step {
    /// The unit is over.
    Done(Result<(), StoreError>),
    /// It was rolled back and may run again; else `otherwise` is its answer.
    Again {
        /// Why it was rolled back.
        failure: Failure,
        /// The answer when it has run often enough.
        otherwise: Result<(), StoreError>,
    },
}

/// How often a unit runs again when others were in its way.
const RERUNS: u32 = 4;

/// How long a unit waits before its next run, after `reruns` of them; `None` when that is enough.
/// The wait grows fourfold from 2 ms.
pub(crate) fn delay(rerun: Rerun, reruns: u32) -> Option<Duration> {
    match rerun {
        Rerun::Often if reruns < RERUNS => Some(Duration::from_millis(2 << (2 * reruns))),
        Rerun::Once if reruns == 0 => Some(Duration::ZERO),
        _ => None,
    }
}

impl Job {
    /// A job and the end at which its answer arrives.
    pub(crate) fn new(access: Access, work: Work) -> (Self, Receiver<Result<(), StoreError>>) {
        let (answer, receiver) = channel();
        (Self { access, work, answer, reruns: 0, not_before: None }, receiver)
    }

    /// Whether nobody waits for it any more. A job that has begun is finished all the same.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    /// Whether it counts among the writers.
    pub(crate) fn writes(&self) -> bool {
        matches!(self.access, Access::Write | Access::Bulk | Access::Rehearse)
    }

    /// Whether it may share a commit with others.
    pub(crate) fn shares_commit(&self) -> bool {
        matches!(self.access, Access::Write | Access::Rehearse)
    }

    /// Whether its wait is over.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.not_before.is_none_or(|at| at <= now)
    }

    /// When its wait is over.
    pub(crate) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    /// Tells the waiting caller.
    pub(crate) fn answer(self, result: Result<(), StoreError>) {
        // The caller may have gone: the unit is stored or not, all the same.
        let _ = self.answer.send(result);
    }

    /// Answers, or gives the job back for another run.
    pub(crate) fn settle(mut self, step: Step) -> Option<Self> {
        match step {
            Step::Done(result) => {
                self.answer(result);
                None
            }
            Step::Again { failure, otherwise } => {
                let Some(wait) = delay(failure.rerun, self.reruns) else {
                    self.answer(otherwise);
                    return None;
                };
                tracing::debug!(?failure, reruns = self.reruns, "a unit of work runs again");
                self.reruns += 1;
                self.not_before = (!wait.is_zero()).then(|| Instant::now() + wait);
                Some(self)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_database_is_tried_five_times_with_growing_pauses() {
        let pauses: Vec<_> = (0..=4)
            .map(|reruns| delay(Rerun::Often, reruns).map(|pause| pause.as_millis()))
            .collect();
        assert_eq!(pauses, [Some(2), Some(8), Some(32), Some(128), None]);
        assert_eq!(delay(Rerun::Once, 0), Some(Duration::ZERO));
        assert_eq!(delay(Rerun::Once, 1), None);
        assert_eq!(delay(Rerun::Never, 0), None);
    }
}
