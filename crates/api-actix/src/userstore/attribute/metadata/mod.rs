//! Metadata: `…/administration/Group/{groupId}/GroupMetadata`.

mod read;
mod write;

use utoipa::IntoParams;
use uuid::Uuid;

use crate::openapi::ServiceConfig;

/// Registers the operations on metadata.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(read::get_group_metadata_by_group_id).service(read::get_group_metadatas);
    write::configure(config);
    config.service(read::get_group_metadata);
}

/// Whose they are; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the path; `scope` reads it")]
struct OwnerPath {
    /// The group's id.
    group_id: Uuid,
}

/// Which one; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the path; `id_in_path` reads it")]
struct KeyPath {
    /// The key, ignoring case.
    key: String,
}
