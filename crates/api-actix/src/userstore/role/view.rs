use domain::access::{Assignment, Holder};
use domain::id::{ClientId, GroupId, StoreId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::userstore::{grant, shown};

/// A role that somebody of the store holds: a user, a group or a client.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RoleAssignment)]
pub(super) struct AssignmentView<'a> {
    /// The user who holds it.
    #[serde(serialize_with = "shown::optional", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    user_id: Option<UserId>,
    /// The group whose members hold it, with those of the groups below.
    #[serde(serialize_with = "shown::optional", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    group_id: Option<GroupId>,
    /// The client that holds it.
    #[serde(serialize_with = "shown::optional", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>, nullable = false)]
    client_id: Option<ClientId>,
    /// The role.
    role: &'a str,
    /// The store in which it is held; null where it is held in every store.
    #[serde(serialize_with = "shown::optional")]
    #[schema(required, value_type = Option<Uuid>)]
    store_id: Option<StoreId>,
}

impl<'a> From<&'a Assignment> for AssignmentView<'a> {
    fn from(assignment: &'a Assignment) -> Self {
        let Assignment { holder, grant } = assignment;
        let (role, store_id) = (grant.role().as_str(), grant::store(grant.reach()));
        let nobody = Self { user_id: None, group_id: None, client_id: None, role, store_id };
        match *holder {
            Holder::User(id) => Self { user_id: Some(id), ..nobody },
            Holder::Group(id) => Self { group_id: Some(id), ..nobody },
            Holder::Client(id) => Self { client_id: Some(id), ..nobody },
        }
    }
}

/// Writes an assignment as JSON.
pub(super) fn write(assignment: &Assignment, text: &mut Vec<u8>) {
    // Strings always serialize, and a `Vec` always takes them.
    let _ = serde_json::to_writer(text, &AssignmentView::from(assignment));
}
