use diesel::prelude::*;
use domain::audit::{Action, Recorded};
use domain::group::{Direction, Group, Nesting, NestingRepository};
use domain::id::GroupId;
use domain::unit_of_work::StoreError;

use super::super::dialect;
use super::chunks::{delete_rows, insert_chunks};
use super::fragment::{Fragment, Slot};
use super::groups::ends;
use super::lists::lists;
use super::session::{Inside, with_action};
use crate::rows::{GroupRow, NestingRow};
use crate::schema::{group_nestings, groups, stores};
use crate::types::{DbUuid, Id};

/// The nestings that are left at one of the groups or at what they lead to.
const REACHED: &str = "
    WITH RECURSIVE wanted (id) AS (VALUES :groups), found (id) AS (
        SELECT id FROM wanted
        UNION
        SELECT nesting.:to FROM found CROSS JOIN group_nestings nesting
        WHERE nesting.store_id = :store AND nesting.:from = found.id
    ) SELECT parent_id, child_id FROM group_nestings
    WHERE store_id = :store AND :from IN (SELECT id FROM found)";

/// Loads pairs of `$from` and the group at the other end, `$to`.
macro_rules! neighbours {
    ($inside:expr, $ids:expr, $from:ident, $to:ident) => {{
        let store = Id::from($inside.store);
        $inside.session.read(|conn| {
            let mut rows: Vec<(Id, GroupRow)> = Vec::new();
            for ids in lists($ids.iter().copied()) {
                let query = group_nestings::table
                    .inner_join(
                        groups::table.on(groups::store_id
                            .eq(group_nestings::store_id)
                            .and(groups::id.eq(group_nestings::$to))),
                    )
                    .filter(group_nestings::store_id.eq(store))
                    .filter(group_nestings::$from.eq_any(ids))
                    .order((group_nestings::$from, group_nestings::$to))
                    .select((group_nestings::$from, GroupRow::as_select()));
                rows.extend(query.load(conn)?);
            }
            rows.into_iter().map(|(from, to)| Ok((from.into(), to.try_into()?))).collect()
        })
    }};
}

impl Inside<'_, '_> {
    fn reached(
        &mut self,
        groups: &[GroupId],
        direction: Direction,
    ) -> Result<Vec<Nesting>, StoreError> {
        let store = self.store;
        let (from, to) = ends(direction);
        self.session.read(|conn| {
            let mut found = Vec::new();
            for groups in lists(groups.iter().copied()) {
                let slots = [
                    ("store", Slot::from(store)),
                    ("groups", Slot::id_rows(&groups)),
                    ("from", Slot::Name(from)),
                    ("to", Slot::Name(to)),
                ];
                let query = Fragment::new(REACHED, &slots).returning::<(DbUuid, DbUuid)>();
                let rows: Vec<(Id, Id)> = query.load(conn)?;
                let nesting = |(parent, child): (Id, Id)| Nesting {
                    parent: parent.into(),
                    child: child.into(),
                };
                found.extend(rows.into_iter().map(nesting));
            }
            // Two lists of groups may have led to the same ones.
            found.sort_unstable();
            found.dedup();
            Ok(found)
        })
    }
}

impl NestingRepository for Inside<'_, '_> {
    fn parents_of_all(&mut self, groups: &[GroupId]) -> Result<Vec<(GroupId, Group)>, StoreError> {
        neighbours!(self, groups, child_id, parent_id)
    }

    fn children_of_all(&mut self, groups: &[GroupId]) -> Result<Vec<(GroupId, Group)>, StoreError> {
        neighbours!(self, groups, parent_id, child_id)
    }

    fn below(&mut self, groups: &[GroupId]) -> Result<Vec<Nesting>, StoreError> {
        self.reached(groups, Direction::Down)
    }

    fn above(&mut self, groups: &[GroupId]) -> Result<Vec<Nesting>, StoreError> {
        self.reached(groups, Direction::Up)
    }

    fn lock_graph(&mut self) -> Result<(), StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            let query = stores::table.filter(stores::id.eq(store)).select(stores::id);
            let _: Option<Id> = dialect::locked!(query).get_result(conn).optional()?;
            Ok(())
        })
    }

    fn apply(&mut self, changes: &[Recorded<Nesting>]) -> Result<(), StoreError> {
        let store = self.store;
        self.session.record_all(changes, |conn| {
            let gone = with_action(changes, |action| action == Action::Deleted);
            let gone = gone.map(|it| vec![it.parent.into(), it.child.into()]);
            delete_rows(conn, store, ("group_nestings", &["parent_id", "child_id"]), gone)?;
            let added = with_action(changes, |action| action == Action::Added);
            insert_chunks!(
                conn,
                group_nestings::table,
                added.map(|nesting| NestingRow::of(store, nesting))
            );
            Ok(())
        })
    }
}
