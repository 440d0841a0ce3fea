//! Lists: whole by default, in pages on demand.

use serde_json::{Value, json};

use crate::harness::{Server, all_pages, on_both_databases};

on_both_databases![
    a_list_without_a_limit_is_whole_and_ordered_by_id,
    pages_add_up_to_the_list,
    the_audit_trail_comes_in_pages_too,
    a_link_keeps_every_parameter,
    relations_that_were_not_asked_for_are_null,
    a_wrong_parameter_of_a_list_is_refused,
];

async fn seed(server: &Server, count: usize) {
    let users: Value = (0..count).map(|n| json!({ "loginName": format!("user {n}") })).collect();
    server.admin().create_users(&users).await.expect(200);
}

fn ids(users: &[Value]) -> Vec<&str> {
    users.iter().map(|user| user["id"].as_str().expect("an id")).collect()
}

async fn a_list_without_a_limit_is_whole_and_ordered_by_id(server: Server) {
    let api = server.admin();
    assert_eq!(api.get_users("").await.json(200), json!([]));
    seed(&server, 1_234).await;
    let answer = api.get_users("").await.expect(200);
    assert!(!answer.headers.contains_key("link"));
    let users = answer.json(200);
    let users = users.as_array().expect("a list");
    assert_eq!(users.len(), 1_234);
    assert!(ids(users).is_sorted_by(|a, b| a < b));
    assert_eq!(users[0]["memberOfGroups"], json!([]));
}

async fn pages_add_up_to_the_list(server: Server) {
    let api = server.admin();
    seed(&server, 25).await;
    let whole = api.get_users("").await.json(200);
    for (limit, expected) in [(1, 25), (7, 4), (25, 1), (100, 1)] {
        let (users, pages) = all_pages(&api, &api.path(&format!("User?limit={limit}"))).await;
        assert_eq!(pages, expected, "pages of {limit}");
        assert_eq!(Value::Array(users), whole);
    }
}

async fn the_audit_trail_comes_in_pages_too(server: Server) {
    let api = server.admin();
    seed(&server, 25).await;
    let whole = api.get_audit_trails("").await.json(200);
    let (entries, pages) = all_pages(&api, &api.path("CustomAuditTrail?limit=10")).await;
    assert_eq!(Value::Array(entries), whole);
    // 25 users, and the store and the client of the first start.
    assert_eq!(pages, 3);
}

async fn a_link_keeps_every_parameter(server: Server) {
    let api = server.admin();
    seed(&server, 3).await;
    let answer = api.get_users("?include=userProfiles&limit=2").await.expect(200);
    let link = answer.header("link").to_owned();
    for part in ["include=userProfiles", "limit=2", "cursor="] {
        assert!(link.contains(part), "{part} in {link}");
    }
    let (users, _) = all_pages(&api, &api.path("User?include=userProfiles&limit=2")).await;
    assert!(users.iter().all(|user| user["memberOfGroups"].is_null()));
}

async fn relations_that_were_not_asked_for_are_null(server: Server) {
    let api = server.admin();
    let user = json!({ "loginName": "ada", "userProfiles": [{ "key": "k", "value": "v" }] });
    let user = api.create_user(&user).await.json(201);
    let id = user["id"].as_str().expect("an id");
    for (include, groups, profiles) in [
        ("", Value::Null, 0),
        ("memberOfGroups", json!([]), 0),
        ("userProfiles", Value::Null, 1),
        ("memberOfGroups,userProfiles", json!([]), 1),
    ] {
        let one = api.get_user(&format!("{id}?include={include}")).await.json(200);
        let list = api.get_users(&format!("?include={include}")).await.json(200);
        assert_eq!(one["memberOfGroups"], groups, "{include}");
        assert_eq!(one["userProfiles"].as_array().map_or(0, Vec::len), profiles, "{include}");
        assert_eq!(list, json!([one]));
    }
    api.get_users("?include=shoes").await.problem(400);
}

async fn a_wrong_parameter_of_a_list_is_refused(server: Server) {
    let api = server.admin();
    seed(&server, 3).await;
    for query in [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1000000000000000000",
        "limit=99999999999999999999",
        "limit=1&limit=2",
        "limit=1&LIMIT=2",
        "limit=1&cursor=nonsense",
        "limit=1&cursor=AAAA",
        "limit=1&cursor=%00",
    ] {
        api.get_users(&format!("?{query}")).await.problem(400);
        api.get_audit_trails(&format!("?{query}")).await.problem(400);
    }
}
