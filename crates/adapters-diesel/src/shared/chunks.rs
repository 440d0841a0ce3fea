//! Statements that grow with chunks of a slice, not with its items.

use domain::id::StoreId;
use domain::unit_of_work::StoreError;

use diesel::prelude::*;

use super::super::Conn;
use super::fragment::{Fragment, Slot, Value};
use crate::error::Failure;

/// Rows of one statement: of at most 30 columns each, below SQLite's 32 766 and PostgreSQL's 65 535
/// bind values.
pub(super) const CHUNK: usize = 1_000;

/// Adds rows to a table, as few statements as there are chunks.
macro_rules! insert_chunks {
    ($conn:expr, $table:expr, $rows:expr) => {{
        let mut rows: Vec<_> = $rows.collect();
        while !rows.is_empty() {
            let chunk: Vec<_> = rows.drain(..rows.len().min(super::chunks::CHUNK)).collect();
            diesel::insert_into($table).values(chunk).execute($conn)?;
        }
    }};
}
pub(super) use insert_chunks;

/// Whether a row of a store holds one of these combinations in the columns. In this form, and not
/// as `IN (VALUES …)` beside the store, SQLite looks every combination up in the index.
pub(super) fn among(store: StoreId, columns: &[&'static str], rows: Vec<Vec<Value>>) -> Fragment {
    let names = columns.iter().map(|column| Fragment::sql(*column));
    let given = (1..=columns.len()).map(|place| Fragment::sql(format!("column{place}")));
    let slots = [
        ("names", Slot::Part(Fragment::join(names, ", "))),
        ("store", Slot::from(store)),
        ("given", Slot::Part(Fragment::join(given, ", "))),
        ("rows", Slot::Rows(rows)),
    ];
    let template = "(store_id, :names) IN (SELECT :store, :given FROM (VALUES :rows) AS given)";
    Fragment::new(template, &slots)
}

/// Removes from a table the rows of a store that hold one of these combinations in the columns.
pub(super) fn delete_rows(
    conn: &mut Conn,
    store: StoreId,
    (table, columns): (&'static str, &[&'static str]),
    rows: impl Iterator<Item = Vec<Value>>,
) -> Result<(), Failure> {
    let rows: Vec<_> = rows.collect();
    for chunk in rows.chunks(CHUNK) {
        let among = Slot::Part(among(store, columns, chunk.to_vec()));
        let slots = [("table", Slot::Name(table)), ("among", among)];
        let removed = Fragment::new("DELETE FROM :table WHERE :among", &slots).execute(conn)?;
        all_of(chunk.len(), removed)?;
    }
    Ok(())
}

/// Stale, unless every row was found.
pub(super) fn all_of(wanted: usize, found: usize) -> Result<(), Failure> {
    if found == wanted { Ok(()) } else { Err(StoreError::Stale.into()) }
}

/// Whether a row of a store holds one of the values in its column; the values of a column stand
/// together. Each column is looked up in its own index: of an `OR` over several of them, SQLite
/// makes a walk over the whole store.
pub(super) fn any_of(
    table: &'static str,
    store: StoreId,
    wanted: &[(&'static str, Value)],
) -> Fragment {
    let of_column = wanted.chunk_by(|(one, _), (other, _)| one == other);
    let parts = of_column.map(|chunk| {
        let column = chunk.first().map_or("", |(column, _)| *column);
        let values = chunk.iter().map(|(_, value)| value.clone()).collect();
        let slots = [
            ("table", Slot::Name(table)),
            ("store", Slot::from(store)),
            ("column", Slot::Name(column)),
            ("values", Slot::List(values)),
        ];
        let template = "SELECT id FROM :table WHERE store_id = :store AND :column IN :values";
        Fragment::new(template, &slots)
    });
    let ids = Fragment::join(parts, " UNION ALL ");
    Fragment::new("id IN (:ids)", &[("ids", Slot::Part(ids))])
}
