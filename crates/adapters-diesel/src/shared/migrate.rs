//! The migrations, run by one node while the others wait.

use diesel::migration::{Migration, MigrationSource as _};
use diesel_migrations::MigrationHarness as _;

use super::super::{Backend, Conn, dialect};
use crate::migration::{Direction, MigrateError};

type Pending = Vec<Box<dyn Migration<Backend>>>;

/// Goes in that direction, all of it in one transaction behind a lock, and names what was done.
pub(crate) fn go(conn: &mut Conn, direction: Direction) -> Result<Vec<String>, MigrateError> {
    dialect::alone(conn, |conn| match direction {
        Direction::Nowhere => Ok(names(&pending(conn)?)),
        Direction::Up => {
            let pending = pending(conn)?;
            conn.run_migrations(&pending).map_err(MigrateError::from)?;
            Ok(names(&pending))
        }
        Direction::Down { steps } => revert(conn, steps),
    })
}

/// What is not applied yet, looked up inside the lock.
fn pending(conn: &mut Conn) -> Result<Pending, MigrateError> {
    conn.pending_migrations(dialect::MIGRATIONS).map_err(MigrateError::from)
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
