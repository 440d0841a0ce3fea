use actix_web::{HttpResponse, post};
use domain::error::Invalid;
use domain::id::{StoreId, UserId};
use domain::time::Instant;
use domain::unit_of_work::Access;
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
    let (drafts, fault) = up_to_first_fault(read(&call, store, body).await?);
    if let Some(fault) = fault {
        // An item before it may be one that the store refuses: then that is the first at fault.
        users(&call).create_all(&call.context, Access::Rehearse, drafts).await?;
        return Err(fault);
    }
    let made = users(&call).create_all(&call.context, Access::Bulk, drafts).await?;
    let body = stream::array(&made, view::write);
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

/// A user to make, with the id that it is given.
type NewUser = (Option<UserId>, UserDraft);

/// The items before the first that cannot be read, and why that one cannot.
fn up_to_first_fault(items: Vec<Result<NewUser, Problem>>) -> (Vec<NewUser>, Option<Problem>) {
    let mut drafts = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        match item {
            Ok(draft) => drafts.push(draft),
            Err(problem) => return (drafts, Some(problem.of_item(index))),
        }
    }
    (drafts, None)
}

async fn read(
    call: &Call,
    store: StoreId,
    body: Body,
) -> Result<Vec<Result<NewUser, Problem>>, Problem> {
    call.query()?.refuse_all()?;
    if precondition::if_match(call.headers())? != Precondition::None {
        let detail = "If-Match names one resource and cannot stand on a batch.";
        return Err(Problem::because(Kind::MalformedRequest, detail));
    }
    let limits = call.api.shared.limits;
    let bytes = body.json(call.headers(), limits.batch_bytes, limits.patience()).await?;
    let now = call.api.shared.clock.now();
    let item = |json| item(json, store, now);
    json::items(&bytes, limits.json_depth, limits.batch_items, item)
}

fn item(json: Value, store: StoreId, now: Instant) -> Result<NewUser, Problem> {
    let mut invalid = Invalid::default();
    let request = received::request(json, &mut invalid)?;
    request.require_store(store, &mut invalid);
    request.require_of_new(now, &mut invalid);
    let request = invalid.or(request).map_err(Problem::invalid)?;
    Ok((request.id.or_unset(), request.create(now).map_err(Problem::invalid)?))
}
