//! Lanes: threads that each own one connection, one bounded queue before them, a oneshot answer.

mod job;
mod queue;

pub(crate) use job::{Job, Step, delay};
pub(crate) use queue::{Limits, Queue};

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use domain::unit_of_work::{Access, StoreError, Work};

/// What a lane's thread does with a job. It is made on its thread and never leaves it.
pub(crate) trait Worker {
    /// Runs the job, answers it or puts it back. May take further jobs from the queue.
    fn serve(&mut self, job: Job, queue: &Queue);
}

/// A set of threads that serve one queue.
pub(crate) struct Lane {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Lane {
    /// Starts `threads` threads, each with a worker of its own.
    pub(crate) fn start<W: Worker>(
        name: &str,
        threads: usize,
        limits: Limits,
        make: impl Fn() -> W + Clone + Send + 'static,
    ) -> io::Result<Self> {
        let lane = Self { queue: Arc::new(Queue::new(limits)), threads: Mutex::default() };
        for number in 1..=threads {
            let (queue, make) = (Arc::clone(&lane.queue), make.clone());
            let thread = thread::Builder::new()
                .name(format!("{name}-{number}"))
                .spawn(move || drive(&queue, make))?;
            lane.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        }
        Ok(lane)
    }

    /// Queues the work and waits for its answer.
    pub(crate) async fn run(&self, access: Access, work: Work) -> Result<(), StoreError> {
        let (job, answer) = Job::new(access, work);
        // A lane that died with the job may have sent its COMMIT.
        let unanswered = if job.writes() {
            StoreError::OutcomeUnknown
        } else {
            StoreError::Unavailable("a database thread died".into())
        };
        self.queue.push(job)?;
        answer.await.unwrap_or(Err(unanswered))
    }

    /// Takes no more work, finishes what is queued, and waits for the threads to end.
    pub(crate) fn close(&self) {
        self.queue.close();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a database thread ended in a panic");
            }
        }
    }
}

impl Drop for Lane {
    /// The threads finish what is queued and end by themselves: waiting for them here would block
    /// whoever drops the last handle, which may be one of them.
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// The life of a lane's thread. A panic that is not the work's own costs the worker its connection.
fn drive<W: Worker>(queue: &Queue, make: impl Fn() -> W) {
    let mut worker = make();
    while let Some(job) = queue.take() {
        let _turn = queue.turn_of(&job);
        if job.is_abandoned() {
            continue;
        }
        if catch_unwind(AssertUnwindSafe(|| worker.serve(job, queue))).is_err() {
            tracing::error!("a database thread panicked and starts afresh");
            worker = make();
        }
    }
}
