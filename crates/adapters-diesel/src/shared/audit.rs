use diesel::prelude::*;
use domain::audit::log::Run;
use domain::audit::{
    AuditRepository, Entry, EntryOrder, EntryProperty, EntryQuery, Erased, Recorded,
};
use domain::filter::Operand;
use domain::id::{AuditId, StoreId};
use domain::page::{Order, Place};
use domain::unit_of_work::StoreError;

use super::super::Conn;
use super::chunks::insert_chunks;
use super::filters::{Column, Columns};
use super::fragment::{Fragment, Slot, Value};
use super::listing::{Listing, Sorted};
use super::session::{Inside, Mark};
use crate::error::Failure;
use crate::rows::{EntryRow, NewEntry, NewRun, all};
use crate::schema::{audit_entries, audit_pending, audit_sequences};
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
        match self {
            Self::Commit => &["leaf_index"],
            Self::Id => &["id"],
        }
    }

    fn values(self, place: &Place<AuditId>) -> Vec<Value> {
        match self {
            // No page ends where there is no leaf: nothing is behind it, whichever way.
            Self::Commit => vec![place.sort.parse::<i64>().map_or(Value::Nothing, Value::Number)],
            Self::Id => vec![place.id.get().into()],
        }
    }
}

/// The same query in another order.
pub(super) fn in_order(query: &EntryQuery, by: EntryOrder) -> EntryQuery {
    EntryQuery { order: Order { by, ..query.order }, ..query.clone() }
}

/// Stores an entry, which waits to be sealed.
pub(super) fn insert(conn: &mut Conn, entry: &Entry) -> Result<(), Failure> {
    diesel::insert_into(audit_entries::table).values(NewEntry::from(entry)).execute(conn)?;
    wait(conn, entry.store, [entry.id])
}

/// Stores many entries of a store, which wait to be sealed.
pub(super) fn insert_all<'a>(
    conn: &mut Conn,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<(), Failure> {
    let entries: Vec<_> = entries.into_iter().collect();
    let Some(first) = entries.first() else { return Ok(()) };
    insert_chunks!(conn, audit_entries::table, entries.iter().copied().map(NewEntry::from));
    wait(conn, first.store, entries.iter().map(|entry| entry.id))
}

/// Lets entries wait: a row for each run of their numbers, which collides with nobody else's.
fn wait(
    conn: &mut Conn,
    store: StoreId,
    ids: impl IntoIterator<Item = AuditId>,
) -> Result<(), Failure> {
    let runs = Run::of(ids);
    insert_chunks!(conn, audit_pending::table, runs.iter().map(|run| NewRun::of(store, run)));
    Ok(())
}

/// Erases what the entries of a user and of their profiles hold, but for those which say just that.
/// All of them lie between the id and what follows upon the id with a slash behind it.
const ERASE: &str = "
    UPDATE audit_entries
    SET original_content = NULL, original_salt = NULL, current_content = NULL, current_salt = NULL
    WHERE store_id = :store AND primary_key >= :user AND primary_key < :end
    AND ((area = 'User' AND primary_key = :user) OR (area = 'UserProfile' AND primary_key >= :within))
    AND NOT (action = 'Modified' AND original_commitment IS NULL)";

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
        let Listing { wanted, order, limit } = Listing::of(&in_order(query, EntryOrder::Id));
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

    fn erase(&mut self, erased: &Recorded<Erased>) -> Result<u64, StoreError> {
        let user = erased.record().user.to_string();
        let slots = [
            ("store", Slot::from(self.store)),
            ("within", Slot::from(format!("{user}/"))),
            // What follows upon a slash is a nought.
            ("end", Slot::from(format!("{user}0"))),
            ("user", Slot::from(user)),
        ];
        let count =
            self.session.record(erased, |conn| Ok(Fragment::new(ERASE, &slots).execute(conn)?))?;
        Ok(count as u64)
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
