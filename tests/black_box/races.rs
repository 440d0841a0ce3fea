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
    of_64_writers_from_both_sides_of_a_group_none_leaves_the_sides_apart,
    after_a_store_was_made_read_only_no_write_succeeds,
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

/// Each writer brings a user into the group or takes one out, from the user's side or the group's.
async fn of_64_writers_from_both_sides_of_a_group_none_leaves_the_sides_apart(server: Server) {
    const USERS: usize = 8;
    let api = server.admin();
    let group = api.new_group("staff").await;
    let group = id_of(&group).to_owned();
    let path = format!("Group/{group}");
    let mut users = vec![];
    for n in 0..USERS {
        users.push(id_of(&api.new_user(&format!("user {n}")).await).to_owned());
    }
    let writes = (0..WRITERS).map(|n| {
        let (api, user, path, group) = (&api, &users[n / 4 % USERS], &path, &group);
        let some: Vec<_> = users.iter().skip(n % USERS).take(3).collect();
        async move {
            let answer = match n % 8 {
                0 => api.update_user(user, &named(user, &json!([group]))).await,
                1 => api.update_user(user, &named(user, &json!([]))).await,
                2 => api.patch_user(user, &patch("add", "/memberOfGroups/-", group)).await,
                3 => api.patch_user(user, &patch("remove", "/memberOfGroups", group)).await,
                4 => api.put(path, &json!({ "name": "staff", "memberUsers": some })).await,
                5 => api.put(path, &json!({ "name": "staff", "memberUsers": [] })).await,
                6 => api.patch(path, &patch("add", "/memberUsers/-", user)).await,
                _ => api.patch(path, &patch("remove", "/memberUsers/0", user)).await,
            };
            (n % 8, answer)
        }
    });
    for (way, answer) in join_all(writes).await {
        // The position may be empty, and the user may be in already.
        let expected: &[u16] = if [2, 3, 6, 7].contains(&way) { &[202, 400] } else { &[202] };
        assert!(
            expected.contains(&answer.status),
            "way {way}: {} {}",
            answer.status,
            answer.text()
        );
    }
    let members = api.read(&path).await.json(200);
    let members = crate::harness::ids_of(&members["memberUsers"]);
    for user in &users {
        let of_user = api.get_user(user).await.json(200);
        let is_in = crate::harness::ids_of(&of_user["memberOfGroups"]).contains(&group);
        assert_eq!(is_in, members.contains(user), "the sides tell different things of {user}");
        // Each began where the one before it ended: in, out, in, out.
        let entries = api.entries_about(&format!("{group}/{user}")).await;
        let told: Vec<_> = entries.iter().map(|entry| entry["action"].as_str()).collect();
        let by_turns = [Some("Added"), Some("Deleted")].into_iter().cycle().take(told.len());
        assert_eq!(told, by_turns.collect::<Vec<_>>());
        assert_eq!(told.len() % 2 == 1, is_in);
    }
}

fn named(user: &str, groups: &Value) -> Value {
    json!({ "loginName": user, "memberOfGroups": groups })
}

fn patch(op: &str, path: &str, value: &str) -> Value {
    json!([{ "op": op, "path": path, "value": value }])
}

async fn after_a_store_was_made_read_only_no_write_succeeds(server: Server) {
    const AT_ONCE: usize = 16;
    let api = server.admin();
    api.create_store(&json!({ "name": "shop" })).await.expect(201);
    let shop = api.in_store("shop");
    for round in 0..3 {
        // Each writes until it is refused.
        let writers = (0..AT_ONCE).map(|writer| {
            let shop = &shop;
            async move {
                for n in 0.. {
                    let user = json!({ "loginName": format!("{round}-{writer}-{n}") });
                    let answer = shop.create_user(&user).await;
                    if answer.status != 201 {
                        assert_eq!(
                            answer.problem(403)["type"],
                            "urn:userstore:problem:store-read-only"
                        );
                        return;
                    }
                }
            }
        });
        let set =
            |value: bool| json!([{ "op": "replace", "path": "/set/readOnly", "value": value }]);
        let closing = async {
            while shop.list("User?include=").await.len() < (round + 1) * 3 * AT_ONCE {}
            shop.call_store(reqwest::Method::PATCH, "", Some(&set(true))).await.expect(202);
            shop.list("User?include=").await
        };
        let (_, then) = futures_util::future::join(join_all(writers), closing).await;
        assert_eq!(shop.list("User?include=").await, then, "nothing came after the answer");
        shop.call_store(reqwest::Method::PATCH, "", Some(&set(false))).await.expect(202);
    }
}
