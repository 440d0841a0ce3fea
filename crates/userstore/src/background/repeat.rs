use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use actix_web::rt;
use domain::error::UseCaseError;
use domain::unit_of_work::StoreError;
use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{error, info, warn};

/// How long to wait after a failure; twice as long after each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest to wait after a failure.
const LAST_RETRY: Duration = Duration::from_secs(8);

/// What a round found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// There may be more to do.
    Work,
    /// There is nothing to do.
    Nothing,
}

/// What is repeated, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Task {
    /// What it is called in the log of the program.
    pub(super) name: &'static str,
    /// How long to wait when nothing was found.
    pub(super) pause: Duration,
}

/// A task that runs until it is told to stop.
pub(super) struct Loop {
    task: Task,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Loop {
    /// Begins to repeat `round`.
    pub(super) fn start(
        task: Task,
        round: impl AsyncFnMut() -> Result<Found, UseCaseError> + 'static,
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let running = rt::spawn(repeat(task, round, stopped));
        Self { task, stop, running }
    }

    /// Begins no other round.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the round in hand has ended, no longer than `until`: then it is cut off.
    pub(super) async fn end(mut self, until: Instant) {
        self.stop();
        let task = self.task.name;
        match tokio::time::timeout_at(until, &mut self.running).await {
            Ok(Ok(())) => info!(task, "ended"),
            Ok(Err(error)) => error!(task, %error, "had ended before"),
            Err(_) => {
                warn!(task, "not ended in time: what was in hand is done later");
                self.running.abort();
            }
        }
    }
}

/// Repeats `round` until `stopped`: again at once while there was something to do, and less and less
/// often while it fails. A round is never cut short, and a panic in it is a failure of it.
async fn repeat(
    task: Task,
    mut round: impl AsyncFnMut() -> Result<Found, UseCaseError>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut health = Health::new(task.name);
    let mut retry = FIRST_RETRY;
    while !*stopped.borrow() {
        let pause = match unless_panicking(round()).await {
            Ok(found) => {
                health.good();
                retry = FIRST_RETRY;
                if found == Found::Work { Duration::ZERO } else { task.pause }
            }
            Err(error) => {
                health.bad(&error.to_string());
                let pause = retry.max(task.pause);
                retry = (retry * 2).min(LAST_RETRY);
                pause
            }
        };
        // An error is that the sender is gone: nobody could ever stop it.
        if rt::time::timeout(pause, stopped.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}

/// The outcome of a round; of one that panics, that.
pub(super) async fn unless_panicking<T>(
    round: impl Future<Output = Result<T, UseCaseError>>,
) -> Result<T, UseCaseError> {
    // What a round leaves behind of itself is only what it was told before: a lease, a time.
    let outcome = AssertUnwindSafe(round).catch_unwind().await;
    outcome.unwrap_or_else(|panic| Err(StoreError::Other(said(&*panic)).into()))
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panicked: {}", text.unwrap_or("without a word"))
}

/// Tells the operator of a failure when it begins or becomes another, and when it is over: not each
/// time that it is met again.
pub(super) struct Health {
    what: String,
    failure: Option<String>,
}

impl Health {
    /// The health of `what`, which is good.
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), failure: None }
    }

    /// It went well.
    pub(super) fn good(&mut self) {
        if self.failure.take().is_some() {
            info!(task = self.what, "goes on again");
        }
    }

    /// It failed. Whether that was told now.
    pub(super) fn bad(&mut self, failure: &str) -> bool {
        if self.failure.as_deref() == Some(failure) {
            return false;
        }
        warn!(task = self.what, error = failure, "cannot be done at the moment");
        self.failure = Some(failure.to_owned());
        true
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    const TASK: Task = Task { name: "test", pause: Duration::from_secs(1) };

    type Outcome = Result<Found, UseCaseError>;

    /// Runs a loop whose rounds end like this, and stops it in the last; gives how many seconds
    /// passed before each round.
    async fn seconds_between(outcomes: Vec<fn() -> Outcome>) -> Vec<u64> {
        let (stop, stopped) = watch::channel(false);
        let begins = Rc::new(RefCell::new(vec![]));
        let mut left = outcomes.into_iter();
        let mut last = Instant::now();
        let round = async || {
            begins.borrow_mut().push(last.elapsed().as_secs());
            last = Instant::now();
            let outcome = left.next().expect("stopped by now");
            if left.len() == 0 {
                stop.send_replace(true);
            }
            outcome()
        };
        repeat(TASK, round, stopped).await;
        begins.take()
    }

    fn failure() -> Outcome {
        Err(UseCaseError::Store(StoreError::Retryable))
    }

    const WORK: fn() -> Outcome = || Ok(Found::Work);
    const NOTHING: fn() -> Outcome = || Ok(Found::Nothing);

    fn panicking() -> Outcome {
        panic!("at the disco")
    }

    #[tokio::test(start_paused = true)]
    async fn what_there_is_to_do_is_done_at_once_and_then_it_looks_every_second() {
        let rounds: Vec<fn() -> Outcome> = vec![WORK, WORK, NOTHING, NOTHING, WORK, NOTHING];
        assert_eq!(seconds_between(rounds).await, [0, 0, 0, 1, 1, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_database_is_asked_less_and_less_often() {
        let mut rounds: Vec<fn() -> Outcome> = vec![failure; 8];
        rounds.extend([WORK, failure, NOTHING]);
        assert_eq!(seconds_between(rounds).await, [0, 1, 2, 4, 8, 8, 8, 8, 8, 0, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_panic_ends_its_round_and_not_the_loop() {
        let rounds: Vec<fn() -> Outcome> = vec![panicking, panicking, NOTHING];
        assert_eq!(seconds_between(rounds).await, [0, 1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_when_it_is_told_to_stop() {
        let (stop, stopped) = watch::channel(false);
        let began = Instant::now();
        let looping = repeat(TASK, async || NOTHING(), stopped);
        let stopping = async {
            rt::time::sleep(Duration::from_millis(1_500)).await;
            stop.send_replace(true);
        };
        tokio::join!(looping, stopping);
        assert_eq!(began.elapsed().as_millis(), 1_500);
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_that_does_not_end_is_cut_off_at_the_deadline() {
        let local = tokio::task::LocalSet::new();
        let ending = local.run_until(async {
            let runs = Rc::new(tokio::sync::Notify::new());
            let notice = Rc::clone(&runs);
            let endless = Loop::start(TASK, async move || {
                notice.notify_one();
                std::future::pending().await
            });
            runs.notified().await;
            let began = Instant::now();
            endless.end(began + Duration::from_secs(3)).await;
            began.elapsed().as_secs()
        });
        assert_eq!(ending.await, 3);
    }

    #[test]
    fn a_failure_is_told_when_it_begins_and_when_it_becomes_another() {
        let mut health = Health::new("test");
        assert!(health.bad("no route"));
        assert!(!health.bad("no route"));
        assert!(health.bad("no answer"));
        health.good();
        assert!(health.bad("no answer"));
    }
}
