//! The application on a real database, which counts the statements of each request.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body;
use actix_web::dev::Service as _;
use actix_web::http::Method;
use actix_web::test::{TestRequest, init_service};
use adapters_diesel::{Database, DatabaseUrl, Settings, Timeouts};
use api_actix::{Api, Limits, Parts, Sources, UsersApi};
use domain::first_start::{STORE_NAME, first_start};
use domain::store::StoreName;
use serde_json::{Value, json};
use testkit::World;
use testkit::postgres::TestDatabase;

use super::costs::{COSTS, Engine};

/// More records than two chunks have.
pub(crate) const MANY: usize = 1_001;

/// A database for one test alone.
pub(crate) struct Bench {
    engine: Engine,
    database: Database,
    world: World,
    key: String,
    /// What one request costs to authenticate.
    authentication: u64,
    /// What each operation was found to cost: for how many records how many statements.
    found: RefCell<BTreeMap<&'static str, Vec<(usize, u64)>>>,
    // Dropped after the connections.
    _place: Place,
}

#[expect(dead_code, reason = "held for their destructors")]
enum Place {
    Sqlite(tempfile::TempDir),
    Postgres(Box<TestDatabase>),
}

/// Shows each of the named tests as `sqlite::…` and `postgres::…`.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(#[actix_web::test]
            async fn $test() {
                super::$test($crate::bench::Bench::on_sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[actix_web::test]
            async fn $test() {
                super::$test($crate::bench::Bench::on_postgres().await).await;
            })+
        }
    };
}
pub(crate) use on_both_databases;

impl Bench {
    pub(crate) async fn on_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        Self::on(Engine::Sqlite, &url, Place::Sqlite(directory)).await
    }

    pub(crate) async fn on_postgres() -> Self {
        let made = TestDatabase::create().await.unwrap();
        let url = made.url();
        Self::on(Engine::Postgres, &url, Place::Postgres(Box::new(made))).await
    }

    async fn on(engine: Engine, url: &str, place: Place) -> Self {
        // Each connection begins with statements of its own.
        let url = DatabaseUrl::parse(url).unwrap();
        // None is asked whether it lives, however long the machine lets it rest.
        let timeouts = Timeouts { rest: Duration::MAX, ..Timeouts::default() };
        let settings = Settings { lanes: 1, readers: 1, timeouts, ..Settings::new(url) };
        // It blocks, with a runtime of its own.
        let open = move || {
            let database = Database::open(&settings).unwrap();
            database.migrate().unwrap();
            database
        };
        let database = std::thread::spawn(open).join().unwrap();
        let world = World::on(database.unit_of_work());
        let key = first_start(&world.gate(), None).await.unwrap().unwrap();
        let mut bench = Self {
            engine,
            database,
            world,
            key: key.reveal().to_owned(),
            authentication: 0,
            found: RefCell::default(),
            _place: place,
        };
        bench.authentication = bench.authentication().await;
        bench
    }

    /// A name that no store can have is refused right behind authentication.
    async fn authentication(&self) -> u64 {
        let before = self.database.statements();
        let status = self.send(Method::GET, "/api/userstore/v1/a%20b", None).await.0;
        assert_eq!(status, 404);
        let cost = self.database.statements() - before;
        assert_eq!(cost, 1, "a credential is one look-up");
        cost
    }

    /// Sends a request, and gives the status and the JSON of the answer, if there is any. Each goes
    /// to an application of its own, which has no numbers for audit entries yet: so each write
    /// reserves some, and none has them from the one before.
    async fn send(&self, method: Method, path: &str, json: Option<&Value>) -> (u16, Value) {
        let stands_on = Parts {
            ports: self.world.ports(),
            hasher: self.world.hasher.clone(),
            blocklist: self.world.blocklist.clone(),
            issuers: self.world.issuers.clone(),
            users: UsersApi {
                store: StoreName::parse(STORE_NAME).unwrap(),
                allow_get_writes: true,
                two_factor_issuer: "Userstore".into(),
            },
            readiness: Arc::new(|| Box::pin(std::future::ready(Ok(())))),
        };
        let api = Api::new(stands_on, Limits::default(), Sources::default());
        let application = init_service(api_actix::app(&api)).await;
        let request = TestRequest::default()
            .method(method)
            .uri(path)
            .insert_header(("authorization", format!("Bearer {}", self.key)));
        let request = match json {
            Some(json) => request.set_json(json),
            None => request,
        };
        let answer = application.call(request.to_request()).await.unwrap();
        let (status, body) = (answer.status().as_u16(), answer.into_body());
        let bytes = body::to_bytes(body).await.map_err(|error| error.to_string()).unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Sends a request below `administration` that must be granted.
    pub(crate) async fn granted(&self, method: Method, rest: &str, json: Option<&Value>) -> Value {
        let path = format!("/api/userstore/v1/default/administration/{rest}");
        let (status, answer) = self.send(method, &path, json).await;
        assert!(status < 300, "{rest}: {status} {answer}");
        answer
    }

    /// POST below `administration`.
    pub(crate) async fn post(&self, rest: &str, json: &Value) -> Value {
        self.granted(Method::POST, rest, Some(json)).await
    }

    /// The same; what it costs for `count` records is noted for `operation`.
    pub(crate) async fn counted(
        &self,
        (operation, count): (&'static str, usize),
        method: Method,
        rest: &str,
        json: Option<&Value>,
    ) -> Value {
        let path = format!("/api/userstore/v1/default/administration/{rest}");
        self.counted_at((operation, count), method, &path, json).await
    }

    /// The same for a whole path.
    pub(crate) async fn counted_at(
        &self,
        (operation, count): (&'static str, usize),
        method: Method,
        path: &str,
        json: Option<&Value>,
    ) -> Value {
        let (cost, answer) = self.weighed(operation, method, path, json).await;
        self.note(operation, count, cost - self.authentication);
        answer
    }

    /// POST below `PublicAdmin`, where nobody authenticates.
    pub(crate) async fn public(&self, operation: &'static str, rest: &str, json: Option<&Value>) {
        let path = format!("/api/userstore/v1/default/PublicAdmin/{rest}");
        let (cost, _) = self.weighed(operation, Method::POST, &path, json).await;
        self.note(operation, 1, cost);
    }

    /// What a request costs that must be granted, and its answer.
    async fn weighed(
        &self,
        operation: &str,
        method: Method,
        path: &str,
        json: Option<&Value>,
    ) -> (u64, Value) {
        let before = self.database.statements();
        let (status, answer) = self.send(method, path, json).await;
        assert!(status < 300, "{operation}: {status} {answer}");
        (self.database.statements() - before, answer)
    }

    fn note(&self, operation: &'static str, count: usize, cost: u64) {
        self.found.borrow_mut().entry(operation).or_default().push((count, cost));
    }

    /// A list of so many records, all on one page.
    pub(crate) async fn list(&self, operation: &'static str, count: usize, rest: &str) -> Value {
        let separator = if rest.contains('?') { '&' } else { '?' };
        let page = format!("{rest}{separator}limit=1000");
        let list = self.counted((operation, count), Method::GET, &page, None).await;
        assert_eq!(list.as_array().unwrap().len(), count.min(1000), "{operation}");
        list
    }

    /// The use cases, for what no request makes.
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// Holds what was found against the table.
    #[track_caller]
    pub(crate) fn check(self) {
        let mut wrong = vec![];
        for (operation, found) in &*self.found.borrow() {
            let cost = COSTS.iter().find(|cost| cost.operation == *operation);
            let cost = cost.unwrap_or_else(|| panic!("{operation} is not in the table"));
            let expected: Vec<_> =
                found.iter().map(|(count, _)| (*count, cost.of(self.engine, *count))).collect();
            if *found != expected {
                wrong.push(format!("{operation}: found {found:?}, expected {expected:?}"));
            }
        }
        assert!(wrong.is_empty(), "{:?}\n{}", self.engine, wrong.join("\n"));
    }
}

/// `count` items of a batch.
pub(crate) fn items(count: usize, item: impl Fn(usize) -> Value) -> Value {
    (0..count).map(item).collect()
}

/// The ids of the records of a list.
pub(crate) fn ids(records: &Value) -> Vec<Value> {
    records.as_array().unwrap().iter().map(|record| record["id"].clone()).collect()
}

/// A batch that patches one property of every record that `ids` name.
pub(crate) fn patches(ids: &[Value], path: &str, value: impl Fn(usize) -> String) -> Value {
    let item = |(n, id): (usize, &Value)| {
        let replace = json!([{ "op": "replace", "path": path, "value": value(n) }]);
        json!({ "ids": [id], "patch": replace })
    };
    ids.iter().enumerate().map(item).collect()
}
