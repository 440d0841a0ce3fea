//! What goes on beside requests: mail is delivered.

use std::time::Duration;

use actix_web::rt;
use domain::delivery::Courier;
use domain::error::UseCaseError;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{info, warn};

/// How long to wait when nothing was due.
const PAUSE: Duration = Duration::from_secs(1);
/// How long to wait after a failure; twice as long after each further one.
const FIRST_RETRY: Duration = Duration::from_secs(1);
/// The longest to wait after a failure.
const LAST_RETRY: Duration = Duration::from_secs(30);
/// After how many pauses dead letters are looked at: about an hour.
const PAUSES_OF_AN_HOUR: u32 = 3_600;

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
            let mut idle_rounds = 0_u32;
            let round = async || {
                let is_idle = courier.round(1).await?.is_idle();
                if is_idle {
                    idle_rounds = idle_rounds.wrapping_add(1);
                }
                if is_idle && idle_rounds.is_multiple_of(PAUSES_OF_AN_HOUR) {
                    courier.forget_dead().await?;
                }
                Ok(is_idle)
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
        if rt::time::timeout(deadline, &mut self.running).await.is_ok() {
            info!("no mail is on its way");
            return;
        }
        warn!("a letter was not delivered in time: it is delivered later");
        self.running.abort();
    }
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

    use domain::unit_of_work::StoreError;
    use tokio::time::Instant;

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
