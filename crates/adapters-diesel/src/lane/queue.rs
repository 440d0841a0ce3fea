use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use domain::unit_of_work::StoreError;

use super::Job;

/// How much a queue takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Jobs that wait, of those that write and of the others each; one more is refused.
    pub(crate) waiting: usize,
    /// Threads that may write at the same time.
    pub(crate) writers: usize,
}

/// A bounded queue that many threads serve. What is run again waits here too, so that no thread
/// sleeps on a connection.
pub(crate) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    limits: Limits,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// How many of them write.
    writes: usize,
    /// Writers that are at work.
    writing: usize,
    closed: bool,
}

/// What a thread that asks for a job finds.
enum Next {
    Job(Job),
    WaitUntil(Instant),
    Wait,
    End,
}

/// A job's place among the writers, free again when dropped.
pub(crate) struct Turn<'a>(Option<&'a Queue>);

impl Queue {
    /// An empty queue.
    pub(crate) fn new(limits: Limits) -> Self {
        Self { state: Mutex::default(), ready: Condvar::new(), limits }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job.
    pub(crate) fn push(&self, job: Job) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.closed {
            return Err(StoreError::Unavailable("the database is closed".into()));
        }
        if state.waiting_like(&job) >= self.limits.waiting {
            return Err(StoreError::Unavailable("too many units of work are waiting".into()));
        }
        state.add(job);
        drop(state);
        self.ready.notify_one();
        Ok(())
    }

    /// Adds a job that is to run again: it was admitted before, so no bound holds.
    pub(crate) fn put_back(&self, job: Job) {
        self.state().add(job);
        self.ready.notify_one();
    }

    /// Waits for the next job. `None` when the queue is closed and empty.
    ///
    /// Whoever leaves with a job wakes another thread for the rest: it may have been the one that
    /// watched over the time of a job that waits for its next run.
    pub(crate) fn take(&self) -> Option<Job> {
        let mut state = self.state();
        loop {
            state = match state.next(self.limits) {
                Next::Job(job) => {
                    if !state.jobs.is_empty() {
                        self.ready.notify_one();
                    }
                    return Some(job);
                }
                Next::End => {
                    self.ready.notify_all();
                    return None;
                }
                Next::Wait => self.ready.wait(state).unwrap_or_else(PoisonError::into_inner),
                Next::WaitUntil(due) => {
                    let pause = due.saturating_duration_since(Instant::now());
                    let waited = self.ready.wait_timeout(state, pause);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// The next job that may share a commit, if it is there already and first in line of those
    /// that may run now.
    pub(crate) fn take_sharing(&self) -> Option<Job> {
        let mut state = self.state();
        let now = Instant::now();
        let at = state.jobs.iter().position(|job| job.is_due(now))?;
        if state.jobs.get(at)?.shares_commit() { state.remove(at) } else { None }
    }

    /// The place among the writers that [`Self::take`] gave the job.
    pub(crate) fn turn_of(&self, job: &Job) -> Turn<'_> {
        Turn(job.writes().then_some(self))
    }

    /// Takes no more jobs; those that wait are still handed out.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.ready.notify_all();
    }
}

impl State {
    /// How many jobs wait that write as this one does, or do not.
    fn waiting_like(&self, job: &Job) -> usize {
        if job.writes() { self.writes } else { self.jobs.len() - self.writes }
    }

    fn add(&mut self, job: Job) {
        self.writes += usize::from(job.writes());
        self.jobs.push_back(job);
    }

    fn remove(&mut self, at: usize) -> Option<Job> {
        let job = self.jobs.remove(at)?;
        self.writes -= usize::from(job.writes());
        Some(job)
    }

    fn next(&mut self, limits: Limits) -> Next {
        let now = Instant::now();
        let may_write = self.writing < limits.writers;
        let ready = |job: &Job| job.is_due(now) && (may_write || !job.writes());
        if let Some(job) = self.jobs.iter().position(ready).and_then(|at| self.remove(at)) {
            self.writing += usize::from(job.writes());
            return Next::Job(job);
        }
        if self.jobs.is_empty() && self.closed {
            return Next::End;
        }
        let due = self.jobs.iter().filter_map(Job::not_before).filter(|at| *at > now).min();
        due.map_or(Next::Wait, Next::WaitUntil)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(queue) = self.0 {
            queue.state().writing -= 1;
            queue.ready.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::unit_of_work::{Access, Verdict};

    use super::super::Step;
    use super::*;
    use crate::error::Failure;

    const WIDE: Limits = Limits { waiting: 8, writers: 1 };

    fn job(access: Access) -> Job {
        Job::new(access, Box::new(|_| Verdict::Commit)).0
    }

    #[test]
    fn a_full_queue_refuses_at_once() {
        let queue = Queue::new(Limits { waiting: 1, writers: 1 });
        assert!(queue.push(job(Access::Read)).is_ok());
        assert!(matches!(queue.push(job(Access::Read)), Err(StoreError::Unavailable(_))));
    }

    #[test]
    fn readers_pass_writers_that_have_no_place() {
        let queue = Queue::new(WIDE);
        for access in [Access::Write, Access::Write, Access::Read] {
            queue.push(job(access)).expect("room");
        }
        let first = queue.take().expect("a writer");
        let turn = queue.turn_of(&first);
        assert_eq!(first.access, Access::Write);
        assert_eq!(queue.take().expect("the reader").access, Access::Read);
        drop(turn);
        assert_eq!(queue.take().expect("the second writer").access, Access::Write);
    }

    #[test]
    fn a_bulk_change_shares_no_commit_and_holds_its_place_in_line() {
        let queue = Queue::new(WIDE);
        for access in [Access::Rehearse, Access::Bulk, Access::Write] {
            queue.push(job(access)).expect("room");
        }
        assert_eq!(queue.take_sharing().map(|job| job.access), Some(Access::Rehearse));
        assert!(queue.take_sharing().is_none());
    }

    #[test]
    fn waiting_writes_do_not_shut_out_reads() {
        let queue = Queue::new(Limits { waiting: 1, writers: 1 });
        for access in [Access::Write, Access::Read] {
            assert!(queue.push(job(access)).is_ok(), "{access:?}");
            assert!(queue.push(job(access)).is_err(), "{access:?}");
        }
        assert!(queue.take().is_some_and(|job| job.writes()));
        assert!(queue.push(job(Access::Read)).is_err());
        assert!(queue.push(job(Access::Bulk)).is_ok());
    }

    #[test]
    fn a_job_that_waits_for_its_next_run_keeps_nobody_from_sharing() {
        let queue = Queue::new(WIDE);
        let again = Step::Again { failure: Failure::busy(), otherwise: Ok(()) };
        queue.put_back(job(Access::Write).settle(again).expect("runs again"));
        queue.push(job(Access::Write)).expect("room");
        assert!(queue.take_sharing().is_some_and(|job| job.not_before().is_none()));
    }

    /// More rounds than luck would survive: the thread that waits for the job's time is woken for
    /// another one, and stays away until the first has run.
    #[test]
    fn a_job_that_waits_for_its_next_run_is_never_forgotten() {
        let queue = Queue::new(Limits { waiting: 8, writers: usize::MAX });
        let (serve, served) = std::sync::mpsc::channel();
        let both = std::sync::Barrier::new(2);
        let worker = |serve: std::sync::mpsc::Sender<()>| {
            while queue.take().is_some() {
                serve.send(()).expect("the test listens");
                both.wait();
            }
        };
        let in_time = std::thread::scope(|scope| {
            for _ in 0..2 {
                let serve = serve.clone();
                scope.spawn(|| worker(serve));
            }
            let in_time = (0..100).all(|_| {
                let again = Step::Again { failure: Failure::busy(), otherwise: Ok(()) };
                queue.put_back(job(Access::Write).settle(again).expect("runs again"));
                queue.push(job(Access::Read)).expect("room");
                (0..2).all(|_| served.recv_timeout(Duration::from_secs(5)).is_ok())
            });
            queue.close();
            in_time
        });
        assert!(in_time);
    }

    #[test]
    fn a_closed_queue_is_emptied_before_it_ends() {
        let queue = Queue::new(WIDE);
        queue.push(job(Access::Read)).expect("room");
        queue.close();
        assert!(queue.push(job(Access::Read)).is_err());
        assert!(queue.take().is_some());
        assert!(queue.take().is_none());
    }
}
