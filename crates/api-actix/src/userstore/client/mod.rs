//! API clients and their keys: `…/administration/Client`.

mod list;
mod request;
mod view;
mod write;

use domain::client::ClientService;

use crate::caller::Call;
use crate::openapi::ServiceConfig;

/// Registers the operations on clients.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list::get_clients).service(write::create_client).service(write::delete_client);
}

/// The use cases.
fn clients(call: &Call) -> &ClientService {
    &call.api.shared.clients
}
