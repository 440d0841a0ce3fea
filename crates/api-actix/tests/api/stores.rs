use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use domain::access::Rules;
use domain::store::{Overrides, StoreRules};
use domain::text::Folded;
use serde_json::{Value, json};

use crate::app::{Answer, App, bearer};

const REGISTER: &str = "/api/userstore/v1";
const ID: &str = "00000000-0000-0000-0000-00000000000a";

fn request(method: Method, path: &str) -> TestRequest {
    let uri = format!("{REGISTER}{path}");
    TestRequest::default().method(method).uri(&uri).insert_header(bearer("admin"))
}

async fn send(app: &App, method: Method, path: &str, body: Value) -> Answer {
    app.send(request(method, path).set_json(body)).await
}

async fn create(app: &App, body: Value) -> Answer {
    send(app, Method::POST, "", body).await
}

async fn get(app: &App, path: &str) -> Answer {
    app.send(request(Method::GET, path)).await
}

async fn delete(app: &App, path: &str) -> Answer {
    app.send(request(Method::DELETE, path)).await
}

fn names(list: &Value) -> Vec<&str> {
    let stores = list.as_array().unwrap().iter();
    stores.map(|store| store["name"].as_str().unwrap()).collect()
}

/// What holds where nothing is set.
fn usual() -> Value {
    json!({
        "readOnly": false, "loginByEmail": false, "passwordPolicy": "nist-800-63b-4",
        "passwordHistory": 0, "passwordMaxAgeDays": 0, "passwordDeadlineDays": 14,
        "breachedAtSignIn": false, "identityRequiredLength": 6, "identityRequiredUniqueChars": 1,
        "identityRequireNonAlphanumeric": true, "identityRequireLowercase": true,
        "identityRequireUppercase": true, "identityRequireDigit": true, "selfServiceReset": true,
        "throttle": true, "lockoutFailures": 5, "lockoutSeconds": 300, "attemptsBeforeLocked": 100,
    })
}

fn nothing_set() -> Value {
    let mut set = usual();
    set.as_object_mut().unwrap().values_mut().for_each(|value| *value = Value::Null);
    set
}

#[actix_web::test]
async fn a_store_is_made_and_found_by_id_and_by_name() {
    let app = App::start().await;
    let made =
        create(&app, json!({"id": ID, "name": "Books", "set": {"PasswordHistory": 3}})).await;
    let made = made.is(201);
    assert_eq!(made.header("location"), Some(&*format!("{REGISTER}/{ID}")));
    let tag = made.header("etag").unwrap();
    let (mut settings, mut set) = (usual(), nothing_set());
    settings["passwordHistory"] = json!(3);
    set["passwordHistory"] = json!(3);
    let expected = json!({"id": ID, "name": "Books", "settings": settings, "set": set});
    assert_eq!(made.json(), expected);
    for path in [format!("/{ID}"), "/books".to_owned(), "/BOOKS".to_owned()] {
        let found = get(&app, &path).await.is(200);
        assert_eq!((found.json(), found.header("etag")), (expected.clone(), Some(tag)));
    }
}

#[actix_web::test]
async fn a_store_without_an_id_gets_a_new_one_and_serves_at_once() {
    let app = App::start().await;
    let made = create(&app, json!({"name": "books"})).await.is(201).json();
    assert_eq!(made["set"], nothing_set());
    let users = request(Method::GET, "/books/administration/User");
    assert_eq!(app.send(users).await.is(200).json(), json!([]));
}

#[actix_web::test]
async fn what_was_read_can_be_sent_back() {
    let app = App::start().await;
    let body =
        json!({"name": "books", "set": {"passwordPolicy": "Identity", "lockoutSeconds": 60}});
    create(&app, body).await.is(201);
    let read = get(&app, "/books").await;
    let same = send(&app, Method::PUT, "/books", read.json()).await.is(202);
    assert_eq!(same.json(), read.json());
    assert_eq!(same.header("etag"), read.header("etag"), "nothing changed");
    let shop = get(&app, "/shop").await.json();
    delete(&app, "/books").await.is(204);
    let mut copy = shop.clone();
    copy["name"] = json!("copy");
    copy["id"] = json!(ID);
    copy["settings"]["readOnly"] = json!(true);
    let made = create(&app, copy).await.is(201).json();
    assert_eq!((&made["set"], &made["settings"]), (&shop["set"], &shop["settings"]));
}

#[actix_web::test]
async fn every_broken_rule_of_a_store_is_told() {
    let app = App::start().await;
    let body = json!({"id": "x", "name": "a b", "set": {"readOnly": 1, "lockoutSeconds": 0}});
    let told = create(&app, body).await;
    told.refuses(&["id", "name", "set.readOnly", "set.lockoutSeconds"]);
    create(&app, json!({})).await.refuses(&["name"]);
    create(&app, json!({"name": ID})).await.refuses(&["name"]);
    create(&app, json!({"name": "x", "set": []})).await.refuses(&["set"]);
    let nil = "00000000-0000-0000-0000-000000000000";
    create(&app, json!({"name": "x", "id": nil})).await.refuses(&["id"]);
    create(&app, json!([])).await.problem(400, "malformed-body");
    send(&app, Method::POST, "?x=1", json!({"name": "x"})).await.refuses(&["x"]);
    send(&app, Method::PUT, "/shop", json!({"set": {}})).await.refuses(&["name"]);
    let other = json!({"id": ID, "name": "shop"});
    send(&app, Method::PUT, "/shop", other).await.refuses(&["id"]);
    send(&app, Method::PUT, "/shop?x=1", json!({"name": "shop"})).await.refuses(&["x"]);
    let text = request(Method::POST, "").insert_header(("content-type", "text/plain"));
    app.send(text.set_payload("{}")).await.problem(415, "unsupported-media-type");
    let large = json!({"name": "x", "other": "y".repeat(70_000)});
    create(&app, large).await.problem(413, "body-too-large");
    let stores = get(&app, "").await.json();
    assert_eq!(stores.as_array().unwrap().len(), 2, "{stores}");
}

#[actix_web::test]
async fn ids_and_names_of_stores_are_unique_and_ids_are_not_given_again() {
    let app = App::start().await;
    create(&app, json!({"id": ID, "name": "books"})).await.is(201);
    let taken = create(&app, json!({"name": "BOOKS"})).await.problem(409, "duplicate");
    assert!(taken["errors"]["name"].is_array());
    let taken = create(&app, json!({"id": ID, "name": "x"})).await.problem(409, "duplicate");
    assert!(taken["errors"]["id"].is_array());
    let taken = send(&app, Method::PUT, "/books", json!({"name": "shop"})).await;
    taken.problem(409, "duplicate");
    delete(&app, "/books").await.is(204);
    create(&app, json!({"id": ID, "name": "x"})).await.problem(409, "duplicate");
    create(&app, json!({"name": "books"})).await.is(201);
}

#[actix_web::test]
async fn put_unsets_what_it_does_not_set() {
    let app = App::start().await;
    let body = json!({"name": "shop", "set": {"passwordHistory": 3, "loginByEmail": true}});
    send(&app, Method::PUT, "/shop", body).await.is(202);
    let body = json!({"name": "Shop", "set": {"passwordHistory": 4, "loginByEmail": null}});
    let changed = send(&app, Method::PUT, "/shop", body).await.is(202).json();
    assert_eq!(changed["name"], "Shop");
    assert_eq!(changed["set"]["passwordHistory"], 4);
    assert_eq!(changed["set"]["loginByEmail"], Value::Null);
    assert_eq!(changed["settings"]["loginByEmail"], false);
    let changed = send(&app, Method::PUT, "/shop", json!({"name": "shop"})).await.is(202).json();
    assert_eq!(changed["set"], nothing_set());
}

#[actix_web::test]
async fn a_patch_changes_name_and_set_and_nothing_else() {
    let app = App::start().await;
    let patch = async |body: Value| send(&app, Method::PATCH, "/shop", body).await;
    let changed = patch(json!([
        {"op": "test", "path": "/settings", "value": get(&app, "/shop").await.json()["settings"]},
        {"op": "add", "path": "/Set/ReadOnly", "value": true},
        {"op": "replace", "path": "/set/lockoutSeconds", "value": 60.0},
        {"op": "copy", "from": "/set/lockoutSeconds", "path": "/set/lockoutFailures"},
        {"op": "move", "from": "/set/lockoutSeconds", "path": "/set/passwordMaxAgeDays"},
    ]))
    .await
    .is(202)
    .json();
    let mut set = nothing_set();
    set["readOnly"] = json!(true);
    set["lockoutFailures"] = json!(60);
    set["passwordMaxAgeDays"] = json!(60);
    assert_eq!(changed["set"], set);
    assert_eq!(changed["settings"]["lockoutSeconds"], 300);
    let whole = json!({"operations": [
        {"op": "replace", "path": "/set", "value": {"PASSWORDHISTORY": 2}},
        {"op": "test", "path": "/set/passwordHistory", "value": 2},
        {"op": "add", "path": "/set/lockoutFailures", "value": 7},
    ]});
    let mut set = nothing_set();
    set["passwordHistory"] = json!(2);
    set["lockoutFailures"] = json!(7);
    assert_eq!(patch(whole).await.is(202).json()["set"], set);
    let removed = json!([
        {"op": "remove", "path": "/set/passwordHistory"},
        {"op": "test", "path": "/set/passwordHistory", "value": null},
        {"op": "remove", "path": "/set"},
        {"op": "replace", "path": "/name", "value": "Shop"},
    ]);
    let changed = patch(removed).await.is(202).json();
    assert_eq!((&changed["set"], &changed["name"]), (&nothing_set(), &json!("Shop")));
}

#[actix_web::test]
async fn a_patch_that_cannot_be_done_changes_nothing() {
    let app = App::start().await;
    let before = get(&app, "/shop").await;
    let patch = async |body: Value| send(&app, Method::PATCH, "/shop", body).await;
    let first = json!({"op": "add", "path": "/set/readOnly", "value": true});
    for (second, property) in [
        (json!({"op": "add", "path": "/set/lockoutSeconds", "value": 0}), "set.lockoutSeconds"),
        (json!({"op": "remove", "path": "/name"}), "name"),
        (json!({"op": "replace", "path": "/set", "value": 1}), "set"),
        (json!({"op": "replace", "path": "/settings", "value": {}}), "operations[1].path"),
        (json!({"op": "replace", "path": "/id", "value": ID}), "operations[1].path"),
        (json!({"op": "add", "path": "/set/other", "value": 1}), "operations[1].path"),
        (json!({"op": "add", "path": "/settings/readOnly", "value": 1}), "operations[1].path"),
    ] {
        patch(json!([first, second])).await.refuses(&[property]);
    }
    let failing = json!([first, {"op": "test", "path": "/name", "value": "x"}]);
    patch(failing).await.problem(409, "test-failed");
    patch(json!({})).await.problem(400, "malformed-body");
    let after = get(&app, "/shop").await;
    assert_eq!((after.json(), after.header("etag")), (before.json(), before.header("etag")));
}

#[actix_web::test]
async fn writes_are_guarded_by_if_match() {
    let app = App::start().await;
    let old = get(&app, "/shop").await.header("etag").unwrap().to_owned();
    let guarded = |method: Method, path: &str, tag: &str, body: Value| {
        app.send(request(method, path).insert_header(("if-match", tag)).set_json(body))
    };
    let named = |name: &str| json!({"name": name});
    let changed = guarded(Method::PUT, "/shop", &old, named("Shop")).await.is(202);
    let new = changed.header("etag").unwrap();
    assert_ne!(new, old);
    let patch = json!([{"op": "add", "path": "/set/readOnly", "value": true}]);
    for (method, body) in
        [(Method::PUT, named("x")), (Method::PATCH, patch), (Method::DELETE, json!(null))]
    {
        let stale = guarded(method, "/shop", &old, body).await;
        assert_eq!(stale.header("etag"), Some(new));
        stale.problem(412, "stale");
    }
    guarded(Method::POST, "", "*", named("x")).await.problem(412, "stale");
    guarded(Method::PUT, "/shop", "x", named("x")).await.problem(400, "malformed-request");
}

#[actix_web::test]
async fn an_empty_store_goes_and_leaves_nothing_behind() {
    let app = App::start().await;
    create(&app, json!({"name": "books"})).await.is(201);
    delete(&app, "/books?confirm=other").await.refuses(&["confirm"]);
    delete(&app, "/books?confirm=a%20b").await.refuses(&["confirm"]);
    delete(&app, "/books?sure=true").await.refuses(&["sure"]);
    let gone = delete(&app, "/books").await.is(204);
    assert!(gone.body.is_empty());
    get(&app, "/books").await.problem(404, "no-such-store");
    delete(&app, "/books").await.problem(404, "no-such-store");
    send(&app, Method::PUT, "/books", json!({"name": "x"})).await.problem(404, "no-such-store");
    let patch = json!([{"op": "replace", "path": "/name", "value": "x"}]);
    send(&app, Method::PATCH, "/books", patch).await.problem(404, "no-such-store");
}

#[actix_web::test]
async fn a_store_with_something_in_it_goes_when_its_name_confirms_it() {
    let app = App::start().await;
    create(&app, json!({"name": "books"})).await.is(201);
    let user = json!({"loginName": "ada"});
    send(&app, Method::POST, "/books/administration/User", user).await.is(201);
    delete(&app, "/books").await.problem(409, "store-not-empty");
    delete(&app, "/books?confirm=shop").await.refuses(&["confirm"]);
    get(&app, "/books/administration/User/loginname/ada").await.is(200);
    delete(&app, "/books?CONFIRM=BOOKS").await.is(204);
    get(&app, "/books/administration/User").await.problem(404, "no-such-store");
}

#[actix_web::test]
async fn the_store_of_the_last_administrator_stays() {
    let app = App::start().await;
    delete(&app, "/shop?confirm=shop").await.problem(409, "last-system-admin");
    get(&app, "/shop").await.is(200);
}

#[actix_web::test]
async fn a_read_only_store_takes_no_write_but_those_of_its_own_settings() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await["id"].as_str().unwrap().to_owned();
    let read_only = json!({"name": "shop", "set": {"readOnly": true}});
    send(&app, Method::PUT, "/shop", read_only).await.is(202);
    let role = json!({"userId": ada, "role": "UserManager"});
    let client = json!({"name": "x", "roles": [{"role": "UserManager"}]});
    for (path, body) in [
        ("/User", json!({"loginName": "bob"})),
        ("/User/createorupdate", json!({"loginName": "ada"})),
        ("/User/batch", json!([{"loginName": "bob"}])),
        ("/User/batch?dryRun=true", json!([{"loginName": "bob"}])),
        ("/Group", json!({"name": "staff"})),
        ("/Role/assignment", role),
        ("/Client", client),
    ] {
        app.post(path, body).await.problem(403, "store-read-only");
    }
    for path in [
        format!("/User/{ada}"),
        format!("/Role/assignment?userId={ada}&role=UserManager"),
        format!("/Client?id={ada}"),
    ] {
        app.delete(&path).await.problem(403, "store-read-only");
    }
    app.get(&format!("/User/{ada}")).await.is(200);
    let patch = json!([{"op": "remove", "path": "/set/readOnly"}]);
    send(&app, Method::PATCH, "/shop", patch).await.is(202);
    app.post("/User", json!({"loginName": "bob"})).await.is(201);
}

fn pinned(name: &str, settings: Overrides) -> Rules {
    let pinned = BTreeMap::from([(Folded::of(name), settings)]);
    Rules { stores: StoreRules { pinned, ..StoreRules::default() }, ..Rules::default() }
}

#[actix_web::test]
async fn a_pinned_setting_holds_and_cannot_be_set() {
    let history = Overrides { password_history: Some(7), ..Overrides::default() };
    let app = App::under(pinned("SHOP", history)).await;
    let shop = get(&app, "/shop").await.json();
    assert_eq!(shop["settings"]["passwordHistory"], 7);
    assert_eq!(shop["set"]["passwordHistory"], Value::Null);
    let body = json!({"name": "shop", "set": {"passwordHistory": 7}});
    let told = send(&app, Method::PUT, "/shop", body).await.problem(409, "setting-pinned");
    assert!(told["errors"]["set.passwordHistory"].is_array(), "{told}");
    let patch = json!([{"op": "add", "path": "/set/passwordHistory", "value": 1}]);
    send(&app, Method::PATCH, "/shop", patch).await.problem(409, "setting-pinned");
    let other = json!({"name": "shop", "set": {"lockoutSeconds": 1}});
    send(&app, Method::PUT, "/shop", other).await.is(202);
    let rules = pinned("books", Overrides { read_only: Some(true), ..Overrides::default() });
    let app = App::under(rules).await;
    let body = json!({"name": "Books", "set": {"readOnly": false}});
    create(&app, body).await.problem(409, "setting-pinned");
    create(&app, json!({"name": "Books"})).await.is(201);
    let user = json!({"loginName": "ada"});
    let refused = send(&app, Method::POST, "/books/administration/User", user).await;
    refused.problem(403, "store-read-only");
}

#[actix_web::test]
async fn two_users_of_one_address_forbid_to_sign_in_by_it() {
    let app = App::start().await;
    for name in ["ada", "bob"] {
        app.user(json!({"loginName": name, "emailAddress": "a@example.com"})).await;
    }
    let patch = json!([{"op": "add", "path": "/set/loginByEmail", "value": true}]);
    send(&app, Method::PATCH, "/shop", patch).await.problem(409, "duplicate");
    assert_eq!(get(&app, "/shop").await.json()["set"], nothing_set());
}

#[actix_web::test]
async fn stores_are_listed_by_id_whole_and_in_pages() {
    let app = App::start().await;
    for n in 0..8 {
        let id = format!("00000000-0000-0000-0000-00000000000{n}");
        if n > 0 {
            create(&app, json!({"id": id, "name": format!("s{n}")})).await.is(201);
        }
    }
    let whole = get(&app, "").await.is(200);
    assert_eq!(whole.header("link"), None);
    let whole = whole.json();
    let names = names(&whole);
    assert_eq!(names.len(), 9);
    assert_eq!(names[..7], ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]);
    assert_eq!(whole[0], get(&app, "/s1").await.json());
    let (mut seen, mut path) = (Vec::new(), "?limit=4&x=y".to_owned());
    loop {
        let page = get(&app, &path).await.is(200);
        seen.extend(page.json().as_array().unwrap().clone());
        let Some(link) = page.header("link") else { break };
        let next = link.strip_prefix("</api/userstore/v1").unwrap();
        path = next.strip_suffix(">; rel=\"next\"").unwrap().to_owned();
        assert!(path.starts_with("?limit=4&x=y&cursor="), "{path}");
    }
    assert_eq!(json!(seen), whole);
}

#[actix_web::test]
async fn the_list_of_stores_is_neither_filtered_nor_sorted() {
    let app = App::start().await;
    let told = get(&app, "?filter=name%20pr&SortBy=name&sortOrder=descending").await;
    told.refuses(&["filter", "sortBy", "sortOrder"]);
    for query in ["?limit=0", "?limit=51", "?limit=x"] {
        get(&app, query).await.refuses(&["limit"]);
    }
    get(&app, "?cursor=AAAA").await.refuses(&["cursor"]);
    let users = app.get("/User?limit=1").await.is(200);
    assert!(users.header("link").is_none());
    for name in ["ada", "bob"] {
        app.user(json!({"loginName": name})).await;
    }
    let link = app.get("/User?limit=1").await.header("link").unwrap().to_owned();
    let cursor = link.split("cursor=").nth(1).unwrap().split('>').next().unwrap();
    get(&app, &format!("?cursor={cursor}")).await.refuses(&["cursor"]);
    let link = get(&app, "?limit=1").await.header("link").unwrap().to_owned();
    let cursor = link.split("cursor=").nth(1).unwrap().split('>').next().unwrap();
    app.get(&format!("/User?cursor={cursor}")).await.refuses(&["cursor"]);
}

#[actix_web::test]
async fn stores_are_for_the_system_administrator() {
    let app = App::start().await;
    let writes = [Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    for method in [Method::GET].into_iter().chain(writes) {
        let path = if method == Method::POST { "" } else { "/shop" };
        for body in ["{\"name\":\"x\"}", "{", "[]"] {
            let send = |client: Option<&str>, path: &str| {
                let request = TestRequest::default().method(method.clone());
                let mut request = request.uri(&format!("{REGISTER}{path}"));
                if let Some(client) = client {
                    request = request.insert_header(bearer(client));
                }
                let json = ("content-type", "application/json");
                app.send(request.insert_header(json).set_payload(body))
            };
            send(None, path).await.problem(401, "unauthenticated");
            send(Some("nobody"), path).await.problem(401, "unauthenticated");
            for client in ["store-admin", "manager", "auditor"] {
                send(Some(client), path).await.problem(403, "forbidden");
            }
            let refused = send(Some("stranger"), path).await;
            if path.is_empty() {
                refused.problem(403, "forbidden");
            } else {
                refused.problem(404, "no-such-store");
                send(Some("admin"), "/nowhere").await.problem(404, "no-such-store");
                send(Some("admin"), "/%20").await.problem(404, "no-such-store");
            }
        }
    }
    let list = TestRequest::get().uri(REGISTER).insert_header(bearer("store-admin"));
    app.send(list).await.problem(403, "forbidden");
    assert_eq!(get(&app, "").await.json().as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn other_methods_are_refused() {
    let app = App::start().await;
    let answer = send(&app, Method::DELETE, "", json!({})).await;
    assert_eq!(answer.header("allow"), Some("GET, POST"));
    answer.problem(405, "method-not-allowed");
    let answer = send(&app, Method::POST, "/shop", json!({})).await;
    assert_eq!(answer.header("allow"), Some("GET, PUT, PATCH, DELETE"));
    answer.problem(405, "method-not-allowed");
}
