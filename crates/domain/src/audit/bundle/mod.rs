//! Bundles: a part of a store's audit log in one file that is verified with nothing else at hand. The
//! form and the verdict stand in `docs/audit-bundle.md`.
//!
//! - [`Exporter`], [`Export`]: write one, from the database
//! - [`Verifier`]: judges one, line by line; its [`Checker`] does what takes time, in any order
//! - [`Inspector`]: finds what no bundle shows, in the database
//! - [`KeptCheckpoint`]: what a bundle is held against
//! - [`Report`], [`Reason`]: the verdict

mod body;
mod check;
mod cursor;
mod export;
mod flaw;
mod head;
mod inspector;
mod kept;
mod line;
mod report;
mod value;
mod verifier;
mod write;

pub use check::{Checked, Checker, LONGEST_LINE};
pub use export::{Export, Exporter};
pub use inspector::Inspector;
pub use kept::{ArchiveNeeded, KeptCheckpoint};
pub use report::{Fault, Reason, Report, Tail};
pub use verifier::{Verifier, Wanted};
