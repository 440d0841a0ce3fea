use diesel::dsl::exists;
use diesel::prelude::*;
use domain::audit::Recorded;
use domain::id::StoreId;
use domain::store::{Store, StoreName, StoreRef, StoreRepository};
use domain::unit_of_work::{StoreError, Taken, Unique};

use super::super::{Conn, dialect};
use super::chunks::all_of;
use super::records::unlocked;
use super::session::Session;
use crate::error::Failure;
use crate::rows::{NewStore, StoreRow, all};
use crate::schema::{clients, groups, kept_answers, stores, users};
use crate::types::Id;

/// The store of an id or a name, by a query that is as it stands or locks what it finds.
macro_rules! find {
    ($conn:expr, $store:expr, $($lock:tt)+) => {{
        let query = || stores::table.select(StoreRow::as_select());
        let row: Option<StoreRow> = match $store {
            StoreRef::Id(id) => {
                let query = query().filter(stores::id.eq(Id::from(*id)));
                $($lock)+!(query).get_result($conn).optional()?
            }
            StoreRef::Name(name) => {
                let name = name.folded();
                let query = query().filter(stores::name_folded.eq(name.as_str()));
                $($lock)+!(query).get_result($conn).optional()?
            }
        };
        row.map(Store::try_from).transpose()
    }};
}

fn find(conn: &mut Conn, store: &StoreRef) -> Result<Option<Store>, Failure> {
    find!(conn, store, unlocked)
}

/// What keeps a store from being added. When nothing does any more, the unit runs again.
fn taken(conn: &mut Conn, store: &Store) -> Result<Taken, Failure> {
    if find(conn, &StoreRef::Id(store.id))?.is_some() {
        return Ok(Taken { what: Unique::StoreId });
    }
    match find(conn, &StoreRef::Name(store.name.clone()))? {
        Some(_) => Ok(Taken { what: Unique::StoreName }),
        None => Err(Failure::busy()),
    }
}

impl StoreRepository for Session<'_> {
    fn find(&mut self, id: StoreId) -> Result<Option<Store>, StoreError> {
        self.read(|conn| find(conn, &StoreRef::Id(id)))
    }

    fn find_by_name(&mut self, name: &StoreName) -> Result<Option<Store>, StoreError> {
        self.read(|conn| find(conn, &StoreRef::Name(name.clone())))
    }

    fn hold(&mut self, store: &StoreRef) -> Result<Option<Store>, StoreError> {
        self.write(|conn| find!(conn, store, dialect::held))
    }

    fn find_for_update(&mut self, store: &StoreRef) -> Result<Option<Store>, StoreError> {
        self.write(|conn| find!(conn, store, dialect::locked_alone))
    }

    fn page(&mut self, after: Option<StoreId>, limit: u32) -> Result<Vec<Store>, StoreError> {
        self.read(|conn| {
            let page =
                stores::table.order(stores::id).limit(limit.into()).select(StoreRow::as_select());
            all(match after {
                Some(after) => page.filter(stores::id.gt(Id::from(after))).load(conn)?,
                None => page.load(conn)?,
            })
        })
    }

    fn is_empty(&mut self, id: StoreId) -> Result<bool, StoreError> {
        let id = Id::from(id);
        self.read(|conn| {
            let in_it = (
                exists(users::table.filter(users::store_id.eq(id))),
                exists(groups::table.filter(groups::store_id.eq(id))),
                exists(clients::table.filter(clients::store_id.eq(id))),
            );
            let (users, groups, clients): (bool, bool, bool) =
                diesel::select(in_it).get_result(conn)?;
            Ok(!(users || groups || clients))
        })
    }

    fn insert_new(&mut self, store: &Recorded<Store>) -> Result<Result<(), Taken>, StoreError> {
        let added = self.write(|conn| {
            let added = diesel::insert_into(stores::table)
                .values(NewStore::try_from(store.record())?)
                .on_conflict_do_nothing()
                .execute(conn)?;
            if added == 0 {
                return Ok(Err(taken(conn, store.record())?));
            }
            super::audit::insert(conn, store.entry())?;
            Ok(Ok(()))
        })?;
        if added.is_ok() {
            self.mark(store.entry());
        }
        Ok(added)
    }

    fn update(&mut self, store: &Recorded<Store>) -> Result<(), StoreError> {
        let row = NewStore::try_from(store.record());
        let rows = stores::table.filter(stores::id.eq(Id::from(store.record().id)));
        self.record(store, |conn| all_of(1, diesel::update(rows).set(row?).execute(conn)?))
    }

    fn remove(&mut self, store: &Recorded<Store>) -> Result<(), StoreError> {
        let id = Id::from(store.record().id);
        self.record(store, |conn| {
            let answers = kept_answers::table.filter(kept_answers::store_id.eq(id));
            diesel::delete(answers).execute(conn)?;
            let rows = stores::table.filter(stores::id.eq(id));
            all_of(1, diesel::delete(rows).execute(conn)?)
        })
    }
}
