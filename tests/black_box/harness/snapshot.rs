use serde_json::Value;

use super::Api;

/// Everything that a store shows: what a refused request must leave as it is.
#[derive(Debug, PartialEq)]
pub(crate) struct Snapshot {
    lists: Vec<Value>,
}

impl Snapshot {
    /// The lists of the store, which hold the attributes of every user and group, and its trail.
    pub(crate) async fn of(api: &Api) -> Self {
        let mut lists = vec![];
        for list in ["User", "Group", "CustomAuditTrail", "Role/assignment", "Client"] {
            lists.push(api.read(list).await.json(200));
        }
        Self { lists }
    }

    /// Asserts that the store is as it was.
    pub(crate) async fn assert_kept(&self, api: &Api, why: &str) {
        let now = Self::of(api).await;
        assert!(*self == now, "{why}\nbefore: {:?}\nnow: {:?}", self.lists, now.lists);
    }
}
