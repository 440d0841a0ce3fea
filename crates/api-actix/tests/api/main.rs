//! The API as its clients see it: status, body, headers and permission of every endpoint, on the
//! real services and the in-memory adapter.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

mod access;
mod app;
mod audit;
mod bad_input;
mod batch;
mod document;
mod edge;
mod lists;
mod log;
mod patch;
mod reads;
mod socket;
mod upsert;
mod writes;
