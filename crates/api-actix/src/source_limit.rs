//! How often one client address may ask something without a credential: a token bucket for each.
//!
//! The buckets are in the memory of this process: every node has its own, and a restart fills them.
//! They only keep one source from making much work. What guards accounts is counted in the database,
//! for all nodes together.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::HttpRequest;
use domain::random::Random;
use domain::time::{Clock, Instant};
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ipnet::IpNet;
use sha2::Sha256;

use crate::client_address::client_address;
use crate::problem::Problem;

/// How often one address may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceLimit {
    /// Requests a second, in the long run; at least 1, and 0 is as good as that.
    pub per_second: u32,
    /// Requests at once, after a rest; at least 1, and 0 is as good as that.
    pub burst: u32,
}

impl Default for SourceLimit {
    /// 10 a second, 50 at once.
    fn default() -> Self {
        Self { per_second: 10, burst: 50 }
    }
}

impl SourceLimit {
    fn quota(self) -> Quota {
        let at_least_one = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        Quota::per_second(at_least_one(self.per_second)).allow_burst(at_least_one(self.burst))
    }
}

/// Where requests come from, and how many of them are taken.
#[derive(Clone, Debug)]
pub struct Sources {
    /// How often one address may use the operations that need no credential. An address of IPv6
    /// stands for its /64. `None` for as often as it likes.
    pub limit: Option<SourceLimit>,
    /// The proxies whose `Forwarded` and `X-Forwarded-For` are believed. They must set at least one
    /// of the two, else clients could.
    pub trusted_proxies: Vec<IpNet>,
}

impl Default for Sources {
    /// The default limit, and no proxies.
    fn default() -> Self {
        Self { limit: Some(SourceLimit::default()), trusted_proxies: Vec::new() }
    }
}

/// Lets requests through, or not yet.
pub(crate) struct SourceGuard {
    buckets: Option<Buckets>,
    trusted_proxies: Vec<IpNet>,
}

impl SourceGuard {
    /// A guard with full buckets.
    pub(crate) fn new(sources: Sources, clock: &Arc<dyn Clock>, random: &dyn Random) -> Self {
        let Sources { limit, trusted_proxies } = sources;
        let buckets = limit.map(|limit| Buckets::new(limit, Arc::clone(clock), random));
        Self { buckets, trusted_proxies }
    }

    /// The proxies that are believed.
    pub(crate) fn trusted_proxies(&self) -> &[IpNet] {
        &self.trusted_proxies
    }

    /// Takes a request, if its source has not asked too often.
    ///
    /// # Errors
    /// 429 with `Retry-After`.
    pub(crate) fn admit(&self, request: &HttpRequest) -> Result<(), Problem> {
        let Some(buckets) = &self.buckets else { return Ok(()) };
        let address = client_address(request.peer_addr(), request.headers(), &self.trusted_proxies);
        buckets.take(address).map_err(Problem::too_many_requests)
    }
}

/// The buckets, in a table of fixed size: whoever has many addresses fills it and makes it no
/// larger. Two addresses share a bucket by chance, once in 65 536, and nobody can tell which do,
/// since they are spread by a key that is drawn anew at every start.
struct Buckets {
    limiter: RateLimiter<Slot, DashMapStateStore<Slot>, Steady, NoOpMiddleware<Nanos>>,
    key: [u8; 32],
    /// Requests since full buckets were last forgotten.
    taken: AtomicU32,
}

/// A place in the table.
type Slot = u16;

/// After so many requests the buckets that are full again are forgotten.
const SWEEP: u32 = 16_384;

impl Buckets {
    fn new(limit: SourceLimit, clock: Arc<dyn Clock>, random: &dyn Random) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        let limiter = RateLimiter::dashmap_with_clock(limit.quota(), Steady::new(clock));
        Self { limiter, key, taken: AtomicU32::new(0) }
    }

    /// Takes one request out of the bucket of `address`; the error is how long until there is one.
    fn take(&self, address: IpAddr) -> Result<(), Duration> {
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
        }
        let taken = self.limiter.check_key(&self.slot(address));
        taken.map_err(|not_until| not_until.wait_time_from(self.limiter.clock().now()))
    }

    fn slot(&self, address: IpAddr) -> Slot {
        // A key of any length is one.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return 0 };
        match address {
            IpAddr::V4(address) => mac.update(&address.octets()),
            // Whoever has one address of IPv6 has the whole network (RFC 6177 §2).
            IpAddr::V6(address) => mac.update(address.octets().get(..8).unwrap_or_default()),
        }
        let [high, low, ..] = <[u8; 32]>::from(mac.finalize().into_bytes());
        Slot::from_be_bytes([high, low])
    }
}

/// Time that only passes, made of the steps forward of a clock that may be set: nobody is locked out
/// for an hour because the clock was put back by one.
struct Steady {
    clock: Arc<dyn Clock>,
    reading: Mutex<Reading>,
}

struct Reading {
    at: Instant,
    passed: Duration,
}

impl Steady {
    /// The longest step that counts, in microseconds: a day, which fills every bucket.
    const LONGEST_STEP: i64 = 24 * 60 * 60 * 1_000_000;

    fn new(clock: Arc<dyn Clock>) -> Self {
        let reading = Mutex::new(Reading { at: clock.now(), passed: Duration::ZERO });
        Self { clock, reading }
    }
}

impl governor::clock::Clock for Steady {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        let step = now.as_micros().saturating_sub(reading.at.as_micros());
        let step = step.clamp(0, Self::LONGEST_STEP).unsigned_abs();
        reading.at = now;
        reading.passed = reading.passed.saturating_add(Duration::from_micros(step));
        reading.passed.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use testkit::{ManualClock, SequentialRandom};

    fn buckets(per_second: u32, burst: u32) -> (Arc<ManualClock>, Buckets) {
        let clock = Arc::new(ManualClock::default());
        let limit = SourceLimit { per_second, burst };
        let buckets = Buckets::new(limit, Arc::clone(&clock) as _, &SequentialRandom::default());
        (clock, buckets)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    /// How many of so many requests are taken.
    fn taken(buckets: &Buckets, from: &str, of: usize) -> usize {
        (0..of).filter(|_| buckets.take(address(from)).is_ok()).count()
    }

    #[test]
    fn a_burst_is_taken_at_once_and_then_one_after_the_other() {
        let (clock, buckets) = buckets(10, 5);
        assert_eq!(taken(&buckets, "192.0.2.1", 9), 5);
        assert_eq!(buckets.take(address("192.0.2.1")), Err(Duration::from_millis(100)));
        clock.advance(SignedDuration::from_millis(99));
        assert_eq!(taken(&buckets, "192.0.2.1", 1), 0);
        clock.advance(SignedDuration::from_millis(1));
        assert_eq!(taken(&buckets, "192.0.2.1", 2), 1);
        clock.advance(SignedDuration::from_hours(1));
        assert_eq!(taken(&buckets, "192.0.2.1", 9), 5);
    }

    #[test]
    fn every_address_has_a_bucket_and_every_network_of_ipv6() {
        let (_, buckets) = buckets(1, 1);
        assert_eq!(taken(&buckets, "192.0.2.1", 2), 1);
        assert_eq!(taken(&buckets, "192.0.2.2", 2), 1);
        assert_eq!(taken(&buckets, "2001:db8:0:1::1", 2), 1);
        assert_eq!(taken(&buckets, "2001:db8:0:1:ffff:ffff:ffff:ffff", 2), 0);
        assert_eq!(taken(&buckets, "2001:db8:0:2::1", 2), 1);
    }

    #[test]
    fn a_clock_that_is_put_back_locks_nobody_out() {
        let (clock, buckets) = buckets(1, 1);
        assert_eq!(taken(&buckets, "192.0.2.1", 2), 1);
        clock.advance(SignedDuration::from_hours(-1));
        assert_eq!(taken(&buckets, "192.0.2.1", 2), 0);
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(taken(&buckets, "192.0.2.1", 2), 1);
        for _ in 0..2 {
            clock.set("9999-12-31T23:59:59Z".parse().expect("a time"));
            assert_eq!(taken(&buckets, "192.0.2.1", 2), 1);
            clock.set("0001-01-01T00:00:00Z".parse().expect("a time"));
            assert_eq!(taken(&buckets, "192.0.2.1", 2), 0);
        }
    }

    #[test]
    fn many_addresses_take_no_more_memory_and_full_buckets_none() {
        let (clock, buckets) = buckets(1, 1);
        for number in 0..200_000_u32 {
            let _ = buckets.take(IpAddr::V4(number.into()));
        }
        assert!(buckets.limiter.len() <= 65_536, "{}", buckets.limiter.len());
        assert!(buckets.limiter.len() > 60_000, "{}", buckets.limiter.len());
        clock.advance(SignedDuration::from_secs(10));
        for _ in 0..SWEEP {
            let _ = buckets.take(address("192.0.2.1"));
        }
        assert!(buckets.limiter.len() <= 1, "{}", buckets.limiter.len());
    }

    #[test]
    fn any_numbers_make_a_limit() {
        for (per_second, burst) in [(0, 0), (u32::MAX, u32::MAX), (u32::MAX, 0), (0, u32::MAX)] {
            let (_, buckets) = buckets(per_second, burst);
            assert!(buckets.take(address("192.0.2.1")).is_ok());
        }
        let (_, none) = buckets(0, 0);
        assert_eq!(taken(&none, "192.0.2.1", 3), 1);
    }
}
