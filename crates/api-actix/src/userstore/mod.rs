//! The operations of `/api/userstore/v1`, a folder for each resource.

mod audit;
mod listing;
mod shown;
mod user;

use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

/// The path of a store.
pub(crate) const BASE: &str = "/api/userstore/v1/{userstore}";

/// Registers every operation on a store.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    audit::configure(config);
    user::configure(config);
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

/// Where a page begins and how long it is; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `Listing` reads it")]
struct PageQuery {
    /// Answer at most so many items, and name the next page in `Link`. Without it the whole list
    /// is answered, as a stream. How many it may be is a setting of the server, 1000 where nothing
    /// else is set.
    #[param(minimum = 1, nullable = false)]
    limit: Option<u32>,
    /// Begin after this position, taken from the `Link` of an earlier answer.
    #[param(nullable = false)]
    cursor: Option<String>,
}
