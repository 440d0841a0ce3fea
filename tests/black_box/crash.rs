//! `kill -9` in the middle of eight writers: what was acknowledged is there, and nothing is half
//! there.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{ADMIN_KEY, Api, Installation, on_both_databases};

on_both_databases![every_acknowledged_user_survives_kill_9];

const WRITERS: usize = 8;

/// How many times the node is killed: `USERSTORE_TEST_CRASHES`, else a few.
fn rounds() -> usize {
    let given = std::env::var("USERSTORE_TEST_CRASHES").ok();
    given.map_or(5, |rounds| rounds.parse().expect("a number"))
}

async fn every_acknowledged_user_survives_kill_9(installation: Installation) {
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds() {
        let node = installation.start().await;
        let api = node.api(Some(ADMIN_KEY));
        assert_whole(&api, &acknowledged).await;

        let mut writers = tokio::task::JoinSet::new();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        for writer in 0..WRITERS {
            writers.spawn(write(api.clone(), format!("{round}/{writer}"), tell.clone()));
        }
        drop(tell);
        // Another moment in each round, never before the writers are at work.
        let enough = 20 + round % 7 * 13;
        let mut this_round = 0;
        while let Some(id) = told.recv().await {
            acknowledged.insert(id);
            this_round += 1;
            if this_round == enough {
                break;
            }
        }
        node.kill();
        // Answers that were under way count as well; each writer ends at its first failure.
        while let Some(id) = told.recv().await {
            acknowledged.insert(id);
        }
        writers.join_all().await;
        assert!(this_round >= enough, "the writers wrote until the end");
    }
    let node = installation.start().await;
    assert_whole(&node.api(Some(ADMIN_KEY)), &acknowledged).await;
    assert!(acknowledged.len() >= 20 * rounds());
}

/// Creates users until the connection breaks, and tells each one that was acknowledged.
async fn write(api: Api, prefix: String, tell: tokio::sync::mpsc::UnboundedSender<String>) {
    for n in 0.. {
        let user = json!({
            "loginName": format!("{prefix}/{n}"),
            "userProfiles": [{ "key": "k", "value": "v" }],
        });
        let request = api.request(reqwest::Method::POST, &api.path("User")).json(&user);
        let Ok(response) = request.send().await else { return };
        assert_eq!(response.status(), 201);
        let Ok(user) = response.json::<Value>().await else { return };
        let id = user["id"].as_str().expect("an id").to_owned();
        if tell.send(id).is_err() {
            return;
        }
    }
}

/// Every acknowledged user is there; every user there has its profile and exactly one entry for
/// itself and one for its profile, with the content that is stored; no entry is without its user.
async fn assert_whole(api: &Api, acknowledged: &BTreeSet<String>) {
    let users = api.get_users("").await.json(200);
    let entries = api.get_audit_trails("").await.json(200);
    let mut contents: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for entry in entries.as_array().expect("a list") {
        if entry["area"] == "User" || entry["area"] == "UserProfile" {
            let key = entry["primaryKey"].as_str().expect("a key");
            let content = entry["currentContent"].as_str().expect("added");
            contents.entry(key).or_default().push(serde_json::from_str(content).expect("JSON"));
        }
    }
    let users = users.as_array().expect("a list");
    let there: BTreeSet<String> =
        users.iter().map(|user| user["id"].as_str().expect("an id").to_owned()).collect();
    let lost: Vec<_> = acknowledged.difference(&there).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");

    for user in users {
        let id = user["id"].as_str().expect("an id");
        let of_user = contents.remove(id).unwrap_or_default();
        assert_eq!(of_user.len(), 1, "entries of user {id}");
        assert_eq!(of_user[0]["loginName"], user["loginName"]);
        let of_profile = contents.remove(format!("{id}/k").as_str()).unwrap_or_default();
        assert_eq!(json!(of_profile), user["userProfiles"]);
    }
    assert!(contents.is_empty(), "entries without a record: {:?}", contents.keys());
    join_all(there.iter().take(5).map(|id| async { api.get_user(id).await.expect(200) })).await;
}
