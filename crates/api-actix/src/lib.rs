//! The REST API of the user store on actix-web.
//!
//! A request passes, in this order: the edge (request id, route, panic guard, log line), the
//! extractor that turns a credential into a caller, the handler, which reads the request, calls one
//! method of a service and shows its result. Who may do what is decided in the domain; this crate
//! knows of status codes and nothing else does. Where no credential is asked for, the extractor asks
//! instead how often the source of the request has come.
//!
//! - [`Api`] holds what every request needs, [`app`] makes the actix application of one worker
//! - `edge`, `routing`: what happens to every request
//! - `anonymous`, `source_limit`, `client_address`: requests without a credential, and how many of
//!   them one source may send
//! - `forwarded`: how the client reached the proxy before this server
//! - `request`: strict readers of bodies, queries and conditions
//! - `problem`: every refusal as an RFC 9457 document; the one `match` from a refusal of the domain
//!   to a status
//! - `face`: which form of refusals a path has, since that of the users API is another one
//! - `waiting`: requests that are answered when something has happened
//! - `idempotency`: the POSTs that happen once however often they are sent
//! - `userstore`: the operations of `/api/userstore/v1`, one folder per resource
//! - `users`: the operations of `/api`, as clients of ServiceStack call them
//! - `openapi`: the document made from the handlers, which is also the table of routes
//!
//! # The recipe for an endpoint
//! Write the handler in the folder of its resource with `#[utoipa::path]` and the method's macro,
//! name it in that folder's `configure`, and refresh `docs/openapi.json`
//! (`UPDATE_OPENAPI=1 cargo test -p api-actix`). Routing, 405, log and document follow from that.
//!
//! # The recipe for a kind of resource
//! Implement `Exposed` for its record and `Received` for what requests send of it (both in
//! `userstore::resource`), and let `resource!` write the handlers: create, change, patch, remove and
//! createorupdate, alone and in batches, with conditions, partial batches and rehearsals.

mod anonymous;
mod caller;
mod client_address;
mod cursor;
mod docs;
mod edge;
mod face;
mod forwarded;
mod health;
mod idempotency;
mod openapi;
mod percent;
mod problem;
mod request;
mod routing;
mod source_limit;
mod state;
mod stream;
mod undivided;
mod users;
mod userstore;
mod waiting;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error};

use openapi::ServiceConfig;
pub use source_limit::{SourceLimit, Sources};
pub use state::{Api, Limits, NotReady, Parts, Readiness, UsersApi};

/// The application that serves `api`, for one worker:
/// `HttpServer::new(move || api_actix::app(&api))`.
pub fn app(
    api: &Api,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    App::new()
        .app_data(api.clone())
        .configure(|framework| openapi::configure(&mut ServiceConfig::of_worker(framework)))
        .wrap(edge::Edge::new(api.clone()))
}
