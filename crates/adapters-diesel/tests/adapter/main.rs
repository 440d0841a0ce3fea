//! What the ports do not tell: the adapter on real databases, with their failures.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod belongings;
mod conformance;
mod constraints;
mod erasing;
mod group_commit;
mod keys;
mod log_migration;
mod log_races;
mod migrations;
mod outages;
mod outcome;
mod places;
mod statements;
mod tls;
