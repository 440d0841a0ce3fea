//! What every request needs: the use cases, the limits, the routes.

use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{Error, FromRequest, HttpRequest};
use bytes::Bytes;
use domain::access::{Gate, Ports, RoleService};
use domain::account::AccountService;
use domain::attribute::{MetadataService, ProfileService};
use domain::audit::AuditService;
use domain::audit::log::LogService;
use domain::client::ClientService;
use domain::credential::{Authenticator, Issuers};
use domain::first_start::STORE_NAME;
use domain::group::GroupService;
use domain::password::{Blocklist, PasswordHasher, PasswordService};
use domain::random::Random;
use domain::second_factor::SecondFactorService;
use domain::session::SessionService;
use domain::store::{StoreName, StoreService};
use domain::time::Clock;
use domain::user::{ErasureService, UserService};
use futures_util::future::BoxFuture;

use crate::openapi;
use crate::problem::Problem;
use crate::request::json::Bounds;
use crate::routing::RouteTable;
use crate::source_limit::{SourceGuard, Sources};
use crate::waiting::Waiting;

/// How much a request may ask for. More is refused before it costs much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the body of a request on one resource.
    pub body_bytes: usize,
    /// Bytes of the body of a batch.
    pub batch_bytes: usize,
    /// Items of a batch.
    pub batch_items: usize,
    /// How deep arrays and objects may stand in one another; at most 100.
    pub json_depth: usize,
    /// JSON values of one body all in all, keys of objects aside: each needs far more memory than the
    /// two bytes that it may be sent in.
    pub json_values: usize,
    /// The largest `limit` of a list, at least 1.
    pub page_items: u32,
    /// The most items that a streamed list fetches at once, at least 1; it fetches fewer while they
    /// are large.
    pub stream_items: u32,
    /// Operations of one JSON Patch.
    pub patch_operations: usize,
    /// Requests that wait at once for events, on this node; one more is answered at once.
    pub waiting: usize,
    /// How long the next piece of a body may take.
    pub body_pause: Duration,
    /// How long a whole body may take.
    pub body_time: Duration,
}

/// How long a body is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For its next piece.
    pub(crate) pause: Duration,
    /// For all of it.
    pub(crate) whole: Duration,
}

impl Limits {
    /// How much JSON a body may hold.
    pub(crate) fn json(&self) -> Bounds {
        Bounds { depth: self.json_depth, values: self.json_values }
    }

    /// How long a body is waited for.
    pub(crate) fn patience(&self) -> Patience {
        Patience { pause: self.body_pause, whole: self.body_time }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            batch_bytes: 64 * 1024 * 1024,
            batch_items: 10_000,
            json_depth: 32,
            json_values: 1_000_000,
            page_items: 1000,
            stream_items: 500,
            patch_operations: 1000,
            waiting: 1024,
            body_pause: Duration::from_secs(10),
            body_time: Duration::from_secs(120),
        }
    }
}

/// Why a node should get no requests. The reason is logged, and not told to whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotReady {
    /// It is shutting down.
    Draining,
    /// The database does not answer; the text is for the log.
    Database(String),
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draining => f.write_str("draining"),
            Self::Database(why) => write!(f, "the database does not answer: {why}"),
        }
    }
}

/// Asks whether this node can serve, within a time that the giver bounds.
pub type Readiness = Arc<dyn Fn() -> BoxFuture<'static, Result<(), NotReady>> + Send + Sync>;

/// What the configuration says of the users API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsersApi {
    /// The store that it serves.
    pub store: StoreName,
    /// Whether a GET may change anything, as some clients of ServiceStack want it.
    pub allow_get_writes: bool,
    /// What authenticators call this installation. Not empty, and without a colon.
    pub two_factor_issuer: String,
}

impl Default for UsersApi {
    /// The store that a first start makes, and GETs that write.
    #[expect(clippy::expect_used, reason = "a test holds that the constant is a name")]
    fn default() -> Self {
        Self {
            store: StoreName::parse(STORE_NAME).expect("a name"),
            allow_get_writes: true,
            two_factor_issuer: "Userstore".to_owned(),
        }
    }
}

/// What the API stands on.
#[derive(Clone)]
pub struct Parts {
    /// The ports of the use cases.
    pub ports: Ports,
    /// What hashes passwords.
    pub hasher: Arc<dyn PasswordHasher>,
    /// The passwords that nobody may choose.
    pub blocklist: Arc<dyn Blocklist>,
    /// Those who vouch for callers.
    pub issuers: Arc<dyn Issuers>,
    /// What the users API is bound to.
    pub users: UsersApi,
    /// Whether this node can serve.
    pub readiness: Readiness,
}

/// The API with everything it stands on. Cheap to clone: make one, give a clone to each worker.
#[derive(Clone)]
pub struct Api {
    pub(crate) shared: Arc<Shared>,
}

/// What is behind every clone of an [`Api`].
pub(crate) struct Shared {
    /// Asked where a request cannot be read and there is no use case to ask.
    pub(crate) gate: Gate,
    pub(crate) users: UserService,
    pub(crate) passwords: PasswordService,
    pub(crate) groups: GroupService,
    pub(crate) profiles: ProfileService,
    pub(crate) metadata: MetadataService,
    pub(crate) stores: StoreService,
    pub(crate) roles: RoleService,
    pub(crate) clients: ClientService,
    pub(crate) audit: AuditService,
    pub(crate) log: LogService,
    pub(crate) erasure: ErasureService,
    pub(crate) accounts: AccountService,
    pub(crate) sessions: SessionService,
    pub(crate) second_factors: SecondFactorService,
    pub(crate) users_api: UsersApi,
    pub(crate) authenticator: Authenticator,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) limits: Limits,
    pub(crate) sources: SourceGuard,
    pub(crate) waiting: Waiting,
    pub(crate) readiness: Readiness,
    pub(crate) routes: RouteTable,
    pub(crate) document: Bytes,
}

impl Api {
    /// The API on these parts, which takes so much of a request, and so many of them from where.
    pub fn new(parts: Parts, limits: Limits, sources: Sources) -> Self {
        let Parts { ports, hasher, blocklist, issuers, users: users_api, readiness } = parts;
        let document = openapi::document();
        let gate = Gate::new(ports.clone());
        let shared = Shared {
            users: UserService::new(gate.clone()),
            accounts: AccountService::new(gate.clone(), hasher.clone(), blocklist.clone()),
            sessions: SessionService::new(gate.clone(), hasher.clone(), blocklist.clone()),
            second_factors: SecondFactorService::new(
                gate.clone(),
                hasher.clone(),
                blocklist.clone(),
            ),
            passwords: PasswordService::new(gate.clone(), hasher, blocklist),
            groups: GroupService::new(gate.clone()),
            profiles: ProfileService::new(gate.clone()),
            metadata: MetadataService::new(gate.clone()),
            stores: StoreService::new(gate.clone()),
            roles: RoleService::new(gate.clone()),
            clients: ClientService::new(gate.clone()),
            audit: AuditService::new(gate.clone()),
            log: LogService::new(gate.clone()),
            erasure: ErasureService::new(gate.clone()),
            gate,
            authenticator: Authenticator::new(&ports, issuers),
            users_api,
            sources: SourceGuard::new(sources, &ports.clock, &*ports.random),
            waiting: Waiting::new(limits.waiting),
            clock: ports.clock,
            random: ports.random,
            limits,
            readiness,
            routes: RouteTable::of(&document.paths),
            document: openapi::text(&document).into(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Answers the requests that wait for events with what there is, and lets none wait any more: for
    /// a server that is about to stop.
    pub fn end_waiting(&self) {
        self.shared.waiting.end();
    }
}

impl FromRequest for Api {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let api = request.app_data::<Self>().cloned();
        ready(api.ok_or_else(|| Problem::internal("the application holds no API").into()))
    }
}
