//! The rules of the user store.
//!
//! No I/O, no SQL, no HTTP, no async runtime: what reaches the outside is a port, a trait that an
//! adapter implements. Time, chance and ids come in through ports too, so every rule can be tested
//! at its edge.
//!
//! # The recipe for a use case
//! 1. Types that are valid by construction, each with one `parse` ([`user::LoginName`]).
//! 2. The rule as a pure function of values, time included, with its unit test.
//! 3. A method on a service that passes the [`access::Gate`] with the permission it needs, loads,
//!    calls the rule, lets the [`audit::Journal`] record the change, and writes what was recorded.
//!
//! # The recipe for an adapter
//! Implement [`unit_of_work::UnitOfWork`] with the repositories it hands out, and run
//! `testkit::conformance` against it. Each port says in its documentation what it returns and when
//! it fails: `Ok(None)` is "not there", `Err` is a failure.

pub mod access;
pub mod account;
pub mod attempt;
pub mod attribute;
pub mod audit;
pub mod client;
pub mod credential;
pub mod delivery;
pub mod error;
pub mod filter;
pub mod first_start;
pub mod group;
pub mod id;
pub mod idempotency;
#[cfg(feature = "mocks")]
pub mod mocks;
pub mod page;
pub mod password;
pub mod random;
pub mod resource;
pub mod second_factor;
pub mod secrets;
pub mod session;
pub mod store;
pub mod synchronize;
pub mod text;
pub mod time;
pub mod token;
pub mod unit_of_work;
pub mod user;
pub mod version;
