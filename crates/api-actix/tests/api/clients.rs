use actix_web::http::Method;
use domain::time::{Clock as _, Instant};
use serde_json::{Value, json};

use crate::app::{Answer, App, bearer};

const PATH: &str = "/Client";
const ID: &str = "00000000-0000-0000-0000-00000000000a";

fn manager(name: &str) -> Value {
    json!({"name": name, "roles": [{"role": "UserManager"}]})
}

async fn make(app: &App, body: Value) -> Answer {
    app.post(PATH, body).await
}

/// What a holder of that key is answered to a question for users.
async fn users(app: &App, key: &str) -> Answer {
    let bearer = ("authorization", format!("Bearer {key}"));
    app.send(app.request(Method::GET, "/User").insert_header(bearer)).await
}

#[actix_web::test]
async fn a_client_is_made_with_a_key_that_is_told_once() {
    let app = App::start().await;
    let shop = app.shop.id.to_string();
    let made = make(&app, manager("crawler")).await.is(201);
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let mut client = made.json();
    let id = client["id"].as_str().unwrap().to_owned();
    let location = format!("/api/userstore/v1/shop/administration{PATH}?id={id}");
    assert_eq!(made.header("location"), Some(&*location));
    let key = client.as_object_mut().unwrap().remove("key").unwrap();
    let key = key.as_str().unwrap();
    assert!(key.starts_with("us_") && key.len() == 46);
    let expected = json!({
        "id": id, "name": "crawler", "roles": [{"role": "UserManager", "storeId": shop}],
        "created": app.world.clock.now().to_string(), "expires": null,
    });
    assert_eq!(client, expected);
    users(&app, key).await.is(200);
    let found = app.get(&format!("{PATH}?id={id}")).await.is(200);
    assert_eq!(found.json(), json!([expected]));
    for answer in [found, app.get(PATH).await, app.get("/CustomAuditTrail").await] {
        assert!(!answer.text().contains(key) && !answer.text().contains("key_hash"));
    }
}

#[actix_web::test]
async fn a_removed_client_is_refused_from_the_next_request_on() {
    let app = App::start().await;
    let made = make(&app, manager("crawler")).await.is(201).json();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    users(&app, key).await.is(200);
    let gone = app.delete(&format!("{PATH}?id={id}")).await.is(204);
    assert!(gone.body.is_empty());
    users(&app, key).await.problem(401, "unauthenticated");
    app.delete(&format!("{PATH}?id={id}")).await.problem(404, "not-found");
    app.get(&format!("{PATH}?id={id}")).await.problem(404, "not-found");
}

#[actix_web::test]
async fn a_key_ends_when_it_expires() {
    let app = App::start().await;
    let mut client = manager("crawler");
    client["expires"] = json!("2026-01-02T01:00:00+01:00");
    let made = make(&app, client).await.is(201).json();
    assert_eq!(made["expires"], "2026-01-02T00:00:00.000000Z");
    let key = made["key"].as_str().unwrap();
    users(&app, key).await.is(200);
    let end: Instant = "2026-01-02T00:00:00Z".parse().unwrap();
    app.world.clock.set(end);
    users(&app, key).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn roles_of_a_client_are_held_where_it_is_said() {
    let app = App::start().await;
    let shop = app.shop.id.to_string();
    let other = app.world.make_store("third").await.id.to_string();
    let roles = json!([
        {"role": "usermanager", "storeId": other},
        {"role": "AuditTrailReader", "storeId": null},
        {"role": "UserStoreAdmin"},
        {"role": "UserStoreAdmin", "storeId": shop},
        {"role": "SystemAdmin"},
    ]);
    let made = make(&app, json!({"name": "x", "roles": roles})).await.is(201).json();
    let held = made["roles"].as_array().unwrap();
    assert_eq!(held.len(), 4, "{held:?}");
    for expected in [
        json!({"role": "UserManager", "storeId": other}),
        json!({"role": "AuditTrailReader", "storeId": null}),
        json!({"role": "UserStoreAdmin", "storeId": shop}),
        json!({"role": "SystemAdmin", "storeId": null}),
    ] {
        assert!(held.contains(&expected), "{held:?}");
    }
    let query = format!("/Role/assignment?clientId={}", made["id"].as_str().unwrap());
    assert_eq!(app.get(&query).await.json().as_array().unwrap().len(), 4);
}

#[actix_web::test]
async fn every_broken_rule_of_a_client_is_told() {
    let app = App::start().await;
    let shop = app.shop.id.to_string();
    make(&app, json!({})).await.refuses(&["name", "roles"]);
    make(&app, json!({"name": "", "roles": []})).await.refuses(&["name", "roles"]);
    let wrong = json!({
        "name": 1,
        "roles": [
            "UserManager", {}, {"role": "a b"}, {"role": "SystemAdmin", "storeId": shop},
            {"role": "UserManager", "storeId": null}, {"role": "UserManager", "storeId": 1},
        ],
        "expires": "tomorrow",
    });
    make(&app, wrong).await.refuses(&[
        "name",
        "roles[0]",
        "roles[1].role",
        "roles[2].role",
        "roles[3].storeId",
        "roles[4].storeId",
        "roles[5].storeId",
        "expires",
    ]);
    make(&app, json!({"name": "x", "roles": {}})).await.refuses(&["roles"]);
    let unknown = json!({"name": "x", "roles": [{"role": "HelpDesk"}]});
    make(&app, unknown).await.refuses(&["roles"]);
    let unknown = json!({"name": "x", "roles": [{"role": "UserManager", "storeId": ID}]});
    make(&app, unknown).await.refuses(&["roles"]);
    let mut late = manager("x");
    late["expires"] = json!("2025-12-31T00:00:00Z");
    make(&app, late).await.refuses(&["expires"]);
    make(&app, json!("x")).await.problem(400, "malformed-body");
    app.post(&format!("{PATH}?x=1"), manager("x")).await.refuses(&["x"]);
    let guarded = app.request(Method::POST, PATH).insert_header(("if-match", "*"));
    app.send(guarded.set_json(manager("x"))).await.problem(412, "stale");
    app.delete(PATH).await.refuses(&["id"]);
    app.delete(&format!("{PATH}?id=x")).await.refuses(&["id"]);
    app.delete(&format!("{PATH}?id={ID}&x=1")).await.refuses(&["x"]);
    app.get(&format!("{PATH}?id=x")).await.refuses(&["id"]);
    assert_eq!(app.get(PATH).await.json().as_array().unwrap().len(), 5);
}

#[actix_web::test]
async fn names_of_clients_are_unique() {
    let app = App::start().await;
    make(&app, manager("crawler")).await.is(201);
    let taken = make(&app, manager("CRAWLER")).await.problem(409, "duplicate");
    assert!(taken["errors"]["name"].is_array());
}

#[actix_web::test]
async fn the_last_administrator_is_not_removed() {
    let app = App::start().await;
    let clients = app.get(PATH).await.json();
    let admin = clients.as_array().unwrap().iter().find(|client| client["name"] == "admin");
    let id = admin.unwrap()["id"].as_str().unwrap();
    app.delete(&format!("{PATH}?id={id}")).await.problem(409, "last-system-admin");
}

#[actix_web::test]
async fn an_idempotency_key_is_ignored_since_no_key_is_kept() {
    let app = App::start().await;
    let send = || {
        let request = app.request(Method::POST, PATH).insert_header(("idempotency-key", "k"));
        app.send(request.set_json(manager("crawler")))
    };
    send().await.is(201);
    let again = send().await;
    assert_eq!(again.header("idempotency-replayed"), None);
    again.problem(409, "duplicate");
}

#[actix_web::test]
async fn clients_are_listed_by_id_whole_and_in_pages() {
    let app = App::start().await;
    for n in 0..4 {
        make(&app, manager(&format!("c{n}"))).await.is(201);
    }
    let whole = app.get(PATH).await.is(200).json();
    let ids: Vec<_> = whole.as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted() && ids.len() == 9, "{ids:?}");
    let (mut seen, mut path) = (Vec::new(), format!("{PATH}?limit=4"));
    loop {
        let page = app.get(&path).await.is(200);
        seen.extend(page.json().as_array().unwrap().clone());
        let Some(link) = page.header("link") else { break };
        let next = link.strip_prefix("</api/userstore/v1/shop/administration").unwrap();
        path = next.strip_suffix(">; rel=\"next\"").unwrap().to_owned();
    }
    assert_eq!(json!(seen), whole);
    app.get(&format!("{PATH}?filter=x")).await.refuses(&["filter"]);
    app.get(&format!("{PATH}?cursor=x")).await.refuses(&["cursor"]);
}

#[actix_web::test]
async fn clients_are_for_the_system_administrator() {
    let app = App::start().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        for client in ["store-admin", "manager", "auditor"] {
            let request = app.request(method.clone(), PATH).insert_header(bearer(client));
            app.send(request.set_json(manager("x"))).await.problem(403, "forbidden");
        }
        let request = app.request(method.clone(), PATH).insert_header(bearer("stranger"));
        app.send(request.set_json(manager("x"))).await.problem(404, "no-such-store");
    }
}
