//! The audit trail as a log that proves itself: sealed without a gap under crashes and frozen nodes,
//! followed as a feed, verified from outside, and telling of whoever tampers with the database.

mod bundle;
mod crashes;
mod erasure;
mod export;
mod feed;
mod follower;
mod forgery;
mod frozen;
mod proofs;
mod publishing;
mod receivers;
mod retention;
mod rotation;
mod sealing;
mod separate_keys;
mod tampering;
mod writers;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use self::follower::Follower;
use crate::harness::{ADMIN_KEY, Api, Database, Installation, Node, Said, Setting};

/// How long anything may take that a test waits for: longer than the turn of a node that died lasts.
const PATIENCE: Duration = Duration::from_secs(40);
/// How often a test looks again.
const GLANCE: Duration = Duration::from_millis(50);

/// An installation and its nodes: two where they share a PostgreSQL, else one.
struct Fleet {
    // Dropped in this order: the processes end before their directory and database go.
    nodes: Vec<Node>,
    here: Installation,
}

impl Setting for Fleet {
    async fn on(database: Database) -> Self {
        let here = Installation::new(database).await;
        let mut nodes = vec![here.start().await];
        if database == Database::Postgres {
            nodes.push(here.start().await);
        }
        Self { nodes, here }
    }
}

impl Fleet {
    fn api(&self, n: usize) -> Api {
        admin(&self.nodes[n % self.nodes.len()])
    }

    /// Kills the node with SIGKILL.
    fn kill(&mut self, n: usize) {
        self.nodes.swap_remove(n % self.nodes.len()).kill();
    }

    /// Starts one more node.
    async fn start(&mut self) {
        self.nodes.push(self.here.start().await);
    }
}

/// Kills a node as if its turns had just ended, for what is not about how long they last.
async fn end(node: Node, here: &Installation) {
    node.kill();
    here.sql().execute("DELETE FROM leases").await;
}

/// The API of a node for the first administrator.
fn admin(node: &Node) -> Api {
    node.api(Some(ADMIN_KEY))
}

/// The id of the store `default`.
async fn store_id(api: &Api) -> String {
    let store = api.call_store(reqwest::Method::GET, "", None).await.json(200);
    crate::harness::id_of(&store).to_owned()
}

/// Waits until `check` gives something, and gives that.
async fn eventually<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

/// The latest checkpoint, as a signed note; `None` when nothing is sealed yet.
async fn checkpoint(api: &Api) -> Option<String> {
    let answer = api.read("CustomAuditTrail/checkpoint").await;
    if answer.status == 404 {
        return None;
    }
    let answer = answer.expect(200);
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    Some(answer.text())
}

/// How many leaves a checkpoint is over.
fn size_of(note: &str) -> u64 {
    let size = note.lines().nth(1).unwrap_or_else(|| panic!("three lines: {note}"));
    size.parse().unwrap_or_else(|_| panic!("a number of leaves: {note}"))
}

/// Waits until all that was acknowledged is sealed, and gives the checkpoint.
async fn sealed(here: &Installation, api: &Api) -> String {
    let sql = here.sql();
    let what = "everything is sealed";
    eventually(what, async || {
        let waiting = sql.number("SELECT count(*) AS value FROM audit_pending").await;
        (waiting == 0).then_some(())
    })
    .await;
    checkpoint(api).await.expect("a checkpoint")
}

/// What `audit verify --json` found.
struct Report {
    code: Option<i32>,
    found: Value,
}

impl Report {
    #[track_caller]
    fn of(said: &Said) -> Self {
        let text = format!("{}{}", said.stdout, said.stderr);
        let found = serde_json::from_str(&said.stdout);
        Self { code: said.code, found: found.unwrap_or_else(|error| panic!("{error}: {text}")) }
    }

    /// The report, where everything is good.
    #[track_caller]
    fn good(self) -> Value {
        let Self { code, found } = self;
        assert!(code == Some(0) && found["valid"] == true, "{code:?} {found}");
        assert!(found["reason"].is_null() && found["leaf"].is_null(), "{found}");
        found
    }

    /// The reason and the leaf, where something is not.
    #[track_caller]
    fn bad(self) -> (String, Option<u64>) {
        let Self { code, found } = self;
        assert!(code == Some(1) && found["valid"] == false, "{code:?} {found}");
        let reason = found["reason"].as_str().unwrap_or_else(|| panic!("a reason: {found}"));
        (reason.to_owned(), found["leaf"].as_u64())
    }
}

/// Verifies a bundle.
fn verify(here: &Installation, bundle: &Path) -> Report {
    Report::of(&here.run(&["audit", "verify", text(bundle), "--json"]))
}

/// Verifies a bundle against a checkpoint that was kept.
fn verify_against(here: &Installation, bundle: &Path, kept: &Path) -> Report {
    let arguments = ["audit", "verify", text(bundle), "--checkpoint", text(kept), "--json"];
    Report::of(&here.run(&arguments))
}

/// Verifies the store `default` as it is in the database.
fn verify_live(here: &Installation) -> Report {
    Report::of(&here.run(&["audit", "verify", "--live", "--store", "default", "--json"]))
}

/// The same against a checkpoint that was kept.
fn verify_live_against(here: &Installation, kept: &Path) -> Report {
    let live = ["audit", "verify", "--live", "--store", "default", "--checkpoint"];
    Report::of(&here.run(&[&live[..], &[text(kept), "--json"]].concat()))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Everything that the feed of a node holds.
async fn feed(api: &Api) -> Follower {
    let mut follower = Follower::new();
    while follower.read(api, 0).await > 0 {}
    follower
}
