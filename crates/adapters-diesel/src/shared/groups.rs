use diesel::prelude::*;
use domain::audit::{Recorded, Stamp};
use domain::group::{
    Direction, Group, GroupOrder, GroupProperty, GroupQuery, GroupRepository, GroupScope,
};
use domain::id::{GroupId, StoreId};
use domain::page::Place;
use domain::text::Folded;
use domain::unit_of_work::{StoreError, Taken, Unique};

use super::super::{Conn, dialect};
use super::filters::{Column, Columns};
use super::fragment::{Fragment, Slot, Value};
use super::listing::{Listing, Sorted};
use super::lists::{LONGEST, lists};
use super::records::{Held, Record, excluded_columns, load_all, unlocked};
use super::session::Inside;
use crate::rows::{GroupRow, NewGroup, all};
use crate::schema::groups;
use crate::types::Id;

impl Columns for GroupProperty {
    fn column(self) -> Column {
        match self {
            Self::Id => Column::Set("id"),
            Self::Name => Column::Set("name_folded"),
        }
    }
}

impl Sorted<GroupId> for GroupOrder {
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id"],
            Self::Name => &["name_folded", "id"],
        }
    }

    fn values(self, place: &Place<GroupId>) -> Vec<Value> {
        match self {
            Self::Id => vec![place.id.into()],
            Self::Name => vec![place.sort.as_str().into(), place.id.into()],
        }
    }
}

/// The name where a few groups are known beforehand: a walk along the index of all names would
/// meet every group of the store.
const NAME_OF_FEW: [&str; 2] = [dialect::NAME_OF_FEW, "id"];

impl Record for Group {
    const TABLE: &'static str = "groups";
    const UNIQUE: &'static [(Unique, &'static str)] =
        &[(Unique::GroupId, "id"), (Unique::GroupName, "name_folded")];

    fn id(&self) -> Id {
        self.id.into()
    }

    fn holds(&self) -> Vec<Option<Value>> {
        vec![Some(self.id.into()), Some(self.name.folded().as_str().into())]
    }

    fn insert_new(conn: &mut Conn, store: StoreId, records: &[&Self]) -> QueryResult<Vec<i64>> {
        let rows: Vec<_> = records.iter().map(|group| NewGroup::of(store, group)).collect();
        diesel::insert_into(groups::table)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(groups::version)
            .get_results(conn)
    }

    fn held(conn: &mut Conn, store: StoreId, condition: Fragment) -> QueryResult<Vec<Held>> {
        let rows: Vec<(Id, String, i64)> = groups::table
            .filter(groups::store_id.eq(Id::from(store)))
            .filter(condition)
            .select((groups::id, groups::name_folded, groups::version))
            .load(conn)?;
        let values = |(id, name, version): (Id, String, i64)| {
            (vec![Some(id.into()), Some(name.into())], version)
        };
        Ok(rows.into_iter().map(values).collect())
    }

    fn update(conn: &mut Conn, store: StoreId, record: &Self) -> QueryResult<usize> {
        let row = groups::table
            .filter(groups::store_id.eq(Id::from(store)))
            .filter(groups::id.eq(record.id()));
        diesel::update(row).set(NewGroup::of(store, record)).execute(conn)
    }

    fn update_many(conn: &mut Conn, store: StoreId, records: &[&Self]) -> QueryResult<usize> {
        let rows: Vec<_> = records.iter().map(|group| NewGroup::of(store, group)).collect();
        diesel::insert_into(groups::table)
            .values(rows)
            .on_conflict((groups::store_id, groups::id))
            .do_update()
            .set(excluded_columns!(groups: name, name_folded, version))
            .execute(conn)
    }
}

/// Those that a user is in, directly and by nesting. `CROSS JOIN` keeps SQLite to the order of the
/// tables: it does not know that a few rows come first.
const OF_USER: &str = "id IN (
    WITH RECURSIVE found (id) AS (
        SELECT group_id FROM memberships WHERE store_id = :store AND user_id = :user
        UNION
        SELECT nesting.parent_id FROM found CROSS JOIN group_nestings nesting
        WHERE nesting.store_id = :store AND nesting.child_id = found.id
    ) SELECT id FROM found)";

/// Those at one end of nestings that lead away from a group, transitively.
const AROUND: &str = "id IN (
    WITH RECURSIVE found (id) AS (
        SELECT :to FROM group_nestings WHERE store_id = :store AND :from = :group
        UNION
        SELECT nesting.:to FROM found CROSS JOIN group_nestings nesting
        WHERE nesting.store_id = :store AND nesting.:from = found.id
    ) SELECT id FROM found)";

/// Where a nesting is left and where it is entered.
pub(super) fn ends(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Up => ("child_id", "parent_id"),
        Direction::Down => ("parent_id", "child_id"),
    }
}

/// Whether a group is of the scope. `UNION` drops what was found before, so that groups which are
/// reached on many ways are gone on from once.
fn of_scope(store: StoreId, scope: GroupScope) -> Fragment {
    let store = ("store", Slot::from(store));
    match scope {
        GroupScope::All => Fragment::sql("1 = 1"),
        GroupScope::OfUser(user) => Fragment::new(OF_USER, &[store, ("user", Slot::from(user))]),
        GroupScope::Around(group, direction) => {
            let (from, to) = ends(direction);
            let ends = [("from", Slot::Name(from)), ("to", Slot::Name(to))];
            let [from, to] = ends;
            Fragment::new(AROUND, &[store, ("group", Slot::from(group)), from, to])
        }
    }
}

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

    fn find_all(&mut self, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| all(load_all!(conn, store, ids, groups, GroupRow, unlocked)))
    }

    fn find_all_for_update(&mut self, ids: &[GroupId]) -> Result<Vec<Group>, StoreError> {
        let store = Id::from(self.store);
        self.session
            .write(|conn| all(load_all!(conn, store, ids, groups, GroupRow, dialect::locked)))
    }

    fn find_by_names(&mut self, names: &[Folded]) -> Result<Vec<Group>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let mut rows: Vec<GroupRow> = Vec::new();
            for names in names.chunks(LONGEST) {
                let query = groups::table
                    .filter(groups::store_id.eq(store))
                    .filter(groups::name_folded.eq_any(names.iter().map(Folded::as_str)))
                    .select(GroupRow::as_select());
                rows.extend(query.load(conn)?);
            }
            rows.sort_unstable_by_key(GroupRow::id);
            rows.dedup_by_key(|row| row.id());
            all(rows)
        })
    }

    fn list(&mut self, scope: GroupScope, query: &GroupQuery) -> Result<Vec<Group>, StoreError> {
        let store = Id::from(self.store);
        let columns = match (scope, query.order.by) {
            (GroupScope::OfUser(_) | GroupScope::Around(..), GroupOrder::Name) => &NAME_OF_FEW,
            (_, by) => by.columns(),
        };
        let scope = of_scope(self.store, scope);
        let Listing { wanted, order, limit } = Listing::by(columns, query);
        self.session.read(|conn| {
            all(groups::table
                .filter(groups::store_id.eq(store))
                .filter(scope)
                .filter(wanted)
                .order(order)
                .limit(limit)
                .select(GroupRow::as_select())
                .load(conn)?)
        })
    }

    fn check(
        &mut self,
        after: Option<GroupId>,
        limit: u32,
    ) -> Result<Vec<(GroupId, bool)>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let page = groups::table
                .filter(groups::store_id.eq(store))
                .order(groups::id)
                .limit(limit.into())
                .select(GroupRow::as_select());
            let rows: Vec<GroupRow> = match after {
                Some(after) => page.filter(groups::id.gt(Id::from(after))).load(conn)?,
                None => page.load(conn)?,
            };
            let check = |row: GroupRow| (row.id().into(), Group::try_from(row).is_ok());
            Ok(rows.into_iter().map(check).collect())
        })
    }

    fn insert_new(
        &mut self,
        groups: &[Recorded<Group>],
    ) -> Result<Vec<Result<(), Taken>>, StoreError> {
        self.insert_free(groups)
    }

    fn update_all(&mut self, groups: &[Recorded<Group>]) -> Result<(), StoreError> {
        self.replace(groups)
    }

    fn remove_all(&mut self, groups: &[Recorded<Group>]) -> Result<(), StoreError> {
        self.remove_records(groups)
    }

    fn touch(&mut self, ids: &[GroupId], stamp: Stamp) -> Result<(), StoreError> {
        self.stamp::<Group>(ids.iter().map(|id| Id::from(*id)), stamp)
    }
}
