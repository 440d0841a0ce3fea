use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Api, Installation, id_of, token_in};

/// The password of every user, which an administrator has set as a first one.
const PASSWORD: &str = "the first password of a fixture";
/// One to replace it.
const NEW_PASSWORD: &str = "the second password of a fixture";

/// Records for one operation: a user and a group with everything that hangs on them.
pub(super) struct Fixture {
    /// Tells the names of this fixture from those of others.
    name: String,
    pub(super) user: String,
    pub(super) group: String,
    /// Above the group.
    pub(super) parent: String,
    /// Of the audit trail.
    pub(super) entry: String,
    /// An API client.
    pub(super) client: String,
    /// Sets a password of the user, where one was asked for.
    token: String,
}

impl Fixture {
    /// New records whose names begin with `name`.
    pub(super) async fn new(api: &Api, name: &str) -> Self {
        let attributes = json!([{ "key": "color", "value": "red" }]);
        let parent = json!({ "name": format!("{name}-parent") });
        let parent = made(api, "Group", &parent).await;
        let group = json!({
            "name": format!("{name}-group"),
            "parentGroups": [parent],
            "metadata": attributes,
        });
        let group = made(api, "Group", &group).await;
        let user = json!({
            "loginName": format!("{name}-user"),
            "emailAddress": address(name),
            "memberOfGroups": [group],
            "userProfiles": attributes,
        });
        let user = made(api, "User", &user).await;
        let password = json!({ "password": PASSWORD });
        api.user_post(&user, "password/initial", Some(&password)).await.expect(200);
        let client =
            json!({ "name": format!("{name}-client"), "roles": [{ "role": "UserManager" }] });
        let client = made(api, "Client", &client).await;
        let last = api.read("CustomAuditTrail?limit=1&sortOrder=descending").await.json(200);
        let entry = last[0]["id"].to_string();
        let token = String::new();
        Self { name: name.to_owned(), user, group, parent, entry, client, token }
    }

    /// The same with a token that was mailed to the user.
    pub(super) async fn with_token(self, api: &Api, installation: &Installation) -> Self {
        let address = address(&self.name);
        api.user_post(&self.user, "password/reset/request", None).await.expect(200);
        for _ in 0..600 {
            let letters = installation.letters().into_iter();
            let mut own = letters.filter(|letter| letter.contains(&address));
            if let Some(token) = own.find_map(|letter| token_in(&letter)) {
                return Self { token, ..self };
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no token came to {address}");
    }

    /// A path of the document with the ids of these records in it.
    pub(super) fn path(&self, pattern: &str) -> String {
        let own = if pattern.contains("/Group/") { &self.group } else { &self.user };
        let own = if pattern.contains("CustomAuditTrail") { &self.entry } else { own };
        pattern
            .replace("{parentGroupId}", &self.parent)
            .replace("{groupId}", &self.group)
            .replace("{userId}", &self.user)
            .replace("{userid}", &self.user)
            .replace("{userName}", &format!("{}-USER", self.name))
            .replace("{loginName}", &format!("{}-USER", self.name))
            .replace("{loginname}", &format!("{}-USER", self.name))
            .replace("{key}", "COLOR")
            .replace("{size}", "1")
            .replace("{id}", own)
    }

    pub(super) fn new_user(&self) -> Value {
        json!({ "loginName": format!("{}-new", self.name) })
    }

    pub(super) fn renamed_user(&self) -> Value {
        json!({ "id": self.user, "loginName": format!("{}-renamed", self.name) })
    }

    pub(super) fn new_group(&self) -> Value {
        json!({ "name": format!("{}-new", self.name), "memberUsers": [{ "userId": self.user }] })
    }

    pub(super) fn renamed_group(&self) -> Value {
        json!({ "id": self.group, "name": format!("{}-renamed", self.name) })
    }

    pub(super) fn attribute(&self, key: &str) -> Value {
        json!({ "key": key, "value": format!("of {}", self.name) })
    }

    pub(super) fn password() -> Value {
        json!({ "password": PASSWORD })
    }

    pub(super) fn new_password() -> Value {
        json!({ "password": NEW_PASSWORD })
    }

    pub(super) fn changed_password() -> Value {
        json!({ "oldPassword": PASSWORD, "newPassword": NEW_PASSWORD })
    }

    pub(super) fn password_by_token(&self) -> Value {
        json!({ "password": NEW_PASSWORD, "token": self.token })
    }

    pub(super) fn patch(&self, path: &str) -> Value {
        json!([{ "op": "replace", "path": path, "value": format!("{}-patched", self.name) }])
    }
}

fn address(name: &str) -> String {
    format!("{}@example.com", name.to_lowercase())
}

async fn made(api: &Api, kind: &str, body: &Value) -> String {
    id_of(&api.post(kind, body).await.json(201)).to_owned()
}
