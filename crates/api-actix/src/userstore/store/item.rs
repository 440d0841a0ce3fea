use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, get, patch, put};
use domain::error::Invalid;
use domain::store::{EditStore, StoreName};
use domain::version::Precondition;
use utoipa::IntoParams;

use super::request::{StoreRequest, patching, replacing, shape};
use super::view::StoreView;
use super::{reply, stores};
use crate::caller::Call;
use crate::openapi::refusals::{ReadRefusals, RemoveRefusals, WriteRefusals};
use crate::problem::Problem;
use crate::request::body::Body;
use crate::request::patch::Patch;
use crate::request::precondition;
use crate::userstore::grant::administrated;
use crate::userstore::resource::documented::PatchRequest;
use crate::userstore::resource::received;
use crate::userstore::{IfMatch, StorePath};

/// One store. For holders of `SystemAdmin`.
#[utoipa::path(
    operation_id = "GetStore",
    tags = ["Store", "Extension"],
    params(StorePath),
    responses(
        (status = 200, description = "The store", body = StoreView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        ReadRefusals,
    ),
)]
#[get("")]
pub(crate) async fn get_store(call: Call) -> Result<HttpResponse, Problem> {
    let store = stores(&call).find(&call.context).await?;
    Ok(reply(StatusCode::OK, stores(&call), &store).into())
}

/// Replaces the name and the settings of a store. Settings that are absent or null are unset. For
/// holders of `SystemAdmin`; a read-only store takes it too.
#[utoipa::path(
    operation_id = "UpdateStore",
    tags = ["Store", "Extension"],
    params(StorePath, IfMatch),
    request_body = StoreRequest,
    responses(
        (status = 202, description = "The store as it is now", body = StoreView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        WriteRefusals,
    ),
)]
#[put("")]
pub(crate) async fn update_store(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let (condition, edit) = administrated(&call, read_whole(&call, body)).await?;
    change(&call, condition, edit).await
}

/// Changes a store by a JSON Patch (RFC 6902) of its name and of what is set, such as
/// `/set/readOnly`. For holders of `SystemAdmin`; a read-only store takes it too.
#[utoipa::path(
    operation_id = "PatchStore",
    tags = ["Store", "Extension"],
    params(StorePath, IfMatch),
    request_body(content(
        (PatchRequest = "application/json"),
        (PatchRequest = "application/json-patch+json"),
    )),
    responses(
        (status = 202, description = "The store as it is now", body = StoreView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        WriteRefusals,
    ),
)]
#[patch("")]
pub(crate) async fn patch_store(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let (condition, edit) = administrated(&call, read_patch(&call, body)).await?;
    change(&call, condition, edit).await
}

/// Removes a store. One that is not empty goes only when it is confirmed, with everything in it but
/// the audit trail. For holders of `SystemAdmin`; a read-only store takes it too.
#[utoipa::path(
    operation_id = "DeleteStore",
    tags = ["Store", "Extension"],
    params(StorePath, ConfirmQuery, IfMatch),
    responses((status = 204, description = "It is gone"), RemoveRefusals),
)]
#[delete("")]
pub(crate) async fn delete_store(call: Call) -> Result<HttpResponse, Problem> {
    let (condition, confirmed) = administrated(&call, async { read_removal(&call) }).await?;
    stores(&call).remove(&call.context, condition, confirmed).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// That everything in a store is to go; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `read_removal` reads it")]
struct ConfirmQuery {
    /// The name of the store, ignoring case: needed where it is not empty.
    #[param(nullable = false)]
    confirm: Option<String>,
}

async fn change(
    call: &Call,
    condition: Precondition,
    edit: EditStore,
) -> Result<HttpResponse, Problem> {
    let store = stores(call).change(&call.context, condition, edit).await?;
    Ok(reply(StatusCode::ACCEPTED, stores(call), &store).into())
}

async fn read_whole(call: &Call, body: Body) -> Result<(Precondition, EditStore), Problem> {
    let condition = read_condition(call)?;
    let sent = received::bytes(call, body).await?;
    let mut invalid = Invalid::default();
    let request = StoreRequest::of(received::one_value(call, &sent)?, &mut invalid)?;
    let request = invalid.or(request).map_err(Problem::invalid)?;
    Ok((condition, replacing(request)))
}

async fn read_patch(call: &Call, body: Body) -> Result<(Precondition, EditStore), Problem> {
    let condition = read_condition(call)?;
    let sent = received::bytes(call, body).await?;
    let (limits, json) = (call.api.shared.limits, received::one_value(call, &sent)?);
    let patch = Patch::read(json, shape(), limits.patch_operations, limits.body_bytes)?;
    Ok((condition, patching(patch, stores(call).clone())))
}

fn read_condition(call: &Call) -> Result<Precondition, Problem> {
    call.query().refuse_all()?;
    precondition::if_match(call.headers())
}

fn read_removal(call: &Call) -> Result<(Precondition, Option<StoreName>), Problem> {
    let query = call.query();
    query.refuse_all_but(&["confirm"])?;
    let condition = precondition::if_match(call.headers())?;
    Ok((condition, query.parsed("confirm", |name| StoreName::parse(name))?))
}
