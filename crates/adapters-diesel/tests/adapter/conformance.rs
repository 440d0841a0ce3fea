//! The suite that every adapter of the port proves itself with.

use crate::places::{Postgres, Sqlite};

testkit::conformance!(sqlite, Sqlite::migrated());
testkit::conformance!(postgres, Postgres::migrated().await);
