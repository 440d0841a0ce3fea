use diesel::prelude::*;
use domain::group::{Group, GroupName, Membership, Nesting};
use domain::id::StoreId;

use super::{parse, version};
use crate::error::Failure;
use crate::schema::{group_nestings, groups, memberships};
use crate::types::Id;

/// A group as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = groups)]
pub(crate) struct GroupRow {
    id: Id,
    name: String,
    version: i64,
}

impl GroupRow {
    /// Under which id it is stored.
    pub(crate) fn id(&self) -> Id {
        self.id
    }
}

impl TryFrom<GroupRow> for Group {
    type Error = Failure;

    fn try_from(row: GroupRow) -> Result<Self, Failure> {
        Ok(Self {
            id: row.id.into(),
            name: parse(row.name, GroupName::parse, "groups.name")?,
            version: version(row.version, "groups.version")?,
        })
    }
}

/// A group as it is written.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = groups, primary_key(store_id, id))]
#[diesel(treat_none_as_default_value = false)]
pub(crate) struct NewGroup<'a> {
    store_id: Id,
    id: Id,
    name: &'a str,
    name_folded: String,
    version: i64,
}

impl<'a> NewGroup<'a> {
    /// The row of a group in its store.
    pub(crate) fn of(store: StoreId, group: &'a Group) -> Self {
        Self {
            store_id: store.into(),
            id: group.id.into(),
            name: group.name.as_str(),
            name_folded: group.name.folded().as_str().to_owned(),
            version: group.version.get().get(),
        }
    }
}

/// A membership as it is written.
#[derive(Insertable)]
#[diesel(table_name = memberships, treat_none_as_default_value = false)]
#[expect(clippy::struct_field_names, reason = "the columns of the table")]
pub(crate) struct MembershipRow {
    store_id: Id,
    group_id: Id,
    user_id: Id,
}

impl MembershipRow {
    /// The row of a membership in its store.
    pub(crate) fn of(store: StoreId, membership: &Membership) -> Self {
        Self {
            store_id: store.into(),
            group_id: membership.group.into(),
            user_id: membership.user.into(),
        }
    }
}

/// A nesting as it is written.
#[derive(Insertable)]
#[diesel(table_name = group_nestings, treat_none_as_default_value = false)]
#[expect(clippy::struct_field_names, reason = "the columns of the table")]
pub(crate) struct NestingRow {
    store_id: Id,
    parent_id: Id,
    child_id: Id,
}

impl NestingRow {
    /// The row of a nesting in its store.
    pub(crate) fn of(store: StoreId, nesting: &Nesting) -> Self {
        Self {
            store_id: store.into(),
            parent_id: nesting.parent.into(),
            child_id: nesting.child.into(),
        }
    }
}
