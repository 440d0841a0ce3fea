//! The four kinds of records that batches are made of, in the words that they have in common.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Server, id_of, texts};

/// A kind of record.
pub(super) struct Kind {
    pub(super) api: Api,
    /// Where its records are, below `administration`.
    pub(super) list: String,
    /// The property by which they are told apart in these tests.
    pub(super) name: &'static str,
    /// The property that the tests change.
    pub(super) value: &'static str,
    /// The owner, where they have one.
    owner: Option<String>,
}

/// Users, groups, the profiles of a user and the metadata of a group.
pub(super) async fn kinds(server: &Server) -> [Kind; 4] {
    let api = server.admin();
    let (user, group) = (api.new_user("owner").await, api.new_group("owner").await);
    let (user, group) = (id_of(&user).to_owned(), id_of(&group).to_owned());
    let kind =
        |list: String, name, value, owner| Kind { api: api.clone(), list, name, value, owner };
    [
        kind("User".into(), "loginName", "firstName", None),
        kind("Group".into(), "name", "name", None),
        kind(format!("user/{user}/UserProfile"), "key", "value", Some(user)),
        kind(format!("Group/{group}/GroupMetadata"), "key", "value", Some(group)),
    ]
}

/// The operations on batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Create,
    Update,
    Upsert,
    Patch,
    Delete,
    /// `POST …/batch/delete`.
    PostedDelete,
}

impl Operation {
    pub(super) const ALL: [Self; 6] =
        [Self::Create, Self::Update, Self::Upsert, Self::Patch, Self::Delete, Self::PostedDelete];

    /// The status of a batch that is done.
    pub(super) fn status(self) -> u16 {
        match self {
            Self::Create | Self::Update | Self::Upsert => 200,
            Self::Patch => 202,
            Self::Delete | Self::PostedDelete => 204,
        }
    }

    /// The status of one item of a partial batch: that of the operation on one record.
    pub(super) fn item_status(self) -> u16 {
        match self {
            Self::Create | Self::Upsert => 201,
            Self::Update | Self::Patch => 202,
            Self::Delete | Self::PostedDelete => 204,
        }
    }

    pub(super) fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::PostedDelete)
    }
}

impl Kind {
    /// How messages of the tests call it.
    pub(super) fn told(&self) -> &str {
        self.list.rsplit('/').next().unwrap_or_default()
    }

    /// The property in which a record shows what `operation` made of it.
    pub(super) fn value_after(&self, operation: Operation) -> &'static str {
        if operation == Operation::Create { self.name } else { self.value }
    }

    pub(super) fn has_owner(&self) -> bool {
        self.owner.is_some()
    }

    /// Records of these names, which must be new.
    pub(super) async fn made(&self, names: &[&str]) -> Vec<Value> {
        let new: Value = names.iter().map(|name| self.named(name)).collect();
        let made = self.send(Operation::Create, "", &new).await.json(200);
        made.as_array().expect("a list").clone()
    }

    /// A record to make.
    pub(super) fn named(&self, name: &str) -> Value {
        json!({ self.name: name })
    }

    /// How batches that remove or patch name a record.
    pub(super) fn id(&self, record: &Value) -> Value {
        match &self.owner {
            None => record["id"].clone(),
            Some(owner) => json!({ "item1": owner, "item2": record["key"] }),
        }
    }

    /// The record after `operation` has changed it.
    fn changed(&self, record: &Value, change: &str) -> Value {
        let mut changed = json!({ self.name: record[self.name], self.value: change });
        if !self.has_owner() {
            changed["id"] = record["id"].clone();
        }
        changed
    }

    /// A sound item of a batch: for a record that is there, or for one to make.
    pub(super) fn item(&self, operation: Operation, record: &Value, change: &str) -> Value {
        match operation {
            Operation::Create => self.named(change),
            Operation::Update | Operation::Upsert => self.changed(record, change),
            Operation::Patch => {
                let path = format!("/{}", self.value);
                let patch = json!([{ "op": "replace", "path": path, "value": change }]);
                json!({ "ids": [self.id(record)], "patch": patch })
            }
            Operation::Delete | Operation::PostedDelete => self.id(record),
        }
    }

    /// An item that is refused, with the status of its refusal.
    pub(super) fn bad_items(&self, operation: Operation, taken: &Value) -> Vec<(Value, u16)> {
        let unknown = json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "key": "unknown", self.name: "unknown",
        });
        let long = "x".repeat(257);
        match operation {
            Operation::Create => vec![
                (json!({}), 400),
                (json!(7), 400),
                (self.named(&long), 400),
                (self.named(&taken[self.name].as_str().expect("a name").to_uppercase()), 409),
            ],
            Operation::Update => {
                let mut nameless = self.changed(taken, "x");
                let member = if self.has_owner() { "key" } else { "id" };
                nameless.as_object_mut().expect("an object").remove(member);
                vec![(nameless, 400), (json!("x"), 400), (self.changed(&unknown, "x"), 404)]
            }
            Operation::Upsert => {
                vec![(json!({}), 400), (json!(null), 400), (self.named(&long), 400)]
            }
            Operation::Patch => {
                let test =
                    json!([{ "op": "test", "path": format!("/{}", self.name), "value": "-" }]);
                let missing = json!([{ "op": "remove", "path": "/shoes" }]);
                let of = |patch: Value| json!({ "ids": [self.id(taken)], "patch": patch });
                vec![
                    (of(test), 409),
                    (of(missing), 400),
                    (json!({ "ids": [self.id(taken)] }), 400),
                    (json!({ "ids": [], "patch": [] }), 400),
                    (self.item(operation, &unknown, "x"), 404),
                ]
            }
            Operation::Delete | Operation::PostedDelete => {
                vec![(self.id(&unknown), 404), (json!(7), 400)]
            }
        }
    }

    /// Sends a batch; `query` is empty, or begins with `?`.
    pub(super) async fn send(&self, operation: Operation, query: &str, items: &Value) -> Answer {
        self.send_as(&self.api, operation, query, Some(items)).await
    }

    /// The same for another caller, or without a body.
    pub(super) async fn send_as(
        &self,
        api: &Api,
        operation: Operation,
        query: &str,
        items: Option<&Value>,
    ) -> Answer {
        let (method, end) = match operation {
            Operation::Create => (Method::POST, "batch"),
            Operation::Update => (Method::PUT, "batch"),
            Operation::Upsert => (Method::POST, "createorupdate/batch"),
            Operation::Patch => (Method::PATCH, "batch"),
            Operation::Delete => (Method::DELETE, "batch"),
            Operation::PostedDelete => (Method::POST, "batch/delete"),
        };
        api.call(method, &format!("{}/{end}{query}", self.list), items).await
    }

    /// The names of all records, in alphabetical order.
    pub(super) async fn names(&self) -> Vec<String> {
        let mut names = texts(&self.api.read(&self.list).await.json(200), self.name);
        names.retain(|name| name != "owner");
        names.sort();
        names
    }
}
