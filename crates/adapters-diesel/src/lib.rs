//! The repositories of the domain on SQLite and PostgreSQL, by diesel.
//!
//! One repository source, `shared/`, is compiled once per database, so each has its whole dialect;
//! what truly differs is in the two `dialect` modules. Connections live in lanes: a thread owns a
//! connection and takes units of work from a bounded queue. SQLite is native, PostgreSQL goes
//! through diesel-async's synchronous wrapper over tokio-postgres and rustls, so that neither libpq
//! nor OpenSSL is needed.
//!
//! ```no_run
//! use adapters_diesel::{Database, DatabaseUrl, Settings};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let database = Database::open(&Settings::new(DatabaseUrl::parse("sqlite://users.db")?))?;
//! database.migrate()?;
//! let unit_of_work = database.unit_of_work();
//! # Ok(())
//! # }
//! ```
//!
//! # The recipe for a new table
//! 1. A migration in `migrations/sqlite` and `migrations/postgres`, of the same name, up and down;
//!    on SQLite with a line in `sqlite_stat1` for each index.
//! 2. The table in `schema.rs`.
//! 3. A row to read and a row to write in `rows/`, where what is read is parsed again.
//! 4. The port's repository in `shared/`: reads through `session.read`, writes through
//!    `session.write`, or `session.record` and `session.record_all` when audit entries go with it.
//!    A record with an id and a version of its own is a `Record`; a list is a `Listing`. What
//!    diesel's language lacks is a `Fragment`.
//! 5. Its unique constraints in `error.rs`, with their meaning.
//! 6. The cases of the port in `testkit::conformance`, which run on both databases, and the plans
//!    of its statements in `sqlite/plans.rs`.

#![expect(clippy::duplicate_mod, reason = "the shared source is compiled once per database")]

mod counter;
mod database;
mod error;
mod lane;
mod migration;
mod postgres;
mod rows;
mod schema;
mod settings;
mod sqlite;
mod types;
mod url;

pub use database::{Database, OpenError};
pub use migration::MigrateError;
pub use settings::{Settings, Timeouts, Tls};
pub use url::{DatabaseUrl, DatabaseUrlError};
