//! What a node tells of itself: health, the OpenAPI document, the page that shows it.

use serde_json::Value;

use crate::harness::{Server, on_both_databases};

on_both_databases![
    health_and_readiness_need_no_key,
    the_document_describes_every_operation,
    every_status_of_the_document_has_the_media_type_of_problems,
    the_page_asks_nobody_else,
];

const OPERATIONS: [&str; 17] = [
    "CreateUser",
    "GetUser",
    "GetUserByLoginName",
    "GetUsers",
    "UpdateUser",
    "PatchUser",
    "DeleteUser",
    "CreateOrUpdateUser",
    "CreateUsers",
    "GetAuditTrail",
    "GetAuditTrails",
    "GetAuditCheckpoint",
    "GetAuditCheckpointOfSize",
    "GetAuditProof",
    "GetAuditConsistency",
    "GetAuditKeys",
    "GetEvents",
];

async fn health_and_readiness_need_no_key(server: Server) {
    server.anonymous().get("/healthz").await.expect(200);
    server.anonymous().get("/readyz").await.expect(200);
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let paths = document["paths"].as_object().expect("paths").values();
    paths.flat_map(|path| path.as_object().expect("operations").values())
}

async fn the_document_describes_every_operation(server: Server) {
    let document = server.anonymous().get("/openapi.json").await.json(200);
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    let described: Vec<&str> =
        operations(&document).filter_map(|operation| operation["operationId"].as_str()).collect();
    for operation in OPERATIONS {
        assert!(described.contains(&operation), "{operation} in {described:?}");
    }
}

async fn every_status_of_the_document_has_the_media_type_of_problems(server: Server) {
    let document = server.anonymous().get("/openapi.json").await.json(200);
    let is_of_users_api = |of: &&Value| {
        of["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == "Users"))
    };
    for operation in operations(&document).filter(|of| !is_of_users_api(of)) {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            if status.starts_with('4') {
                let content = response.get("content").or_else(|| referenced(&document, response));
                let is_problem =
                    content.is_some_and(|c| c.get("application/problem+json").is_some());
                assert!(is_problem, "{} of {}", status, operation["operationId"]);
            }
        }
    }
}

/// The content of a response that stands in the components.
fn referenced<'a>(document: &'a Value, response: &Value) -> Option<&'a Value> {
    let reference = response["$ref"].as_str()?.strip_prefix('#')?;
    document.pointer(reference)?.get("content")
}

async fn the_page_asks_nobody_else(server: Server) {
    let api = server.anonymous();
    let page = api.get("/docs/").await.expect(200).text();
    assert!(page.contains("<html"), "{page}");
    let assets = addresses(&page);
    assert!(!assets.is_empty(), "a page with scripts and styles");
    for address in assets {
        assert!(!address.contains("//"), "outside: {address}");
        let path = if address.starts_with('/') { address } else { format!("/docs/{address}") };
        let asset = api.get(&path).await.expect(200);
        let text = asset.text();
        for outside in ["@import", "url(http", "url(//", "importScripts("] {
            assert!(!text.contains(outside), "{path} has {outside}");
        }
    }
    let moved = api.get("/docs").await;
    moved.expect(200);
}

/// What the attributes `src` and `href` of a page name.
fn addresses(page: &str) -> Vec<String> {
    let values = [r#"src=""#, r#"href=""#].into_iter().flat_map(|start| page.split(start).skip(1));
    values.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}
