//! What users and groups have in common: records of a store with an id and a version of their own.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::audit::{Audited, Recorded, Stamp};
use domain::id::StoreId;
use domain::unit_of_work::{StoreError, Taken, Unique};

use super::super::Conn;
use super::chunks::{CHUNK, all_of, any_of};
use super::fragment::{Fragment, Slot, Value};
use super::lists::lists;
use super::session::Inside;
use crate::error::Failure;
use crate::types::Id;

/// The values of the columns of [`Record::UNIQUE`], and the version of who holds them.
pub(super) type Held = (Vec<Option<Value>>, i64);

/// A record with an id and a version of its own.
pub(super) trait Record: Audited {
    const TABLE: &'static str;

    /// What is unique in a store and in which column, the first to be told first.
    const UNIQUE: &'static [(Unique, &'static str)];

    fn id(&self) -> Id;

    /// What it holds of [`Self::UNIQUE`], in that order.
    fn holds(&self) -> Vec<Option<Value>>;

    /// Adds those rows that collide with nothing, and gives their versions.
    fn insert_new(conn: &mut Conn, store: StoreId, records: &[&Self]) -> QueryResult<Vec<i64>>;

    /// Who meets the condition on the columns of [`Self::UNIQUE`].
    fn held(conn: &mut Conn, store: StoreId, condition: Fragment) -> QueryResult<Vec<Held>>;

    /// Replaces one row, if it is there.
    fn update(conn: &mut Conn, store: StoreId, record: &Self) -> QueryResult<usize>;

    /// Replaces rows that are there, one after the other in this order.
    fn update_many(conn: &mut Conn, store: StoreId, records: &[&Self]) -> QueryResult<usize>;
}

/// A query as it stands, where another one locks its rows.
macro_rules! unlocked {
    ($query:expr) => {
        $query
    };
}
pub(super) use unlocked;

/// Those rows of `ids` that a table has, in order of id, by queries that the last macro locks.
macro_rules! load_all {
    ($conn:expr, $store:expr, $ids:expr, $table:ident, $row:ty, $($lock:tt)+) => {{
        let of_store =
            || $table::table.filter($table::store_id.eq($store)).select(<$row>::as_select());
        let mut rows = Vec::new();
        match $ids {
            // One at a time is the usual case, whose statement stays prepared.
            [id] => {
                let query = of_store().filter($table::id.eq(Id::from(*id)));
                rows.extend($($lock)+!(query).load($conn)?);
            }
            ids => {
                for ids in lists(ids.iter().copied()) {
                    let query = of_store().filter($table::id.eq_any(ids)).order($table::id);
                    rows.extend($($lock)+!(query).load($conn)?);
                }
            }
        }
        rows
    }};
}
pub(super) use load_all;

/// `column = excluded.column` for each column.
macro_rules! excluded_columns {
    ($table:ident: $($column:ident),+ $(,)?) => {
        ($($table::$column.eq(diesel::upsert::excluded($table::$column)),)+)
    };
}
pub(super) use excluded_columns;

impl Inside<'_, '_> {
    /// Adds those records that collide with nothing, and says of each of the others what is taken.
    pub(super) fn insert_free<R: Record>(
        &mut self,
        records: &[Recorded<R>],
    ) -> Result<Vec<Result<(), Taken>>, StoreError> {
        let store = self.store;
        let mut outcomes = Vec::with_capacity(records.len());
        for chunk in records.chunks(CHUNK) {
            let told = self.session.write(|conn| insert_chunk(conn, store, chunk))?;
            let added = chunk.iter().zip(&told).find(|(_, told)| told.is_ok());
            if let Some((first, _)) = added {
                self.session.mark(first.entry());
            }
            outcomes.extend(told);
        }
        Ok(outcomes)
    }

    /// Replaces records that are there, in the order of the slice.
    pub(super) fn replace<R: Record>(&mut self, records: &[Recorded<R>]) -> Result<(), StoreError> {
        let store = self.store;
        self.session.record_all(records, |conn| match records {
            [one] => all_of(1, R::update(conn, store, one.record())?),
            many => {
                let many: Vec<_> = many.iter().map(Recorded::record).collect();
                many_at_once(&many).try_for_each(|chunk| {
                    all_of(chunk.len(), count(conn, store, chunk)?)?;
                    R::update_many(conn, store, chunk)?;
                    Ok(())
                })
            }
        })
    }

    /// Removes records that nothing refers to.
    pub(super) fn remove_records<R: Record>(
        &mut self,
        records: &[Recorded<R>],
    ) -> Result<(), StoreError> {
        let store = self.store;
        self.session.record_all(records, |conn| {
            let mut removed = 0;
            for ids in lists(records.iter().map(|record| record.record().id())) {
                let delete = Fragment::new(
                    "DELETE FROM :table WHERE store_id = :store AND id IN :ids",
                    &of_ids::<R>(store, &ids),
                );
                removed += delete.execute(conn)?;
            }
            all_of(records.len(), removed)
        })
    }

    /// Gives records a version.
    pub(super) fn stamp<R: Record>(
        &mut self,
        ids: impl Iterator<Item = Id>,
        stamp: Stamp,
    ) -> Result<(), StoreError> {
        let store = self.store;
        let version = stamp.version().get().get();
        self.session.write(|conn| {
            for ids in lists(ids) {
                let [table, store, list] = of_ids::<R>(store, &ids);
                let update = Fragment::new(
                    "UPDATE :table SET version = :version WHERE store_id = :store AND id IN :ids",
                    &[table, store, list, ("version", Slot::from(version))],
                );
                all_of(ids.len(), update.execute(conn)?)?;
            }
            Ok(())
        })
    }
}

fn of_ids<R: Record>(store: StoreId, ids: &[Id]) -> [(&'static str, Slot); 3] {
    [("table", Slot::Name(R::TABLE)), ("store", Slot::from(store)), ("ids", Slot::ids(ids))]
}

/// How many of these records are there.
fn count<R: Record>(conn: &mut Conn, store: StoreId, records: &[&R]) -> QueryResult<usize> {
    let ids: Vec<_> = records.iter().map(|record| record.id()).collect();
    let found: i64 = Fragment::new(
        "SELECT count(*) FROM :table WHERE store_id = :store AND id IN :ids",
        &of_ids::<R>(store, &ids),
    )
    .returning::<BigInt>()
    .get_result(conn)?;
    Ok(usize::try_from(found).unwrap_or_default())
}

/// The records in slices that one statement takes: no longer than a chunk, and none with the same
/// record twice.
fn many_at_once<'a, 'r, R: Record>(
    records: &'a [&'r R],
) -> impl Iterator<Item = &'a [&'r R]> + use<'a, 'r, R> {
    let mut rest = records;
    std::iter::from_fn(move || {
        let mut seen = HashSet::new();
        let fits = rest.iter().take(CHUNK).take_while(|record| seen.insert(record.id())).count();
        let (chunk, more) = rest.split_at_checked(fits)?;
        rest = more;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// The number that tells one recorded change from every other of its store.
fn number<R>(record: &Recorded<R>) -> i64 {
    record.entry().id.get()
}

/// Adds those of `chunk` that collide with nothing: one statement for the records, one for their
/// entries, and one more to say of the others what is taken.
fn insert_chunk<R: Record>(
    conn: &mut Conn,
    store: StoreId,
    chunk: &[Recorded<R>],
) -> Result<Vec<Result<(), Taken>>, Failure> {
    let records: Vec<_> = chunk.iter().map(Recorded::record).collect();
    // A record's version is the number of its entry, which tells the rows of a chunk apart even
    // where two of them have one id.
    let added: HashSet<i64> = R::insert_new(conn, store, &records)?.into_iter().collect();
    let kept = chunk.iter().filter(|record| added.contains(&number(record)));
    super::audit::insert_all(conn, kept.map(Recorded::entry))?;
    if added.len() == chunk.len() {
        return Ok(vec![Ok(()); chunk.len()]);
    }
    let holders = Holders::of(conn, store, chunk, &added)?;
    let outcome = |(position, record): (usize, &Recorded<R>)| {
        if added.contains(&number(record)) {
            return Ok(Ok(()));
        }
        holders.taken(position, record.record()).map(Err)
    };
    chunk.iter().enumerate().map(outcome).collect()
}

/// Who holds what the refused records of a chunk wanted.
struct Holders {
    /// The version of the holder of a value of the n-th column of [`Record::UNIQUE`].
    versions: HashMap<(usize, Value), i64>,
    /// Where the records that were added stand in the chunk, by their version.
    positions: HashMap<i64, usize>,
}

impl Holders {
    fn of<R: Record>(
        conn: &mut Conn,
        store: StoreId,
        chunk: &[Recorded<R>],
        added: &HashSet<i64>,
    ) -> Result<Self, Failure> {
        let refused = chunk.iter().filter(|record| !added.contains(&number(record)));
        let mut wanted: Vec<_> = refused.flat_map(|record| set(record.record().holds())).collect();
        wanted.sort_by_key(|(column, _)| *column);
        let named: Vec<_> = wanted
            .into_iter()
            .filter_map(|(column, value)| Some((R::UNIQUE.get(column)?.1, value)))
            .collect();
        let mut versions = HashMap::new();
        for (values, version) in R::held(conn, store, any_of(R::TABLE, store, &named))? {
            versions.extend(set(values).map(|held| (held, version)));
        }
        let positions = chunk.iter().enumerate();
        let positions = positions.filter(|(_, record)| added.contains(&number(record)));
        let positions = positions.map(|(position, record)| (number(record), position)).collect();
        Ok(Self { versions, positions })
    }

    /// What keeps a refused record out. When nothing does any more, the unit runs again.
    fn taken<R: Record>(&self, position: usize, record: &R) -> Result<Taken, Failure> {
        let held = set(record.holds()).find(|wanted| {
            self.versions.get(wanted).is_some_and(|holder| self.was_first(*holder, position))
        });
        let what = held.and_then(|(column, _)| R::UNIQUE.get(column)).map(|(what, _)| *what);
        what.map(|what| Taken { what }).ok_or_else(Failure::busy)
    }

    /// A record of the same chunk is in the way only of those after it.
    fn was_first(&self, holder: i64, position: usize) -> bool {
        self.positions.get(&holder).is_none_or(|at| *at < position)
    }
}

/// Those values that are set, each with the number of its column.
fn set(values: Vec<Option<Value>>) -> impl Iterator<Item = (usize, Value)> {
    values.into_iter().enumerate().filter_map(|(column, value)| Some((column, value?)))
}
