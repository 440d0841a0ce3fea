use domain::attribute::Metadata;

use super::{KeyPath, OwnerPath};
use crate::userstore::StorePath;
use crate::userstore::attribute::MetadataInput;
use crate::userstore::attribute::view::MetadataView;
use crate::userstore::resource::documented::{Tuple, TupleBatchPatch};
use crate::userstore::resource::operations::resource;

resource! {
    Metadata, tag: "GroupMetadata", one: "metadata entry", many: "metadata",
    shown: MetadataView, sent: MetadataInput, named: Tuple, patched: TupleBatchPatch,
    place: [StorePath, OwnerPath], target: KeyPath;

    create_or_update_all: create_or_update_group_metadatas "CreateOrUpdateGroupMetadatas" "/administration/Group/{groupId}/GroupMetadata/createorupdate/batch";
    create_or_update: create_or_update_group_metadata "CreateOrUpdateGroupMetadata" "/administration/Group/{groupId}/GroupMetadata/createorupdate";
    remove_all_by_post: delete_group_metadatas_by_post "DeleteGroupMetadatasByPost" "/administration/Group/{groupId}/GroupMetadata/batch/delete";
    create_all: create_group_metadatas "CreateGroupMetadatas" "/administration/Group/{groupId}/GroupMetadata/batch";
    update_all: update_group_metadatas "UpdateGroupMetadatas" "/administration/Group/{groupId}/GroupMetadata/batch";
    patch_all: patch_group_metadatas "PatchGroupMetadatas" "/administration/Group/{groupId}/GroupMetadata/batch";
    remove_all: delete_group_metadatas "DeleteGroupMetadatas" "/administration/Group/{groupId}/GroupMetadata/batch";
    create: create_group_metadata "CreateGroupMetadata" "/administration/Group/{groupId}/GroupMetadata";
    update: update_group_metadata "UpdateGroupMetadata" "/administration/Group/{groupId}/GroupMetadata/{key}";
    patch: patch_group_metadata "PatchGroupMetadata" "/administration/Group/{groupId}/GroupMetadata/{key}";
    remove: delete_group_metadata "DeleteGroupMetadata" "/administration/Group/{groupId}/GroupMetadata/{key}" by single::remove::<Metadata>[];
}
