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
mod attributes;
mod audit;
mod audit_log;
mod bad_input;
mod batch;
mod batches;
mod clients;
mod document;
mod edge;
mod erase;
mod events;
mod groups;
mod idempotency;
mod lists;
mod log;
mod nesting;
mod notes;
mod passwords;
mod patch;
mod public;
mod reads;
mod roles;
mod second_factor;
mod secrecy;
mod socket;
mod source_limit;
mod state;
mod stores;
mod upsert;
mod users_accounts;
mod users_binding;
mod users_passwords;
mod users_scene;
mod users_sessions;
mod verify;
mod writes;
