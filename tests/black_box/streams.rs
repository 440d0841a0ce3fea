//! Lists that are read slowly: the node holds a piece of them, never all.

use serde_json::{Value, json};

use crate::harness::{ADMIN_KEY, Api, Database, Installation, Node, id_of};

/// So many users, and members of one group.
const MANY: usize = 20_000;
/// What a list may cost beside an idle node. The lists of this test are larger, and still small
/// enough for a test; those of the bench are held against 64 MiB.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

#[tokio::test]
async fn sqlite_lists_of_20_000_are_streamed_in_flat_memory() {
    lists_of_20_000_are_streamed_in_flat_memory(Database::Sqlite).await;
}

#[tokio::test]
async fn postgres_lists_of_20_000_are_streamed_in_flat_memory() {
    lists_of_20_000_are_streamed_in_flat_memory(Database::Postgres).await;
}

async fn lists_of_20_000_are_streamed_in_flat_memory(database: Database) {
    let installation = Installation::new(database).await;
    let node = installation.start().await;
    let group = seed(&node.api(Some(ADMIN_KEY))).await;
    drop(node);
    // What was written has left its marks on the memory of that node.
    let node = installation.start().await;
    let api = node.api(Some(ADMIN_KEY));
    api.get_users("?limit=1").await.expect(200);
    for (list, relation) in [
        (format!("Group/{group}"), "memberUsers"),
        ("Group?include=memberUsers".into(), "memberUsers"),
        ("User?include=".into(), ""),
    ] {
        let idle = node.resident_bytes();
        let (text, most) = read_slowly(&node, &api, &list).await;
        assert!(most < idle + MOST_BYTES, "{list}: {idle} bytes, then {most}");
        // Held whole, it would not have gone unnoticed.
        assert!(text.len() > 20_000_000, "{list}: {} bytes", text.len());
        let json: Value = serde_json::from_slice(&text).expect("a whole document");
        let items = match (&json, relation) {
            (_, "") => &json,
            (Value::Array(groups), relation) => &groups[0][relation],
            (group, relation) => &group[relation],
        };
        let items = items.as_array().expect("a list");
        assert_eq!(items.len(), MANY, "{list}");
        assert!(items.is_sorted_by(|a, b| id_of(a) < id_of(b)), "{list}");
    }
}

/// Users who are all in one group, each with names as long as names may be.
async fn seed(api: &Api) -> String {
    const BATCH: usize = 2_500;
    let group = api.new_group("all").await;
    let group = id_of(&group).to_owned();
    let name = "x".repeat(256);
    for first in (0..MANY).step_by(BATCH) {
        let user = |n: usize| {
            json!({
                "loginName": format!("user {n}"),
                "firstName": name,
                "lastName": name,
                "memberOfGroups": [group],
            })
        };
        let users: Value = (first..first + BATCH).map(user).collect();
        api.create_users(&users).await.expect(200);
    }
    group
}

/// The text of an answer, read with pauses, and the most memory that the node held meanwhile.
async fn read_slowly(node: &Node, api: &Api, list: &str) -> (Vec<u8>, u64) {
    const PAUSES: usize = 10;
    let request = api.request(reqwest::Method::GET, &api.path(list));
    let mut response = request.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let (mut text, mut most) = (vec![], 0);
    while let Some(piece) = response.chunk().await.expect("a piece") {
        let pauses = text.len() / 2_000_000;
        text.extend_from_slice(&piece);
        if text.len() / 2_000_000 > pauses && pauses < PAUSES {
            // The reader does something else for a while; nothing is waited for.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        most = most.max(node.resident_bytes());
    }
    (text, most)
}
