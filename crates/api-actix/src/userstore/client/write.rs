use actix_web::http::header;
use actix_web::{HttpResponse, delete, post};
use domain::client::NewClient;
use domain::error::Invalid;
use domain::id::ClientId;
use utoipa::IntoParams;
use uuid::Uuid;

use super::clients;
use super::request::ClientRequest;
use super::view::NewClientView;
use crate::caller::Call;
use crate::openapi::refusals::{RemoveRefusals, WriteRefusals};
use crate::problem::Problem;
use crate::request::body::Body;
use crate::request::fields::parse_id;
use crate::userstore::StorePath;
use crate::userstore::grant::{administrated, here, refuse_condition};
use crate::userstore::resource::received;

/// Makes an API client and its key, which is told this once. An `Idempotency-Key` is ignored, since
/// no key is kept. For holders of `SystemAdmin`, who hold themselves what they give.
#[utoipa::path(
    operation_id = "CreateClient",
    tags = ["Client", "Extension"],
    params(StorePath),
    request_body = ClientRequest,
    responses(
        (status = 201, description = "The client with its key", body = NewClientView, headers(
            ("Location" = String, description = "Its path"),
        )),
        WriteRefusals,
    ),
)]
#[post("/administration/Client")]
pub(crate) async fn create_client(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let new = administrated(&call, read_new(&call, body)).await?;
    let (client, key) = clients(&call).create(&call.context, new).await?;
    let location = format!("{}?id={}", call.path(), client.id);
    Ok(HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(NewClientView::of(&client, &key)))
}

/// Removes an API client: its key is refused from the next request on. For holders of
/// `SystemAdmin`, who hold themselves what it holds.
#[utoipa::path(
    operation_id = "DeleteClient",
    tags = ["Client", "Extension"],
    params(StorePath, ClientQuery),
    responses((status = 204, description = "It is gone"), RemoveRefusals),
)]
#[delete("/administration/Client")]
pub(crate) async fn delete_client(call: Call) -> Result<HttpResponse, Problem> {
    let id = administrated(&call, async { read_removal(&call) }).await?;
    clients(&call).revoke(&call.context, id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which client; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `read_removal` reads it")]
struct ClientQuery {
    /// Its id.
    id: Uuid,
}

async fn read_new(call: &Call, body: Body) -> Result<NewClient, Problem> {
    call.query().refuse_all()?;
    refuse_condition(call)?;
    let sent = received::bytes(call, body).await?;
    let mut invalid = Invalid::default();
    let request = ClientRequest::of(received::one_value(call, &sent)?, &mut invalid)?;
    let new = request.create(here(call).await?, &mut invalid);
    let new = invalid.or(new).map_err(Problem::invalid)?;
    new.ok_or_else(|| Problem::invalid(Invalid::one("name", "must be given")))
}

fn read_removal(call: &Call) -> Result<ClientId, Problem> {
    let query = call.query();
    query.refuse_all_but(&["id"])?;
    refuse_condition(call)?;
    let id = query.parsed("id", parse_id)?;
    id.ok_or_else(|| Problem::invalid(Invalid::one("id", "must be given")))
}
