use diesel::prelude::*;
use domain::audit::Recorded;
use domain::id::StoreId;
use domain::store::{Store, StoreName, StoreRepository};
use domain::unit_of_work::{StoreError, Taken, Unique};

use super::super::Conn;
use super::session::Session;
use crate::error::Failure;
use crate::rows::{NewStore, StoreRow, all};
use crate::schema::stores;
use crate::types::Id;

fn find(conn: &mut Conn, id: StoreId) -> Result<Option<Store>, Failure> {
    let row = stores::table
        .filter(stores::id.eq(Id::from(id)))
        .select(StoreRow::as_select())
        .get_result(conn)
        .optional()?;
    row.map(Store::try_from).transpose()
}

fn find_by_name(conn: &mut Conn, name: &StoreName) -> Result<Option<Store>, Failure> {
    let row = stores::table
        .filter(stores::name_folded.eq(name.folded().as_str()))
        .select(StoreRow::as_select())
        .get_result(conn)
        .optional()?;
    row.map(Store::try_from).transpose()
}

/// What keeps a store from being added. When nothing does any more, the unit runs again.
fn taken(conn: &mut Conn, store: &Store) -> Result<Taken, Failure> {
    if find(conn, store.id)?.is_some() {
        return Ok(Taken { what: Unique::StoreId });
    }
    match find_by_name(conn, &store.name)? {
        Some(_) => Ok(Taken { what: Unique::StoreName }),
        None => Err(Failure::busy()),
    }
}

impl StoreRepository for Session<'_> {
    fn find(&mut self, id: StoreId) -> Result<Option<Store>, StoreError> {
        self.read(|conn| find(conn, id))
    }

    fn find_by_name(&mut self, name: &StoreName) -> Result<Option<Store>, StoreError> {
        self.read(|conn| find_by_name(conn, name))
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

    fn insert_new(&mut self, store: &Recorded<Store>) -> Result<Result<(), Taken>, StoreError> {
        let added = self.write(|conn| {
            let added = diesel::insert_into(stores::table)
                .values(NewStore::from(store.record()))
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
}
