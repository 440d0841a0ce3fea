use jiff::SignedDuration;

use crate::store::Settings;
use crate::time::Instant;

/// How many tries an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// After how many failures the temporary lock begins, and how long it lasts; `None` for never.
    pub temporary: Option<(u32, SignedDuration)>,
    /// After how many failures in a row the permanent lock begins; `None` for never.
    pub permanent: Option<u32>,
    /// How many tries may be in flight at once, whatever the locks are.
    pub at_once: u32,
}

/// How many tries may be in flight at once where there is no temporary lock.
const USUAL_AT_ONCE: u32 = 5;

impl Limits {
    /// Those of a store, for an account that may be locked or not.
    pub fn of(settings: &Settings, lock_enabled: bool) -> Self {
        let unless_zero = |number: u32| (lock_enabled && number > 0).then_some(number);
        let lasts = SignedDuration::from_secs(settings.lockout_seconds.into());
        Self {
            temporary: unless_zero(settings.lockout_failures).map(|failures| (failures, lasts)),
            permanent: unless_zero(settings.attempts_before_locked),
            at_once: match settings.lockout_failures {
                0 => USUAL_AT_ONCE,
                failures => failures,
            },
        }
    }
}

/// The attempts on one account, as a machine that is driven by a clock.
///
/// ```text
///             reserve                     fail, one of the last tries
///   open ───────────────► in flight ─────────────────────────────────► locked for a time
///    ▲ ◄─────────────────────┘ │ succeed: every counter to 0                │
///    │      fail: counted      │                                            │ the time is over:
///    └─────────────────────────┴────────────────────────────────────────────┘ its window from 0
/// ```
///
/// Invariant: at every reservation, the failures that are counted and the places in flight are
/// together at most the limit. So whatever runs in parallel, no more guesses reach the hash than
/// there are tries, and a right password that has a place never finds the account locked by others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Failures in a row, which a temporary lock does not reset: `failedUserLoginAttempts`.
    pub failures: u32,
    /// Those of them since the last temporary lock.
    pub window: u32,
    /// When the temporary lock ends, or ended.
    pub locked_until: Option<Instant>,
    /// Places that are reserved and not settled.
    pub in_flight: u32,
    /// When the latest place was reserved, also one that is settled.
    pub reserved_at: Option<Instant>,
    /// Grows whenever places in flight stop counting: a failure in a place of another epoch was
    /// counted, or forgiven, when that ended.
    pub epoch: u32,
}

/// A place among the tries that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a place that is not settled counts as a failure"]
pub struct Place {
    epoch: u32,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// The permanent lock holds, or has to begin now.
    Permanently,
    /// The temporary lock holds.
    ForATime,
    /// All tries that are left are in flight: one of them may be free in a moment.
    Busy,
}

/// How long a place is held at most. What is older was lost with its node, and counts.
pub(super) const PLACE_LASTS: SignedDuration = SignedDuration::from_secs(60);

impl Attempts {
    /// Takes a place.
    ///
    /// # Errors
    /// Why there is none.
    pub fn reserve(&mut self, limits: &Limits, now: Instant) -> Result<Place, Denied> {
        self.count_lost(limits, now);
        if limits.permanent.is_some_and(|most| self.failures >= most) {
            return Err(Denied::Permanently);
        }
        if limits.temporary.is_some() && self.is_locked(now) {
            return Err(Denied::ForATime);
        }
        if self.in_flight >= self.left(limits) {
            return Err(Denied::Busy);
        }
        self.in_flight = self.in_flight.saturating_add(1);
        self.reserved_at = Some(now);
        Ok(Place { epoch: self.epoch })
    }

    /// The password was wrong. Whether the permanent lock begins.
    pub fn fail(&mut self, place: Place, limits: &Limits, now: Instant) -> bool {
        if !self.give_back(place) {
            return false;
        }
        self.count(1, limits, now);
        limits.permanent.is_some_and(|most| self.failures >= most)
    }

    /// The password was right.
    pub fn succeed(&mut self, place: Place) {
        let _ = self.give_back(place);
        (self.failures, self.window, self.locked_until) = (0, 0, None);
    }

    /// Nothing was learned of the password: the place is free again, and nothing counts.
    pub fn release(&mut self, place: Place) {
        let _ = self.give_back(place);
    }

    /// Ends the temporary lock and forgets the failures. What is in flight no longer counts.
    pub fn clear(&mut self) {
        let Self { reserved_at, epoch, .. } = *self;
        *self = Self { reserved_at, epoch: epoch.wrapping_add(1), ..Self::default() };
    }

    /// Whether the temporary lock holds.
    pub fn is_locked(&self, now: Instant) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// Whether the place counted until now.
    fn give_back(&mut self, place: Place) -> bool {
        if place.epoch != self.epoch {
            return false;
        }
        self.in_flight = self.in_flight.saturating_sub(1);
        true
    }

    /// Tries before the next lock.
    fn left(&self, limits: &Limits) -> u32 {
        let before = |most: u32, counted: u32| most.saturating_sub(counted);
        let temporary = limits.temporary.map_or(u32::MAX, |(most, _)| before(most, self.window));
        let permanent = limits.permanent.map_or(u32::MAX, |most| before(most, self.failures));
        temporary.min(permanent).min(limits.at_once)
    }

    fn count(&mut self, failures: u32, limits: &Limits, now: Instant) {
        self.failures = self.failures.saturating_add(failures);
        self.window = self.window.saturating_add(failures);
        self.lock_when_due(limits, now);
    }

    /// Begins the temporary lock when no try is left, also where the limit was lowered meanwhile.
    fn lock_when_due(&mut self, limits: &Limits, now: Instant) {
        if let Some((most, lasts)) = limits.temporary
            && self.window >= most
        {
            (self.window, self.locked_until) = (0, Some(now.saturating_add(lasts)));
        }
    }

    /// Counts places that were lost with their node as failures.
    fn count_lost(&mut self, limits: &Limits, now: Instant) {
        // A clock that stepped back holds no place for ever.
        let is_lost = |at: Instant| {
            at.saturating_add(PLACE_LASTS) < now || now.saturating_add(PLACE_LASTS) < at
        };
        let lost = if self.reserved_at.is_some_and(is_lost) { self.in_flight } else { 0 };
        if lost > 0 {
            self.in_flight = 0;
            self.epoch = self.epoch.wrapping_add(1);
        }
        self.count(lost, limits, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: i64 = 1_000_000;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * SECOND).expect("in range")
    }

    fn limits(temporary: u32, permanent: u32) -> Limits {
        let lasts = SignedDuration::from_secs(300);
        Limits {
            temporary: (temporary > 0).then_some((temporary, lasts)),
            permanent: (permanent > 0).then_some(permanent),
            at_once: USUAL_AT_ONCE,
        }
    }

    fn fail_once(attempts: &mut Attempts, limits: &Limits, now: Instant) -> Result<bool, Denied> {
        let place = attempts.reserve(limits, now)?;
        Ok(attempts.fail(place, limits, now))
    }

    #[test]
    fn the_fifth_failure_locks_for_five_minutes() {
        let (mut attempts, limits) = (Attempts::default(), limits(5, 100));
        for second in 0..5 {
            assert_eq!(fail_once(&mut attempts, &limits, at(second)), Ok(false));
        }
        assert_eq!(attempts.reserve(&limits, at(5)), Err(Denied::ForATime));
        assert_eq!(attempts.reserve(&limits, at(303)), Err(Denied::ForATime));
        assert!(attempts.reserve(&limits, at(304)).is_ok(), "it ends by itself");
        assert_eq!((attempts.failures, attempts.window), (5, 0), "its window starts at 0");
    }

    #[test]
    fn nothing_counts_while_the_temporary_lock_runs() {
        let (mut attempts, limits) = (Attempts::default(), limits(1, 100));
        fail_once(&mut attempts, &limits, at(0)).expect("a place");
        for second in 1..200 {
            assert_eq!(attempts.reserve(&limits, at(second)), Err(Denied::ForATime));
        }
        assert_eq!(attempts.failures, 1);
    }

    #[test]
    fn a_hundred_failures_in_a_row_lock_for_good() {
        let (mut attempts, limits) = (Attempts::default(), limits(5, 100));
        let mut now = 0;
        for failure in 1..=100 {
            now += 301;
            assert_eq!(fail_once(&mut attempts, &limits, at(now)), Ok(failure == 100));
        }
        for later in [now + 301, now + 1_000_000] {
            assert_eq!(attempts.reserve(&limits, at(later)), Err(Denied::Permanently));
        }
    }

    #[test]
    fn success_zeroes_the_counters() {
        let (mut attempts, limits) = (Attempts::default(), limits(5, 100));
        for _ in 0..4 {
            fail_once(&mut attempts, &limits, at(0)).expect("a place");
        }
        let place = attempts.reserve(&limits, at(1)).expect("the last try");
        attempts.succeed(place);
        assert_eq!(attempts, Attempts { reserved_at: Some(at(1)), ..Attempts::default() });
    }

    #[test]
    fn without_limits_failures_are_counted_and_lock_nothing() {
        let (mut attempts, limits) = (Attempts::default(), limits(0, 0));
        for _ in 0..1_000 {
            assert_eq!(fail_once(&mut attempts, &limits, at(0)), Ok(false));
        }
        assert_eq!(attempts.failures, 1_000);
    }

    #[test]
    fn without_limits_no_more_than_a_few_try_at_once() {
        let (mut attempts, limits) = (Attempts::default(), limits(0, 0));
        let taken = (0..20).filter(|_| attempts.reserve(&limits, at(0)).is_ok()).count();
        assert_eq!(taken, 5);
    }

    #[test]
    fn a_clock_that_steps_back_holds_no_place_for_ever() {
        let (mut attempts, limits) = (Attempts::default(), limits(5, 100));
        for _ in 0..5 {
            let _ = attempts.reserve(&limits, at(10_000));
        }
        assert_eq!(attempts.reserve(&limits, at(9_950)), Err(Denied::Busy));
        assert_eq!(attempts.reserve(&limits, at(9_000)), Err(Denied::ForATime));
        assert_eq!(attempts.failures, 5);
    }

    #[test]
    fn places_in_flight_cap_the_tries_and_lock_nobody() {
        let (mut attempts, limits) = (Attempts::default(), limits(5, 100));
        let places: Vec<_> = (0..5).map(|_| attempts.reserve(&limits, at(0))).collect();
        assert_eq!(attempts.reserve(&limits, at(0)), Err(Denied::Busy));
        for place in places {
            attempts.release(place.expect("one of five"));
        }
        assert!(attempts.reserve(&limits, at(0)).is_ok());
        assert_eq!(attempts.failures, 0);
    }

    #[test]
    fn a_place_that_was_lost_counts_as_a_failure() {
        let (mut attempts, limits) = (Attempts::default(), limits(5, 100));
        let lost = attempts.reserve(&limits, at(0)).expect("a place");
        let place = attempts.reserve(&limits, at(61)).expect("another one");
        assert_eq!((attempts.failures, attempts.in_flight), (1, 1));
        assert!(!attempts.fail(lost, &limits, at(61)));
        assert_eq!(attempts.failures, 1, "it counted already");
        attempts.succeed(place);
        assert_eq!(attempts.failures, 0);
    }

    #[test]
    fn what_was_in_flight_when_a_lock_was_lifted_no_longer_counts() {
        let (mut attempts, limits) = (Attempts::default(), limits(5, 100));
        let place = attempts.reserve(&limits, at(0)).expect("a place");
        attempts.clear();
        assert!(!attempts.fail(place, &limits, at(1)));
        assert_eq!((attempts.failures, attempts.in_flight), (0, 0));
    }

    #[test]
    fn a_limit_that_is_lowered_holds_at_once() {
        let mut attempts = Attempts::default();
        for _ in 0..4 {
            fail_once(&mut attempts, &limits(5, 100), at(0)).expect("a place");
        }
        assert_eq!(attempts.reserve(&limits(5, 3), at(0)), Err(Denied::Permanently));
        assert_eq!(attempts.reserve(&limits(3, 100), at(0)), Err(Denied::ForATime));
        assert!(attempts.reserve(&limits(3, 100), at(300)).is_ok());
    }

    #[test]
    fn a_clock_that_steps_back_unlocks_nobody_early() {
        let (mut attempts, limits) = (Attempts::default(), limits(1, 100));
        fail_once(&mut attempts, &limits, at(1_000)).expect("a place");
        assert_eq!(attempts.reserve(&limits, at(10)), Err(Denied::ForATime));
    }

    /// What happens to an account; the numbers choose among the places that are in flight.
    #[derive(Clone, Debug)]
    enum Event {
        Reserve,
        Fail(usize),
        Succeed(usize),
        Release(usize),
        Lose(usize),
        Wait(i64),
        Clear,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            6 => Just(Event::Reserve),
            4 => (0..8_usize).prop_map(Event::Fail),
            1 => (0..8_usize).prop_map(Event::Succeed),
            1 => (0..8_usize).prop_map(Event::Release),
            1 => (0..8_usize).prop_map(Event::Lose),
            2 => (1..400_i64).prop_map(Event::Wait),
            1 => Just(Event::Clear),
        ]
    }

    proptest! {
        /// However places are taken, given back and lost: between two successes no more guesses are
        /// verified than the permanent limit, and between the end of one temporary lock and the
        /// begin of the next no more than its own.
        #[test]
        fn no_more_guesses_are_verified_than_there_are_tries(
            temporary in 1..6_u32,
            permanent in 1..20_u32,
            events in prop::collection::vec(event(), 1..200),
        ) {
            let limits = limits(temporary, permanent);
            let (mut attempts, mut now, mut places) = (Attempts::default(), 0, Vec::new());
            let mut wrong = 0;
            for event in events {
                match event {
                    Event::Reserve => {
                        if let Ok(place) = attempts.reserve(&limits, at(now)) {
                            places.push(place);
                        }
                    }
                    Event::Fail(n) if n < places.len() => {
                        // A place of an epoch that is over was counted when it ended.
                        wrong += u32::from(places[n].epoch == attempts.epoch);
                        let _ = attempts.fail(places.swap_remove(n), &limits, at(now));
                    }
                    Event::Succeed(n) if n < places.len() => {
                        attempts.succeed(places.swap_remove(n));
                        wrong = 0;
                    }
                    Event::Release(n) if n < places.len() => {
                        attempts.release(places.swap_remove(n));
                    }
                    Event::Lose(n) if n < places.len() => {
                        let _ = places.swap_remove(n);
                    }
                    Event::Wait(seconds) => now += seconds,
                    Event::Clear => {
                        attempts.clear();
                        wrong = 0;
                    }
                    _ => {}
                }
                prop_assert!(wrong <= attempts.failures, "a wrong guess went uncounted");
                prop_assert!(attempts.failures <= permanent, "more tries than the limit");
                prop_assert!(attempts.window < temporary, "the temporary lock is late");
                prop_assert!(attempts.in_flight <= permanent.min(temporary).min(USUAL_AT_ONCE));
            }
        }
    }
}
