//! The users API, as a client of ServiceStack speaks it: beside the other API, over the same users.

mod authenticator;
mod bad_codes;
mod bad_input;
mod canary;
mod carriers;
mod client;
mod commands;
mod cookies;
mod csrf;
mod faces;
mod fixture;
mod formats;
mod issuers;
mod keys;
mod matrix;
mod operations;
mod overtaken;
mod own;
mod races;
mod servicestack;
mod sessions;
mod table;

use reqwest::Method;
use serde_json::{Value, json};

use self::authenticator::Authenticator;
use self::client::{Refusal, SignedIn, UsersClient};
use crate::harness::{ADMIN_KEY, Api, Database, Installation, Node, Setting};
use crate::sign_in::{Cheap, RIGHT, new_user_with_password, set};

/// One installation and its nodes: two where two may share a database, else one.
pub(super) struct Nodes {
    nodes: Vec<Node>,
    pub(super) here: Installation,
}

impl Setting for Nodes {
    async fn on(database: Database) -> Self {
        let Cheap(here) = Cheap::on(database).await;
        let mut nodes = vec![here.start().await];
        if database == Database::Postgres {
            nodes.push(here.start().await);
        }
        Self { nodes, here }
    }
}

impl Nodes {
    pub(super) fn first(&self) -> &Node {
        &self.nodes[0]
    }

    /// The node that is not the first, where there is one.
    pub(super) fn other(&self) -> &Node {
        self.nodes.last().expect("a node")
    }

    /// The nodes by turns.
    pub(super) fn by_turns(&self, n: usize) -> &Node {
        &self.nodes[n % self.nodes.len()]
    }
}

/// The other API for the first administrator.
fn api_1(node: &Node) -> Api {
    node.api(Some(ADMIN_KEY))
}

/// This API for the first administrator, who is an API client.
fn admin(node: &Node) -> UsersClient {
    bearer(node, ADMIN_KEY)
}

/// This API for nobody in particular.
fn nobody(node: &Node) -> UsersClient {
    UsersClient::of(node.api(None))
}

/// This API for the holder of that session, key or token.
fn bearer(node: &Node, credential: &str) -> UsersClient {
    UsersClient::of(node.api(Some(credential)))
}

/// Sets a property of a user through the other API.
async fn patch(node: &Node, id: &str, property: &str, value: impl Into<Value>) {
    let operation = json!({ "op": "add", "path": format!("/{property}"), "value": value.into() });
    api_1(node).patch_user(id, &json!([operation])).await.expect(202);
}

/// A new user with a password and these roles in the store; the id.
async fn new_user(node: &Node, name: &str, roles: &[&str]) -> String {
    let api = api_1(node);
    let id = new_user_with_password(&api, name).await;
    for role in roles {
        let held = json!({ "userId": id, "role": role });
        api.post("Role/assignment", &held).await.expect(201);
    }
    id
}

/// The same, signed in.
async fn new_session(node: &Node, name: &str, roles: &[&str]) -> SignedIn {
    new_user(node, name, roles).await;
    nobody(node).sign_in(name, RIGHT).await
}

/// Neither a wait nor a lock, for what is not about them.
async fn without_limits(node: &Node) {
    let off = json!({ "throttle": false, "lockoutFailures": 0, "attemptsBeforeLocked": 0 });
    set(&api_1(node), off).await;
}

/// A user with a second factor.
struct Enrolled {
    id: String,
    name: String,
    authenticator: Authenticator,
    /// The step whose code has been used up by the proof.
    step: u64,
    recovery_codes: Vec<String>,
    /// That of the proof.
    session: SignedIn,
}

/// A new user of whom a second factor is required, with the seed that is offered and a session that
/// may do nothing yet.
async fn new_enrolling(
    node: &Node,
    name: &str,
    roles: &[&str],
) -> (String, Authenticator, SignedIn) {
    let id = new_user(node, name, roles).await;
    patch(node, &id, "isTwoFactorRequired", true).await;
    let asked = json!({ "UserName": name, "Password": RIGHT });
    let status = nobody(node).call("GetUserTwoFactorStatus", &asked).await.json(200);
    let setup = status["SetupCode"].as_str().unwrap_or_else(|| panic!("a seed: {status}"));
    (id, Authenticator::of(setup), nobody(node).sign_in(name, RIGHT).await)
}

/// The same, proved.
async fn new_enrolled(node: &Node, name: &str, roles: &[&str]) -> Enrolled {
    let (id, authenticator, due) = new_enrolling(node, name, roles).await;
    let step = Authenticator::step();
    let answer = elevate(&bearer(node, &due.token), &authenticator.code(step)).await;
    let session = SignedIn::of(&answer.json(200));
    let codes = session.body["Meta"]["RecoveryCodes"].as_str();
    let codes = codes.unwrap_or_else(|| panic!("recovery codes: {}", session.body));
    let recovery_codes: Vec<_> = codes.split(',').map(|code| code.trim().to_owned()).collect();
    assert_eq!(recovery_codes.len(), 10, "{codes}");
    Enrolled { id, name: name.to_owned(), authenticator, step, recovery_codes, session }
}

async fn elevate(client: &UsersClient, code: &str) -> crate::harness::Answer {
    client.call("ElevateUserTwoFactorStatus", &json!({ "OneTimePassword": code })).await
}

/// Signs in anew: a session of which the second factor is due.
async fn due_session(node: &Node, name: &str) -> UsersClient {
    bearer(node, &nobody(node).sign_in(name, RIGHT).await.token)
}

/// What the first administrator sees of a user.
async fn details(node: &Node, name: &str) -> Value {
    admin(node).call("GetUser", &json!({ "UserName": name })).await.json(200)
}

/// Both methods of this API.
const METHODS: [Method; 2] = [Method::GET, Method::POST];
