//! The API as its clients see it: status, body, headers and permission of every endpoint, on the
//! real services and the in-memory adapter.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod app;
mod document;
mod reads;
