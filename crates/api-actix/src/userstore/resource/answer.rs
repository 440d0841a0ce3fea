//! What writes are answered.

use std::future::Future;
use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use bytes::Bytes;
use domain::access::Context;
use domain::error::UseCaseError;
use domain::idempotency::{Answer, Once};
use domain::resource::Outcome;
use domain::version::Version;
use serde::Serialize;
use serde_json::Value;

use super::{Exposed, Operation};
use crate::caller::{Authenticated, Call};
use crate::idempotency;
use crate::percent;
use crate::problem::{Document, Problem};
use crate::request::precondition;

/// Room for a resource with a few relations, so that the buffer grows seldom.
const USUAL_BYTES: usize = 1536;

/// Runs what a write asks for, and shows what came of it. Every write passes here. `sent` is its
/// body.
///
/// # Errors
/// What `run` refuses; a POST with an `Idempotency-Key` that is none, or that came with another
/// request.
pub(in crate::userstore) async fn once<T, Running>(
    call: &Call,
    sent: Bytes,
    run: impl FnOnce(Context) -> Running,
    show: impl Fn(&T) -> Reply + Send + Sync + 'static,
) -> Result<HttpResponse, Problem>
where
    T: 'static,
    Running: Future<Output = Result<T, UseCaseError>>,
{
    let context = call.context.clone();
    once_in(call, sent, |once| run(Context { once, ..context }), show).await
}

/// The same where there may be no context.
///
/// # Errors
/// Those of [`once`].
pub(in crate::userstore) async fn once_in<T, Running>(
    call: &Authenticated,
    sent: Bytes,
    run: impl FnOnce(Option<Once>) -> Running,
    show: impl Fn(&T) -> Reply + Send + Sync + 'static,
) -> Result<HttpResponse, Problem>
where
    T: 'static,
    Running: Future<Output = Result<T, UseCaseError>>,
{
    let Some(key) = idempotency::key(call)? else {
        drop(sent);
        return Ok(show(&run(None).await?).into());
    };
    let fingerprint = idempotency::fingerprint(call, &sent)?;
    drop(sent);
    let show = Arc::new(show);
    let kept = Arc::clone(&show);
    let once = Once::new(key, fingerprint, move |outcome: &T| kept(outcome).to_kept());
    match run(Some(once)).await {
        Ok(outcome) => Ok(show(&outcome).into()),
        Err(UseCaseError::Replayed(answer)) => Ok(idempotency::replay(&answer)?),
        Err(error) => Err(error.into()),
    }
}

/// One resource that was read.
pub(in crate::userstore) fn found<R: Exposed>(shown: &R::Shown) -> HttpResponse {
    Reply::of::<R>(StatusCode::OK, shown).into()
}

/// A successful answer.
pub(in crate::userstore) struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

impl Reply {
    /// An answer without a body.
    pub(in crate::userstore) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// An answer with a JSON body.
    pub(in crate::userstore) fn with(status: StatusCode, body: Vec<u8>) -> Self {
        let json = HeaderValue::from_static("application/json");
        Self { status, headers: vec![(header::CONTENT_TYPE, json)], body }
    }

    /// One resource with its entity tag.
    pub(in crate::userstore) fn of<R: Exposed>(status: StatusCode, shown: &R::Shown) -> Self {
        let mut body = Vec::with_capacity(USUAL_BYTES);
        R::write_json(shown, &mut body);
        Self::with(status, body).tagged(R::version(shown))
    }

    /// The same with an entity tag.
    pub(in crate::userstore) fn tagged(mut self, version: Version) -> Self {
        self.headers.push((header::ETAG, precondition::tag(version)));
        self
    }

    /// The same, which says where the resource is: `path` is percent-encoded.
    pub(in crate::userstore) fn located(mut self, path: &str) -> Self {
        // What is percent-encoded can stand in a header.
        self.headers.extend(HeaderValue::try_from(path).ok().map(|path| (header::LOCATION, path)));
        self
    }

    /// The same as it is kept to be given again.
    fn to_kept(&self) -> Answer {
        idempotency::encode(self.status, &self.headers, &self.body)
    }
}

impl From<Reply> for HttpResponse {
    fn from(reply: Reply) -> Self {
        let mut answer = Self::build(reply.status);
        for header in reply.headers {
            answer.insert_header(header);
        }
        answer.body(reply.body)
    }
}

/// Shows what came of a write; keeps of the request what that needs.
pub(super) struct Shows {
    operation: Operation,
    /// The path of the store.
    base: String,
    /// The path of the request.
    instance: String,
    request_id: String,
}

/// An item of a partial batch, as far as the request tells.
pub(super) struct Entry {
    /// How its id is shown; null where it gives none.
    pub(super) id: Value,
    /// Why it could not be read.
    pub(super) fault: Option<Problem>,
}

impl Shows {
    /// For a request.
    pub(super) fn of(call: &Call, operation: Operation) -> Self {
        Self {
            operation,
            base: format!("/api/userstore/v1/{}", percent::encode(call.parameter("userstore"))),
            instance: call.path().to_owned(),
            request_id: call.request_id(),
        }
    }

    /// One resource; nothing where it was removed.
    pub(super) fn one<R: Exposed>(&self, outcome: Option<&R::Shown>) -> Reply {
        let status = self.operation.status();
        let Some(shown) = outcome else {
            return Reply::empty(status);
        };
        let reply = Reply::of::<R>(status, shown);
        if self.operation.tells_location() {
            return reply.located(&R::location(&self.base, shown));
        }
        reply
    }

    /// A batch that was done as a whole.
    pub(super) fn all<R: Exposed>(&self, outcomes: &[Outcome<R>]) -> Reply {
        let status = self.operation.status_of_batch();
        if self.operation == Operation::Remove {
            return Reply::empty(status);
        }
        let mut body = vec![b'['];
        for shown in outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()?.as_ref()) {
            separate(&mut body);
            R::write_json(shown, &mut body);
        }
        body.push(b']');
        Reply::with(status, body)
    }

    /// What became of each item of a partial batch: `outcomes` are those of the ones that could be
    /// read.
    pub(super) fn each<R: Exposed>(&self, entries: &[Entry], outcomes: &[Outcome<R>]) -> Reply {
        let mut outcomes = outcomes.iter();
        let mut body = vec![b'['];
        for (index, Entry { id, fault }) in entries.iter().enumerate() {
            separate(&mut body);
            match fault {
                Some(problem) => self.refused::<R>(index, id, problem, &mut body),
                None => self.outcome::<R>(index, id, outcomes.next(), &mut body),
            }
        }
        body.push(b']');
        Reply::with(StatusCode::OK, body)
    }

    fn outcome<R: Exposed>(
        &self,
        index: usize,
        id: &Value,
        outcome: Option<&Outcome<R>>,
        text: &mut Vec<u8>,
    ) {
        let shown = match outcome {
            Some(Err(error)) => {
                let problem = Problem::from(error.clone()).of_item(index);
                return self.refused::<R>(index, id, &problem, text);
            }
            Some(Ok(shown)) => shown.as_ref(),
            None => None,
        };
        let id = shown.map_or_else(|| id.clone(), R::shown_id);
        let status = self.operation.status().as_u16();
        let resource = shown.map(R::View::from);
        write(&ItemResult { index, id: &id, status, problem: None, resource }, text);
    }

    fn refused<R: Exposed>(&self, index: usize, id: &Value, problem: &Problem, text: &mut Vec<u8>) {
        let status = problem.status().as_u16();
        let problem = Some(problem.document(&self.instance, &self.request_id));
        write(&ItemResult::<R::View<'_>> { index, id, status, problem, resource: None }, text);
    }
}

/// What became of one item of a partial batch; `resource!` documents it.
#[derive(Serialize)]
struct ItemResult<'a, V> {
    index: usize,
    id: &'a Value,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<Document<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<V>,
}

/// Puts a comma behind an item that stands before.
fn separate(text: &mut Vec<u8>) {
    if !text.ends_with(b"[") {
        text.push(b',');
    }
}

fn write(value: &impl Serialize, text: &mut Vec<u8>) {
    // Strings, numbers and booleans always serialize, and a `Vec` always takes them.
    let _ = serde_json::to_writer(text, value);
}
