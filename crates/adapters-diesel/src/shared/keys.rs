//! The ids of the keys that every node must have. They belong to the installation, so they are asked
//! for at its start, before there is anybody to run units of work.

use diesel::prelude::*;

use super::super::Conn;
use crate::schema::secret_keys;

/// The ids, in the order in which they were registered.
pub(crate) fn all(conn: &mut Conn) -> QueryResult<Vec<String>> {
    secret_keys::table.order(secret_keys::number).select(secret_keys::key_id).load(conn)
}

/// Adds an id as that of this number, unless there is one.
pub(crate) fn register(conn: &mut Conn, number: i64, id: &str) -> QueryResult<()> {
    diesel::insert_into(secret_keys::table)
        .values((secret_keys::number.eq(number), secret_keys::key_id.eq(id)))
        .on_conflict(secret_keys::number)
        .do_nothing()
        .execute(conn)?;
    Ok(())
}
