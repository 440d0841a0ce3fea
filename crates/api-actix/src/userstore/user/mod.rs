//! Users: `…/administration/User`.

mod draft;
mod erase;
mod kind;
mod list;
pub(in crate::userstore) mod password;
mod read;
mod request;
mod state;
mod synchronize;
pub(in crate::userstore) mod view;
mod write;

use domain::user::UserService;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::caller::Call;
use crate::openapi::ServiceConfig;

/// Registers the operations on users.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(read::get_user_by_login_name)
        .service(synchronize::synchronize_all_user)
        .service(list::get_users)
        .service(state::set_user_state);
    password::configure(config);
    write::configure(config);
    config.service(read::get_user);
}

/// The use cases.
fn users(call: &Call) -> &UserService {
    &call.api.shared.users
}

/// Whose state or password; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the path; the handlers read it")]
struct UserIdPath {
    /// The user's id.
    user_id: Uuid,
}

/// Which user; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the path; `id_in_path` reads it")]
struct UserPath {
    /// The user's id.
    id: Uuid,
}
