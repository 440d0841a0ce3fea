use diesel::prelude::*;
use domain::audit::log::{
    Event, KeyTerm, LogHead, Run, SealedEntry, StoredCheckpoint, Tile, TileId, TreeHash,
};
use domain::audit::{Entry, PublicKeyInfo};
use domain::id::{AuditId, StoreId};

use super::audit::{action, area};
use super::{EntryRow, bytes, corrupt};
use crate::error::Failure;
use crate::schema::{
    audit_checkpoints, audit_entries, audit_key_terms, audit_leaves, audit_logs, audit_pending,
};
use crate::types::{At, Id};

/// A number of leaves as columns hold it. No log has as many as would not fit.
pub(crate) fn leaves(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The number of leaves that `column` holds.
pub(crate) fn leaves_of(number: i64, column: &str) -> Result<u64, Failure> {
    u64::try_from(number).map_err(|_| corrupt(column))
}

/// A public key of `column`.
pub(crate) fn public_key(key: Vec<u8>, column: &str) -> Result<PublicKeyInfo, Failure> {
    Ok(PublicKeyInfo(bytes(key, column)?))
}

fn number(id: i64, column: &str) -> Result<AuditId, Failure> {
    AuditId::new(id).ok_or_else(|| corrupt(column))
}

/// Where a log stands, as it is read.
#[derive(Queryable)]
pub(crate) struct HeadRow {
    store_id: Id,
    size: i64,
    first_leaf: i64,
    public_key: Vec<u8>,
}

impl TryFrom<HeadRow> for LogHead {
    type Error = Failure;

    fn try_from(row: HeadRow) -> Result<Self, Failure> {
        Ok(Self {
            store: row.store_id.into(),
            size: leaves_of(row.size, "audit_logs.size")?,
            first: leaves_of(row.first_leaf, "audit_logs.first_leaf")?,
            key: public_key(row.public_key, "audit_key_terms.public_key")?,
        })
    }
}

/// A log that begins.
#[derive(Insertable)]
#[diesel(table_name = audit_logs, treat_none_as_default_value = false)]
pub(crate) struct NewLog {
    store_id: Id,
    size: i64,
    first_leaf: i64,
}

impl NewLog {
    pub(crate) fn of(store: StoreId) -> Self {
        Self { store_id: store.into(), size: 0, first_leaf: 0 }
    }
}

/// The term of a key as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_key_terms)]
pub(crate) struct TermRow {
    public_key: Vec<u8>,
    from_leaf: i64,
    statement: Option<String>,
}

impl TryFrom<TermRow> for KeyTerm {
    type Error = Failure;

    fn try_from(row: TermRow) -> Result<Self, Failure> {
        Ok(Self {
            key: public_key(row.public_key, "audit_key_terms.public_key")?,
            from: leaves_of(row.from_leaf, "audit_key_terms.from_leaf")?,
            statement: row.statement,
        })
    }
}

/// The term of a key as it is written.
#[derive(Insertable)]
#[diesel(table_name = audit_key_terms, treat_none_as_default_value = false)]
pub(crate) struct NewTerm<'a> {
    store_id: Id,
    number: i64,
    public_key: &'a [u8],
    from_leaf: i64,
    statement: Option<&'a str>,
}

impl<'a> NewTerm<'a> {
    /// The term that is so many behind the first.
    pub(crate) fn of(store: StoreId, number: i64, term: &'a KeyTerm) -> Self {
        Self {
            store_id: store.into(),
            number,
            public_key: &term.key.0,
            from_leaf: leaves(term.from),
            statement: term.statement.as_deref(),
        }
    }
}

/// A run as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_pending)]
pub(crate) struct RunRow {
    first_id: i64,
    last_id: i64,
}

impl TryFrom<RunRow> for Run {
    type Error = Failure;

    fn try_from(row: RunRow) -> Result<Self, Failure> {
        Ok(Self {
            first: number(row.first_id, "audit_pending.first_id")?,
            last: number(row.last_id, "audit_pending.last_id")?,
        })
    }
}

/// A run as it is written.
#[derive(Insertable)]
#[diesel(table_name = audit_pending, treat_none_as_default_value = false)]
#[expect(clippy::struct_field_names, reason = "the names of the columns")]
pub(crate) struct NewRun {
    store_id: Id,
    first_id: i64,
    last_id: i64,
}

impl NewRun {
    pub(crate) fn of(store: StoreId, run: &Run) -> Self {
        Self { store_id: store.into(), first_id: run.first.get(), last_id: run.last.get() }
    }
}

/// A leaf as it is written.
#[derive(Insertable)]
#[diesel(table_name = audit_leaves, treat_none_as_default_value = false)]
pub(crate) struct NewLeaf {
    store_id: Id,
    leaf_index: i64,
    entry_id: i64,
}

impl NewLeaf {
    pub(crate) fn of(store: StoreId, leaf: u64, entry: AuditId) -> Self {
        Self { store_id: store.into(), leaf_index: leaves(leaf), entry_id: entry.get() }
    }
}

/// An entry with its leaf.
pub(crate) fn sealed((leaf, row): (i64, EntryRow)) -> Result<SealedEntry, Failure> {
    let leaf = leaves_of(leaf, "audit_leaves.leaf_index")?;
    Ok(SealedEntry { leaf, entry: Entry::try_from(row)? })
}

/// What an event tells of an entry, as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub(crate) struct EventRow {
    area: String,
    action: String,
    primary_key: String,
    timestamp: At,
}

/// The event of a leaf.
pub(crate) fn event((leaf, row): (i64, EventRow)) -> Result<Event, Failure> {
    Ok(Event {
        leaf: leaves_of(leaf, "audit_leaves.leaf_index")?,
        area: area(&row.area)?,
        action: action(&row.action)?,
        primary_key: row.primary_key,
        timestamp: row.timestamp.0,
    })
}

/// A checkpoint, as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_checkpoints)]
pub(crate) struct CheckpointRow {
    size: i64,
    sealed_at: At,
    note: String,
}

impl TryFrom<CheckpointRow> for StoredCheckpoint {
    type Error = Failure;

    fn try_from(row: CheckpointRow) -> Result<Self, Failure> {
        let size = leaves_of(row.size, "audit_checkpoints.size")?;
        Ok(Self { size, sealed_at: row.sealed_at.0, note: row.note })
    }
}

/// A checkpoint, as it is written.
#[derive(Insertable)]
#[diesel(table_name = audit_checkpoints, treat_none_as_default_value = false)]
pub(crate) struct NewCheckpoint<'a> {
    store_id: Id,
    size: i64,
    sealed_at: At,
    note: &'a str,
}

impl<'a> NewCheckpoint<'a> {
    pub(crate) fn of(store: StoreId, checkpoint: &'a StoredCheckpoint) -> Self {
        Self {
            store_id: store.into(),
            size: leaves(checkpoint.size),
            sealed_at: At(checkpoint.sealed_at),
            note: &checkpoint.note,
        }
    }
}

/// A tile as it is read: its level, its number, and its hashes one after the other.
pub(crate) type TileRow = (i32, i64, Vec<u8>);

/// The tile of a row.
pub(crate) fn tile((level, number, hashes): TileRow) -> Result<Tile, Failure> {
    let refused = || corrupt("audit_tiles.hashes");
    let level = u8::try_from(level).map_err(|_| corrupt("audit_tiles.level"))?;
    let (hashes, rest) = hashes.as_chunks();
    if hashes.is_empty() || hashes.len() > Tile::WIDTH || !rest.is_empty() {
        return Err(refused());
    }
    let id = TileId { level, number: leaves_of(number, "audit_tiles.number")? };
    Ok(Tile { id, hashes: hashes.iter().copied().map(TreeHash).collect() })
}

/// The hashes of a tile, one after the other.
pub(crate) fn hashes(tile: &Tile) -> Vec<u8> {
    tile.hashes.iter().flat_map(|hash| hash.0).collect()
}

#[cfg(test)]
mod tests {
    use domain::unit_of_work::StoreError;

    use super::*;

    #[test]
    fn a_tile_comes_back_and_a_broken_one_is_corrupt() {
        let id = TileId { level: 1, number: 7 };
        let whole = Tile { id, hashes: vec![TreeHash([1; 32]), TreeHash([2; 32])] };
        assert_eq!(tile((1, 7, hashes(&whole))).expect("a tile"), whole);
        for length in [0, 31, 33, 257 * 32] {
            let failure = tile((1, 7, vec![0; length])).expect_err("no tile");
            assert_eq!(failure.error, StoreError::Corrupt("audit_tiles.hashes".into()), "{length}");
        }
        for (level, number) in [(-1, 0), (256, 0), (0, -1)] {
            tile((level, number, vec![0; 32])).expect_err("no tile");
        }
    }
}
