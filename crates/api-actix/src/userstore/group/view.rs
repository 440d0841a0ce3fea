use domain::group::{Group, GroupWithRelations};
use domain::id::{GroupId, StoreId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::userstore::attribute::view::MetadataView;
use crate::userstore::shown;
use crate::userstore::user::view::{GroupView as NestedGroupView, UserView};

/// A group.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Group)]
pub(crate) struct GroupView<'a> {
    /// The store that the group belongs to.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    instance_id: StoreId,
    /// Immutable.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    id: GroupId,
    /// Unique in the store ignoring case.
    name: &'a str,
    /// The users that are directly in the group; null where they are left out, as in the answer to
    /// a batch whose groups have more than 5 000 members together.
    #[schema(required)]
    member_users: Option<Vec<UserView<'a>>>,
    /// The groups in which the group lies directly; null where they are left out.
    #[schema(required)]
    parent_groups: Option<Vec<NestedGroupView<'a>>>,
    /// The groups that lie directly in the group; null where they are left out.
    #[schema(required)]
    member_groups: Option<Vec<NestedGroupView<'a>>>,
    /// The group's metadata; null where they are left out.
    #[schema(required)]
    metadata: Option<Vec<MetadataView<'a>>>,
    /// With `explain`: a shortest way to the group through the groups that lie in one another, the
    /// group itself last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    path: Option<Vec<StepView<'a>>>,
}

/// A group on the way to another.
#[derive(Serialize, ToSchema)]
#[schema(as = GroupOnPath)]
pub(crate) struct StepView<'a> {
    /// Its id.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    id: GroupId,
    /// Its name.
    name: &'a str,
}

impl<'a> From<&'a GroupWithRelations> for GroupView<'a> {
    fn from(shown: &'a GroupWithRelations) -> Self {
        let store = shown.store;
        let nested = |group| NestedGroupView::of(store, group);
        Self {
            instance_id: store,
            id: shown.group.id,
            name: shown.group.name.as_str(),
            member_users: views(shown.member_users.as_deref(), |user| UserView::alone(store, user)),
            parent_groups: views(shown.parent_groups.as_deref(), nested),
            member_groups: views(shown.member_groups.as_deref(), nested),
            metadata: views(shown.metadata.as_deref(), |metadata| {
                MetadataView::of(store, metadata)
            }),
            path: views(shown.path.as_deref(), StepView::of),
        }
    }
}

impl<'a> StepView<'a> {
    fn of(group: &'a Group) -> Self {
        Self { id: group.id, name: group.name.as_str() }
    }
}

fn views<'a, T, V>(relation: Option<&'a [T]>, view: impl Fn(&'a T) -> V) -> Option<Vec<V>> {
    relation.map(|items| items.iter().map(view).collect())
}
