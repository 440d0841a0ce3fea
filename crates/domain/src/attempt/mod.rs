//! The one attempt: every operation that asks for a password asks here, whichever API it came by.
//!
//! 1. A ticket of the hash queue: without one nothing is counted.
//! 2. Reserve: one unit of work looks at the throttle of the name, at the account and its locks, and
//!    takes a place among the tries that are left. See [`Attempts`] for the machine.
//! 3. Verify, outside of any unit: the real hash, or a decoy of the same cost.
//! 4. Settle: a second unit gives the place back and moves the counters; it looks at the account
//!    again, since that may have changed meanwhile.

mod log;
mod machine;
mod outcome;
mod repository;
mod reserve;
mod service;
mod settle;
mod throttle;

#[cfg(any(test, feature = "mocks"))]
pub use log::MockAttemptLog;
pub use log::{AttemptEvent, AttemptLog, Shown};
pub use machine::{Attempts, Denied, Limits, Place};
pub use outcome::Outcome;
pub(crate) use outcome::refusal;
pub use repository::{AttemptRepository, ThrottleRepository};
#[cfg(any(test, feature = "mocks"))]
pub use repository::{MockAttemptRepository, MockThrottleRepository};
pub(crate) use reserve::{Subject, find_by_name, unthrottled};
pub(crate) use service::{Aim, Attempt, Proof, Proven, forget_attempts};
pub use throttle::{NameKey, NameRecord};
