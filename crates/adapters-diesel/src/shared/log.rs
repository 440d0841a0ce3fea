use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer};
use domain::audit::log::{
    Event, Growth, KeyTerm, LogHead, LogRepository, Run, SealedEntry, StoredCheckpoint, Tile,
    TileId, Walk,
};
use domain::audit::{Entry, EntryOrder, EntryQuery, PublicKeyInfo};
use domain::id::{AuditId, StoreId};
use domain::time::Instant;
use domain::unit_of_work::StoreError;

use super::super::Conn;
use super::audit::in_order;
use super::chunks::{CHUNK, among};
use super::fragment::{Fragment, Slot, Value};
use super::growth;
use super::listing::Listing;
use super::logs;
use super::session::Inside;
use crate::error::Failure;
use crate::rows::{
    CheckpointRow, ClosedRow, EntryRow, EventRow, RunRow, TermRow, TileRow, all, event, leaves,
    leaves_of, sealed, tile,
};
use crate::schema::{
    audit_checkpoints, audit_entries, audit_key_terms, audit_leaves, audit_pending,
};
use crate::types::{At, Id};

const TILES: &str = "SELECT level, number, hashes FROM audit_tiles WHERE :among";

/// The size of the largest checkpoint that was sealed before a time. Those are few, and stand
/// together in the index by time; the plus keeps the databases from looking from the other end.
const SEALED_BEFORE: &str = "size = (SELECT max(+size) FROM audit_checkpoints
    WHERE store_id = :store AND sealed_at < :time)";

/// Runs do not overlap: who waits is in the last one that begins at or before it. A leaf that is not
/// between the beginning of the log and its end is none. The bounds of the leaves' entries follow from
/// those of the entries; they keep a database from reading the leaves of all.
const STRAY: &str = "
    SELECT id FROM audit_entries AS entry
    WHERE store_id = :store AND id > :after AND id <= :last
    AND NOT EXISTS (SELECT 1 FROM audit_leaves AS leaf
        WHERE leaf.store_id = :store AND leaf.entry_id = entry.id
        AND leaf.entry_id > :after AND leaf.entry_id <= :last
        AND leaf.leaf_index >= (SELECT first_leaf FROM audit_logs WHERE store_id = :store)
        AND leaf.leaf_index < (SELECT size FROM audit_logs WHERE store_id = :store))
    AND NOT coalesce((SELECT last_id FROM audit_pending AS run
        WHERE run.store_id = :store AND run.first_id <= entry.id
        ORDER BY run.first_id DESC LIMIT 1) >= entry.id, FALSE)
    ORDER BY id LIMIT 1";

/// The leaves of a store with their entries.
macro_rules! sealed_of {
    ($store:expr) => {
        audit_leaves::table
            .inner_join(
                audit_entries::table.on(audit_entries::store_id
                    .eq(audit_leaves::store_id)
                    .and(audit_entries::id.eq(audit_leaves::entry_id))),
            )
            .filter(audit_leaves::store_id.eq(Id::from($store)))
    };
}

/// The checkpoints of a store.
macro_rules! checkpoints_of {
    ($store:expr) => {
        audit_checkpoints::table
            .filter(audit_checkpoints::store_id.eq(Id::from($store)))
            .select(CheckpointRow::as_select())
    };
}

/// The checkpoints of a store that are over more than so many leaves, and at most so many.
macro_rules! checkpoints_in {
    ($store:expr, $after:expr, $size:expr) => {
        audit_checkpoints::table
            .filter(audit_checkpoints::store_id.eq(Id::from($store)))
            .filter(audit_checkpoints::size.gt(leaves($after)))
            .filter(audit_checkpoints::size.le(leaves($size)))
    };
}

fn checkpoint(row: Option<CheckpointRow>) -> Result<Option<StoredCheckpoint>, Failure> {
    row.map(StoredCheckpoint::try_from).transpose()
}

/// The entries that wait, run by run: so the order is that of the two indexes, and no entry that was
/// sealed is looked at.
fn waiting(conn: &mut Conn, store: StoreId, limit: u32) -> Result<Vec<Entry>, Failure> {
    let rows: Vec<ClosedRow> = audit_pending::table
        .inner_join(
            audit_entries::table.on(audit_entries::store_id
                .eq(audit_pending::store_id)
                .and(audit_entries::id.between(audit_pending::first_id, audit_pending::last_id))),
        )
        .filter(audit_pending::store_id.eq(Id::from(store)))
        .order((audit_pending::first_id, audit_entries::id))
        .limit(limit.into())
        .select(ClosedRow::as_select())
        .load(conn)?;
    all(rows)
}

/// The entry that stands `limit` entries behind `after`; `None` when there are fewer.
fn last_of_part(
    conn: &mut Conn,
    store: StoreId,
    after: i64,
    limit: u32,
) -> Result<Option<i64>, Failure> {
    let last = audit_entries::table
        .filter(audit_entries::store_id.eq(Id::from(store)))
        .filter(audit_entries::id.gt(after))
        .order(audit_entries::id)
        .offset(i64::from(limit.saturating_sub(1)))
        .limit(1)
        .select(audit_entries::id);
    Ok(last.get_result(conn).optional()?)
}

fn number(id: Option<i64>) -> Result<Option<AuditId>, StoreError> {
    let read = |id| AuditId::new(id).ok_or_else(|| StoreError::Corrupt("audit_entries.id".into()));
    id.map(read).transpose()
}

fn tiles(conn: &mut Conn, store: StoreId, ids: &[TileId]) -> Result<Vec<Tile>, Failure> {
    let key =
        |id: &TileId| -> Vec<Value> { vec![i32::from(id.level).into(), leaves(id.number).into()] };
    let mut tiles = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        let among = among(store, &["level", "number"], ids.iter().map(key).collect());
        let rows: Vec<TileRow> = Fragment::new(TILES, &[("among", Slot::Part(among))])
            .returning::<(Integer, BigInt, Binary)>()
            .load(conn)?;
        for row in rows {
            tiles.push(tile(row)?);
        }
    }
    Ok(tiles)
}

impl LogRepository for Inside<'_, '_> {
    fn begin(&mut self, key: &PublicKeyInfo) -> Result<(), StoreError> {
        let store = self.store;
        self.session.write(|conn| growth::begin(conn, store, *key))
    }

    fn head(&mut self) -> Result<Option<LogHead>, StoreError> {
        let store = self.store;
        self.session.read(|conn| logs::head(conn, store))
    }

    fn lock(&mut self) -> Result<Option<LogHead>, StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            // In a statement of its own: the other one sees what is stored when this one is through.
            growth::lock(conn, store)?;
            logs::head(conn, store)
        })
    }

    fn appoint(&mut self, term: &KeyTerm) -> Result<(), StoreError> {
        let store = self.store;
        self.session.write(|conn| growth::appoint(conn, store, term))
    }

    fn terms(&mut self) -> Result<Vec<KeyTerm>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let rows: Vec<TermRow> = audit_key_terms::table
                .filter(audit_key_terms::store_id.eq(store))
                .order(audit_key_terms::number)
                .select(TermRow::as_select())
                .load(conn)?;
            all(rows)
        })
    }

    fn runs(&mut self, limit: u32) -> Result<Vec<Run>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let rows: Vec<RunRow> = audit_pending::table
                .filter(audit_pending::store_id.eq(store))
                .order(audit_pending::first_id)
                .limit(limit.into())
                .select(RunRow::as_select())
                .load(conn)?;
            all(rows)
        })
    }

    fn waiting(&mut self, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let store = self.store;
        self.session.read(|conn| waiting(conn, store, limit))
    }

    fn tiles(&mut self, ids: &[TileId]) -> Result<Vec<Tile>, StoreError> {
        let store = self.store;
        self.session.read(|conn| tiles(conn, store, ids))
    }

    fn grow(&mut self, growth: &Growth) -> Result<(), StoreError> {
        let store = self.store;
        self.session.write(|conn| growth::grow(conn, store, growth))
    }

    fn leaf_of(&mut self, id: AuditId) -> Result<Option<u64>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let leaf: Option<i64> = audit_leaves::table
                .filter(audit_leaves::store_id.eq(store))
                .filter(audit_leaves::entry_id.eq(id.get()))
                .select(audit_leaves::leaf_index)
                .get_result(conn)
                .optional()?;
            leaf.map(|leaf| leaves_of(leaf, "audit_leaves.leaf_index")).transpose()
        })
    }

    fn entries(&mut self, query: &EntryQuery) -> Result<Vec<SealedEntry>, StoreError> {
        let store = self.store;
        let Listing { wanted, order, limit } = Listing::of(&in_order(query, EntryOrder::Commit));
        self.session.read(|conn| {
            let rows: Vec<(i64, EntryRow)> = sealed_of!(store)
                .filter(wanted)
                .order(order)
                .limit(limit)
                .select((audit_leaves::leaf_index, EntryRow::as_select()))
                .load(conn)?;
            rows.into_iter().map(sealed).collect()
        })
    }

    fn events(&mut self, from: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let store = self.store;
        self.session.read(|conn| {
            let rows: Vec<(i64, EventRow)> = sealed_of!(store)
                .filter(audit_leaves::leaf_index.ge(leaves(from)))
                .order(audit_leaves::leaf_index)
                .limit(limit.into())
                .select((audit_leaves::leaf_index, EventRow::as_select()))
                .load(conn)?;
            rows.into_iter().map(event).collect()
        })
    }

    fn checkpoint(&mut self, size: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
        let store = self.store;
        self.session.read(|conn| {
            let of_size = audit_checkpoints::size.eq(leaves(size));
            checkpoint(checkpoints_of!(store).filter(of_size).get_result(conn).optional()?)
        })
    }

    fn latest_checkpoint(&mut self) -> Result<Option<StoredCheckpoint>, StoreError> {
        let store = self.store;
        self.session.read(|conn| {
            let latest = checkpoints_of!(store).order(audit_checkpoints::size.desc()).limit(1);
            checkpoint(latest.get_result(conn).optional()?)
        })
    }

    fn checkpoints(
        &mut self,
        after: u64,
        size: u64,
        limit: u32,
    ) -> Result<Vec<StoredCheckpoint>, StoreError> {
        let store = self.store;
        self.session.read(|conn| {
            let rows: Vec<CheckpointRow> = checkpoints_in!(store, after, size)
                .order(audit_checkpoints::size)
                .limit(limit.into())
                .select(CheckpointRow::as_select())
                .load(conn)?;
            all(rows)
        })
    }

    fn count_checkpoints(&mut self, after: u64, size: u64) -> Result<u64, StoreError> {
        let store = self.store;
        self.session.read(|conn| {
            let count: i64 = checkpoints_in!(store, after, size).count().get_result(conn)?;
            leaves_of(count, "count(*)")
        })
    }

    fn sealed_before(&mut self, time: Instant) -> Result<Option<StoredCheckpoint>, StoreError> {
        let store = self.store;
        let slots = [("store", Slot::from(store)), ("time", Slot::from(At(time)))];
        self.session.read(|conn| {
            let largest = Fragment::new(SEALED_BEFORE, &slots);
            checkpoint(checkpoints_of!(store).filter(largest).get_result(conn).optional()?)
        })
    }

    fn drop_before(&mut self, cut: u64, limit: u32) -> Result<bool, StoreError> {
        let store = self.store;
        self.session.write(|conn| growth::drop_before(conn, store, cut, limit))
    }

    fn walk(&mut self, after: Option<AuditId>, limit: u32) -> Result<Walk, StoreError> {
        let store = self.store;
        // No bound at all leaves out no number, be it one that this program never gives.
        let after = after.map_or(i64::MIN, AuditId::get);
        self.session.read(|conn| {
            let last = last_of_part(conn, store, after, limit)?;
            let slots = [
                ("store", Slot::from(store)),
                ("after", Slot::from(after)),
                ("last", Slot::from(last.unwrap_or(i64::MAX))),
            ];
            let stray = Fragment::new(STRAY, &slots).returning::<BigInt>();
            let stray: Option<i64> = stray.get_result(conn).optional()?;
            Ok(Walk { stray: number(stray)?, next: number(last)? })
        })
    }
}
