use zeroize::Zeroizing;

use super::{OneTimePassword, Seed};
use crate::time::Instant;

/// A time step of RFC 6238 §4.1: so many times 30 seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeStep(u64);

impl TimeStep {
    /// Seconds of a step.
    pub const SECONDS: u64 = 30;

    /// The step of that number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The step in which `now` lies; the first one before 1970.
    pub fn at(now: Instant) -> Self {
        let seconds = u64::try_from(now.as_micros()).unwrap_or_default() / 1_000_000;
        Self(seconds / Self::SECONDS)
    }

    /// The steps whose codes are accepted at `now`: one earlier and one later for clocks that differ
    /// and people who type (RFC 6238 §5.2).
    pub fn accepted_at(now: Instant) -> [Self; 3] {
        let Self(present) = Self::at(now);
        [Self(present.saturating_sub(1)), Self(present), Self(present.saturating_add(1))]
    }
}

/// Makes the codes of authenticators: RFC 6238 with SHA-1, six digits and steps of 30 seconds, which
/// is what all of them know.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Totp: Send + Sync + 'static {
    /// The code of a step.
    fn password(&self, seed: &Seed, step: TimeStep) -> OneTimePassword;

    /// The `otpauth://totp/` URI by which an authenticator takes the seed over: `account` at `issuer`.
    fn uri(&self, seed: &Seed, issuer: &str, account: &str) -> Zeroizing<String>;
}
