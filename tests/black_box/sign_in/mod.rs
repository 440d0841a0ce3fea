//! Passwords: set, guessed, forgotten, reset, and told to nobody.

mod canary;
mod checklist;
mod commands;
mod guesses;
mod keys;
mod load;
mod mail;
mod resets;

use serde_json::{Value, json};

use crate::harness::{Api, Database, Installation, Setting, id_of};

/// The password of whoever has one.
pub(crate) const RIGHT: &str = "correct horse battery staple";
/// One that nobody has.
pub(crate) const WRONG: &str = "wrong horse battery staple";
/// One to take next.
pub(crate) const NEW: &str = "another horse battery staple";

/// An installation whose hashes take no time.
pub(crate) struct Cheap(pub(crate) Installation);

impl Setting for Cheap {
    async fn on(database: Database) -> Self {
        Self(Installation::new(database).await.with_cheap_hashes())
    }
}

/// A new user with a password, an address, and this name; its id.
pub(crate) async fn new_user_with_password(api: &Api, name: &str) -> String {
    let user = json!({ "loginName": name, "emailAddress": format!("{name}@example.com") });
    let user = api.create_user(&user).await.json(201);
    let id = id_of(&user).to_owned();
    let set = json!({ "password": RIGHT });
    api.user_post(&id, "password/reset", Some(&set)).await.expect(200);
    id
}

/// Sets settings of the store.
pub(crate) async fn set(api: &Api, settings: Value) {
    let settings = settings.as_object().expect("settings").clone();
    let replace = |(name, value): (String, Value)| json!({ "op": "add", "path": format!("/set/{name}"), "value": value });
    let patch: Vec<_> = settings.into_iter().map(replace).collect();
    api.call_store(reqwest::Method::PATCH, "", Some(&patch.into())).await.expect(202);
}

/// What came of it; the status where nothing did.
pub(crate) async fn outcome(api: &Api, name: &str, password: &str) -> String {
    let answer = api.verify(name, password).await;
    if answer.status != 200 {
        return answer.status.to_string();
    }
    answer.json(200)["outcome"].as_str().expect("an outcome").to_owned()
}

/// The same, after whatever wait the name is told.
pub(crate) async fn patient_outcome(api: &Api, name: &str, password: &str) -> String {
    loop {
        let answer = api.verify(name, password).await;
        if answer.status != 429 {
            return answer.json(200)["outcome"].as_str().expect("an outcome").to_owned();
        }
        let seconds = answer.header("retry-after").parse().expect("seconds");
        tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
    }
}

fn count(outcomes: &[String], wanted: &str) -> usize {
    outcomes.iter().filter(|outcome| *outcome == wanted).count()
}
