//! The document of the API and a page to read it, from the binary alone.

use std::sync::Arc;

use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, get, web};
use utoipa_swagger_ui::Config;

use crate::openapi::ServiceConfig;
use crate::openapi::refusals::{FileRefusals, PlainRefusals};
use crate::problem::{Kind, Problem};
use crate::state::Api;

/// The page asks nobody but this server. Styles are set from its own script, hence `unsafe-inline`
/// for them and for nothing else.
const POLICY: (HeaderName, &str) = (
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'",
);

/// The endpoints of the documentation.
pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(document).service(front).service(page).service(asset);
}

/// This document.
#[utoipa::path(
    operation_id = "GetOpenApi",
    tag = "Operation",
    security(()),
    responses((status = 200, description = "OpenAPI 3.1", body = Object, content_type = "application/json"), PlainRefusals),
)]
#[get("/openapi.json")]
pub(crate) async fn document(api: Api) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(api.shared.document.clone())
}

/// Leads to the page.
#[utoipa::path(
    operation_id = "GetDocs",
    tag = "Operation",
    security(()),
    responses((status = 308, description = "The page is at `/docs/`"), PlainRefusals),
)]
#[get("/docs")]
pub(crate) async fn front() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs/")).finish()
}

/// A page to read this document and to try it.
#[utoipa::path(
    operation_id = "GetDocsPage",
    tag = "Operation",
    security(()),
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), PlainRefusals),
)]
#[get("/docs/")]
pub(crate) async fn page() -> Result<HttpResponse, Problem> {
    serve("index.html")
}

/// A script, style or picture of the page.
#[utoipa::path(
    operation_id = "GetDocsAsset",
    tag = "Operation",
    security(()),
    params(("file" = String, Path, description = "Name of the file")),
    responses((status = 200, description = "The file", body = String, content_type = "application/octet-stream"), FileRefusals),
)]
#[get("/docs/{file}")]
pub(crate) async fn asset(file: web::Path<String>) -> Result<HttpResponse, Problem> {
    serve(&file)
}

fn serve(file: &str) -> Result<HttpResponse, Problem> {
    // Without this the page would have the document checked by a service of its makers.
    let config = Config::from("/openapi.json").validator_url("none");
    let found = utoipa_swagger_ui::serve(file, Arc::new(config))
        .map_err(|error| Problem::internal(error.to_string()))?;
    let file = found.ok_or_else(|| Problem::because(Kind::NotFound, "There is no such file."))?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(file.content_type)
        .insert_header(POLICY)
        .insert_header((header::CACHE_CONTROL, "no-cache"));
    // So built, the files are in the binary in this form only; every browser reads it.
    if file.gzpipped {
        answer.insert_header(header::ContentEncoding::Gzip);
    }
    Ok(answer.body(file.bytes.into_owned()))
}
