//! Users: `…/administration/User`.

mod answer;
mod batch;
mod change;
mod create;
mod draft;
mod list;
mod read;
mod received;
mod relations;
mod remove;
mod request;
mod upsert;
mod view;

use domain::id::UserId;
use domain::user::UserService;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::caller::Call;

/// Registers the operations on users.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(batch::create_users)
        .service(upsert::create_or_update_user)
        .service(read::get_user_by_login_name)
        .service(list::get_users)
        .service(create::create_user)
        .service(read::get_user)
        .service(change::update_user)
        .service(change::patch_user)
        .service(remove::delete_user);
}

/// The use cases.
fn users(call: &Call) -> &UserService {
    &call.api.shared.users
}

/// The id in the path; `None` when it is no UUID, so that no user can have it.
fn id_in_path(call: &Call) -> Option<UserId> {
    call.parameter("id").parse().ok()
}
