use diesel::prelude::*;
use domain::audit::{Recorded, Stamp};
use domain::group::{Group, GroupRepository};
use domain::id::GroupId;
use domain::unit_of_work::StoreError;

use super::super::dialect;
use super::lists::lists;
use super::session::Inside;
use crate::rows::{GroupRow, NewGroup, all};
use crate::schema::groups;
use crate::types::Id;

impl GroupRepository for Inside<'_, '_> {
    fn find(&mut self, id: GroupId) -> Result<Option<Group>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let row = groups::table
                .filter(groups::store_id.eq(store))
                .filter(groups::id.eq(Id::from(id)))
                .select(GroupRow::as_select())
                .get_result(conn)
                .optional()?;
            row.map(Group::try_from).transpose()
        })
    }

    fn find_all_for_update(&mut self, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            let mut rows = Vec::new();
            for ids in lists(ids.iter().copied()) {
                let query = groups::table
                    .filter(groups::store_id.eq(store))
                    .filter(groups::id.eq_any(ids))
                    .order(groups::id)
                    .select(GroupRow::as_select());
                rows.extend(dialect::locked!(query).load(conn)?);
            }
            all(rows)
        })
    }

    fn insert(&mut self, group: &Recorded<Group>) -> Result<(), StoreError> {
        let row = NewGroup::of(self.store, group.record());
        self.session.record(group, |conn| {
            diesel::insert_into(groups::table).values(row).execute(conn)?;
            Ok(())
        })
    }

    fn touch(&mut self, ids: &[GroupId], stamp: Stamp) -> Result<(), StoreError> {
        let store = Id::from(self.store);
        let version = groups::version.eq(stamp.version().get().get());
        self.session.write(|conn| {
            for ids in lists(ids.iter().copied()) {
                let expected = ids.len();
                let rows =
                    groups::table.filter(groups::store_id.eq(store)).filter(groups::id.eq_any(ids));
                if diesel::update(rows).set(version).execute(conn)? != expected {
                    return Err(StoreError::Stale.into());
                }
            }
            Ok(())
        })
    }
}
