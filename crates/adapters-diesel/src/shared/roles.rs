use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use domain::access::{Administrators, Assignment, AssignmentFilter, Grant, Holder, RoleRepository};
use domain::audit::Recorded;
use domain::id::{GroupId, UserId};
use domain::time::Instant;
use domain::unit_of_work::StoreError;

use super::super::{Conn, dialect};
use super::chunks::{CHUNK, among, delete_rows};
use super::fragment::{Fragment, Slot, Value};
use super::listing::{behind, order};
use super::lists::lists;
use super::session::{Inside, Session};
use crate::error::Failure;
use crate::rows::{
    AssignmentRow, CLIENT, GROUP, NewAssignment, USER, all, grant, holder_columns, reach_column,
    role_folded,
};
use crate::schema::role_assignments;
use crate::types::{At, DbUuid, Id};

/// The columns that tell the assignments of a store apart, in the order of the domain.
const KEY: [&str; 4] = ["holder_kind", "holder_id", "role_folded", "reach_store_id"];

fn key(assignment: &Assignment) -> Vec<Value> {
    let (kind, id) = holder_columns(assignment.holder);
    let role = role_folded(assignment.grant.role());
    let reach = reach_column(assignment.grant.reach());
    vec![kind.into(), id.into(), role.into(), reach.into()]
}

/// Which rows a filter asks for, behind a place.
fn wanted(filter: &AssignmentFilter, after: Option<&Assignment>) -> Fragment {
    let holder = filter.holder.map(holder_columns).map(|(kind, id)| {
        let slots = [("kind", Slot::from(kind)), ("id", Slot::from(id))];
        Fragment::new("holder_kind = :kind AND holder_id = :id", &slots)
    });
    let role = filter.role.as_ref().map(|role| {
        Fragment::new("role_folded = :role", &[("role", Slot::from(role_folded(role)))])
    });
    let reach = filter.reach.map(|reach| {
        let slots = [("reach", Slot::from(reach_column(reach)))];
        Fragment::new("reach_store_id = :reach", &slots)
    });
    let after = after.map(|after| behind(&KEY, false, key(after)));
    let parts = [Some(Fragment::sql("1 = 1")), holder, role, reach, after];
    Fragment::join(parts.into_iter().flatten(), " AND ").enclosed()
}

/// What users hold themselves, and what the groups above them hold. `CROSS JOIN` keeps SQLite to
/// the order of the tables: it does not know that a few rows come first.
const HELD_BY_USERS: &str = "
    WITH RECURSIVE wanted (id) AS (VALUES :ids), above (id, group_id) AS (
        SELECT wanted.id, memberships.group_id FROM wanted CROSS JOIN memberships
        WHERE memberships.store_id = :store AND memberships.user_id = wanted.id
        UNION
        SELECT above.id, nesting.parent_id FROM above CROSS JOIN group_nestings nesting
        WHERE nesting.store_id = :store AND nesting.child_id = above.group_id
    )
    SELECT wanted.id, role, reach_store_id FROM wanted CROSS JOIN role_assignments held
    WHERE held.store_id = :store AND held.holder_kind = :user AND held.holder_id = wanted.id
    UNION ALL
    SELECT above.id, role, reach_store_id FROM above CROSS JOIN role_assignments held
    WHERE held.store_id = :store AND held.holder_kind = :group AND held.holder_id = above.group_id";

/// What groups hold themselves, and what those above them hold.
const GIVEN_BY_GROUPS: &str = "
    WITH RECURSIVE wanted (id) AS (VALUES :ids), above (id, group_id) AS (
        SELECT id, id FROM wanted
        UNION
        SELECT above.id, nesting.parent_id FROM above CROSS JOIN group_nestings nesting
        WHERE nesting.store_id = :store AND nesting.child_id = above.group_id
    )
    SELECT above.id, role, reach_store_id FROM above CROSS JOIN role_assignments held
    WHERE held.store_id = :store AND held.holder_kind = :group AND held.holder_id = above.group_id";

impl Inside<'_, '_> {
    /// The grants of each id that the statement tells of, each once, in order.
    fn held<I>(&mut self, ids: &[I], statement: &'static str) -> Result<Vec<(I, Grant)>, StoreError>
    where
        I: Copy + Ord + Into<Id> + From<Id>,
    {
        let store = self.store;
        self.session.read(|conn| {
            let mut held = Vec::new();
            for ids in lists(ids.iter().copied()) {
                let slots = [
                    ("store", Slot::from(store)),
                    ("ids", Slot::id_rows(&ids)),
                    ("user", Slot::from(USER)),
                    ("group", Slot::from(GROUP)),
                ];
                let query = Fragment::new(statement, &slots).returning::<(DbUuid, Text, DbUuid)>();
                let rows: Vec<(Id, String, Id)> = query.load(conn)?;
                for (id, role, reach) in rows {
                    held.push((I::from(id), grant(&role, reach)?));
                }
            }
            held.sort_unstable();
            held.dedup();
            Ok(held)
        })
    }
}

impl RoleRepository for Inside<'_, '_> {
    fn page(
        &mut self,
        filter: &AssignmentFilter,
        after: Option<Assignment>,
        limit: u32,
    ) -> Result<Vec<Assignment>, StoreError> {
        let store = Id::from(self.store);
        let wanted = wanted(filter, after.as_ref());
        self.session.read(|conn| {
            all(role_assignments::table
                .filter(role_assignments::store_id.eq(store))
                .filter(wanted)
                .order(order(&KEY, false))
                .limit(limit.into())
                .select(AssignmentRow::as_select())
                .load(conn)?)
        })
    }

    fn of(&mut self, holders: &[Holder]) -> Result<Vec<Assignment>, StoreError> {
        let store = self.store;
        self.session.read(|conn| {
            let mut held: Vec<Assignment> = Vec::new();
            for holders in holders.chunks(CHUNK) {
                let row = |(kind, id): (i32, Id)| vec![kind.into(), id.into()];
                let rows = holders.iter().copied().map(holder_columns).map(row).collect();
                let query = role_assignments::table
                    .filter(among(store, &["holder_kind", "holder_id"], rows))
                    .select(AssignmentRow::as_select());
                held.extend(all(query.load(conn)?)?);
            }
            held.sort_unstable();
            held.dedup();
            Ok(held)
        })
    }

    fn held_by_users(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Grant)>, StoreError> {
        self.held(users, HELD_BY_USERS)
    }

    fn given_by_groups(&mut self, groups: &[GroupId]) -> Result<Vec<(GroupId, Grant)>, StoreError> {
        self.held(groups, GIVEN_BY_GROUPS)
    }

    fn insert(&mut self, assignment: &Recorded<Assignment>) -> Result<(), StoreError> {
        let Assignment { holder, grant } = assignment.record();
        let row = NewAssignment::of(self.store, *holder, grant);
        self.session.record(assignment, |conn| {
            diesel::insert_into(role_assignments::table).values(row).execute(conn)?;
            Ok(())
        })
    }

    fn remove_all(&mut self, assignments: &[Recorded<Assignment>]) -> Result<(), StoreError> {
        let store = self.store;
        self.session.record_all(assignments, |conn| {
            let gone = assignments.iter().map(|assignment| key(assignment.record()));
            delete_rows(conn, store, ("role_assignments", &KEY), gone)
        })
    }
}

/// In the order of the index that is on them, so that two who lock never wait for each other.
const ADMINISTRATORS: &str = "
    SELECT holder_id FROM role_assignments WHERE role_folded = 'systemadmin'
    ORDER BY store_id, holder_kind, holder_id, reach_store_id:locked";

const ACTIVE_CLIENT: &str = "
    SELECT EXISTS (SELECT 1 FROM role_assignments held CROSS JOIN clients
    WHERE held.role_folded = 'systemadmin' AND held.holder_kind = :client
    AND clients.store_id = held.store_id AND clients.id = held.holder_id
    AND (clients.expires IS NULL OR clients.expires > :now))";

const ACTIVE_USER: &str = "
    WITH RECURSIVE below (store_id, group_id) AS (
        SELECT store_id, holder_id FROM role_assignments
        WHERE role_folded = 'systemadmin' AND holder_kind = :group
        UNION
        SELECT nesting.store_id, nesting.child_id FROM below CROSS JOIN group_nestings nesting
        WHERE nesting.store_id = below.store_id AND nesting.parent_id = below.group_id
    ), holders (store_id, user_id) AS (
        SELECT store_id, holder_id FROM role_assignments
        WHERE role_folded = 'systemadmin' AND holder_kind = :user
        UNION ALL
        SELECT below.store_id, memberships.user_id FROM below CROSS JOIN memberships
        WHERE memberships.store_id = below.store_id AND memberships.group_id = below.group_id
    )
    SELECT EXISTS (SELECT 1 FROM holders CROSS JOIN users
    WHERE users.store_id = holders.store_id AND users.id = holders.user_id
    AND users.active = :yes AND users.locked = :no
    AND (users.valid_from IS NULL OR users.valid_from <= :now)
    AND (users.valid_to IS NULL OR users.valid_to > :now)
    AND (users.can_change_expired_password = :yes OR users.password_never_expires = :yes
        OR users.password_expires IS NULL OR users.password_expires > :now))";

/// Whether the statement finds an administrator who could act.
fn finds(conn: &mut Conn, statement: &'static str, now: Instant) -> Result<bool, Failure> {
    let slots = [
        ("now", Slot::from(At(now))),
        ("user", Slot::from(USER)),
        ("group", Slot::from(GROUP)),
        ("client", Slot::from(CLIENT)),
        ("yes", Slot::from(true)),
        ("no", Slot::from(false)),
    ];
    Ok(Fragment::new(statement, &slots).returning::<Bool>().get_result(conn)?)
}

impl Administrators for Session<'_> {
    fn lock(&mut self) -> Result<(), StoreError> {
        let slots = [("locked", Slot::Name(dialect::LOCKED))];
        let query = Fragment::new(ADMINISTRATORS, &slots).returning::<DbUuid>();
        self.write(|conn| {
            let _: Vec<Id> = query.load(conn)?;
            Ok(())
        })
    }

    fn any(&mut self, now: Instant) -> Result<bool, StoreError> {
        self.read(|conn| Ok(finds(conn, ACTIVE_CLIENT, now)? || finds(conn, ACTIVE_USER, now)?))
    }
}
