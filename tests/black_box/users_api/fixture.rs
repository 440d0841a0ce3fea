use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::{Authenticator, SignedIn, bearer, new_enrolling, new_user, nobody, patch};
use crate::harness::Node;
use crate::sign_in::RIGHT;

/// A user for one request of one operation.
pub(super) struct Fixture {
    pub(super) name: String,
    pub(super) id: String,
    /// A session of the user, of whom nothing is due but in [`Fixture::enrolling`].
    pub(super) session: SignedIn,
    /// The code that is due, or nothing.
    pub(super) code: String,
}

/// A name that no other fixture has.
fn next_name() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("fixture{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Fixture {
    /// A user with a password and these roles.
    pub(super) async fn new(node: &Node, roles: &[&str]) -> Self {
        let name = next_name();
        let id = new_user(node, &name, roles).await;
        let session = nobody(node).sign_in(&name, RIGHT).await;
        Self { name, id, session, code: String::new() }
    }

    /// A user of whom the second factor is due, with the code that proves it.
    pub(super) async fn enrolling(node: &Node) -> Self {
        let name = next_name();
        let (id, authenticator, session) = new_enrolling(node, &name, &[]).await;
        let code = authenticator.code(Authenticator::step());
        Self { name, id, session, code }
    }

    /// The API for the user.
    pub(super) fn client(&self, node: &Node) -> super::UsersClient {
        bearer(node, &self.session.token)
    }

    /// Sets a property of the user through the other API.
    pub(super) async fn patch(&self, node: &Node, property: &str, value: impl Into<Value>) {
        patch(node, &self.id, property, value).await;
    }
}
