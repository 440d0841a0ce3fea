//! Who holds which role: `…/administration/Role/assignment`.

mod holder;
mod list;
mod reach;
mod request;
mod view;
mod write;

use domain::access::RoleService;

use crate::caller::Call;
use crate::openapi::ServiceConfig;

/// Registers the operations on assignments.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(list::get_role_assignments)
        .service(write::create_role_assignment)
        .service(write::delete_role_assignment);
}

/// The use cases.
fn roles(call: &Call) -> &RoleService {
    &call.api.shared.roles
}
