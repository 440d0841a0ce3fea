use domain::group::Group;
use utoipa::IntoParams;
use uuid::Uuid;

use super::request::GroupRequest;
use super::view::GroupView;
use crate::userstore::StorePath;
use crate::userstore::resource::documented::BatchPatch;
use crate::userstore::resource::operations::resource;

/// Which group; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the path; `id_in_path` reads it")]
struct GroupPath {
    /// The group's id.
    id: Uuid,
}

resource! {
    Group, tag: "Group", one: "group", many: "groups",
    shown: GroupView, sent: GroupRequest, named: Uuid, patched: BatchPatch,
    place: [StorePath], target: GroupPath;

    create_or_update_all: create_or_update_groups
        "CreateOrUpdateGroups" "/administration/Group/createorupdate/batch";
    create_or_update: create_or_update_group
        "CreateOrUpdateGroup" "/administration/Group/createorupdate";
    remove_all_by_post: delete_groups_by_post
        "DeleteGroupsByPost" "/administration/Group/batch/delete";
    create_all: create_groups "CreateGroups" "/administration/Group/batch";
    update_all: update_groups "UpdateGroups" "/administration/Group/batch";
    patch_all: patch_groups "PatchGroups" "/administration/Group/batch";
    remove_all: delete_groups "DeleteGroups" "/administration/Group/batch";
    create: create_group "CreateGroup" "/administration/Group";
    update: update_group "UpdateGroup" "/administration/Group/{id}";
    patch: patch_group "PatchGroup" "/administration/Group/{id}";
    remove: delete_group "DeleteGroup" "/administration/Group/{id}" by single::remove::<Group>[];
}
