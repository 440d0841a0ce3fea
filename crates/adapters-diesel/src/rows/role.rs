use diesel::prelude::*;
use domain::access::{Assignment, Grant, Holder, Reach, RoleName};
use domain::id::StoreId;
use uuid::Uuid;

use super::corrupt;
use crate::error::Failure;
use crate::schema::role_assignments;
use crate::types::Id;

/// What is stored for a user, a group and a client that holds a role.
pub(crate) const USER: i32 = 1;
pub(crate) const GROUP: i32 = 2;
pub(crate) const CLIENT: i32 = 3;

/// Kind and id of who holds a role.
pub(crate) fn holder_columns(holder: Holder) -> (i32, Id) {
    match holder {
        Holder::User(id) => (USER, id.into()),
        Holder::Group(id) => (GROUP, id.into()),
        Holder::Client(id) => (CLIENT, id.into()),
    }
}

/// The name of a role as it is compared.
pub(crate) fn role_folded(role: &RoleName) -> String {
    role.as_str().to_ascii_lowercase()
}

/// Where a role is held; the nil UUID stands for every store.
pub(crate) fn reach_column(reach: Reach) -> Id {
    match reach {
        Reach::Everywhere => Id(Uuid::nil()),
        Reach::Store(id) => id.into(),
    }
}

/// The role and reach of a row.
pub(crate) fn grant(role: &str, reach: Id) -> Result<Grant, Failure> {
    let role = RoleName::parse(role).map_err(|_| corrupt("role_assignments.role"))?;
    let reach = match reach {
        Id(store) if store.is_nil() => Reach::Everywhere,
        store => Reach::Store(store.into()),
    };
    Grant::new(role, reach).map_err(|_| corrupt("role_assignments.reach_store_id"))
}

/// An assignment as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = role_assignments)]
pub(crate) struct AssignmentRow {
    holder_kind: i32,
    pub(crate) holder_id: Id,
    role: String,
    reach_store_id: Id,
}

impl AssignmentRow {
    /// Role and reach alone.
    pub(crate) fn grant(&self) -> Result<Grant, Failure> {
        grant(&self.role, self.reach_store_id)
    }
}

impl TryFrom<AssignmentRow> for Assignment {
    type Error = Failure;

    fn try_from(row: AssignmentRow) -> Result<Self, Failure> {
        let holder = match row.holder_kind {
            USER => Holder::User(row.holder_id.into()),
            GROUP => Holder::Group(row.holder_id.into()),
            CLIENT => Holder::Client(row.holder_id.into()),
            _ => return Err(corrupt("role_assignments.holder_kind")),
        };
        Ok(Self { holder, grant: row.grant()? })
    }
}

/// An assignment as it is written.
#[derive(Insertable)]
#[diesel(table_name = role_assignments, treat_none_as_default_value = false)]
pub(crate) struct NewAssignment<'a> {
    store_id: Id,
    holder_kind: i32,
    holder_id: Id,
    role_folded: String,
    reach_store_id: Id,
    role: &'a str,
}

impl<'a> NewAssignment<'a> {
    /// The row of what somebody of a store holds.
    pub(crate) fn of(store: StoreId, holder: Holder, grant: &'a Grant) -> Self {
        let (holder_kind, holder_id) = holder_columns(holder);
        Self {
            store_id: store.into(),
            holder_kind,
            holder_id,
            role_folded: role_folded(grant.role()),
            reach_store_id: reach_column(grant.reach()),
            role: grant.role().as_str(),
        }
    }
}
