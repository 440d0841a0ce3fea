use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use domain::password::HashError;

use super::engine::Engine;
use super::job::Job;
use super::queue::{Next, Queue};

/// What a thread of the pool does.
pub(crate) struct Worker<M> {
    /// Makes its engine, and another one after a panic.
    pub(crate) make: M,
    /// How long a job may have waited for its turn.
    pub(crate) wait: Duration,
}

/// After this long without work an engine's memory is wiped. Until then the next hash overwrites it,
/// and under load none waits for it to be wiped.
const REST: Duration = Duration::from_secs(1);

impl<M: Fn() -> Box<dyn Engine>> Worker<M> {
    /// Serves the queue until it is closed.
    pub(crate) fn serve(&self, queue: &Queue<Job>) {
        lower_priority();
        let mut engine = (self.make)();
        let mut patience = None;
        loop {
            match queue.take(patience) {
                Next::Item(job) => {
                    self.run(job, &mut engine);
                    patience = Some(REST);
                }
                Next::Nothing => {
                    engine.wipe();
                    patience = None;
                }
                Next::End => return,
            }
        }
    }

    fn run(&self, job: Job, engine: &mut Box<dyn Engine>) {
        if job.is_abandoned() {
            return;
        }
        if job.waited() >= self.wait {
            job.answer(Err(HashError::Overloaded));
            return;
        }
        let computed = catch_unwind(AssertUnwindSafe(|| job.task.compute(engine.as_mut())));
        job.answer(match computed {
            Ok(Ok(tag)) => Ok(tag),
            Ok(Err(error)) => {
                tracing::error!(%error, "a password could not be hashed");
                Err(HashError::Overloaded)
            }
            Err(_) => {
                tracing::error!("the hashing of a password panicked; its engine starts afresh");
                *engine = (self.make)();
                Err(HashError::Overloaded)
            }
        });
    }
}

/// Lets everything else go first: a sign-in may take longer, a read may not. Linux keeps a priority
/// for each thread, other systems only for the process.
#[cfg(target_os = "linux")]
fn lower_priority() {
    use rustix::process::{getpriority_process, setpriority_process};

    let thread = Some(rustix::thread::gettid());
    let lowered = getpriority_process(thread)
        .and_then(|nice| setpriority_process(thread, (nice + LESS_URGENT).min(LEAST_URGENT)));
    if let Err(error) = lowered {
        tracing::warn!(%error, "hashing runs at the priority of everything else");
    }
}

#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

/// By how much the nice value is raised: a tenth of the weight of a thread at the normal one.
#[cfg(target_os = "linux")]
const LESS_URGENT: i32 = 10;

/// The highest nice value.
#[cfg(target_os = "linux")]
const LEAST_URGENT: i32 = 19;
