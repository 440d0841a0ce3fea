use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::time::{Clock, Instant};
use jiff::SignedDuration;

/// A clock that stands still until it is told otherwise.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Instant>,
}

impl Default for ManualClock {
    /// Stands at 2026-01-01T00:00:00Z.
    #[expect(clippy::expect_used, reason = "the constant is in range")]
    fn default() -> Self {
        Self::at(Instant::from_micros(1_767_225_600_000_000).expect("the year 2026 is in range"))
    }
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: Instant) -> Self {
        Self { now: Mutex::new(now) }
    }

    /// Moves it to `now`, which may lie in its past: clocks jump.
    pub fn set(&self, now: Instant) {
        *self.hand() = now;
    }

    /// Moves it on by `duration`, or back by a negative one.
    pub fn advance(&self, duration: SignedDuration) {
        let mut hand = self.hand();
        *hand = hand.saturating_add(duration);
    }

    fn hand(&self) -> MutexGuard<'_, Instant> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        *self.hand()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_only_when_it_is_told_to() {
        let clock = ManualClock::default();
        assert_eq!(clock.now().to_string(), "2026-01-01T00:00:00.000000Z");
        clock.advance(SignedDuration::from_hours(1));
        clock.advance(SignedDuration::from_secs(-1));
        assert_eq!(clock.now().to_string(), "2026-01-01T00:59:59.000000Z");
        clock.set(Instant::from_micros(0).unwrap());
        assert_eq!(clock.now(), Instant::from_micros(0).unwrap());
    }
}
