//! The operations on many resources at once.

mod item;
mod terms;

use actix_web::HttpResponse;
use bytes::Bytes;
use domain::error::Invalid;
use domain::resource::{Change, Mode, Outcome};
use domain::unit_of_work::Access;
use domain::version::Precondition;

use self::item::{Item, Reader};
use self::terms::Terms;
use super::answer::{self, Shows};
use super::{Exposed, Operation, Received, single};
use crate::caller::Call;
use crate::problem::Problem;
use crate::request::body::Body;

/// POST …/batch.
pub(in crate::userstore) async fn create_all<R: Exposed>(
    call: &Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    run::<R>(call, body, Operation::Create, |reader, sent| {
        reader.requests(sent, |request, mut invalid| {
            request.check_new(&reader.scope, reader.now, &mut invalid);
            let request = invalid.or(request)?;
            Ok(Change::Create { id: request.id(), draft: request.create(reader.now)? })
        })
    })
    .await
}

/// POST …/createorupdate/batch.
pub(in crate::userstore) async fn create_or_update_all<R: Exposed>(
    call: &Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    run::<R>(call, body, Operation::CreateOrUpdate, |reader, sent| {
        reader.requests(sent, |request, mut invalid| {
            request.check_upsert(&reader.scope, &mut invalid);
            Ok(single::upsert(invalid.or(request)?, Precondition::None, reader.now))
        })
    })
    .await
}

/// PUT …/batch.
pub(in crate::userstore) async fn update_all<R: Exposed>(
    call: &Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    run::<R>(call, body, Operation::Update, |reader, sent| {
        reader.requests(sent, |request, mut invalid| {
            let id = request.require_id(&mut invalid);
            request.check_whole(&reader.scope, id.as_ref(), &mut invalid);
            let Some(id) = id else {
                return Err(invalid);
            };
            let request = invalid.or(request)?;
            Ok(single::replacement(id, Precondition::None, request, reader.now))
        })
    })
    .await
}

/// PATCH …/batch.
pub(in crate::userstore) async fn patch_all<R: Exposed>(
    call: &Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    run::<R>(call, body, Operation::Patch, Reader::patches).await
}

/// DELETE …/batch and POST …/batch/delete.
pub(in crate::userstore) async fn remove_all<R: Exposed>(
    call: &Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    run::<R>(call, body, Operation::Remove, Reader::removals).await
}

async fn run<R: Exposed>(
    call: &Call,
    body: Body,
    operation: Operation,
    read: impl FnOnce(&Reader<R>, &[u8]) -> Result<Vec<Item<R>>, Problem>,
) -> Result<HttpResponse, Problem> {
    // Large bodies are read only from those who may send them.
    let store = R::records(&call.api.shared).admit(&call.context).await?;
    let terms = Terms::read(call)?;
    let scope = single::scope::<R>(call)?;
    let limits = call.api.shared.limits;
    let sent = body.json(call.headers(), limits.batch_bytes, limits.patience()).await?;
    let reader = Reader { scope: scope.clone(), store, limits, now: call.api.shared.clock.now() };
    let items = read(&reader, &sent)?;
    let granted =
        Batch::<R> { call, access: terms.access, scope, shows: Shows::of(call, operation) };
    match terms.mode {
        Mode::Atomic => granted.atomic(items, sent).await,
        Mode::Partial => granted.partial(items, sent).await,
    }
}

/// A batch of which the items are read.
struct Batch<'c, R: Exposed> {
    call: &'c Call,
    access: Access,
    scope: R::Scope,
    shows: Shows,
}

impl<R: Exposed> Batch<'_, R> {
    async fn atomic(self, items: Vec<Item<R>>, sent: Bytes) -> Result<HttpResponse, Problem> {
        let Self { call, access, scope, shows } = self;
        let records = R::records(&call.api.shared);
        let (changes, fault) = item::up_to_first_fault(items);
        if let Some(fault) = fault {
            // An item before it may be one that the store refuses: then that is the first at fault.
            let context = &call.context;
            records.apply_all(context, Access::Rehearse, scope, Mode::Atomic, changes).await?;
            return Err(fault);
        }
        let run = |context| async move {
            records.apply_all(&context, access, scope, Mode::Atomic, changes).await
        };
        let show = move |outcomes: &Vec<Outcome<R>>| shows.all::<R>(outcomes);
        answer::once(call, sent, run, show).await
    }

    async fn partial(self, items: Vec<Item<R>>, sent: Bytes) -> Result<HttpResponse, Problem> {
        let Self { call, access, scope, shows } = self;
        let records = R::records(&call.api.shared);
        let (entries, changes) = item::apart(items);
        let run = |context| async move {
            records.apply_all(&context, access, scope, Mode::Partial, changes).await
        };
        let show = move |outcomes: &Vec<Outcome<R>>| shows.each::<R>(&entries, outcomes);
        answer::once(call, sent, run, show).await
    }
}

/// The change that a request means, or the rules that it breaks.
type Planned<R> = Result<Change<R>, Invalid>;
