//! The operations on one resource.

use std::future::ready;
use std::sync::Arc;

use actix_web::HttpResponse;
use bytes::Bytes;
use domain::error::UseCaseError;
use domain::resource::Change;
use domain::time::Instant;
use domain::version::Precondition;

use super::answer::{self, Shows};
use super::received::{self, admitted};
use super::{Exposed, Operation, Received, edit};
use crate::caller::Call;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::request::patch::Patch;
use crate::request::precondition;

/// A write of one resource that could be read.
struct Wish<R: Exposed> {
    scope: R::Scope,
    change: Change<R>,
    /// The body, where there is one.
    sent: Bytes,
}

/// POST.
pub(in crate::userstore) async fn create<R: Exposed>(
    call: &Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let wish = admitted::<R, _>(call, read_new::<R>(call, body)).await?;
    grant(call, Operation::Create, wish).await
}

/// POST …/createorupdate.
pub(in crate::userstore) async fn create_or_update<R: Exposed>(
    call: &Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let wish = admitted::<R, _>(call, read_upsert::<R>(call, body)).await?;
    grant(call, Operation::CreateOrUpdate, wish).await
}

/// PUT.
pub(in crate::userstore) async fn update<R: Exposed>(
    call: &Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let wish = admitted::<R, _>(call, read_whole::<R>(call, body)).await?;
    grant(call, Operation::Update, wish).await
}

/// PATCH.
pub(in crate::userstore) async fn patch<R: Exposed>(
    call: &Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let wish = admitted::<R, _>(call, read_patch::<R>(call, body)).await?;
    grant(call, Operation::Patch, wish).await
}

/// DELETE.
pub(in crate::userstore) async fn remove<R: Exposed>(call: &Call) -> Result<HttpResponse, Problem> {
    let wish = admitted::<R, _>(call, ready(read_removal::<R>(call))).await?;
    grant(call, Operation::Remove, wish).await
}

async fn grant<R: Exposed>(
    call: &Call,
    operation: Operation,
    wish: Wish<R>,
) -> Result<HttpResponse, Problem> {
    let Wish { scope, change, sent } = wish;
    let records = R::records(&call.api.shared);
    let shows = Shows::of(call, operation);
    answer::once(
        call,
        sent,
        |context| async move { records.apply(&context, scope, change).await },
        move |outcome| shows.one::<R>(outcome.as_ref()),
    )
    .await
}

async fn read_new<R: Exposed>(call: &Call, body: Body) -> Result<Wish<R>, Problem> {
    let (scope, condition) = read_place::<R>(call)?;
    let sent = received::bytes(call, body).await?;
    let (request, mut invalid) = received::one::<R>(call, &sent).await?;
    let now = call.api.shared.clock.now();
    request.check_new(&scope, now, &mut invalid);
    let request = invalid.or(request).map_err(Problem::invalid)?;
    // Nothing is there yet that a tag could match (RFC 9110 §13.1.1).
    if condition != Precondition::None {
        return Err(Problem::stale(None));
    }
    let draft = request.create(now).map_err(Problem::invalid)?;
    Ok(Wish { scope, change: Change::Create { id: request.id(), draft }, sent })
}

async fn read_upsert<R: Exposed>(call: &Call, body: Body) -> Result<Wish<R>, Problem> {
    let (scope, precondition) = read_place::<R>(call)?;
    let sent = received::bytes(call, body).await?;
    let (request, mut invalid) = received::one::<R>(call, &sent).await?;
    request.check_upsert(&scope, &mut invalid);
    let request = invalid.or(request).map_err(Problem::invalid)?;
    let change = upsert(request, precondition, call.api.shared.clock.now());
    Ok(Wish { scope, change, sent })
}

/// The change that a createorupdate means.
pub(super) fn upsert<R: Exposed>(
    request: R::Request,
    precondition: Precondition,
    now: Instant,
) -> Change<R> {
    let request = Arc::new(request);
    Change::Upsert {
        id: request.id(),
        name: request.name(),
        precondition,
        writes: R::relations(|relation| request.replaces(relation)),
        create: request.create(now),
        edit: edit::merging::<R>(request, now),
    }
}

async fn read_whole<R: Exposed>(call: &Call, body: Body) -> Result<Wish<R>, Problem> {
    let (scope, precondition) = read_place::<R>(call)?;
    let id = read_id::<R>(call)?;
    let sent = received::bytes(call, body).await?;
    let (request, mut invalid) = received::one::<R>(call, &sent).await?;
    request.check_whole(&scope, Some(&id), &mut invalid);
    let request = invalid.or(request).map_err(Problem::invalid)?;
    let change = replacement(id, precondition, request, call.api.shared.clock.now());
    Ok(Wish { scope, change, sent })
}

/// The change that a PUT means.
pub(super) fn replacement<R: Exposed>(
    id: R::Id,
    precondition: Precondition,
    request: R::Request,
    now: Instant,
) -> Change<R> {
    Change::Update {
        id,
        precondition,
        needs: R::relations(|_| false),
        writes: R::relations(|relation| request.replaces(relation)),
        edit: edit::replacing::<R>(request, now),
    }
}

async fn read_patch<R: Exposed>(call: &Call, body: Body) -> Result<Wish<R>, Problem> {
    let (scope, precondition) = read_place::<R>(call)?;
    let id = read_id::<R>(call)?;
    let sent = received::bytes(call, body).await?;
    let limits = call.api.shared.limits;
    let json = received::one_value(call, &sent)?;
    let patch = Patch::read(json, R::SHAPE, limits.patch_operations, limits.body_bytes)?;
    let change = patching(id, precondition, Arc::new(patch), call.api.shared.clock.now());
    Ok(Wish { scope, change, sent })
}

/// The change that a patch means.
pub(super) fn patching<R: Exposed>(
    id: R::Id,
    precondition: Precondition,
    patch: Arc<Patch>,
    now: Instant,
) -> Change<R> {
    Change::Update {
        id,
        precondition,
        needs: R::needs(&patch),
        writes: R::relations(|relation| patch.writes(relation)),
        edit: edit::patching::<R>(patch, now),
    }
}

fn read_removal<R: Exposed>(call: &Call) -> Result<Wish<R>, Problem> {
    let (scope, precondition) = read_place::<R>(call)?;
    let change = Change::Remove { id: read_id::<R>(call)?, precondition };
    Ok(Wish { scope, change, sent: Bytes::new() })
}

/// What the path and the headers say of a write of one resource.
fn read_place<R: Exposed>(call: &Call) -> Result<(R::Scope, Precondition), Problem> {
    call.query().refuse_all()?;
    let condition = precondition::if_match(call.headers())?;
    Ok((scope::<R>(call)?, condition))
}

/// Where the path says that the resources lie.
pub(super) fn scope<R: Exposed>(call: &Call) -> Result<R::Scope, UseCaseError> {
    R::scope(call).map_err(UseCaseError::NotFound)
}

/// The id that the path names.
pub(in crate::userstore) fn read_id<R: Exposed>(call: &Call) -> Result<R::Id, UseCaseError> {
    R::id_in_path(call).ok_or(UseCaseError::NotFound(R::MISSING))
}
