//! What goes on beside requests: mail is delivered.

use std::time::Duration;

use actix_web::rt;
use domain::delivery::{Courier, Failed};
use domain::error::UseCaseError;
use domain::unit_of_work::StoreError;
use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{error, info, warn};

/// How long to wait when nothing was due.
const PAUSE: Duration = Duration::from_secs(1);
/// How long to wait after a failure; twice as long after each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest to wait after a failure.
const LAST_RETRY: Duration = Duration::from_secs(30);
/// How often dead letters are looked at.
const HOUR: Duration = Duration::from_secs(3_600);
/// Letters that are on their way at once.
const WORKERS: u32 = 4;
/// Letters of each before it is asked whether to stop.
const LETTERS: u32 = 4;

/// A task that delivers mail until it is told to stop. Every node may run it: a letter is one
/// worker's at a time.
pub(crate) struct MailLoop {
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl MailLoop {
    /// Begins to deliver.
    pub(crate) fn start(courier: Courier) -> Self {
        let (stop, stopped) = watch::channel(false);
        let running = rt::spawn(async move {
            let mut looked = Instant::now();
            let round = async || {
                if looked.elapsed() >= HOUR {
                    looked = Instant::now();
                    courier.forget_dead().await?;
                }
                // One looks whether there is anything; then several do it at once, since each letter
                // may wait long for the mail server.
                if deliver(courier.clone(), 1).await? {
                    return Ok(true);
                }
                let several = (0..WORKERS).map(|_| deliver(courier.clone(), LETTERS));
                for outcome in join_all(several).await {
                    outcome?;
                }
                Ok(false)
            };
            repeat(round, stopped).await;
        });
        Self { stop, running }
    }

    /// Begins no other letter.
    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Waits until the letter in hand is delivered, no longer than `deadline`: then it is left to
    /// whoever claims it when its lease has ended.
    pub(crate) async fn end(mut self, deadline: Duration) {
        self.stop();
        if let Ok(ended) = rt::time::timeout(deadline, &mut self.running).await {
            match ended {
                Ok(()) => info!("no mail is on its way"),
                Err(error) => error!(%error, "the delivery of mail had ended before"),
            }
            return;
        }
        warn!("a letter was not delivered in time: it is delivered later");
        self.running.abort();
    }
}

/// One worker's round. Whether there was nothing to do.
async fn deliver(courier: Courier, letters: u32) -> Result<bool, UseCaseError> {
    // In a task of its own: a panic ends that, and not the loop.
    let round = rt::spawn(async move { courier.round(letters).await }).await;
    let round = round.unwrap_or_else(|panic| Err(StoreError::Other(panic.to_string()).into()))?;
    for Failed { id, why } in &round.postponed {
        warn!(delivery = %id, why, "mail is not taken now and is tried again later");
    }
    for Failed { id, why } in &round.buried {
        error!(delivery = %id, why, "mail is given up");
    }
    Ok(round.is_idle())
}

/// Repeats `round`, which says whether there was nothing to do, until `stopped`: again at once while
/// there was something, and less and less often while it fails. A round is never cut short.
async fn repeat(
    mut round: impl AsyncFnMut() -> Result<bool, UseCaseError>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut retry = FIRST_RETRY;
    while !*stopped.borrow() {
        let pause = match round().await {
            Ok(is_idle) => {
                retry = FIRST_RETRY;
                if is_idle { PAUSE } else { Duration::ZERO }
            }
            Err(error) => {
                warn!(%error, "mail cannot be delivered at the moment");
                let pause = retry;
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    /// Runs a loop whose rounds end like this, and stops it in the last; gives how many seconds
    /// passed before each round.
    async fn seconds_between(outcomes: Vec<Result<bool, UseCaseError>>) -> Vec<u64> {
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
            outcome
        };
        repeat(round, stopped).await;
        begins.take()
    }

    fn failure() -> Result<bool, UseCaseError> {
        Err(UseCaseError::Store(StoreError::Retryable))
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_goes_out_at_once_and_then_it_looks_every_second() {
        let rounds = vec![Ok(false), Ok(false), Ok(true), Ok(true), Ok(false), Ok(true)];
        assert_eq!(seconds_between(rounds).await, [0, 0, 0, 1, 1, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failing_database_is_asked_less_and_less_often() {
        let mut rounds: Vec<_> = std::iter::repeat_with(failure).take(8).collect();
        rounds.push(Ok(false));
        rounds.push(failure());
        rounds.push(Ok(true));
        assert_eq!(seconds_between(rounds).await, [0, 1, 2, 4, 8, 16, 30, 30, 30, 0, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_when_it_is_told_to_stop() {
        let (stop, stopped) = watch::channel(false);
        let began = Instant::now();
        let looping = repeat(async || Ok(true), stopped);
        let stopping = async {
            rt::time::sleep(Duration::from_millis(1_500)).await;
            stop.send_replace(true);
        };
        tokio::join!(looping, stopping);
        assert_eq!(began.elapsed().as_millis(), 1_500);
    }
}
