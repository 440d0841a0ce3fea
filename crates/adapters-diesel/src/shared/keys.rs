//! The ids of the keys that every node must have. They belong to the installation, so they are asked
//! for at its start, before there is anybody to run units of work.

use diesel::prelude::*;
use domain::time::Instant;

use super::super::Conn;
use crate::schema::secret_keys;
use crate::types::At;

/// The ids, the oldest first.
pub(crate) fn all(conn: &mut Conn) -> QueryResult<Vec<String>> {
    secret_keys::table
        .order((secret_keys::created, secret_keys::key_id))
        .select(secret_keys::key_id)
        .load(conn)
}

/// Adds an id, unless it is there.
pub(crate) fn register(conn: &mut Conn, id: &str, now: Instant) -> QueryResult<()> {
    diesel::insert_into(secret_keys::table)
        .values((secret_keys::key_id.eq(id), secret_keys::created.eq(At(now))))
        .on_conflict(secret_keys::key_id)
        .do_nothing()
        .execute(conn)?;
    Ok(())
}
