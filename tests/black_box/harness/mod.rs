//! Starts the real binary in a directory of its own, and speaks to it.

mod answer;
mod api;
mod clock;
mod installation;
mod node;
mod page;
mod records;
mod snapshot;
mod sql;

pub(crate) use answer::Answer;
pub(crate) use api::{Api, encoded};
pub(crate) use clock::now;
pub(crate) use installation::{ADMIN_KEY, Database, Installation, Said, keys_in, token_in};
pub(crate) use node::Node;
pub(crate) use page::{all_pages, next_page};
pub(crate) use records::{assert_item, id_of, ids_of, reference, texts};
pub(crate) use snapshot::Snapshot;
pub(crate) use sql::{Sql, hex};

/// An installation with one running node, for the tests that need no more.
pub(crate) struct Server {
    // Dropped in this order: the process ends before its directory and database go.
    pub(crate) node: Node,
    pub(crate) installation: Installation,
}

impl Server {
    pub(crate) async fn start(database: Database) -> Self {
        let installation = Installation::new(database).await;
        let node = installation.start().await;
        Self { node, installation }
    }

    /// The API for the key of the first start, a `SystemAdmin`.
    pub(crate) fn admin(&self) -> Api {
        self.node.api(Some(ADMIN_KEY))
    }

    /// The API for another key.
    pub(crate) fn holder_of(&self, key: &str) -> Api {
        self.node.api(Some(key))
    }

    /// The API for nobody in particular.
    pub(crate) fn anonymous(&self) -> Api {
        self.node.api(None)
    }

    /// A new key with these grants, each as `ROLE[@STORE|@*]`.
    pub(crate) fn make_key(&self, name: &str, grants: &[&str]) -> String {
        let grants = grants.iter().flat_map(|grant| ["--grant", grant]);
        let arguments: Vec<&str> = ["key", "create", name].into_iter().chain(grants).collect();
        self.installation.run(&arguments).key()
    }
}

/// What a test is given: made anew for it, on one of the databases.
pub(crate) trait Setting: Sized {
    fn on(database: Database) -> impl Future<Output = Self>;
}

impl Setting for Server {
    fn on(database: Database) -> impl Future<Output = Self> {
        Self::start(database)
    }
}

impl Setting for Installation {
    fn on(database: Database) -> impl Future<Output = Self> {
        Self::new(database)
    }
}

/// Runs one test on one database.
pub(crate) async fn run<S: Setting>(test: impl AsyncFnOnce(S), database: Database) {
    test(S::on(database).await).await;
}

/// Shows each of the named tests as `sqlite::…` and `postgres::…`. A test is an `async fn` of one
/// [`Setting`]; one that is left out of the list does not compile, being unused.
macro_rules! on_both_databases {
    ($($test:ident),+ $(,)?) => {
        $crate::harness::on_both_databases!(@on sqlite Sqlite $($test)+);
        $crate::harness::on_both_databases!(@on postgres Postgres $($test)+);
    };
    (@on $module:ident $database:ident $($test:ident)+) => {
        mod $module {
            use $crate::harness::{Database, run};
            $(
                #[tokio::test]
                async fn $test() {
                    run(super::$test, Database::$database).await;
                }
            )+
        }
    };
}
pub(crate) use on_both_databases;
