//! Requests that are answered when something has happened: how many at once, and how long.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::rt::time::{sleep, timeout};

/// How long a request rests before it looks again, while few wait.
const PAUSE: Duration = Duration::from_millis(250);
/// For each so many that wait, all rest a pause longer: those who wait look at most 128 times a second,
/// however many they are, and others find the database free.
const FEW: usize = 32;

/// The requests that wait on this node. Between two looks they hold nothing but their place here.
pub(crate) struct Waiting {
    most: usize,
    taken: AtomicUsize,
    ended: AtomicBool,
}

/// The place of one request, free again when it is dropped.
struct Place<'w>(&'w Waiting);

impl Waiting {
    /// Room for so many requests at once.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, taken: AtomicUsize::new(0), ended: AtomicBool::new(false) }
    }

    /// What `look` finds: at once where it finds anything, else as soon as it does. Nothing when it
    /// finds nothing within `wait`, and at once where there is no room to wait.
    ///
    /// # Errors
    /// Those of `look`.
    pub(crate) async fn find<T, E>(
        &self,
        wait: Duration,
        mut look: impl AsyncFnMut() -> Result<Vec<T>, E>,
    ) -> Result<Vec<T>, E> {
        let found = look().await?;
        if !found.is_empty() || wait.is_zero() {
            return Ok(found);
        }
        let Some(_place) = self.enter() else { return Ok(found) };
        match timeout(wait, self.look_again(&mut look)).await {
            Ok(found) => found,
            // Where many wait, the last look may be long ago.
            Err(_) => look().await,
        }
    }

    /// Lets nobody wait any more.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    fn enter(&self) -> Option<Place<'_>> {
        let one_more = |taken: usize| (taken < self.most).then_some(taken + 1);
        let entered = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        entered.is_ok().then(|| Place(self))
    }

    fn pause(&self) -> Duration {
        let shares = self.taken.load(Ordering::Relaxed).div_ceil(FEW).max(1);
        PAUSE.saturating_mul(u32::try_from(shares).unwrap_or(u32::MAX))
    }

    async fn look_again<T, E>(
        &self,
        look: &mut impl AsyncFnMut() -> Result<Vec<T>, E>,
    ) -> Result<Vec<T>, E> {
        while !self.ended.load(Ordering::Relaxed) {
            sleep(self.pause()).await;
            let found = look().await?;
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    async fn nothing() -> Result<Vec<u8>, Infallible> {
        Ok(Vec::new())
    }

    #[tokio::test]
    async fn what_is_there_is_found_at_once() {
        let waiting = Waiting::new(0);
        assert_eq!(waiting.find(LONG, async || Ok::<_, Infallible>(vec![1])).await, Ok(vec![1]));
    }

    #[tokio::test]
    async fn what_comes_is_found_when_it_comes() {
        let (waiting, looks) = (Waiting::new(1), Cell::new(0));
        let look = async || {
            looks.set(looks.get() + 1);
            Ok::<_, Infallible>(vec![7; usize::from(looks.get() == 3)])
        };
        assert_eq!(waiting.find(LONG, look).await, Ok(vec![7]));
    }

    #[tokio::test]
    async fn a_failure_ends_the_wait() {
        let (waiting, looks) = (Waiting::new(1), Cell::new(0));
        let look = async || {
            looks.set(looks.get() + 1);
            if looks.get() == 2 { Err("gone") } else { Ok(Vec::<u8>::new()) }
        };
        assert_eq!(waiting.find(LONG, look).await, Err("gone"));
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_they_want_to() {
        let waiting = Waiting::new(1);
        assert_eq!(waiting.find(Duration::ZERO, nothing).await, Ok(vec![]));
        assert_eq!(waiting.find(Duration::from_millis(1), nothing).await, Ok(vec![]));
    }

    #[tokio::test]
    async fn one_too_many_does_not_wait_and_a_place_is_free_again() {
        let waiting = Waiting::new(1);
        let mut first = Box::pin(waiting.find(LONG, nothing));
        assert!(timeout(Duration::from_millis(1), &mut first).await.is_err(), "it waits");
        assert_eq!(waiting.find(LONG, nothing).await, Ok(vec![]));
        drop(first);
        assert!(waiting.enter().is_some(), "whoever goes away leaves no trace");
    }

    #[tokio::test]
    async fn the_more_wait_the_less_often_each_of_them_looks() {
        let waiting = Waiting::new(1_024);
        let mut places = vec![];
        for (most, pause) in [(32, 250), (33, 500), (1_024, 8_000)] {
            places.extend((places.len()..most).filter_map(|_| waiting.enter()));
            assert_eq!(waiting.pause().as_millis(), pause, "{most}");
        }
    }

    #[tokio::test]
    async fn the_end_of_waiting_ends_every_wait() {
        let waiting = Waiting::new(2);
        let waits = waiting.find(LONG, nothing);
        waiting.end();
        assert_eq!(waits.await, Ok(vec![]));
    }
}
