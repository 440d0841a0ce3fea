//! The operations, a file for each: what a request says, which use case is asked, and the answer. Each
//! is reached by its own path, whose handlers [`endpoint`] writes, and by the name of its request type.

mod add_user;
mod authenticate;
mod delete_user;
mod elevate_user_two_factor_status;
pub(super) mod endpoint;
mod get_access_token;
mod get_permissions;
mod get_user;
mod get_user_has_changed_password;
mod get_user_list;
mod get_user_roles;
mod get_user_roles_permissions;
mod get_user_two_factor_status;
mod preview_reset_user_password;
mod read;
pub(super) mod refusals;
mod reset_user;
mod reset_user_2fa;
mod reset_user_password;
mod sign_out;
mod update_user;
mod update_user_password;
mod validate_user_password;

pub(super) use add_user::add_user;
pub(super) use authenticate::authenticate;
pub(super) use delete_user::delete_user;
pub(super) use elevate_user_two_factor_status::elevate_user_two_factor_status;
pub(super) use get_access_token::get_access_token;
pub(super) use get_permissions::get_permissions;
pub(super) use get_user::get_user;
pub(super) use get_user_has_changed_password::get_user_has_changed_password;
pub(super) use get_user_list::get_user_list;
pub(super) use get_user_roles::get_user_roles;
pub(super) use get_user_roles_permissions::get_user_roles_permissions;
pub(super) use get_user_two_factor_status::get_user_two_factor_status;
pub(super) use preview_reset_user_password::preview_reset_user_password;
pub(super) use reset_user::reset_user;
pub(super) use reset_user_2fa::reset_user_2fa;
pub(super) use reset_user_password::reset_user_password;
pub(super) use update_user::update_user;
pub(super) use update_user_password::update_user_password;
pub(super) use validate_user_password::validate_user_password;

use crate::openapi::ServiceConfig;

/// Registers the operations by their own paths. A literal of a path wins over a parameter, so the
/// parameter comes last.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(add_user::add_user_get)
        .service(add_user::add_user_post)
        .service(get_user_two_factor_status::get_user_two_factor_status_post)
        .service(elevate_user_two_factor_status::elevate_user_two_factor_status_post)
        .service(validate_user_password::validate_user_password_get)
        .service(validate_user_password::validate_user_password_post)
        .service(delete_user::delete_user_get)
        .service(delete_user::delete_user_post)
        .service(update_user::update_user_get)
        .service(update_user::update_user_post)
        .service(update_user_password::update_user_password_get)
        .service(update_user_password::update_user_password_post)
        .service(reset_user::reset_user_get)
        .service(reset_user::reset_user_post)
        .service(reset_user_password::reset_user_password_get)
        .service(reset_user_password::reset_user_password_post)
        .service(preview_reset_user_password::preview_reset_user_password_post)
        .service(reset_user_2fa::reset_user_2fa_get)
        .service(reset_user_2fa::reset_user_2fa_post)
        .service(get_user_list::get_user_list_get)
        .service(get_user_list::get_user_list_post)
        .service(authenticate::authenticate_get)
        .service(authenticate::authenticate_post)
        .service(authenticate::sign_in_get)
        .service(authenticate::sign_in_post)
        .service(sign_out::sign_out_get)
        .service(sign_out::sign_out_post)
        .service(get_access_token::get_access_token_get)
        .service(get_access_token::get_access_token_post)
        .service(get_user_roles::get_user_roles_get)
        .service(get_user_roles::get_user_roles_post)
        .service(get_permissions::get_permissions_get)
        .service(get_permissions::get_permissions_post)
        .service(get_user_roles_permissions::get_user_roles_permissions_get)
        .service(get_user_roles_permissions::get_user_roles_permissions_post)
        .service(get_user_has_changed_password::get_user_has_changed_password_get)
        .service(get_user_has_changed_password::get_user_has_changed_password_post)
        .service(get_user::get_user_get)
        .service(get_user::get_user_post);
}
