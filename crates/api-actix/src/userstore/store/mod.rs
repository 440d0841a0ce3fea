//! Stores: `/api/userstore/v1`.

mod item;
mod register;
mod request;
mod settings;
mod view;

use actix_web::http::StatusCode;
use domain::store::{Store, StoreService};

use crate::caller::Authenticated;
use crate::openapi::ServiceConfig;
use crate::userstore::resource::answer::Reply;

/// Registers the operations on the register of stores.
pub(super) fn configure_register(config: &mut ServiceConfig<'_>) {
    config.service(register::get_stores).service(register::create_store);
}

/// Registers the operations on one store.
pub(super) fn configure(config: &mut ServiceConfig<'_>) {
    config
        .service(item::get_store)
        .service(item::update_store)
        .service(item::patch_store)
        .service(item::delete_store);
}

/// The use cases.
fn stores(call: &Authenticated) -> &StoreService {
    &call.api.shared.stores
}

/// A store with its entity tag.
fn reply(status: StatusCode, stores: &StoreService, store: &Store) -> Reply {
    let mut body = Vec::new();
    view::write(&(store.clone(), stores.settings(store)), &mut body);
    Reply::with(status, body).tagged(store.version)
}
