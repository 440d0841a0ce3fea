//! Tokens of issuers: those that are accepted, those that must not be, and where keys come from.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by a panic, in its helpers too"
)]

mod accepted;
mod address;
mod file;
mod forged;
mod hostile;
mod settings;
mod support;
