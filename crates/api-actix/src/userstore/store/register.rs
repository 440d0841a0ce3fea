use actix_web::http::StatusCode;
use actix_web::{HttpResponse, get, post};
use bytes::Bytes;
use domain::error::Invalid;
use domain::id::StoreId;
use domain::page::Page;
use domain::store::{NewStore, Store, StoreRef};
use domain::version::Precondition;
use uuid::Uuid;

use super::request::StoreRequest;
use super::view::{self, StoreView};
use super::{reply, stores};
use crate::caller::Authenticated;
use crate::idempotency;
use crate::openapi::refusals::{PostRefusals, ReadRefusals};
use crate::problem::Problem;
use crate::request::body::Body;
use crate::request::precondition;
use crate::userstore::IdempotencyKeyHeader;
use crate::userstore::plain::{self, PlainQuery};
use crate::userstore::resource::answer::once_in;
use crate::userstore::resource::received;

/// Every store, in order of id. For holders of `SystemAdmin`.
#[utoipa::path(
    operation_id = "GetStores",
    tags = ["Store", "Extension"],
    params(PlainQuery),
    responses(
        (status = 200, description = "The stores", body = Vec<StoreView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/api/userstore/v1")]
pub(crate) async fn get_stores(call: Authenticated) -> Result<HttpResponse, Problem> {
    let (stores, caller) = (stores(&call).clone(), call.caller.clone());
    let fetch = move |after: Option<StoreId>, limit| {
        let (stores, caller) = (stores.clone(), caller.clone());
        async move {
            let Page { items, next } = stores.page(&caller, after, limit).await?;
            let known = |store| {
                let settings = stores.settings(&store);
                (store, settings)
            };
            Ok(Page { items: items.into_iter().map(known).collect(), next })
        }
    };
    plain::answer(&call, (&REGISTER, "stores"), view::write, fetch).await
}

/// Stands for the register where a list is told by its store.
const REGISTER: StoreRef = StoreRef::Id(StoreId::new(Uuid::nil()));

/// Makes a store. For holders of `SystemAdmin`.
#[utoipa::path(
    operation_id = "CreateStore",
    tags = ["Store", "Extension"],
    params(IdempotencyKeyHeader),
    request_body = StoreRequest,
    responses(
        (status = 201, description = "The store", body = StoreView, headers(
            ("ETag" = String, description = "Its version"),
            ("Location" = String, description = "Its path"),
        )),
        PostRefusals,
    ),
)]
#[post("/api/userstore/v1")]
pub(crate) async fn create_store(call: Authenticated, body: Body) -> Result<HttpResponse, Problem> {
    let stores = stores(&call);
    let (sent, new) = match read(&call, body).await {
        Ok(read) => read,
        Err(problem) => {
            // What is wrong with the request is for those who may make it.
            stores.page(&call.caller, None, 1).await?;
            return Err(problem);
        }
    };
    let (caller, shows) = (&call.caller, stores.clone());
    once_in(
        &call,
        sent,
        |once| async move { stores.create(caller, once.as_ref(), new).await },
        move |store: &Store| {
            let location = format!("/api/userstore/v1/{}", store.id);
            reply(StatusCode::CREATED, &shows, store).located(&location)
        },
    )
    .await
}

async fn read(call: &Authenticated, body: Body) -> Result<(Bytes, NewStore), Problem> {
    call.query().refuse_all()?;
    idempotency::key(call)?;
    let condition = precondition::if_match(call.headers())?;
    let sent = received::bytes(call, body).await?;
    let mut invalid = Invalid::default();
    let request = StoreRequest::of(received::one_value(call, &sent)?, &mut invalid)?;
    let new = invalid.or(request).and_then(|request| request.create());
    let new = new.map_err(Problem::invalid)?;
    // Nothing is there yet that a tag could match (RFC 9110 §13.1.1).
    if condition != Precondition::None {
        return Err(Problem::stale(None));
    }
    Ok((sent, new))
}
