//! The operations of `/api/userstore/v1`, a folder for each resource.

mod attribute;
mod audit;
mod client;
mod event;
mod grant;
mod group;
mod listing;
mod plain;
mod public;
mod resource;
mod role;
mod shown;
mod store;
mod user;

use utoipa::IntoParams;

use crate::openapi::ServiceConfig;

/// The path of a store.
pub(crate) const BASE: &str = "/api/userstore/v1/{userstore}";

/// Registers the operations on the register of stores.
pub(crate) fn configure_register(config: &mut ServiceConfig<'_>) {
    store::configure_register(config);
}

/// Registers every operation on a store.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    store::configure(config);
    role::configure(config);
    client::configure(config);
    audit::configure(config);
    event::configure(config);
    group::configure(config);
    user::configure(config);
    public::configure(config);
    attribute::configure(config);
}

/// The parameter that every path of a store has; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "describes the path; `Call` reads it")]
struct StorePath {
    /// The store's id or its name, ignoring case.
    #[param(example = "default")]
    userstore: String,
}

/// The condition that every write of one resource takes; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; `precondition` reads it")]
struct IfMatch {
    /// Write only while the resource is in one of these versions: `*`, or a list of entity tags as
    /// `ETag` gave them.
    #[param(rename = "If-Match", required = false, nullable = false, example = "\"42\"")]
    if_match: Option<String>,
}

/// The wish that a POST happens once; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; `idempotency` reads it")]
struct IdempotencyKeyHeader {
    /// Do this once, however often it is sent with the same key by the same caller: for 24 hours
    /// the answer of the first time is given again, with the header `Idempotency-Replayed: true`.
    /// What is refused may be sent again. A `dryRun` keeps nothing.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$",
        example = "8e03978e-40d5-43dd-bc93-6894a57f9324"
    )]
    idempotency_key: Option<String>,
}
