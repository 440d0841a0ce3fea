//! Every operation of the specification: that it is there, that nothing else is, that each answers
//! with its code and its shape in whatever way it is asked for, and refuses whom it should.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::carriers::{Carrier, Way};
use super::fixture::Fixture;
use super::table::{Operation, PREDEFINED, REQUEST_TYPES, Shape, Who, operations};
use super::{METHODS, Nodes, Refusal, UsersClient, admin, bearer, nobody};
use crate::harness::{Answer, Node, Server, on_both_databases};

on_both_databases![
    the_document_lists_every_route_and_no_other,
    every_operation_answers_with_its_code_and_shape_in_every_way,
    without_a_credential_only_what_is_for_anyone_is_answered,
    who_lacks_the_permission_is_refused,
    an_unknown_user_is_told_to_those_who_may_know,
    another_method_is_told_which_are_allowed,
    a_slash_at_the_end_and_letter_case_do_not_matter,
    what_is_no_route_is_not_found,
];

/// So many operations the reference names.
const OPERATIONS_OF_THE_REFERENCE: usize = 23;

/// Who asks for an operation in a walk where all goes well.
pub(super) fn caller(operation: &Operation, node: &Node, fixture: &Fixture) -> UsersClient {
    match operation.who {
        Who::Anyone | Who::Refresher => nobody(node),
        Who::Session | Who::Elevating => fixture.client(node),
        // Who asks for the current password asks a user for the own one.
        Who::SelfOrManager if operation.path == "/users/updatePassword" => fixture.client(node),
        Who::Manager | Who::SelfOrManager => admin(node),
    }
}

/// Somebody for whom the operation is right.
pub(super) async fn fixture_for(operation: &Operation, node: &Node) -> Fixture {
    match operation.who {
        Who::Elevating => Fixture::enrolling(node).await,
        _ => Fixture::new(node, &[]).await,
    }
}

/// How two spellings of one path are the same.
fn normal(path: &str) -> String {
    path.trim_end_matches('/').to_lowercase()
}

/// Whether a path of the document is of this API.
fn is_ours(path: &str) -> bool {
    let is_of = |base: &str| path.starts_with(base);
    (is_of("/api/") && !is_of("/api/userstore/")) || is_of("/json/")
}

async fn the_document_lists_every_route_and_no_other(server: Server) {
    let document = server.anonymous().get("/openapi.json").await.json(200);
    let mut listed = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, described) in item.as_object().expect("methods") {
            if is_ours(path) && ["get", "post", "put", "patch", "delete"].contains(&method.as_str())
            {
                listed.insert((method.clone(), normal(path)));
                check_documented(&document, path, described);
            }
        }
    }
    let mut wanted = BTreeSet::new();
    for operation in operations() {
        let path = normal(&format!("/api{}", operation.path));
        wanted.insert(("post".to_owned(), path.clone()));
        if operation.by_get {
            wanted.insert(("get".to_owned(), path));
        }
    }
    let of_reference = wanted.iter().filter(|(_, path)| path.starts_with("/api/users"));
    assert_eq!(of_reference.count(), OPERATIONS_OF_THE_REFERENCE);
    for base in PREDEFINED {
        let is_predefined = |path: &&String| {
            path.strip_prefix(&format!("{base}/")).is_some_and(|rest| rest.starts_with('{'))
        };
        let paths = document["paths"].as_object().expect("paths").keys();
        let found: Vec<_> = paths.filter(is_predefined).collect();
        assert_eq!(found.len(), 1, "below {base}: {found:?}");
        check_request_types(&document, found[0]);
        for method in METHODS {
            wanted.insert((method.as_str().to_lowercase(), normal(found[0])));
        }
    }
    let missing: Vec<_> = wanted.difference(&listed).collect();
    let extra: Vec<_> = listed.difference(&wanted).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:?}, extra {extra:?}");
}

/// What a reference leads to.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let Some(reference) = value["$ref"].as_str() else { return value };
    let pointer = reference.strip_prefix('#').expect("inside of the document");
    document.pointer(pointer).unwrap_or_else(|| panic!("{reference} leads nowhere"))
}

/// Every refusal that is documented has the shape of ServiceStack.
fn check_documented(document: &Value, path: &str, described: &Value) {
    assert!(described["operationId"].is_string(), "{path}: {described}");
    let responses = described["responses"].as_object().expect("responses");
    assert!(responses.keys().any(|status| status.starts_with('2')), "{path}");
    for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5']))
    {
        let schema = &resolved(document, response)["content"]["application/json"]["schema"];
        let properties = &resolved(document, schema)["properties"];
        assert!(properties["ResponseStatus"].is_object(), "{path} {status}: {properties}");
    }
}

/// The parameter of a predefined route is one of the request types.
fn check_request_types(document: &Value, path: &str) {
    for method in ["get", "post"] {
        let described = &document["paths"][path][method];
        let parameters = described["parameters"].as_array().expect("parameters");
        let in_path = parameters.iter().find(|parameter| parameter["in"] == "path");
        let schema = resolved(document, &in_path.expect("a parameter in the path")["schema"]);
        let mut names: Vec<_> = schema["enum"].as_array().expect("names").iter().collect();
        names.sort_by_key(ToString::to_string);
        let mut wanted = REQUEST_TYPES;
        wanted.sort_unstable();
        assert_eq!(json!(names), json!(wanted), "{method} {path}");
    }
}

async fn every_operation_answers_with_its_code_and_shape_in_every_way(nodes: Nodes) {
    let node = nodes.first();
    let (mut asked, mut types) = (0, BTreeSet::new());
    for operation in operations() {
        for way in Way::all(&operation) {
            let fixture = fixture_for(&operation, node).await;
            let client = caller(&operation, node, &fixture);
            check(&operation, &way, way.ask(&client, &operation, &fixture).await);
            asked += 1;
        }
        types.extend(operation.request_type);
    }
    assert_eq!(types, REQUEST_TYPES.into_iter().collect());
    assert!(asked > 200, "only {asked} requests");
}

fn check(operation: &Operation, way: &Way, answer: Answer) {
    let answer = answer.expect(operation.status);
    let name = format!("{way:?}: {}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store", "{name}");
    if let Shape::Nothing = operation.shape {
        assert!(answer.body.is_empty(), "{name}");
        return;
    }
    let body = answer.json(operation.status);
    match operation.shape {
        Shape::Nothing => unreachable!("above"),
        Shape::One(required, optional) => check_members(&name, &body, required, optional),
        Shape::Many(required, optional) => {
            let items = body.as_array().unwrap_or_else(|| panic!("a list: {name}"));
            assert!(!items.is_empty(), "{name}");
            for item in items {
                check_members(&name, item, required, optional);
            }
        }
        Shape::Texts => {
            let items = body.as_array().unwrap_or_else(|| panic!("a list: {name}"));
            assert!(items.iter().all(Value::is_string), "{name}");
        }
        Shape::Flag => assert!(body.is_boolean(), "{name}"),
    }
}

/// What must be there is, nothing else is, and nothing is null.
fn check_members(name: &str, object: &Value, required: &[&str], optional: &[&str]) {
    let object = object.as_object().unwrap_or_else(|| panic!("an object: {name}"));
    for member in required {
        assert!(object.contains_key(*member), "no {member}: {name}");
    }
    for (member, value) in object {
        let known = required.contains(&member.as_str()) || optional.contains(&member.as_str());
        assert!(known, "{member}: {name}");
        assert!(!value.is_null(), "{member} is null: {name}");
    }
}

async fn without_a_credential_only_what_is_for_anyone_is_answered(nodes: Nodes) {
    let node = nodes.first();
    let fixture = Fixture::new(node, &[]).await;
    let forged = fixture.session.token.replace(char::is_numeric, "x");
    let strangers = [
        nobody(node),
        bearer(node, &forged),
        bearer(node, &"k".repeat(46)),
        nobody(node).with("x-ss-id", &forged),
        // Nobody refreshes as somebody.
        bearer(node, fixture.session.refresh()),
    ];
    for operation in operations() {
        if matches!(operation.who, Who::Anyone | Who::Refresher) {
            continue;
        }
        for way in Way::all(&operation) {
            for stranger in &strangers {
                let refusal = Refusal::read(way.ask(stranger, &operation, &fixture).await, 401);
                assert_eq!(refusal.code, "Unauthorized", "{way:?}");
            }
        }
    }
    let refresh = json!({ "RefreshToken": forged });
    Refusal::read(nobody(node).post("/api/access-token", &refresh).await, 401);
    let refusal = nobody(node).post("/api/access-token", &json!({})).await;
    assert!(Refusal::read(refusal, 400).names("RefreshToken"));
    fixture.client(node).whoami().await.expect(200);
}

async fn who_lacks_the_permission_is_refused(nodes: Nodes) {
    let node = nodes.first();
    let plain = Fixture::new(node, &[]).await;
    let reader = nodes.here.run(&["key", "create", "r", "--grant", "AuditTrailReader@*"]).key();
    nodes.here.run(&["store", "create", "other"]).well();
    let stranger = nodes.here.run(&["key", "create", "s", "--grant", "UserStoreAdmin@other"]).key();
    let callers = [plain.client(node), bearer(node, &reader), bearer(node, &stranger)];
    let target = Fixture::new(node, &[]).await;
    let before = super::details(node, &target.name).await;
    for operation in operations() {
        if !matches!(operation.who, Who::Manager | Who::SelfOrManager) {
            continue;
        }
        for way in Way::all(&operation) {
            for caller in &callers {
                let refusal = Refusal::read(way.ask(caller, &operation, &target).await, 403);
                assert_eq!(refusal.code, "Forbidden", "{way:?}");
            }
        }
    }
    assert_eq!(super::details(node, &target.name).await, before);
    target.client(node).whoami().await.expect(200);
}

async fn an_unknown_user_is_told_to_those_who_may_know(nodes: Nodes) {
    let node = nodes.first();
    let plain = Fixture::new(node, &[]).await;
    let other = Fixture::new(node, &[]).await;
    let unknown =
        Fixture { name: "nobody".into(), id: String::new(), ..Fixture::new(node, &[]).await };
    for operation in operations().iter().filter(|operation| operation.names_a_user()) {
        for way in Way::all(operation) {
            let told = Refusal::read(way.ask(&admin(node), operation, &unknown).await, 404);
            assert_eq!(told.code, "NotFound", "{way:?}");
            // To others a name that is there is like one that is not.
            let of_unknown = way.ask(&plain.client(node), operation, &unknown).await;
            let of_other = way.ask(&plain.client(node), operation, &other).await;
            let status = of_other.status;
            assert_eq!(
                Refusal::read(of_unknown, status),
                Refusal::read(of_other, status),
                "{way:?}"
            );
        }
    }
}

async fn another_method_is_told_which_are_allowed(server: Server) {
    let client = admin(&server.node);
    let refused = [Method::PUT, Method::PATCH, Method::DELETE];
    for operation in operations() {
        let mut paths = vec![(operation.path_of("ada"), operation.by_get)];
        let predefined = |base| operation.request_type.map(|name| (format!("{base}/{name}"), true));
        paths.extend(PREDEFINED.into_iter().filter_map(predefined));
        for (path, by_get) in paths {
            let mut methods = refused.to_vec();
            if !by_get {
                methods.push(Method::GET);
            }
            for method in methods {
                let answer = client.send(method.clone(), &path).await;
                assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text());
                let allow = answer.header("allow").to_owned();
                assert!(allow.contains("POST"), "{path}: {allow}");
                assert_eq!(allow.contains("GET"), by_get, "{path}: {allow}");
                Refusal::read(answer, 405);
            }
        }
    }
}

async fn a_slash_at_the_end_and_letter_case_do_not_matter(nodes: Nodes) {
    let node = nodes.first();
    for operation in operations() {
        let ways = Way::all(&operation).into_iter();
        for way in ways.filter(|way| way.carrier == Carrier::Json) {
            let cased = way.path.replace("/api", "/API").replace("user", "USER");
            for path in [format!("{}/", way.path), cased.replace("Get", "gEt")] {
                let fixture = fixture_for(&operation, node).await;
                let client = caller(&operation, node, &fixture);
                let spelled = Way { path, ..way };
                let answer = spelled.ask(&client, &operation, &fixture).await;
                check(&operation, &spelled, answer);
            }
        }
    }
}

async fn what_is_no_route_is_not_found(server: Server) {
    let client = admin(&server.node);
    for path in [
        "/api/Nothing",
        "/api/AddUser2",
        "/api/GetUser[]",
        "/api/api",
        "/api/api/Nothing",
        "/api/json",
        "/api/json/reply",
        "/api/json/reply/Nothing",
        "/json",
        "/json/reply",
        "/json/reply/Nothing",
        "/json/oneway/GetUser",
        "/json/reply/GetUser/ada",
        "/api/users/ada/lovelace",
        "/api/auth/google",
    ] {
        for method in METHODS {
            Refusal::read(client.send(method, path).await, 404);
        }
    }
}
