//! Profile: `…/administration/user/{userId}/UserProfile`.

mod read;
mod write;

use utoipa::IntoParams;
use uuid::Uuid;

use crate::openapi::ServiceConfig;

/// Registers the operations on profiles.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(read::get_user_profile_by_user_id).service(read::get_user_profiles);
    write::configure(config);
    config.service(read::get_user_profile);
}

/// Whose they are; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the path; `scope` reads it")]
struct OwnerPath {
    /// The user's id.
    user_id: Uuid,
}

/// Which one; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the path; `id_in_path` reads it")]
struct KeyPath {
    /// The key, ignoring case.
    key: String,
}
