//! Whether the process lives, and whether it should get requests.

use actix_web::{HttpResponse, get};

use crate::openapi::ServiceConfig;
use crate::openapi::refusals::{PlainRefusals, ReadyRefusals};
use crate::problem::{Kind, Problem};
use crate::state::Api;

/// The endpoints of operation.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(health).service(ready);
}

/// Says that the process lives. Asks nothing else.
#[utoipa::path(
    operation_id = "GetHealth",
    tag = "Operation",
    security(()),
    responses((status = 200, description = "The process lives", body = String, content_type = "text/plain", example = "alive\n"), PlainRefusals),
)]
#[get("/healthz")]
pub(crate) async fn health() -> HttpResponse {
    plain("alive\n")
}

/// Says whether this node can serve: it is not draining, and its database answers.
#[utoipa::path(
    operation_id = "GetReadiness",
    tag = "Operation",
    security(()),
    responses(
        (status = 200, description = "Requests may come", body = String, content_type = "text/plain", example = "ready\n"),
        ReadyRefusals,
    ),
)]
#[get("/readyz")]
pub(crate) async fn ready(api: Api) -> Result<HttpResponse, Problem> {
    match (api.shared.readiness)().await {
        Ok(()) => Ok(plain("ready\n")),
        Err(reason) => Err(Problem::passing(Kind::NotReady, reason.to_string())),
    }
}

fn plain(text: &'static str) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(text)
}
