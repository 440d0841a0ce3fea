//! Black-box tests: each starts the real binary on a database of its own and speaks HTTP, the
//! command line and signals with it, as an operator and a client would.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic, in its helpers too"
)]

mod audit;
mod bad_input;
mod batch;
mod callers;
mod commands;
mod crash;
mod documents;
mod generated;
mod harness;
mod http;
mod lists;
mod races;
mod secrets;
mod shutdown;
mod start;
mod users;
mod users_patch;
mod verifier;
