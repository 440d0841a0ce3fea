//! What a migration cannot say in SQL, done in its transaction.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use domain::text::Folded;
use uuid::Uuid;

use super::super::Conn;
use super::chunks::CHUNK;
use super::fragment::{Fragment, Slot, Value};
use super::listing::behind;
use crate::types::{DbUuid, Id};

/// Completes the migration of that name.
pub(super) fn complete(conn: &mut Conn, migration: &str) -> QueryResult<()> {
    match migration {
        "2026-11-22-000002_administration" => fold_users(conn),
        _ => Ok(()),
    }
}

type Named = (Id, Id, Option<String>, Option<String>, Option<String>);

/// The tables as they are after that migration and no other, so nothing of `schema` is used.
const NAMED: &str = "SELECT store_id, id, first_name, last_name, email FROM users
    WHERE :behind AND (first_name <> '' OR last_name <> '' OR email <> '')
    ORDER BY store_id, id LIMIT :limit";

const FOLD: &str = "UPDATE users
    SET first_name_folded = folded.column3, last_name_folded = folded.column4,
        email_folded = folded.column5
    FROM (VALUES :rows) AS folded
    WHERE users.store_id = folded.column1 AND users.id = folded.column2";

fn fold_users(conn: &mut Conn) -> QueryResult<()> {
    let mut place = (Id(Uuid::nil()), Id(Uuid::nil()));
    let limit = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    loop {
        let after = vec![place.0.into(), place.1.into()];
        let behind = Slot::Part(behind(&["store_id", "id"], false, after));
        let users: Vec<Named> =
            Fragment::new(NAMED, &[("behind", behind), ("limit", Slot::from(limit))])
                .returning::<(DbUuid, DbUuid, Nullable<Text>, Nullable<Text>, Nullable<Text>)>()
                .load(conn)?;
        let Some(last) = users.last() else { return Ok(()) };
        place = (last.0, last.1);
        let rows = users.iter().map(folded).collect();
        Fragment::new(FOLD, &[("rows", Slot::Rows(rows))]).execute(conn)?;
    }
}

fn folded((store, id, first_name, last_name, email): &Named) -> Vec<Value> {
    let fold = |name: &Option<String>| {
        let folded = name.as_deref().map(Folded::of);
        Value::from(folded.as_ref().map_or("", Folded::as_str))
    };
    vec![Value::Id(*store), Value::Id(*id), fold(first_name), fold(last_name), fold(email)]
}
