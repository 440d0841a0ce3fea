use diesel::prelude::*;
use domain::audit::{AuditRepository, Entry, EntryOrder, EntryProperty, EntryQuery};
use domain::filter::Operand;
use domain::id::AuditId;
use domain::page::Place;
use domain::unit_of_work::StoreError;

use super::super::Conn;
use super::chunks::insert_chunks;
use super::filters::{Column, Columns};
use super::fragment::Value;
use super::listing::{Listing, Sorted};
use super::session::{Inside, Mark};
use crate::error::Failure;
use crate::rows::{EntryRow, NewEntry, all};
use crate::schema::{audit_entries, audit_sequences};
use crate::types::Id;

impl Columns for EntryProperty {
    fn column(self) -> Column {
        match self {
            Self::Id => Column::Set("id"),
            Self::Timestamp => Column::Set("timestamp"),
            Self::User => Column::Set("user_name"),
            Self::Area => Column::Set("area"),
            Self::PrimaryKey => Column::Set("primary_key"),
            Self::Category => Column::Always(Operand::exact(Entry::CATEGORY)),
            Self::Action => Column::Set("action"),
            Self::DataSource => Column::Set("data_source"),
        }
    }
}

impl Sorted<AuditId> for EntryOrder {
    fn columns(self) -> &'static [&'static str] {
        &["id"]
    }

    fn values(self, place: &Place<AuditId>) -> Vec<Value> {
        vec![place.id.get().into()]
    }
}

/// Stores an entry.
pub(super) fn insert(conn: &mut Conn, entry: &Entry) -> Result<(), Failure> {
    diesel::insert_into(audit_entries::table).values(NewEntry::from(entry)).execute(conn)?;
    Ok(())
}

/// Stores many entries.
pub(super) fn insert_all<'a>(
    conn: &mut Conn,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<(), Failure> {
    insert_chunks!(conn, audit_entries::table, entries.into_iter().map(NewEntry::from));
    Ok(())
}

/// Whether the unit that wrote this entry was stored.
pub(crate) fn is_stored(conn: &mut Conn, mark: &Mark) -> Result<bool, Failure> {
    let found = audit_entries::table
        .filter(audit_entries::store_id.eq(Id::from(mark.store)))
        .filter(audit_entries::id.eq(mark.id.get()))
        .select(audit_entries::signature)
        .get_result::<Vec<u8>>(conn)
        .optional()?;
    Ok(found.is_some_and(|signature| signature == mark.signature.0))
}

impl AuditRepository for Inside<'_, '_> {
    fn find(&mut self, id: AuditId) -> Result<Option<Entry>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let row = audit_entries::table
                .filter(audit_entries::store_id.eq(store))
                .filter(audit_entries::id.eq(id.get()))
                .select(EntryRow::as_select())
                .get_result(conn)
                .optional()?;
            row.map(Entry::try_from).transpose()
        })
    }

    fn list(&mut self, query: &EntryQuery) -> Result<Vec<Entry>, StoreError> {
        let store = Id::from(self.store);
        let Listing { wanted, order, limit } = Listing::of(query);
        self.session.read(|conn| {
            all(audit_entries::table
                .filter(audit_entries::store_id.eq(store))
                .filter(wanted)
                .order(order)
                .limit(limit)
                .select(EntryRow::as_select())
                .load(conn)?)
        })
    }

    fn reserve_ids(&mut self, count: u32) -> Result<AuditId, StoreError> {
        use audit_sequences::{next, store_id, table};
        let store = Id::from(self.store);
        let count = i64::from(count);
        self.session.write(|conn| {
            let after: i64 = diesel::insert_into(table)
                .values((store_id.eq(store), next.eq(1 + count)))
                .on_conflict(store_id)
                .do_update()
                .set(next.eq(next + count))
                .returning(next)
                .get_result(conn)?;
            AuditId::new(after - count)
                .ok_or_else(|| StoreError::Corrupt("audit_sequences.next".into()).into())
        })
    }
}
