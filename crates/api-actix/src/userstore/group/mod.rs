//! Groups: `…/administration/Group`.

mod documented;
mod list;
mod read;
mod request;
mod shape;
mod text;
mod view;
mod write;

use domain::error::{Missing, UseCaseError};
use domain::group::{Group, GroupInclude, GroupWithRelations};
use domain::id::{GroupId, StoreId};
use domain::resource::Records;
use domain::version::Version;
use serde_json::Value;

use self::request::GroupRequest;
use self::shape::{GROUP, MEMBER_GROUPS, MEMBER_USERS, METADATA, PARENT_GROUPS};
use self::text::Writer;
use self::view::GroupView;
use super::resource::Exposed;
use super::resource::named::id_in_item;
use crate::caller::Call;
use crate::openapi::ServiceConfig;
use crate::request::patch::{Patch, Shape};
use crate::state::Shared;

/// Registers the operations on groups.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(read::synchronize_all_group)
        .service(list::get_all_group_membership_from_group)
        .service(list::get_all_group_membership_from_user)
        .service(list::get_groups)
        .configure(write::configure)
        .service(read::get_group);
}

impl Exposed for Group {
    type Request = GroupRequest;
    type View<'a> = GroupView<'a>;

    const MISSING: Missing = Missing::Group;
    const SHAPE: Shape = GROUP;

    fn records(shared: &Shared) -> &Records<Self> {
        &shared.groups
    }

    fn scope(_: &Call) -> Result<(), Missing> {
        Ok(())
    }

    fn id_in_path(call: &Call) -> Option<GroupId> {
        call.parameter("id").parse().ok()
    }

    fn id_in_item((): &(), item: Value) -> Result<(GroupId, Value), UseCaseError> {
        id_in_item(item, Missing::Group)
    }

    fn shown_id(shown: &GroupWithRelations) -> Value {
        Value::String(shown.group.id.to_string())
    }

    fn store(shown: &GroupWithRelations) -> StoreId {
        shown.store
    }

    fn version(shown: &GroupWithRelations) -> Version {
        shown.group.version
    }

    fn location(base: &str, shown: &GroupWithRelations) -> String {
        format!("{base}/administration/Group/{}", shown.group.id)
    }

    fn relations(wanted: impl Fn(&str) -> bool) -> GroupInclude {
        GroupInclude {
            member_users: wanted(MEMBER_USERS),
            parent_groups: wanted(PARENT_GROUPS),
            member_groups: wanted(MEMBER_GROUPS),
            metadata: wanted(METADATA),
            path: false,
        }
    }

    fn needs(patch: &Patch) -> GroupInclude {
        Self::relations(|relation| shape::needs(patch, relation))
    }

    fn before_patch(patch: &Patch, shown: &GroupWithRelations) -> Value {
        shape::before(patch, shown)
    }
}

/// Writes groups of the store of this call.
fn writer(call: &Call) -> Writer {
    Writer { groups: call.api.shared.groups.clone(), context: call.context.clone() }
}
