//! The migrations, run by one node while the others wait.

use diesel::migration::{Migration, MigrationSource as _};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::MigrationHarness as _;

use super::super::{Backend, Conn, dialect};
use crate::migration::{Direction, MigrateError};

type Pending = Vec<Box<dyn Migration<Backend>>>;

/// A line of a catalogue.
#[derive(QueryableByName)]
pub(crate) struct Told {
    #[diesel(sql_type = Text)]
    told: String,
}

const APPLIED: &str = "SELECT version AS told FROM __diesel_schema_migrations";

/// Goes in that direction, all of it in one transaction behind a lock, and names what was done.
pub(crate) fn go(conn: &mut Conn, direction: Direction) -> Result<Vec<String>, MigrateError> {
    match direction {
        Direction::Nowhere => Ok(names(&pending(conn)?)),
        Direction::Up => dialect::alone(conn, apply),
        Direction::Down { steps } => dialect::alone(conn, |conn| revert(conn, steps)),
    }
}

/// What is not applied yet, in order. diesel's own look-up makes its table first, which needs more
/// rights than a node that does not migrate may have.
fn pending(conn: &mut Conn) -> Result<Pending, MigrateError> {
    let mut pending: Pending = dialect::MIGRATIONS.migrations().map_err(MigrateError::from)?;
    if has_table(conn, "__diesel_schema_migrations")? {
        let applied: Vec<Told> = diesel::sql_query(APPLIED).load(conn)?;
        pending.retain(|migration| {
            let version = migration.name().version().to_string();
            applied.iter().all(|line| line.told != version)
        });
    }
    pending.sort_unstable_by_key(|migration| migration.name().version().to_string());
    Ok(pending)
}

/// Whether there is such a table.
pub(crate) fn has_table(conn: &mut Conn, name: &str) -> QueryResult<bool> {
    let found: Vec<Told> = diesel::sql_query(dialect::TABLE).bind::<Text, _>(name).load(conn)?;
    Ok(!found.is_empty())
}

/// Applies what is pending, and names it.
fn apply(conn: &mut Conn) -> Result<Vec<String>, MigrateError> {
    let pending = conn.pending_migrations(dialect::MIGRATIONS).map_err(MigrateError::from)?;
    for migration in &pending {
        conn.run_migration(migration).map_err(MigrateError::from)?;
        super::backfill::complete(conn, &migration.name().to_string())?;
    }
    Ok(names(&pending))
}

fn names(migrations: &Pending) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().to_string()).collect()
}

/// Undoes the last `steps` migrations, the last first.
fn revert(conn: &mut Conn, steps: usize) -> Result<Vec<String>, MigrateError> {
    let known: Pending = dialect::MIGRATIONS.migrations().map_err(MigrateError::from)?;
    let applied = conn.applied_migrations().map_err(MigrateError::from)?;
    let mut reverted = Vec::new();
    for version in applied.into_iter().take(steps) {
        let migration = known
            .iter()
            .find(|migration| migration.name().version() == version)
            .ok_or_else(|| MigrateError::unknown(&version.to_string()))?;
        conn.revert_migration(migration).map_err(MigrateError::from)?;
        reverted.push(migration.name().to_string());
    }
    Ok(reverted)
}
