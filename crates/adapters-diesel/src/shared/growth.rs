//! How a log begins, grows, changes its key and loses its oldest entries.

use diesel::dsl::max;
use diesel::prelude::*;
use domain::audit::PublicKeyInfo;
use domain::audit::log::{Growth, KeyTerm, Tile};
use domain::id::StoreId;
use domain::unit_of_work::StoreError;

use super::super::{Conn, dialect};
use super::chunks::{CHUNK, all_of, delete_rows, insert_chunks};
use super::fragment::{Fragment, Slot, Value};
use crate::error::Failure;
use crate::rows::{NewCheckpoint, NewLeaf, NewLog, NewRun, NewTerm, hashes, leaves, leaves_of};
use crate::schema::{
    audit_checkpoints, audit_entries, audit_key_terms, audit_leaves, audit_logs, audit_pending,
};
use crate::types::Id;

/// Only the last tile of a level grows; it is replaced.
const PUT_TILES: &str = "
    INSERT INTO audit_tiles (store_id, level, number, hashes) VALUES :rows
    ON CONFLICT (store_id, level, number) DO UPDATE SET hashes = excluded.hashes";

/// The log of a store.
macro_rules! log_of {
    ($store:expr) => {
        audit_logs::table.filter(audit_logs::store_id.eq(Id::from($store)))
    };
}

/// Begins a log with the term of its first key.
pub(super) fn begin(conn: &mut Conn, store: StoreId, key: PublicKeyInfo) -> Result<(), Failure> {
    diesel::insert_into(audit_logs::table).values(NewLog::of(store)).execute(conn)?;
    let term = KeyTerm::first(key);
    let term = NewTerm::of(store, 0, &term);
    diesel::insert_into(audit_key_terms::table).values(term).execute(conn)?;
    Ok(())
}

/// Keeps everybody else from changing the log before the unit ends.
pub(super) fn lock(conn: &mut Conn, store: StoreId) -> Result<(), Failure> {
    let locked = dialect::locked!(log_of!(store).select(audit_logs::size));
    let _: Option<i64> = locked.get_result(conn).optional()?;
    Ok(())
}

/// Adds the term of a further key to a log of that size.
pub(super) fn appoint(conn: &mut Conn, store: StoreId, term: &KeyTerm) -> Result<(), Failure> {
    let last: Option<i64> = audit_key_terms::table
        .inner_join(audit_logs::table.on(audit_logs::store_id.eq(audit_key_terms::store_id)))
        .filter(audit_key_terms::store_id.eq(Id::from(store)))
        .filter(audit_logs::size.eq(leaves(term.from)))
        .select(max(audit_key_terms::number))
        .get_result(conn)?;
    let last = last.ok_or(StoreError::Stale)?;
    let term = NewTerm::of(store, last + 1, term);
    diesel::insert_into(audit_key_terms::table).values(term).execute(conn)?;
    Ok(())
}

/// Makes the log grow from the size that it had when the growth was prepared, and from no other:
/// whoever is late, be it by a minute, finds another size.
pub(super) fn grow(conn: &mut Conn, store: StoreId, growth: &Growth) -> Result<(), Failure> {
    let size = growth.from.saturating_add(growth.entries.len() as u64);
    let as_it_was = log_of!(store).filter(audit_logs::size.eq(leaves(growth.from)));
    let grown = audit_logs::size.eq(leaves(size));
    all_of(1, diesel::update(as_it_was).set(grown).execute(conn)?)?;
    take_runs(conn, store, growth)?;
    let leaves = (growth.from..).zip(&growth.entries);
    let leaves = leaves.map(|(leaf, entry)| NewLeaf::of(store, leaf, *entry));
    insert_chunks!(conn, audit_leaves::table, leaves);
    put_tiles(conn, store, &growth.tiles)?;
    let checkpoint = NewCheckpoint::of(store, &growth.checkpoint);
    diesel::insert_into(audit_checkpoints::table).values(checkpoint).execute(conn)?;
    Ok(())
}

/// Takes away the runs that wait no longer, each exactly as it was.
fn take_runs(conn: &mut Conn, store: StoreId, growth: &Growth) -> Result<(), Failure> {
    let taken = growth.taken.iter();
    let taken = taken.map(|run| vec![run.first.get().into(), run.last.get().into()]);
    delete_rows(conn, store, ("audit_pending", &["first_id", "last_id"]), taken)?;
    if let Some(rest) = &growth.rest {
        let rest = NewRun::of(store, rest);
        diesel::insert_into(audit_pending::table).values(rest).execute(conn)?;
    }
    Ok(())
}

fn put_tiles(conn: &mut Conn, store: StoreId, tiles: &[Tile]) -> Result<(), Failure> {
    let row = |tile: &Tile| -> Vec<Value> {
        let (level, number) = (i32::from(tile.id.level), leaves(tile.id.number));
        vec![store.into(), level.into(), number.into(), hashes(tile).into()]
    };
    for tiles in tiles.chunks(CHUNK) {
        let rows = Slot::Rows(tiles.iter().map(row).collect());
        Fragment::new(PUT_TILES, &[("rows", rows)]).execute(conn)?;
    }
    Ok(())
}

/// Drops up to `limit` entries of the leaves before `cut`, and says whether others are left there.
pub(super) fn drop_before(
    conn: &mut Conn,
    store: StoreId,
    cut: u64,
    limit: u32,
) -> Result<bool, Failure> {
    let query = log_of!(store).select((audit_logs::first_leaf, audit_logs::size));
    let found: Option<(i64, i64)> = dialect::locked!(query).get_result(conn).optional()?;
    let Some((first, size)) = found else { return Ok(false) };
    let first = leaves_of(first, "audit_logs.first_leaf")?;
    let end = cut.min(leaves_of(size, "audit_logs.size")?);
    let begins = end.min(first.saturating_add(limit.into()));
    if begins > first {
        drop_leaves(conn, store, begins)?;
        drop_checkpoints(conn, store, begins, cut)?;
    }
    Ok(begins < end)
}

/// Lets the log begin with a later leaf: the leaves before, and their entries, are gone.
fn drop_leaves(conn: &mut Conn, store: StoreId, begins: u64) -> Result<(), Failure> {
    let (of, begins) = (Id::from(store), leaves(begins));
    let before = audit_leaves::table
        .filter(audit_leaves::store_id.eq(of))
        .filter(audit_leaves::leaf_index.lt(begins));
    let entries = audit_entries::table
        .filter(audit_entries::store_id.eq(of))
        .filter(audit_entries::id.eq_any(before.select(audit_leaves::entry_id)));
    diesel::delete(entries).execute(conn)?;
    diesel::delete(before).execute(conn)?;
    let later = audit_logs::first_leaf.eq(begins);
    all_of(1, diesel::update(log_of!(store)).set(later).execute(conn)?)
}

/// Drops the checkpoints over nothing but entries that are gone; but for that of the cut, by which
/// what is left is proved.
fn drop_checkpoints(conn: &mut Conn, store: StoreId, begins: u64, cut: u64) -> Result<(), Failure> {
    let gone = audit_checkpoints::table
        .filter(audit_checkpoints::store_id.eq(Id::from(store)))
        .filter(audit_checkpoints::size.le(leaves(begins)))
        .filter(audit_checkpoints::size.ne(leaves(cut)));
    diesel::delete(gone).execute(conn)?;
    Ok(())
}
