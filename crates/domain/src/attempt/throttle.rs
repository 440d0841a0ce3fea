use std::fmt;

use jiff::SignedDuration;

use super::Attempts;
use crate::id::StoreId;
use crate::secrets::{SecretPurpose, Secrets};
use crate::text::Folded;
use crate::time::Instant;

/// A name under which somebody tries to sign in, as a keyed hash: the table of names tells nobody
/// which they are, and nobody can look for two that share a place.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NameKey([u8; 32]);

impl NameKey {
    /// How many places the table of a store has.
    pub const SLOTS: u32 = 65_536;

    /// The key of a name in a store.
    pub fn of(secrets: &dyn Secrets, store: StoreId, name: &Folded) -> Self {
        let mut text = store.as_uuid().as_bytes().to_vec();
        text.extend_from_slice(name.as_str().as_bytes());
        Self(secrets.keyed_hash(SecretPurpose::NameKey, &text))
    }

    /// A key made of these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its place in the table, below [`Self::SLOTS`].
    pub fn slot(&self) -> u32 {
        let [high, low, ..] = self.0;
        u32::from(u16::from_be_bytes([high, low]))
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for NameKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NameKey(..)")
    }
}

/// What is counted under a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NameRecord {
    /// Failed and refused attempts in a row.
    pub failures: u32,
    /// When the latest of them was.
    pub failed_at: Option<Instant>,
    /// The attempts on an account of that name where there is none. It has the same tries and the
    /// same locks as a real one, so that its refusals tell nobody that it is none.
    pub decoy: Attempts,
}

/// How long failures under a name are remembered after the latest.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(1);
/// Failures that cost no time.
const FREE: u32 = 3;
/// The longest that a name is throttled, in seconds.
const LONGEST: i64 = 30;

impl NameRecord {
    /// How long attempts under this name are refused from `now` on; `None` when they are not. After
    /// the n-th failure, from the third on, it is 2^(n−3) seconds, at most 30.
    pub fn throttled(&self, now: Instant) -> Option<SignedDuration> {
        let since = self.failed_at?;
        let shift = self.failures.checked_sub(FREE)?;
        let seconds = 1_i64.checked_shl(shift.min(30)).unwrap_or(LONGEST).min(LONGEST);
        let until = since.saturating_add(SignedDuration::from_secs(seconds));
        let left = until.as_micros().saturating_sub(now.as_micros());
        // No longer than from now, though a clock ahead of ours saw the failure.
        let left = SignedDuration::from_micros(left).min(SignedDuration::from_secs(seconds));
        left.is_positive().then_some(left)
    }

    /// Counts a failed or refused attempt.
    pub fn fail(&mut self, now: Instant) {
        let is_old = |at: Instant| at.saturating_add(REMEMBERED) < now;
        if self.failed_at.is_some_and(is_old) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.failed_at = Some(now);
    }

    /// Forgets what was counted.
    pub fn clear(&mut self) {
        (self.failures, self.failed_at) = (0, None);
        self.decoy.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::from_micros(millis * 1_000).expect("in range")
    }

    fn after(failures: u32) -> NameRecord {
        let mut record = NameRecord::default();
        for _ in 0..failures {
            record.fail(at(0));
        }
        record
    }

    #[test]
    fn from_the_third_failure_on_a_name_waits_twice_as_long_up_to_30_seconds() {
        let waits = [0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30];
        for (failures, seconds) in (0..).zip(waits) {
            let wait = after(failures).throttled(at(0)).map_or(0, |wait| wait.as_secs());
            assert_eq!(wait, seconds, "{failures} failures");
        }
        assert_eq!(after(200).throttled(at(0)).map(|it| it.as_secs()), Some(30));
    }

    #[test]
    fn the_wait_ends_to_the_microsecond() {
        let record = after(3);
        assert_eq!(record.throttled(at(999)), Some(SignedDuration::from_millis(1)));
        assert_eq!(record.throttled(at(1_000)), None);
    }

    #[test]
    fn a_failure_that_lies_ahead_costs_no_more() {
        let mut record = NameRecord::default();
        for _ in 0..4 {
            record.fail(at(600_000));
        }
        assert_eq!(record.throttled(at(0)), Some(SignedDuration::from_secs(2)));
    }

    #[test]
    fn failures_are_forgotten_after_an_hour() {
        let mut record = after(9);
        record.fail(at(3_600_001));
        assert_eq!(record.failures, 1);
    }

    #[test]
    fn success_forgets_them_at_once() {
        let mut record = after(9);
        record.clear();
        assert_eq!((record.failures, record.throttled(at(0))), (0, None));
    }

    #[test]
    fn the_place_of_a_name_follows_from_its_key() {
        let key = NameKey::from_bytes([0xff; 32]);
        assert_eq!(key.slot(), NameKey::SLOTS - 1);
        assert_eq!(format!("{key:?}"), "NameKey(..)");
    }
}
