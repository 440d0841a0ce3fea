use actix_web::{HttpResponse, get};
use domain::client::Client;
use domain::id::ClientId;
use utoipa::IntoParams;
use uuid::Uuid;

use super::clients;
use super::view::{self, ClientView};
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::request::fields::parse_id;
use crate::stream;
use crate::userstore::StorePath;
use crate::userstore::plain::{self, PlainQuery};

/// The API clients of the store, in order of id, or the one of an id. For holders of `SystemAdmin`.
#[utoipa::path(
    operation_id = "GetClients",
    tags = ["Client", "Extension"],
    params(StorePath, OneQuery, PlainQuery),
    responses(
        (status = 200, description = "The clients", body = Vec<ClientView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/Client")]
pub(crate) async fn get_clients(call: Call) -> Result<HttpResponse, Problem> {
    plain::refuse_others(call.query())?;
    if let Some(id) = call.query().parsed("id", parse_id)? {
        let client = clients(&call).find(&call.context, id).await?;
        let body = stream::array(&[client], view::write);
        return Ok(HttpResponse::Ok().content_type("application/json").body(body));
    }
    let (clients, context) = (clients(&call).clone(), call.context.clone());
    let fetch = move |after: Option<ClientId>, limit| {
        let (clients, context) = (clients.clone(), context.clone());
        async move { clients.page(&context, after, limit).await }
    };
    let list = (&call.context.store, "clients");
    plain::answer::<Client, _, _, _>(&call, list, view::write, fetch).await
}

/// Which client to answer; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `get_clients` reads it")]
struct OneQuery {
    /// The one of this id alone: 404 where there is none.
    #[param(nullable = false)]
    id: Option<Uuid>,
}
