//! Many writers at once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Server, on_both_databases};

on_both_databases![
    of_64_creates_of_one_login_name_one_wins,
    of_64_writes_under_one_tag_one_wins,
    of_64_writes_to_one_user_none_is_lost,
    of_64_deletes_of_one_user_one_wins,
    readers_see_whole_batches_only,
];

const WRITERS: usize = 64;

fn id_of(user: &Value) -> &str {
    user["id"].as_str().expect("an id")
}

fn count(statuses: &[u16], wanted: u16) -> usize {
    statuses.iter().filter(|status| **status == wanted).count()
}

async fn of_64_creates_of_one_login_name_one_wins(server: Server) {
    let api = server.admin();
    let user = json!({ "loginName": "ada" });
    let answers = join_all((0..WRITERS).map(|_| api.create_user(&user))).await;
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!((count(&statuses, 201), count(&statuses, 409)), (1, WRITERS - 1), "{statuses:?}");
    for loser in answers.into_iter().filter(|answer| answer.status == 409) {
        assert!(loser.problem(409).to_string().contains("loginName"));
    }
    let entries = api.get_audit_trails("").await.json(200);
    let of_users = entries.as_array().expect("a list").iter().filter(|e| e["area"] == "User");
    assert_eq!(of_users.count(), 1);
}

async fn of_64_writes_under_one_tag_one_wins(server: Server) {
    let api = server.admin();
    let created = api.create_user(&json!({ "loginName": "ada" })).await.expect(201);
    let (tag, user) = (created.etag(), created.json(201));
    let guarded = api.with("if-match", &tag);
    let writes = (0..WRITERS).map(|n| {
        let patch = json!([{ "op": "replace", "path": "/firstName", "value": format!("{n}") }]);
        let (guarded, user) = (&guarded, &user);
        async move { guarded.patch_user(id_of(user), &patch).await.status }
    });
    let statuses = join_all(writes).await;
    assert_eq!((count(&statuses, 202), count(&statuses, 412)), (1, WRITERS - 1), "{statuses:?}");
    assert_eq!(api.entries_about(id_of(&user)).await.len(), 2);
}

async fn of_64_writes_to_one_user_none_is_lost(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let writes = (0..WRITERS).map(|n| {
        let patch = json!([{ "op": "replace", "path": "/firstName", "value": format!("{n}") }]);
        let (api, user) = (&api, &user);
        async move { api.patch_user(id_of(user), &patch).await.status }
    });
    let statuses = join_all(writes).await;
    assert_eq!(count(&statuses, 202), WRITERS, "{statuses:?}");

    let entries = api.entries_about(id_of(&user)).await;
    assert_eq!(entries.len(), WRITERS + 1);
    // Each change begins where the one before it ended.
    for pair in entries.windows(2) {
        assert_eq!(pair[1]["originalContent"], pair[0]["currentContent"]);
    }
}

async fn of_64_deletes_of_one_user_one_wins(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let deletes = (0..WRITERS).map(|_| async { api.delete_user(id_of(&user)).await.status });
    let statuses = join_all(deletes).await;
    assert_eq!((count(&statuses, 204), count(&statuses, 404)), (1, WRITERS - 1), "{statuses:?}");
    assert_eq!(api.entries_about(id_of(&user)).await.len(), 2);
}

async fn readers_see_whole_batches_only(server: Server) {
    const SIZE: usize = 50;
    let api = server.admin();
    let writing = async {
        for batch in 0..20 {
            let users: Value =
                (0..SIZE).map(|n| json!({ "loginName": format!("{batch}/{n}") })).collect();
            api.create_users(&users).await.expect(200);
        }
    };
    let mut writing = std::pin::pin!(writing);
    loop {
        let reading = std::pin::pin!(api.get_users("?include="));
        let raced = futures_util::future::select(&mut writing, reading).await;
        let futures_util::future::Either::Right((users, _)) = raced else { break };
        let users = users.json(200);
        assert_eq!(users.as_array().expect("a list").len() % SIZE, 0);
    }
}
