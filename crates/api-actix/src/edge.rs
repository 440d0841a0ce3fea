//! What happens to every request, in one middleware so that it costs little: its id, its route, the
//! guard against panics, the form of refusals, the headers of every answer, the line in the log.

use std::any::Any;
use std::fmt;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::uri::PathAndQuery;
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::{Error, HttpMessage as _, HttpResponse, ResponseError};
use bytes::Bytes;
use domain::access::Principal;
use domain::random::Random;
use domain::time::Instant;
use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use tracing::Instrument as _;

use crate::caller::RequestId;
use crate::face::Face;
use crate::percent;
use crate::problem::{Kind, Problem};
use crate::routing::{Endpoint, Matched};
use crate::state::Api;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id of a request that is taken over from the client.
const LONGEST_REQUEST_ID: usize = 128;

/// The middleware of every request.
pub(crate) struct Edge {
    api: Api,
}

impl Edge {
    /// The edge of `api`.
    pub(crate) fn new(api: Api) -> Self {
        Self { api }
    }
}

impl<S> Transform<S, ServiceRequest> for Edge
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Transform = EdgeService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(EdgeService { service, api: self.api.clone() }))
    }
}

/// The application behind its edge.
pub(crate) struct EdgeService<S> {
    service: S,
    api: Api,
}

impl<S> Service<ServiceRequest> for EdgeService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse, Error = Error>,
    S::Future: 'static,
{
    type Response = ServiceResponse;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, Error>>;

    forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let mut passage = Passage::begin(&self.api, &request);
        if let Err(problem) = passage.find_route(&mut request) {
            let (request, _) = request.into_parts();
            let refusal = ServiceResponse::new(request, HttpResponse::from_error(problem));
            return Box::pin(ready(Ok(passage.finish(refusal))));
        }
        request.extensions_mut().insert(RequestId(passage.id().to_owned()));
        let span = tracing::info_span!("request", id = passage.id());
        let answer = AssertUnwindSafe(self.service.call(request)).catch_unwind().instrument(span);
        Box::pin(async move {
            match answer.await {
                Ok(Ok(answer)) => Ok(passage.finish(answer)),
                Ok(Err(error)) => Err(passage.fail(&error.to_string())),
                Err(panic) => Err(passage.fail(&format!("a handler panicked: {}", words(&*panic)))),
            }
        })
    }
}

/// One request on its way through the edge.
struct Passage {
    api: Api,
    /// As the client sent it.
    uri: Uri,
    method: Method,
    id: HeaderValue,
    began: Instant,
    /// Whoever holds the other end of the connection; a proxy, where one stands in front.
    peer: Option<SocketAddr>,
    endpoint: Option<Arc<Endpoint>>,
    /// How its refusals look.
    face: Face,
}

impl Passage {
    fn begin(api: &Api, request: &ServiceRequest) -> Self {
        Self {
            api: api.clone(),
            uri: request.uri().clone(),
            method: request.method().clone(),
            id: request_id(request.headers(), &*api.shared.random),
            began: api.shared.clock.now(),
            peer: request.peer_addr(),
            endpoint: None,
            face: Face::of(request.uri().path()),
        }
    }

    fn id(&self) -> &str {
        self.id.to_str().unwrap_or_default()
    }

    /// Finds the endpoint, and gives the path the spelling under which the framework knows it.
    fn find_route(&mut self, request: &mut ServiceRequest) -> Result<(), Problem> {
        let path = self.uri.path();
        if percent::decode(path).is_none() {
            let detail = "The path is not percent-encoded UTF-8.";
            return Err(Problem::because(Kind::MalformedRequest, detail));
        }
        let found = self.api.shared.routes.find(path);
        let Matched { endpoint, respelled, suffix } =
            found.ok_or(Problem::new(Kind::NoSuchPath))?;
        let endpoint = self.endpoint.insert(endpoint);
        if !endpoint.takes(&self.method) {
            return Err(Problem::method_not_allowed(endpoint.allow.clone()));
        }
        if let Some(suffix) = suffix {
            request.extensions_mut().insert(suffix);
        }
        if let Some(path) = respelled {
            respell(request, &path).ok_or(Problem::new(Kind::NoSuchPath))?;
        }
        Ok(())
    }

    /// Completes an answer: the document of a refusal, the headers, the line in the log.
    fn finish(&self, answer: ServiceResponse) -> ServiceResponse {
        let (request, mut response) = answer.into_parts();
        let principal = request.extensions().get::<Principal>().cloned();
        if response.status().is_client_error() || response.status().is_server_error() {
            let known = principal.as_ref().is_some_and(|it| *it != Principal::Public);
            response = self.refusal(&response, known);
        }
        for (name, value) in self.headers() {
            if name != header::CACHE_CONTROL || !response.headers().contains_key(&name) {
                response.headers_mut().insert(name, value);
            }
        }
        self.log(response.status(), principal.as_ref());
        ServiceResponse::new(request, response)
    }

    /// The answer where the framework has none left: after a panic, or when a service failed. The
    /// framework asks the error for it, since the request is gone.
    fn fail(&self, cause: &str) -> Error {
        let problem = Problem::internal(cause);
        self.report(&problem);
        self.log(problem.status(), None);
        let document = self.document(&problem, false);
        Failure { face: self.face, document, headers: self.headers() }.into()
    }

    /// The problem that an answer carries, or the one that an error of the framework becomes.
    fn refusal(&self, response: &HttpResponse, known: bool) -> HttpResponse {
        let problem = response.error().and_then(|error| error.as_error::<Problem>());
        let (own, foreign);
        let problem = if let Some(problem) = problem {
            own = problem;
            own
        } else {
            foreign = Problem::of_status(response.status());
            &foreign
        };
        self.report(problem);
        let status = self.face.status(problem, known);
        let mut answer = HttpResponse::build(status);
        answer.content_type(self.face.content_type());
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §11.6.1 wants one; the problem may have a closer one.
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if problem.is_closing() {
            answer.force_close();
        }
        for header in problem.headers() {
            answer.insert_header(header);
        }
        answer.body(self.document(problem, known))
    }

    fn document(&self, problem: &Problem, known: bool) -> Bytes {
        self.face.body(problem, known, self.uri.path(), self.id())
    }

    /// The headers of every answer.
    fn headers(&self) -> [(HeaderName, HeaderValue); 3] {
        [
            (REQUEST_ID, self.id.clone()),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ]
    }

    /// What the client is not told goes to the log.
    fn report(&self, problem: &Problem) {
        if let Some(cause) = problem.cause() {
            tracing::error!(request_id = self.id(), cause, "a request failed");
        }
    }

    /// The line of this request in the log: the pattern of its path, so that no name, query or
    /// credential stands there.
    fn log(&self, status: StatusCode, principal: Option<&Principal>) {
        if !tracing::enabled!(tracing::Level::INFO) {
            return;
        }
        let ended = self.api.shared.clock.now();
        let micros = ended.as_micros().saturating_sub(self.began.as_micros());
        tracing::info!(
            method = self.method.as_str(),
            route = self.endpoint.as_ref().map(|endpoint| endpoint.pattern.as_str()),
            status = status.as_u16(),
            micros,
            request_id = self.id(),
            peer = self.peer.map(tracing::field::display),
            principal = principal.map(tracing::field::display),
            "answered"
        );
    }
}

/// The id that the client gave the request, where it is harmless in a log, or a new one.
fn request_id(headers: &HeaderMap, random: &dyn Random) -> HeaderValue {
    let harmless = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=LONGEST_REQUEST_ID).contains(&bytes.len())
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b))
    };
    let given = headers.get(REQUEST_ID).filter(harmless).cloned();
    given.unwrap_or_else(|| {
        let id = random.new_uuid().to_string();
        HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("-"))
    })
}

/// Gives a request another path. `None` when the path cannot stand in a URI.
fn respell(request: &mut ServiceRequest, path: &str) -> Option<()> {
    let mut parts = request.uri().clone().into_parts();
    let whole = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    parts.path_and_query = Some(PathAndQuery::from_maybe_shared(Bytes::from(whole)).ok()?);
    let uri = Uri::from_parts(parts).ok()?;
    request.match_info_mut().get_mut().update(&uri);
    request.head_mut().uri = uri;
    Some(())
}

/// What a panic says, where it says anything.
fn words(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

/// The answer of a request that is gone.
#[derive(Debug)]
struct Failure {
    face: Face,
    document: Bytes,
    headers: [(HeaderName, HeaderValue); 3],
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request failed")
    }
}

impl ResponseError for Failure {
    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::InternalServerError();
        answer.content_type(self.face.content_type());
        for header in self.headers.clone() {
            answer.insert_header(header);
        }
        answer.body(self.document.clone())
    }
}
