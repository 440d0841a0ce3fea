//! Many users at once: all or nothing.

use serde_json::{Value, json};

use crate::harness::{Answer, Server, on_both_databases};

on_both_databases![
    a_batch_answers_in_the_order_of_the_request,
    an_empty_batch_changes_nothing,
    a_refused_item_is_named_and_nothing_changes,
    a_name_twice_in_a_batch_is_refused,
    an_id_twice_in_a_batch_is_refused,
    a_batch_that_is_no_list_is_refused,
    a_tag_on_a_batch_is_refused,
    a_batch_of_too_many_is_refused,
    a_batch_of_ten_thousand_is_stored,
];

fn named(names: impl IntoIterator<Item = String>) -> Value {
    names.into_iter().map(|name| json!({ "loginName": name })).collect()
}

async fn number_of_users(server: &Server) -> usize {
    let users = server.admin().get_users("?include=").await.json(200);
    users.as_array().expect("a list").len()
}

/// The refusal of a batch says which item is at fault, by its position from 0.
fn assert_names_item(answer: Answer, status: u16, index: usize) {
    let problem = answer.problem(status);
    let in_words = problem["detail"].as_str().is_some_and(|text| text.contains(&index.to_string()));
    assert!(problem["index"] == index || in_words, "names item {index}: {problem}");
}

async fn a_batch_answers_in_the_order_of_the_request(server: Server) {
    let api = server.admin();
    let names: Vec<String> = (0..50).rev().map(|n| format!("user {n}")).collect();
    let users = api.create_users(&named(names.clone())).await.json(200);
    let users = users.as_array().expect("a list");
    let stored: Vec<_> = users.iter().map(|user| user["loginName"].as_str()).collect();
    assert_eq!(stored, names.iter().map(|name| Some(name.as_str())).collect::<Vec<_>>());
    for user in users {
        let id = user["id"].as_str().expect("an id");
        assert_eq!(api.get_user(id).await.json(200), *user);
        assert_eq!(api.entries_about(id).await.len(), 1);
    }
}

async fn an_empty_batch_changes_nothing(server: Server) {
    assert_eq!(server.admin().create_users(&json!([])).await.json(200), json!([]));
    assert_eq!(number_of_users(&server).await, 0);
}

async fn a_refused_item_is_named_and_nothing_changes(server: Server) {
    let api = server.admin();
    api.new_user("taken").await;
    let broken = json!([{ "loginName": "a" }, { "loginName": "b" }, { "loginName": "" }]);
    assert_names_item(api.create_users(&broken).await, 400, 2);
    let taken = json!([{ "loginName": "a" }, { "loginName": "TAKEN" }]);
    assert_names_item(api.create_users(&taken).await, 409, 1);
    let wrong = json!([{ "loginName": "a" }, "b"]);
    assert_names_item(api.create_users(&wrong).await, 400, 1);
    assert_eq!(number_of_users(&server).await, 1);
}

async fn a_name_twice_in_a_batch_is_refused(server: Server) {
    let users = json!([{ "loginName": "ada" }, { "loginName": "b" }, { "loginName": "ADA" }]);
    assert_names_item(server.admin().create_users(&users).await, 409, 2);
    assert_eq!(number_of_users(&server).await, 0);
}

async fn an_id_twice_in_a_batch_is_refused(server: Server) {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let users = json!([{ "id": id, "loginName": "a" }, { "id": id, "loginName": "b" }]);
    assert_names_item(server.admin().create_users(&users).await, 400, 1);
    assert_eq!(number_of_users(&server).await, 0);
}

async fn a_batch_that_is_no_list_is_refused(server: Server) {
    for body in [json!({ "loginName": "ada" }), json!(null), json!("ada")] {
        server.admin().create_users(&body).await.problem(400);
    }
    assert_eq!(number_of_users(&server).await, 0);
}

async fn a_tag_on_a_batch_is_refused(server: Server) {
    let api = server.admin().with("if-match", r#""1""#);
    api.create_users(&named(["ada".into()])).await.problem(400);
    assert_eq!(number_of_users(&server).await, 0);
}

async fn a_batch_of_too_many_is_refused(server: Server) {
    let users = named((0..10_001).map(|n| n.to_string()));
    server.admin().create_users(&users).await.problem(413);
    assert_eq!(number_of_users(&server).await, 0);
}

async fn a_batch_of_ten_thousand_is_stored(server: Server) {
    let users = named((0..10_000).map(|n| n.to_string()));
    server.admin().create_users(&users).await.expect(200);
    assert_eq!(number_of_users(&server).await, 10_000);
}
