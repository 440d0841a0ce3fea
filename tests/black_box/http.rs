//! What is common to all operations: paths, methods, media types, sizes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Server, on_both_databases};

on_both_databases![
    literal_segments_match_ignoring_case,
    every_refusal_is_told_in_a_sentence,
    what_is_not_there_is_a_problem_document,
    another_method_is_told_which_are_allowed,
    another_media_type_is_refused,
    every_json_media_type_is_taken,
    a_body_too_large_is_refused,
    a_mistyped_parameter_of_a_write_is_refused,
    answers_with_personal_data_are_not_stored_on_the_way,
];

async fn literal_segments_match_ignoring_case(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let id = user["id"].as_str().expect("an id");
    for path in [
        format!("/API/UserStore/V1/default/Administration/USER/{id}"),
        format!("/api/userstore/v1/default/administration/user/{id}"),
        "/api/userstore/v1/default/administration/user/LoginName/ada".to_owned(),
    ] {
        assert_eq!(api.get(&path).await.json(200), user);
    }
    api.get("/api/userstore/v1/default/administration/customaudittrail").await.expect(200);
    let batch = "/api/userstore/v1/default/administration/USER/Batch";
    api.send_json_text(Method::POST, batch, b"[]").await.expect(200);
}

async fn every_refusal_is_told_in_a_sentence(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let id = user["id"].as_str().expect("an id");
    let plain = api.request(Method::POST, &api.path("User")).header("content-type", "text/plain");
    let too_many: Value = (0..10_001).map(|n| json!({ "loginName": n.to_string() })).collect();
    for (status, answer) in [
        (400, api.create_user(&json!({ "loginName": "" })).await),
        (400, api.send_json_text(Method::POST, &api.path("User"), b"{").await),
        (401, server.anonymous().get_users("").await),
        (404, api.get("/nowhere").await),
        (404, api.get_user("01890a5d-ac96-774b-bcce-b302099a8057").await),
        (404, api.in_store("nowhere").get_users("").await),
        (405, api.send(api.request(Method::DELETE, &api.path("User"))).await),
        (409, api.create_user(&json!({ "loginName": "ada" })).await),
        (412, api.with("if-match", "\"0\"").delete_user(id).await),
        (413, api.create_users(&too_many).await),
        (415, api.send(plain.body("{}")).await),
    ] {
        let problem = answer.problem(status);
        let told = problem["detail"].as_str().is_some_and(|detail| !detail.is_empty());
        assert!(told, "no detail in {problem}");
    }
}

async fn what_is_not_there_is_a_problem_document(server: Server) {
    let api = server.admin();
    for path in [
        "/",
        "/api/userstore",
        "/api/userstore/v2/default/administration/User",
        "/api/userstore/v1/default/administration/Shoe",
        "/api/userstore/v1/default/administration/User/a/b/c",
        "/api/userstore/v1/default/administration/User/",
        "/favicon.ico",
        "/%00",
        "/..%2f..%2fetc/passwd",
    ] {
        api.get(path).await.problem(404);
    }
}

async fn another_method_is_told_which_are_allowed(server: Server) {
    let api = server.admin();
    for (method, path, allowed) in [
        (Method::DELETE, api.path("User"), vec!["GET", "POST"]),
        (Method::POST, api.path("User/01890a5d-ac96-774b-bcce-b302099a8057"), vec!["GET", "PUT"]),
        (Method::POST, api.path("CustomAuditTrail"), vec!["GET"]),
        (Method::DELETE, api.path("CustomAuditTrail/1"), vec!["GET"]),
        (Method::PUT, "/healthz".into(), vec!["GET"]),
    ] {
        let answer = api.send(api.request(method, &path)).await;
        let told = answer.header("allow").to_owned();
        assert!(allowed.iter().all(|method| told.contains(method)), "{path}: {told}");
        answer.problem(405);
    }
}

async fn another_media_type_is_refused(server: Server) {
    let api = server.admin();
    for media_type in ["text/plain", "application/xml", "multipart/form-data; boundary=x", "json"] {
        let request = api.request(Method::POST, &api.path("User"));
        let request = request.header("content-type", media_type);
        api.send(request.body(r#"{"loginName":"ada"}"#)).await.problem(415);
    }
    let unlabelled = api.request(Method::POST, &api.path("User")).body(r#"{"loginName":"ada"}"#);
    api.send(unlabelled).await.problem(415);
    api.get_user_by_login_name("ada").await.problem(404);
}

async fn every_json_media_type_is_taken(server: Server) {
    let api = server.admin();
    let media_types = [
        "application/json",
        "text/json; charset=utf-8",
        "Application/JSON",
        "application/scim+json",
    ];
    for (n, media_type) in media_types.into_iter().enumerate() {
        let user = json!({ "loginName": format!("user {n}") });
        let request = api.request(Method::POST, &api.path("User"));
        let request = request.header("content-type", media_type).body(user.to_string());
        api.send(request).await.expect(201);
    }
}

async fn a_body_too_large_is_refused(server: Server) {
    let api = server.admin();
    let name = "x".repeat(8 << 20);
    let request = api.request(Method::POST, &api.path("User"));
    let request = request
        .header("content-type", "application/json")
        .body(json!({ "loginName": name }).to_string());
    api.send(request).await.problem(413);
    api.new_user("ada").await;
}

async fn a_mistyped_parameter_of_a_write_is_refused(server: Server) {
    let api = server.admin();
    let body = br#"{"loginName":"ada"}"#;
    for query in ["dryrum=true", "limit=1", "x", "include=&INCLUDE="] {
        let path = api.path(&format!("User?{query}"));
        api.send_json_text(Method::POST, &path, body).await.problem(400);
    }
    assert_eq!(api.get_users("").await.json(200), json!([]));
}

async fn answers_with_personal_data_are_not_stored_on_the_way(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let id = user["id"].as_str().expect("an id");
    let gone = json!({ "loginName": Value::Null });
    for answer in [
        api.get_user(id).await,
        api.get_users("").await,
        api.get_audit_trails("").await,
        api.create_user(&gone).await,
    ] {
        assert!(answer.header("cache-control").contains("no-store"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
}
