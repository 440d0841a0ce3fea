//! Black-box tests: each starts the real binary on a database of its own and speaks HTTP, the
//! command line and signals with it, as an operator and a client would.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic, in its helpers too"
)]
#![expect(clippy::similar_names, reason = "paths, pages and patches are what this is about")]

mod attributes;
mod audit;
mod audit_log;
mod bad_input;
mod batch;
mod batches;
mod bundles;
mod callers;
mod commands;
mod crash;
mod documents;
mod filters;
mod generated;
mod groups;
mod harness;
mod http;
mod idempotency;
mod last_admin;
mod lists;
mod memberships;
mod nesting;
mod operations;
mod races;
mod relations_patch;
mod roles;
mod secrets;
mod shutdown;
mod sign_in;
mod start;
mod stores;
mod streams;
mod users;
mod users_api;
mod users_patch;
mod verifier;
mod worked_example;
