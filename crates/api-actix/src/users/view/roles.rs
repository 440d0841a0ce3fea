use domain::access::{Role, RoleName};
use domain::account::Account;
use serde::Serialize;
use utoipa::ToSchema;

use super::TwoFactorRegistration;
use super::shown::{Permissions, Roles};
use super::user_details::time_zone;

/// The roles that there are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetUserRolesResponse<'a> {
    /// Their names.
    roles: Vec<&'a str>,
    /// How many fit.
    total: usize,
    /// How many of them are here.
    returned: usize,
}

impl<'a> GetUserRolesResponse<'a> {
    /// Those of `roles` that have this name, or all of them.
    pub(crate) fn new(roles: &'a [Role], named: Option<&RoleName>) -> Self {
        let fitting = roles
            .iter()
            .map(|role| &role.name)
            .filter(|role| named.is_none_or(|named| named == *role));
        let roles: Vec<_> = fitting.map(RoleName::as_str).collect();
        Self { total: roles.len(), returned: roles.len(), roles }
    }
}

/// What a user may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UserRolesPermissions<'a> {
    /// The name to sign in with.
    user_name: &'a str,
    /// The roles that are given to the user.
    #[schema(value_type = Vec<String>)]
    roles: Roles<'a>,
    /// What these roles, and those of the user's groups, allow.
    #[schema(value_type = Vec<String>)]
    permissions: Permissions,
    /// The time zone of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    time_zone_id: Option<&'a str>,
    /// Whether a second factor is asked for.
    two_factor_enabled: bool,
    /// How far the user is with it.
    two_factor_registration: TwoFactorRegistration,
}

impl<'a> From<&'a Account> for UserRolesPermissions<'a> {
    fn from(account: &'a Account) -> Self {
        Self {
            user_name: account.user.login_name.as_str(),
            roles: Roles(&account.roles),
            permissions: Permissions(account.permissions),
            time_zone_id: time_zone(account),
            two_factor_enabled: account.user.two_factor_required,
            two_factor_registration: TwoFactorRegistration::of(&account.user),
        }
    }
}
