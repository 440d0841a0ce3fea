//! The application on the in-memory adapter, spoken to in verbs.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::body;
use actix_web::dev::Service as _;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service};
use actix_web::{Error, HttpResponse};
use api_actix::{Api, Limits, NotReady, Parts, Sources, UsersApi};
use domain::access::{Permission, Ports, RoleName, Rules};
use domain::error::UseCaseError;
use domain::id::GroupId;
use domain::store::{Store, StoreName};
use domain::unit_of_work::{Access, UnitOfWork};
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};
use testkit::builders::{ClientBuilder, a_client, a_group};
use testkit::{MemoryStore, World};

use crate::document;

type Send = Rc<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Answer>>;

/// Limits that a test can reach.
pub fn small_limits() -> Limits {
    Limits {
        body_bytes: 64 * 1024,
        batch_bytes: 256 * 1024,
        batch_items: 20,
        page_items: 50,
        stream_items: 3,
        json_values: 10_000,
        patch_operations: 20,
        waiting: 2,
        ..Limits::default()
    }
}

/// No bound on how often anybody asks: the clock of a test stands still.
pub fn any_source() -> Sources {
    Sources { limit: None, trusted_proxies: Vec::new() }
}

/// What an API stands on in this world, on a database of its own under these rules.
pub fn parts(world: &World, unit_of_work: Arc<dyn UnitOfWork>, rules: Rules) -> Parts {
    Parts {
        ports: Ports { unit_of_work, rules: Arc::new(rules), ..world.ports() },
        hasher: world.hasher.clone(),
        blocklist: world.blocklist.clone(),
        issuers: world.issuers.clone(),
        users: UsersApi {
            store: StoreName::parse("shop").unwrap(),
            allow_get_writes: true,
            two_factor_issuer: "Userstore".into(),
        },
        readiness: Arc::new(
            || -> futures_util::future::BoxFuture<'static, Result<(), NotReady>> {
                Box::pin(std::future::ready(Ok(())))
            },
        ),
    }
}

/// A running application with one store, `shop`, and a client for each role.
#[derive(Clone)]
pub struct App {
    pub world: World,
    pub memory: MemoryStore,
    pub shop: Store,
    send: Send,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl App {
    /// An application that is ready.
    pub async fn start() -> Self {
        let memory = MemoryStore::new();
        Self::on(memory.clone(), Arc::new(memory)).await
    }

    /// An application under a configuration of its own.
    pub async fn under(rules: Rules) -> Self {
        let memory = MemoryStore::new();
        Self::made(memory.clone(), Arc::new(memory), rules, any_source()).await
    }

    /// An application that takes only so much from where.
    pub async fn from(sources: Sources) -> Self {
        let memory = MemoryStore::new();
        Self::made(memory.clone(), Arc::new(memory), Rules::default(), sources).await
    }

    /// An application whose API stands on `unit_of_work`, which wraps `memory`.
    pub async fn on(memory: MemoryStore, unit_of_work: Arc<dyn UnitOfWork>) -> Self {
        Self::made(memory, unit_of_work, Rules::default(), any_source()).await
    }

    async fn made(
        memory: MemoryStore,
        unit_of_work: Arc<dyn UnitOfWork>,
        rules: Rules,
        sources: Sources,
    ) -> Self {
        let world = World::on(Arc::new(memory.clone()));
        let parts = parts(&world, unit_of_work, rules);
        let send = serve(&Api::new(parts, small_limits(), sources)).await;
        let shop = world.make_store("shop").await;
        let app = Self { world, memory, shop, send };
        let shop = app.shop.id;
        app.add_client(a_client("admin").system_admin()).await;
        app.add_client(a_client("manager").holding(RoleName::USER_MANAGER, shop)).await;
        app.add_client(a_client("store-admin").holding(RoleName::USER_STORE_ADMIN, shop)).await;
        app.add_client(a_client("auditor").holding(RoleName::AUDIT_TRAIL_READER, shop)).await;
        let other = app.world.make_store("other").await;
        app.add_client(a_client("stranger").holding(RoleName::USER_STORE_ADMIN, other.id)).await;
        app
    }

    /// Adds a client whose key is `key of <name>`.
    pub async fn add_client(&self, client: ClientBuilder) {
        let (context, client) = (self.world.as_admin_in(&self.shop), client.build());
        let gate = self.world.gate();
        let add = gate.change(Access::Write, &context, Permission::SystemManage, 1, move |room| {
            let client = room.journal.added(client.clone())?;
            room.here().clients().insert(&client).map_err(UseCaseError::from)
        });
        add.await.unwrap();
    }

    /// Adds a group to the shop.
    pub async fn add_group(&self, name: &str) -> GroupId {
        let id = a_group(name).build().id;
        self.post("/Group", json!({"id": id.to_string(), "name": name})).await.is(201);
        id
    }

    /// Sends a request and holds the answer against the document.
    pub async fn send(&self, request: TestRequest) -> Answer {
        (self.send)(request).await
    }

    /// A request of the system administrator to a path below the shop.
    pub fn request(&self, method: Method, path: &str) -> TestRequest {
        TestRequest::default()
            .method(method)
            .uri(&format!("/api/userstore/v1/{}/administration{path}", self.shop.name))
            .insert_header(bearer("admin"))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).set_json(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).set_json(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).set_json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Makes a user and gives its JSON.
    pub async fn user(&self, body: Value) -> Value {
        self.post("/User", body).await.is(201).json()
    }

    /// A request without a credential to a path below the login names of the shop.
    pub fn public(&self, path: &str) -> TestRequest {
        let store = &self.shop.name;
        let uri = format!("/api/userstore/v1/{store}/PublicAdmin/user/loginname{path}");
        TestRequest::post().uri(&uri)
    }

    /// Changes settings of the shop.
    pub async fn set(&self, settings: Value) {
        let uri = format!("/api/userstore/v1/{}", self.shop.id);
        let request = TestRequest::patch().uri(&uri).insert_header(bearer("admin"));
        let patch = settings.as_object().unwrap().iter().map(
            |(name, value)| json!({"op": "add", "path": format!("/set/{name}"), "value": value}),
        );
        self.send(request.set_json(patch.collect::<Vec<_>>())).await.is(202);
    }

    /// Sets the password of a user by its id.
    pub async fn set_password(&self, id: &str, password: &str) {
        let path = format!("/User/{id}/password/reset");
        self.post(&path, json!({"password": password})).await.is(200);
    }

    /// Seals what waits in the shop.
    pub async fn seal(&self) {
        while self.world.sealer().seal(self.shop.id).await.unwrap().more {}
    }

    /// Delivers what waits, and gives the latest token that was mailed.
    pub async fn mailed_token(&self) -> String {
        self.world.courier().round(100).await.unwrap();
        self.world.letters.latest_token().unwrap().reveal().to_owned()
    }

    /// The audit trail of the shop, without what its setting left.
    pub async fn trail(&self, area: &str) -> Vec<Value> {
        let entries = self.get("/CustomAuditTrail").await.is(200).json();
        let of_area = |entry: &&Value| entry["area"] == area;
        entries.as_array().unwrap().iter().filter(of_area).cloned().collect()
    }
}

/// The header with the key of the client of that name.
pub fn bearer(client: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer key of {client}"))
}

/// What sends requests to `api`.
pub async fn serve(api: &Api) -> Send {
    let service = Rc::new(init_service(api_actix::app(api)).await);
    Rc::new(move |request| {
        let service = Rc::clone(&service);
        Box::pin(async move {
            let request = request.to_request();
            let (method, path) = (request.method().clone(), request.path().to_owned());
            let answer = service.call(request).await;
            let response = match answer {
                Ok(answer) => answer.into_parts().1,
                Err(error) => failed(&error),
            };
            let answer = Answer::of(response).await;
            document::check(&method, &path, &answer);
            answer
        })
    })
}

/// The answer that the server makes of an error.
fn failed(error: &Error) -> HttpResponse {
    error.error_response()
}

impl Answer {
    async fn of(response: HttpResponse) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = body::to_bytes(response.into_body()).await;
        let body = body.map_err(|error| error.to_string()).unwrap().to_vec();
        Self { status, headers, body }
    }

    /// The answer, which has this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// The answer, which is a problem of this type.
    #[track_caller]
    pub fn problem(self, status: u16, kind: &str) -> Value {
        let document = self.is(status).json();
        assert_eq!(document["type"], format!("urn:userstore:problem:{kind}"), "{document}");
        document
    }

    /// The answer, which refuses exactly these properties.
    #[track_caller]
    pub fn refuses(self, properties: &[&str]) -> Value {
        let document = self.problem(400, "validation");
        let told: Vec<_> = document["errors"].as_object().unwrap().keys().cloned().collect();
        let mut expected = properties.to_vec();
        expected.sort_unstable();
        assert_eq!(told, expected, "{document}");
        document
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    pub fn header(&self, name: &'static str) -> Option<&str> {
        let value: Option<&HeaderValue> = self.headers.get(HeaderName::from_static(name));
        value.map(|value| value.to_str().unwrap())
    }
}
