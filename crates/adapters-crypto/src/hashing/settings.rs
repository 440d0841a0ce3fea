use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use thiserror::Error;

use super::costs::{Costs, CostsError};
use super::engine::EngineKind;

/// How passwords are hashed, as it was configured; see [`HashSettings::parse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashOptions {
    /// Argon2's `m`: 8 KiB for each lane to 262 144 KiB.
    pub memory_kib: u32,
    /// Argon2's `t`: 1 to 16.
    pub iterations: u32,
    /// Argon2's `p`: 1 to 4.
    pub parallelism: u32,
    /// Threads that hash, at most 256; 0 for one per core.
    pub threads: usize,
    /// Requests that may wait beside those that are served, at most 10 000.
    pub queue: usize,
    /// How long a hash may wait for its turn.
    pub wait: Duration,
    /// What computes.
    pub engine: EngineKind,
    /// Whether new hashes depend on a secret key too.
    pub pepper: bool,
    /// Accept costs below OWASP's, for test suites.
    pub test_profile: bool,
}

impl Default for HashOptions {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            threads: 0,
            queue: 64,
            wait: Duration::from_secs(10),
            engine: EngineKind::default(),
            pepper: false,
            test_profile: false,
        }
    }
}

/// How passwords are hashed: within the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashSettings {
    pub(crate) costs: Costs,
    pub(crate) threads: NonZeroUsize,
    pub(crate) queue: usize,
    pub(crate) wait: Duration,
    pub(crate) engine: EngineKind,
    pub(crate) pepper: bool,
}

/// The rule that the configuration of hashing breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HashSettingsError {
    /// Costs that cannot be met.
    #[error(transparent)]
    Costs(#[from] CostsError),
    /// Costs that make guessing too cheap.
    #[error(
        "memory in KiB and iterations are below every pair that OWASP holds to be strong enough: \
         47104/1, 19456/2, 12288/3, 9216/4, 7168/5"
    )]
    TooCheap,
    /// Too many threads.
    #[error("there may be at most 256 threads (0 for one per core)")]
    Threads,
    /// Too long a queue.
    #[error("the queue may have at most 10000 places")]
    Queue,
}

impl HashSettings {
    const MOST_THREADS: usize = 256;
    const MOST_QUEUE: usize = 10_000;

    /// Accepts options that keep the rules of [`HashOptions`], and unless these are for a test suite
    /// cost at least one of the pairs of OWASP's Password Storage Cheat Sheet.
    ///
    /// # Errors
    /// [`HashSettingsError`].
    pub fn parse(options: &HashOptions) -> Result<Self, HashSettingsError> {
        let costs = Costs::parse(options.memory_kib, options.iterations, options.parallelism)?;
        if !(costs.satisfy_owasp() || options.test_profile) {
            return Err(HashSettingsError::TooCheap);
        }
        if options.threads > Self::MOST_THREADS {
            return Err(HashSettingsError::Threads);
        }
        if options.queue > Self::MOST_QUEUE {
            return Err(HashSettingsError::Queue);
        }
        Ok(Self {
            costs,
            threads: NonZeroUsize::new(options.threads).unwrap_or_else(cores),
            queue: options.queue,
            wait: options.wait,
            engine: options.engine,
            pepper: options.pepper,
        })
    }

    /// Whether guessing is cheaper than OWASP advises, which only test suites may have.
    pub fn are_too_cheap(&self) -> bool {
        !self.costs.satisfy_owasp()
    }
}

fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(options: &HashOptions) -> Option<HashSettingsError> {
        HashSettings::parse(options).err()
    }

    #[test]
    fn the_default_is_owasps_with_a_thread_for_each_core() {
        let settings = HashSettings::parse(&HashOptions::default()).expect("within the rules");
        assert_eq!(settings.threads, cores());
        assert!(!settings.are_too_cheap());
    }

    #[test]
    fn costs_below_owasps_are_refused_outside_of_test_suites() {
        let cheap = HashOptions { memory_kib: 19_455, ..HashOptions::default() };
        assert_eq!(error(&cheap), Some(HashSettingsError::TooCheap));
        assert!(HashSettingsError::TooCheap.to_string().contains("19456/2"));
        let for_tests = HashOptions { test_profile: true, ..cheap };
        assert!(HashSettings::parse(&for_tests).expect("for tests").are_too_cheap());
    }

    #[test]
    fn a_test_suite_cannot_go_below_what_the_algorithm_needs() {
        let options = HashOptions {
            memory_kib: 31,
            parallelism: 4,
            test_profile: true,
            ..HashOptions::default()
        };
        assert_eq!(error(&options), Some(HashSettingsError::Costs(CostsError::Memory)));
        assert_eq!(error(&HashOptions { memory_kib: 32, ..options }), None);
    }

    #[test]
    fn threads_and_queue_are_bounded() {
        let of = |threads, queue| error(&HashOptions { threads, queue, ..HashOptions::default() });
        assert_eq!(of(256, 10_000), None);
        assert_eq!(of(1, 0), None);
        assert_eq!(of(257, 64), Some(HashSettingsError::Threads));
        assert_eq!(of(1, 10_001), Some(HashSettingsError::Queue));
    }
}
