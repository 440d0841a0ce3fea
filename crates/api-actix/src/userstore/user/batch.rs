use actix_web::{HttpResponse, post};
use domain::error::Invalid;
use domain::id::{StoreId, UserId};
use domain::user::UserDraft;
use domain::version::Precondition;
use serde_json::Value;

use super::request::UserRequest;
use super::view::{self, UserView};
use super::{received, users};
use crate::caller::Call;
use crate::openapi::refusals::BatchRefusals;
use crate::problem::{Kind, Problem};
use crate::request::body::Body;
use crate::request::{json, precondition};
use crate::stream;
use crate::userstore::StorePath;

/// Makes all of these users or none. A refusal names the first one at fault by its `index`.
#[utoipa::path(
    operation_id = "CreateUsers",
    tag = "User",
    params(StorePath),
    request_body = Vec<UserRequest>,
    responses(
        (status = 200, description = "The users, in the order of the request", body = Vec<UserView>),
        BatchRefusals,
    ),
)]
#[post("/administration/User/batch")]
pub(crate) async fn create_users(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    // Large bodies are read only from those who may send them.
    let store = users(&call).admit(&call.context).await?;
    let drafts = read(&call, store, body).await?;
    let made = users(&call).create_all(&call.context, drafts).await?;
    let body = stream::array(&made, view::write);
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

async fn read(
    call: &Call,
    store: StoreId,
    body: Body,
) -> Result<Vec<(Option<UserId>, UserDraft)>, Problem> {
    call.query()?.refuse_all()?;
    if precondition::if_match(call.headers())? != Precondition::None {
        let detail = "If-Match names one resource and cannot stand on a batch.";
        return Err(Problem::because(Kind::MalformedRequest, detail));
    }
    let limits = call.api.shared.limits;
    let bytes = body.json(call.headers(), limits.batch_bytes).await?;
    let read = json::items(&bytes, limits.json_depth, limits.batch_items, |json| item(json, store));
    let numbered = read?.into_iter().enumerate();
    numbered.map(|(index, item)| item.map_err(|problem| problem.of_item(index))).collect()
}

fn item(json: Value, store: StoreId) -> Result<(Option<UserId>, UserDraft), Problem> {
    let mut invalid = Invalid::default();
    let request = received::request(json, &mut invalid)?;
    request.require_store(store, &mut invalid);
    request.require_login_name(&mut invalid);
    request.require_own_profiles(&mut invalid);
    let request = invalid.or(request).map_err(Problem::invalid)?;
    Ok((request.id.or_unset(), request.create().map_err(Problem::invalid)?))
}
