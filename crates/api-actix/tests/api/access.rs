use actix_web::http::Method;
use actix_web::test::TestRequest;
use domain::time::{Clock as _, Instant};
use serde_json::json;
use testkit::builders::a_client;

use crate::app::{Answer, App, bearer};

const ID: &str = "00000000-0000-0000-0000-00000000000a";

/// An operation on what a store holds.
struct Operation {
    method: Method,
    /// The path below the store.
    path: String,
    /// A client that holds a role which does not do.
    refused: &'static str,
    /// A client whose role does.
    allowed: &'static str,
}

/// Every operation of the document on what a store holds, but for those without a credential.
fn operations() -> Vec<Operation> {
    let document: serde_json::Value =
        serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/api/userstore/v1/{userstore}/") else { continue };
        if path.starts_with("PublicAdmin/") {
            continue;
        }
        let (refused, allowed) = clients(path);
        let path = format!("/{}", filled(path));
        for method in item.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            operations.push(Operation { method, path: path.clone(), refused, allowed });
        }
    }
    assert!(operations.len() >= 77, "{}", operations.len());
    operations
}

/// The path with a value for each parameter.
fn filled(path: &str) -> String {
    let fill = |segment: &str| match segment {
        "{userName}" | "{key}" => "ada".to_owned(),
        "{id}" | "{size}" if path.contains("CustomAuditTrail") => "1".to_owned(),
        // It has to be said.
        "consistency" => "consistency?from=1".to_owned(),
        parameter if parameter.starts_with('{') => ID.to_owned(),
        literal => literal.to_owned(),
    };
    path.split('/').map(fill).collect::<Vec<_>>().join("/")
}

/// A client that may not use the operations of a path, and one that may.
fn clients(path: &str) -> (&'static str, &'static str) {
    match path.split('/').nth(1) {
        _ if path.ends_with("/synchronize") => ("auditor", "manager"),
        _ if path.ends_with("/password/verify") => ("manager", "store-admin"),
        Some("CustomAuditTrail") => ("manager", "auditor"),
        Some("Group") => ("manager", "store-admin"),
        Some("User" | "user" | "Event") => ("auditor", "manager"),
        _ => ("store-admin", "admin"),
    }
}

async fn send(
    app: &App,
    (method, path): (&Method, &str),
    store: &str,
    client: Option<&str>,
) -> Answer {
    let mut request = TestRequest::default()
        .method(method.clone())
        .uri(&format!("/api/userstore/v1/{store}{path}"))
        .set_json(json!({"loginName": "ada"}));
    if let Some(client) = client {
        request = request.insert_header(bearer(client));
    }
    app.send(request).await
}

#[actix_web::test]
async fn every_operation_needs_a_credential() {
    let app = App::start().await;
    for Operation { method, path, .. } in operations() {
        let anonymous = send(&app, (&method, &path), "shop", None).await;
        assert_eq!(anonymous.header("www-authenticate"), Some("Bearer"));
        anonymous.problem(401, "unauthenticated");
        let unknown = send(&app, (&method, &path), "shop", Some("nobody")).await;
        assert_eq!(unknown.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
        unknown.problem(401, "unauthenticated");
    }
}

#[actix_web::test]
async fn every_operation_needs_its_permission() {
    let app = App::start().await;
    for Operation { method, path, refused, allowed } in operations() {
        let answer = send(&app, (&method, &path), "shop", Some(refused)).await;
        let problem = answer.problem(403, "forbidden");
        assert!(problem["detail"].as_str().unwrap().starts_with("The permission "));
        let answer = send(&app, (&method, &path), "shop", Some(allowed)).await;
        assert!(!matches!(answer.status.as_u16(), 401 | 403), "{method} {path}");
    }
}

#[actix_web::test]
async fn a_store_without_a_role_is_as_unknown_as_one_that_is_not_there() {
    let app = App::start().await;
    for Operation { method, path, .. } in operations() {
        let mut told = Vec::new();
        for store in ["shop", "nowhere", "%20", ID, &app.shop.id.to_string()] {
            let answer = send(&app, (&method, &path), store, Some("stranger")).await;
            let mut problem = answer.problem(404, "no-such-store");
            problem
                .as_object_mut()
                .unwrap()
                .retain(|name, _| name != "instance" && name != "requestId");
            told.push(problem);
        }
        assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "{told:?}");
    }
}

#[actix_web::test]
async fn who_may_not_write_hears_that_before_what_is_wrong_with_the_request() {
    let app = App::start().await;
    let bodies = ["{", "[]", "{\"loginName\":1}", ""];
    let writes = operations().into_iter().filter(|operation| operation.method != Method::GET);
    for Operation { method, path, allowed, .. } in writes {
        for body in bodies {
            let send = |store: &str, client: &str| {
                let uri = format!("/api/userstore/v1/{store}{path}?mistyped");
                let request = TestRequest::default().method(method.clone()).uri(&uri);
                let request = request.insert_header(("content-type", "text/plain"));
                app.send(request.insert_header(bearer(client)).set_payload(body))
            };
            send("shop", "nobody").await.problem(401, "unauthenticated");
            send("shop", "auditor").await.problem(403, "forbidden");
            send("shop", "stranger").await.problem(404, "no-such-store");
            assert!(matches!(send("shop", allowed).await.status.as_u16(), 400 | 415), "{path}");
        }
    }
}

#[actix_web::test]
async fn memberships_need_the_permission_for_groups() {
    let app = App::start().await;
    let staff = app.add_group("staff").await.to_string();
    let create = |client: &str| {
        let request = app.request(Method::POST, "/User").insert_header(bearer(client));
        app.send(request.set_json(json!({"loginName": "ada", "memberOfGroups": [staff]})))
    };
    create("manager").await.problem(403, "forbidden");
    create("store-admin").await.is(201);
}

#[actix_web::test]
async fn memberships_are_shown_to_those_who_may_read_groups() {
    let app = App::start().await;
    let path = "/User";
    for (client, name) in [("manager", "ada"), ("store-admin", "bob")] {
        let as_client =
            |method, path: &str| app.request(method, path).insert_header(bearer(client));
        let create = as_client(Method::POST, path).set_json(json!({"loginName": name}));
        let made = app.send(create).await.is(201).json();
        let of_id = format!("{path}/{}", made["id"].as_str().unwrap());
        let read = app.send(as_client(Method::GET, &of_id)).await.is(200).json();
        let list = app.send(as_client(Method::GET, path)).await.is(200).json();
        let page = app.send(as_client(Method::GET, "/User?limit=1")).await.is(200).json();
        let expected = if client == "manager" { json!(null) } else { json!([]) };
        for user in [&made, &read, &list[0], &page[0]] {
            assert_eq!(user["memberOfGroups"], expected, "{client}: {user}");
        }
    }
}

#[actix_web::test]
async fn a_key_ends_at_its_time() {
    let app = App::start().await;
    let expires = Instant::from_micros(app.world.clock.now().as_micros() + 1_000_000).unwrap();
    app.add_client(a_client("brief").system_admin().expiring(expires)).await;
    let get = || app.send(app.request(Method::GET, "/User").insert_header(bearer("brief")));
    get().await.is(200);
    app.world.clock.set(expires);
    get().await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn only_one_bearer_credential_is_one() {
    let app = App::start().await;
    for value in
        ["Basic a2V5", "key of admin", "Bearer", "Bearer  ", "Digest key of admin", "\u{e4}"]
    {
        let request = app.request(Method::GET, "/User").insert_header(("authorization", value));
        app.send(request).await.problem(401, "unauthenticated");
    }
    let twice = app.request(Method::GET, "/User").append_header(bearer("admin"));
    app.send(twice).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_store_is_named_by_id_or_by_name_ignoring_case() {
    let app = App::start().await;
    for store in ["shop", "SHOP", "%73hop", &app.shop.id.to_string()] {
        send(&app, (&Method::GET, "/administration/User"), store, Some("admin")).await.is(200);
    }
}
