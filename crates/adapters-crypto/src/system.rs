//! The system's clock and its random bytes: the only place that reads either.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::random::Random;
use domain::time::{Clock, Instant};
use jiff::Timestamp;
use uuid::{Builder, Uuid};

/// The clock of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::expect_used,
        reason = "the kernel's clock counts from 1970, so it is in range"
    )]
    fn now(&self) -> Instant {
        Instant::from_micros(now().as_microsecond()).expect("a time between the years 1 and 9999")
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the adapter that the ban points to")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// The random bytes of the operating system, drawn anew for every request: a few hundred
/// nanoseconds beside the twenty microseconds of a signature, so nothing is kept in a buffer.
///
/// Ids ascend within one `SystemRandom`, also when the clock stands still or steps back.
#[derive(Debug, Default)]
pub struct SystemRandom {
    last_tick: AtomicU64,
}

impl SystemRandom {
    /// A source whose first id is of the present moment.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time in 1/4096 ms, or one more than the last tick given out where that is later.
    fn next_tick(&self, now: u64) -> u64 {
        let later = |last: u64| now.max(last.saturating_add(1));
        let before = self
            .last_tick
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(later(last)))
            .unwrap_or_else(|last| last);
        later(before)
    }
}

impl Random for SystemRandom {
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the adapter itself; and to go on without chance would make secrets guessable"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }

    fn new_uuid(&self) -> Uuid {
        let tick = self.next_tick(ticks(now()));
        let mut tail = [0; 8];
        self.fill(&mut tail);
        ordered_uuid(tick, tail)
    }
}

/// How many ticks of 1/4096 ms have passed since 1970: finer than the microseconds of an
/// [`Instant`], as twelve bits of fraction are what a version 7 UUID has room for.
fn ticks(at: Timestamp) -> u64 {
    let nanos = u64::try_from(at.as_nanosecond()).unwrap_or(0);
    let (millis, rest) = (nanos / 1_000_000, nanos % 1_000_000);
    (millis << 12) | ((rest << 12) / 1_000_000)
}

/// Milliseconds and their fraction, then chance (RFC 9562 §6.2, method 3).
fn ordered_uuid(tick: u64, tail: [u8; 8]) -> Uuid {
    let mut rest = [0; 10];
    let (fraction, chance) = rest.split_at_mut(2);
    let [.., high, low] = (tick & 0xfff).to_be_bytes();
    fraction.copy_from_slice(&[high, low]);
    chance.copy_from_slice(&tail);
    Builder::from_unix_timestamp_millis(tick >> 12, &rest).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn the_clock_tells_the_present_in_microseconds() {
        let before = now().as_microsecond();
        let told = SystemClock.now().as_micros();
        assert!((before..=now().as_microsecond()).contains(&told));
    }

    #[test]
    fn random_bytes_differ_from_call_to_call() {
        let random = SystemRandom::new();
        let draw = || {
            let mut bytes = [0; 32];
            random.fill(&mut bytes);
            bytes
        };
        assert_ne!(draw(), draw());
    }

    #[test]
    fn an_id_is_a_version_7_uuid_of_the_present() {
        let (millis, id) = (now().as_millisecond(), SystemRandom::new().new_uuid());
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        let stamp = i64::from_be_bytes((id.as_u128() >> 80).to_be_bytes()[8..].try_into().unwrap());
        assert!((millis..millis + 1_000).contains(&stamp), "{stamp} is not near {millis}");
    }

    #[test]
    fn the_fraction_of_a_millisecond_stands_before_the_chance() {
        let id = ordered_uuid((1 << 12) | 0xabc, [0xff; 8]);
        assert_eq!(id.to_string(), "00000000-0001-7abc-bfff-ffffffffffff");
    }

    #[test]
    fn ids_ascend_though_the_clock_stands_still_or_steps_back() {
        let random = SystemRandom::new();
        let ticks = [50, 50, 10, 51, 60].map(|now| random.next_tick(now));
        assert_eq!(ticks, [50, 51, 52, 53, 60]);
    }

    #[test]
    fn ids_of_racing_threads_are_unique_and_ascend_in_each() {
        let random = SystemRandom::new();
        let draw = || (0..1_000).map(|_| random.new_uuid()).collect::<Vec<_>>();
        let drawn: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(draw)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(drawn.iter().all(|ids| ids.is_sorted()));
        let unique: HashSet<_> = drawn.iter().flatten().collect();
        assert_eq!(unique.len(), 8_000);
    }
}
