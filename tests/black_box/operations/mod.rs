//! Every operation of the specification: that it is there, that nothing else is, and that each
//! answers with its code and its shape.

mod fixture;
mod isolation;
mod names;
mod table;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use self::fixture::Fixture;
use self::table::{EXTENSIONS, Operation, Shape, operations};
use crate::harness::{Answer, Api, Server, on_both_databases};

on_both_databases![
    the_document_lists_every_operation_and_no_other,
    every_operation_answers_with_its_code_and_shape,
];

/// So many operations the reference means.
const OPERATIONS: usize = 68;

async fn the_document_lists_every_operation_and_no_other(server: Server) {
    let document = server.anonymous().get("/openapi.json").await.json(200);
    let listed: BTreeSet<_> = listed(&document).into_iter().collect();
    let wanted: BTreeSet<_> = operations()
        .iter()
        .map(|operation| {
            let path = format!("/api/userstore/v1/{{userstore}}/{}", operation.path);
            (operation.method.as_str().to_lowercase(), path)
        })
        .chain(EXTENSIONS.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())))
        .collect();
    let missing: Vec<_> = wanted.difference(&listed).collect();
    let extra: Vec<_> = listed.difference(&wanted).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:?}, extra {extra:?}");
    assert_eq!(operations().len(), OPERATIONS);
    for operation in operations() {
        check_documented(&document, &operation);
    }
}

/// Whether a path is one of the users API, which `users_api::operations` walks.
fn is_of_users_api(path: &str) -> bool {
    let below_api = path.strip_prefix("/api/");
    path.starts_with("/json/") || below_api.is_some_and(|rest| !rest.starts_with("userstore/"))
}

/// Method and path of every operation that the document lists, but for those of the users API.
fn listed(document: &Value) -> Vec<(String, String)> {
    let paths = document["paths"].as_object().expect("paths");
    let paths = paths.iter().filter(|(path, _)| !is_of_users_api(path));
    let methods = |(path, item): (&String, &Value)| {
        let item = item.as_object().expect("methods").clone();
        let path = path.clone();
        item.into_iter().map(move |(method, _)| (method, path.clone())).collect::<Vec<_>>()
    };
    paths.flat_map(methods).collect()
}

fn check_documented(document: &Value, operation: &Operation) {
    let path = format!("/api/userstore/v1/{{userstore}}/{}", operation.path);
    let described = &document["paths"][&path][operation.method.as_str().to_lowercase()];
    assert_eq!(described["operationId"], operation.id);
    let codes = described["responses"].as_object().expect("responses").keys();
    let success: BTreeSet<_> = codes.filter(|code| code.starts_with('2')).cloned().collect();
    let mut expected = BTreeSet::from([operation.status.to_string()]);
    if operation.path.ends_with("/batch") {
        // With `mode=partial`.
        expected.insert("200".to_owned());
    }
    assert_eq!(success, expected, "{}", operation.id);
}

async fn every_operation_answers_with_its_code_and_shape(server: Server) {
    let api = server.admin();
    for operation in operations() {
        let mut fixture = Fixture::new(&api, operation.id).await;
        if operation.path.ends_with("/password/reset/response") {
            fixture = fixture.with_token(&api, &server.installation).await;
        }
        let path = format!("/api/userstore/v1/default/{}", fixture.path(operation.path));
        let path = with_query(&path, operation.query);
        let body = (operation.body)(&fixture);
        check(&operation, send(&api, operation.method.clone(), &path, body.as_ref()).await);
    }
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

async fn send(api: &Api, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let mut request = api.request(method, path);
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    api.send(request).await
}

fn check(operation: &Operation, answer: Answer) {
    let answer = answer.expect(operation.status);
    if operation.status == 201 {
        assert!(
            answer.header("location").starts_with("/api/userstore/v1/default/"),
            "{}",
            operation.id
        );
    }
    match operation.shape {
        Shape::Nothing => assert!(answer.body.is_empty(), "{}", operation.id),
        Shape::One(properties) => {
            check_order(operation, &answer.text(), properties);
            if !operation.id.starts_with("Synchronize") {
                answer.etag();
            }
            check_shape(operation, &answer.json(operation.status), properties);
        }
        Shape::Many(properties) => {
            check_order(operation, &answer.text(), properties);
            let items = answer.json(operation.status);
            let items = items.as_array().expect("an array");
            assert!(!items.is_empty(), "{}", operation.id);
            for item in items {
                check_shape(operation, item, properties);
            }
        }
    }
}

/// Every property is there, and no other.
fn check_shape(operation: &Operation, item: &Value, properties: &[&str]) {
    let names: BTreeSet<_> =
        item.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, properties.iter().copied().collect(), "{}", operation.id);
}

/// The properties come in the printed order: each is first met behind the one before it. What
/// nests inside repeats them in the same order.
fn check_order(operation: &Operation, text: &str, properties: &[&str]) {
    let places: Vec<_> = properties.iter().map(|name| text.find(&format!("\"{name}\":"))).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{}: {text}", operation.id);
}
