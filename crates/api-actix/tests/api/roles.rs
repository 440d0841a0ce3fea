use actix_web::http::Method;
use domain::access::{Permission, PermissionSet, RoleBook, RoleName, Rules};
use domain::id::ClientId;
use serde_json::{Value, json};
use testkit::builders::{a_client, uuid_of};

use crate::app::{Answer, App, bearer};

const PATH: &str = "/Role/assignment";
const ID: &str = "00000000-0000-0000-0000-00000000000a";

/// The id of the client of that name.
fn client(name: &str) -> String {
    ClientId::new(uuid_of("client", name)).to_string()
}

async fn user(app: &App, name: &str) -> String {
    let user = app.user(json!({"loginName": name})).await;
    user["id"].as_str().unwrap().to_owned()
}

async fn give(app: &App, body: Value) -> Answer {
    app.post(PATH, body).await
}

async fn list(app: &App, query: &str) -> Vec<Value> {
    let found = app.get(&format!("{PATH}?{query}")).await.is(200).json();
    found.as_array().unwrap().clone()
}

async fn take(app: &App, query: &str) -> Answer {
    app.delete(&format!("{PATH}?{query}")).await
}

#[actix_web::test]
async fn a_role_is_given_to_a_user_a_group_and_a_client_and_taken_again() {
    let app = App::start().await;
    let (shop, ada) = (app.shop.id.to_string(), user(&app, "ada").await);
    let staff = app.add_group("staff").await.to_string();
    let manager = client("manager");
    for (holder, id) in [("userId", &ada), ("groupId", &staff), ("clientId", &manager)] {
        let given = give(&app, json!({holder: id, "role": "audittrailreader"})).await.is(201);
        let expected = json!({holder: id, "role": "AuditTrailReader", "storeId": shop});
        assert_eq!(given.json(), expected);
        let location = given.header("location").unwrap();
        let query = format!("{holder}={id}&role=AuditTrailReader&storeId={shop}");
        let path = format!("/api/userstore/v1/shop/administration{PATH}?{query}");
        assert_eq!(location, path);
        assert_eq!(json!(list(&app, &query).await), json!([expected]));
        let again = give(&app, json!({holder: id, "role": "AuditTrailReader"})).await;
        assert!(again.problem(409, "duplicate")["errors"]["role"].is_array());
        let gone = take(&app, &query).await.is(204);
        assert!(gone.body.is_empty());
        take(&app, &query).await.problem(404, "not-found");
        assert!(list(&app, &query).await.is_empty());
    }
}

#[actix_web::test]
async fn a_role_counts_from_the_next_request_on() {
    let app = App::start().await;
    let manager = client("manager");
    let groups = || app.send(app.request(Method::GET, "/Group").insert_header(bearer("manager")));
    groups().await.problem(403, "forbidden");
    give(&app, json!({"clientId": manager, "role": "UserStoreAdmin"})).await.is(201);
    groups().await.is(200);
    take(&app, &format!("clientId={manager}&role=UserStoreAdmin")).await.is(204);
    groups().await.problem(403, "forbidden");
}

#[actix_web::test]
async fn the_store_of_a_role_is_the_one_in_the_path_unless_another_is_said() {
    let app = App::start().await;
    let (shop, ada) = (app.shop.id.to_string(), user(&app, "ada").await);
    let other = app.world.make_store("third").await.id.to_string();
    let reader =
        |store: Value| json!({"userId": ada, "role": "AuditTrailReader", "storeId": store});
    let by_id = format!("/api/userstore/v1/{shop}/administration{PATH}");
    let body = json!({"userId": ada, "role": "AuditTrailReader"});
    let request = app.request(Method::POST, PATH).uri(&by_id).set_json(body);
    assert_eq!(app.send(request).await.is(201).json(), reader(json!(shop)));
    for store in [json!(other), json!(null)] {
        assert_eq!(give(&app, reader(store.clone())).await.is(201).json(), reader(store));
    }
    let held = list(&app, &format!("userId={ada}")).await;
    assert_eq!(held.len(), 3);
    let query = format!("userId={ada}&role=auditTrailReader");
    take(&app, &format!("{query}&storeId=*")).await.is(204);
    take(&app, &format!("{query}&storeId={other}")).await.is(204);
    take(&app, &format!("{query}&storeId={ID}")).await.problem(404, "not-found");
    assert_eq!(list(&app, &format!("userId={ada}")).await, [reader(json!(shop))]);
    take(&app, &query).await.is(204);
}

#[actix_web::test]
async fn system_admin_is_held_everywhere_and_the_last_one_stays() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    let given = give(&app, json!({"userId": ada, "role": "SystemAdmin"})).await.is(201).json();
    assert_eq!(given, json!({"userId": ada, "role": "SystemAdmin", "storeId": null}));
    let shop = app.shop.id.to_string();
    let in_one = json!({"userId": ada, "role": "SystemAdmin", "storeId": shop});
    give(&app, in_one).await.refuses(&["storeId"]);
    let everywhere = json!({"userId": ada, "role": "UserManager", "storeId": null});
    give(&app, everywhere).await.refuses(&["storeId"]);
    take(&app, &format!("userId={ada}&role=SystemAdmin&storeId={shop}"))
        .await
        .refuses(&["storeId"]);
    let own = format!("clientId={}&role=SystemAdmin", client("admin"));
    take(&app, &format!("userId={ada}&role=SystemAdmin")).await.is(204);
    take(&app, &own).await.problem(409, "last-system-admin");
    app.get(PATH).await.is(200);
}

#[actix_web::test]
async fn what_is_wrong_with_an_assignment_is_told() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    let staff = app.add_group("staff").await.to_string();
    give(&app, json!({})).await.refuses(&["userId", "role"]);
    let both = json!({"userId": ada, "groupId": staff, "role": "UserManager"});
    give(&app, both).await.refuses(&["groupId"]);
    let wrong = json!({"userId": "x", "role": "a b", "storeId": 1});
    give(&app, wrong).await.refuses(&["userId", "role", "storeId"]);
    give(&app, json!({"userId": ada, "role": "HelpDesk"})).await.refuses(&["role"]);
    let store = json!({"userId": ada, "role": "UserManager", "storeId": ID});
    give(&app, store).await.refuses(&["storeId"]);
    give(&app, json!([])).await.problem(400, "malformed-body");
    let role = json!({"userId": ada, "role": "UserManager"});
    app.post(&format!("{PATH}?x=1"), role.clone()).await.refuses(&["x"]);
    let guarded = app.request(Method::POST, PATH).insert_header(("if-match", "*"));
    app.send(guarded.set_json(role)).await.problem(412, "stale");
    for holder in ["userId", "groupId", "clientId"] {
        let unknown = json!({holder: ID, "role": "UserManager"});
        give(&app, unknown).await.problem(404, "not-found");
    }
    assert!(list(&app, &format!("userId={ada}")).await.is_empty());
}

#[actix_web::test]
async fn what_is_wrong_with_a_removal_is_told() {
    let app = App::start().await;
    take(&app, "").await.refuses(&["userId", "role"]);
    take(&app, &format!("userId={ID}")).await.refuses(&["role"]);
    take(&app, "role=UserManager").await.refuses(&["userId"]);
    let both = format!("userId={ID}&clientId={ID}&role=UserManager");
    take(&app, &both).await.refuses(&["clientId"]);
    take(&app, "userId=x&role=UserManager").await.refuses(&["userId"]);
    take(&app, &format!("userId={ID}&role=a%20b")).await.refuses(&["role"]);
    take(&app, &format!("userId={ID}&role=UserManager&storeId=x")).await.refuses(&["storeId"]);
    take(&app, &format!("userId={ID}&role=UserManager&x=1")).await.refuses(&["x"]);
    take(&app, &format!("userId={ID}&role=UserManager&storeId=*")).await.refuses(&["storeId"]);
    take(&app, &format!("userId={ID}&role=UserManager")).await.problem(404, "not-found");
}

#[actix_web::test]
async fn assignments_are_listed_in_order_and_by_holder_and_role() {
    let app = App::start().await;
    let ids = [user(&app, "ada").await, user(&app, "bob").await];
    let staff = app.add_group("staff").await.to_string();
    for id in &ids {
        for role in ["UserManager", "AuditTrailReader"] {
            give(&app, json!({"userId": id, "role": role})).await.is(201);
        }
    }
    give(&app, json!({"groupId": staff, "role": "UserManager"})).await.is(201);
    let whole = list(&app, "").await;
    let kinds: Vec<_> = whole
        .iter()
        .map(|held| {
            ["userId", "groupId", "clientId"].iter().position(|kind| held.get(kind).is_some())
        })
        .collect();
    assert!(kinds.is_sorted() && kinds.len() == 10, "{whole:?}");
    assert_eq!(list(&app, &format!("userId={}", ids[0])).await.len(), 2);
    assert_eq!(list(&app, "role=usermanager").await.len(), 4);
    assert_eq!(list(&app, &format!("role=UserManager&groupId={staff}")).await.len(), 1);
    assert_eq!(list(&app, &format!("clientId={}", client("admin"))).await.len(), 1);
    assert!(list(&app, &format!("clientId={ID}&other=ignored")).await.is_empty());
    let (mut seen, mut path) = (Vec::new(), format!("{PATH}?role=UserManager&limit=3"));
    loop {
        let page = app.get(&path).await.is(200);
        seen.extend(page.json().as_array().unwrap().clone());
        let Some(link) = page.header("link") else { break };
        let next = link.strip_prefix("</api/userstore/v1/shop/administration").unwrap();
        path = next.strip_suffix(">; rel=\"next\"").unwrap().to_owned();
    }
    assert_eq!(seen, list(&app, "role=UserManager").await);
    let link = app.get(&format!("{PATH}?limit=1")).await.header("link").unwrap().to_owned();
    let cursor = link.split("cursor=").nth(1).unwrap().split('>').next().unwrap();
    let foreign = format!("{PATH}?role=UserManager&cursor={cursor}");
    app.get(&foreign).await.refuses(&["cursor"]);
    app.get(&format!("{PATH}?filter=x&sortBy=role")).await.refuses(&["filter", "sortBy"]);
    app.get(&format!("{PATH}?userId=x")).await.refuses(&["userId"]);
    app.get(&format!("{PATH}?userId={ID}&groupId={ID}")).await.refuses(&["groupId"]);
}

#[actix_web::test]
async fn an_own_role_gives_what_the_configuration_says_and_inherits_by_groups() {
    let own = RoleName::parse("HelpDesk").unwrap();
    let permissions = PermissionSet::of(&[Permission::UserRead]);
    let roles = RoleBook::with([(own, permissions)]).unwrap();
    let app = App::under(Rules { roles, ..Rules::default() }).await;
    app.add_client(a_client("desk")).await;
    let users = || app.send(app.request(Method::GET, "/User").insert_header(bearer("desk")));
    users().await.problem(404, "no-such-store");
    let given = give(&app, json!({"clientId": client("desk"), "role": "helpdesk"})).await;
    assert_eq!(given.is(201).json()["role"], "HelpDesk");
    users().await.is(200);
    let groups = app.request(Method::GET, "/Group").insert_header(bearer("desk"));
    app.send(groups).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn assignments_are_for_the_system_administrator() {
    let app = App::start().await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        for client in ["store-admin", "manager", "auditor"] {
            let request = app.request(method.clone(), PATH).insert_header(bearer(client));
            app.send(request.set_json(json!({}))).await.problem(403, "forbidden");
        }
        let request = app.request(method.clone(), PATH).insert_header(bearer("stranger"));
        app.send(request.set_json(json!({}))).await.problem(404, "no-such-store");
    }
}

#[actix_web::test]
async fn the_location_of_an_assignment_shows_and_removes_that_one_alone() {
    let app = App::start().await;
    let (shop, ada) = (app.shop.id.to_string(), user(&app, "ada").await);
    let other = app.world.make_store("third").await.id.to_string();
    let mut given = Vec::new();
    for store in [json!(shop), json!(other), json!(null)] {
        let body = json!({"userId": ada, "role": "AuditTrailReader", "storeId": store});
        let answer = give(&app, body.clone()).await.is(201);
        let location = answer.header("location").unwrap();
        let (_, query) = location.split_once('?').unwrap();
        given.push((query.to_owned(), body));
    }
    for (query, body) in &given {
        assert_eq!(json!(list(&app, query).await), json!([body]), "{query}");
    }
    for (query, _) in &given {
        take(&app, query).await.is(204);
        assert!(list(&app, query).await.is_empty(), "{query}");
    }
    app.get(&format!("{PATH}?storeId=x")).await.refuses(&["storeId"]);
}

#[actix_web::test]
async fn a_condition_on_what_has_no_entity_tag_does_not_hold() {
    let app = App::start().await;
    let ada = user(&app, "ada").await;
    let role = json!({"userId": ada, "role": "UserManager"});
    let manager = client("manager");
    let on_client = format!("/Client?id={manager}");
    let on_role = format!("{PATH}?userId={ada}&role=UserManager");
    for request in [
        app.request(Method::POST, PATH).set_json(role),
        app.request(Method::DELETE, &on_role),
        app.request(Method::POST, "/Client").set_json(json!({"name": "new"})),
        app.request(Method::DELETE, &on_client),
    ] {
        let request = request.insert_header(("if-match", "*"));
        app.send(request).await.problem(412, "stale");
    }
    app.get(&on_client).await.is(200);
    for parameter in ["filter=id%20pr", "sortBy=id", "sortOrder=ascending"] {
        let (name, _) = parameter.split_once('=').unwrap();
        app.get(&format!("{on_client}&{parameter}")).await.refuses(&[name]);
    }
}
