//! What a write sends, read and checked as far as it can be without the store.

use std::future::Future;

use bytes::Bytes;
use domain::error::{Invalid, UseCaseError};
use domain::id::StoreId;
use domain::store::StoreRef;
use serde_json::Value;

use super::named::require_store;
use super::{Exposed, Received};
use crate::caller::{Authenticated, Call};
use crate::idempotency;
use crate::problem::{Kind, Problem};
use crate::request::body::Body;
use crate::request::json;

/// What `reading` makes of a request. When it cannot be read, who may not write here hears that
/// instead: what is wrong with the request is for those who may make it.
///
/// # Errors
/// What the gate or `reading` refuses.
pub(in crate::userstore) async fn admitted<R: Exposed, T>(
    call: &Call,
    reading: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    let keyed = async { reading.await.and_then(|read| idempotency::key(call).map(|_| read)) };
    admitted_unkept::<R, T>(call, keyed).await
}

/// The same for what is not kept under an `Idempotency-Key`, which is ignored.
///
/// # Errors
/// Those of [`admitted`], but for those of the key.
pub(in crate::userstore) async fn admitted_unkept<R: Exposed, T>(
    call: &Call,
    reading: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    match reading.await {
        Ok(read) => Ok(read),
        Err(problem) => {
            R::records(&call.api.shared).admit(&call.context).await?;
            Err(problem)
        }
    }
}

/// The bytes of a body on one resource.
///
/// # Errors
/// It is not there or cannot be read.
pub(in crate::userstore) async fn bytes(
    call: &Authenticated,
    body: Body,
) -> Result<Bytes, Problem> {
    let limits = call.api.shared.limits;
    body.json(call.headers(), limits.body_bytes, limits.patience()).await
}

/// The one JSON value of a body.
///
/// # Errors
/// It cannot be read.
pub(in crate::userstore) fn one_value(
    call: &Authenticated,
    sent: &Bytes,
) -> Result<Value, Problem> {
    json::value(sent, call.api.shared.limits.json())
}

/// The resource in a body, with the rules that it breaks so far.
///
/// # Errors
/// There is no object in the body.
pub(super) async fn one<R: Exposed>(
    call: &Call,
    sent: &Bytes,
) -> Result<(R::Request, Invalid), Problem> {
    let mut invalid = Invalid::default();
    let request = request::<R>(one_value(call, sent)?, &mut invalid)?;
    if !request.stores().is_empty() {
        require_store(store::<R>(call).await?, request.stores(), &mut invalid);
    }
    Ok((request, invalid))
}

/// The resource that `json` is; broken rules go to `invalid`.
///
/// # Errors
/// It is no object.
pub(super) fn request<R: Exposed>(
    json: Value,
    invalid: &mut Invalid,
) -> Result<R::Request, Problem> {
    match json {
        Value::Object(object) => Ok(R::Request::read(object, invalid)),
        _ => Err(Problem::because(Kind::MalformedBody, "A resource is a JSON object.")),
    }
}

/// The id of the store in the path.
async fn store<R: Exposed>(call: &Call) -> Result<StoreId, UseCaseError> {
    match call.context.store {
        StoreRef::Id(id) => Ok(id),
        StoreRef::Name(_) => R::records(&call.api.shared).admit(&call.context).await,
    }
}
