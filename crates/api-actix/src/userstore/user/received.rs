//! What a write of users sends, read and checked as far as it can be without the store.

use std::future::Future;

use domain::access::Context;
use domain::error::{Invalid, UseCaseError};
use domain::id::StoreId;
use domain::store::StoreRef;
use domain::user::UserService;
use serde_json::Value;

use super::request::UserRequest;
use super::users;
use crate::caller::Call;
use crate::problem::{Kind, Problem};
use crate::request::body::Body;
use crate::request::json;

/// What `reading` makes of a request. When it cannot be read, who may not write here hears that
/// instead: what is wrong with the request is for those who may make it.
///
/// # Errors
/// What the gate or `reading` refuses.
pub(super) async fn admitted<T>(
    call: &Call,
    reading: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    match reading.await {
        Ok(read) => Ok(read),
        Err(problem) => {
            users(call).admit(&call.context).await?;
            Err(problem)
        }
    }
}

/// The one JSON value of the body.
///
/// # Errors
/// It is not there or cannot be read.
pub(super) async fn value(call: &Call, body: Body) -> Result<Value, Problem> {
    let limits = call.api.shared.limits;
    let bytes = body.json(call.headers(), limits.body_bytes, limits.patience()).await?;
    json::value(&bytes, limits.json_depth)
}

/// The user in the body, with the rules that it breaks so far.
///
/// # Errors
/// There is no object in the body.
pub(super) async fn user(call: &Call, body: Body) -> Result<(UserRequest, Invalid), Problem> {
    let mut invalid = Invalid::default();
    let request = request(value(call, body).await?, &mut invalid)?;
    if request.names_a_store() {
        request.require_store(store(users(call), &call.context).await?, &mut invalid);
    }
    Ok((request, invalid))
}

/// The user that `json` is; broken rules go to `invalid`.
///
/// # Errors
/// It is no object.
pub(super) fn request(json: Value, invalid: &mut Invalid) -> Result<UserRequest, Problem> {
    match json {
        Value::Object(object) => Ok(UserRequest::of(object, invalid)),
        _ => Err(Problem::because(Kind::MalformedBody, "A user is a JSON object.")),
    }
}

/// The id of the store in the path.
async fn store(users: &UserService, context: &Context) -> Result<StoreId, UseCaseError> {
    match context.store {
        StoreRef::Id(id) => Ok(id),
        StoreRef::Name(_) => users.admit(context).await,
    }
}
