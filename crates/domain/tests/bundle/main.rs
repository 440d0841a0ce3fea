//! Bundles of the audit log: what is written is good, and whatever is changed in one is found.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

mod archives;
mod bits;
mod exports;
mod file;
mod forge;
mod forms;
mod insertions;
mod kept;
mod keys;
mod lines;
mod property;
mod scene;
