use actix_web::http::Method;
use domain::access::{Assignment, Caller, Grant, Holder, Reach, RoleName};
use domain::client::{ClientName, NewClient};
use domain::id::{StoreId, UserId};
use serde_json::{Value, json};
use testkit::World;
use testkit::builders::a_caller;

use crate::bench::{Bench, MANY, ids, items, on_both_databases};

on_both_databases![
    entries_of_the_audit_trail_cost_statements_by_the_page,
    events_cost_statements_by_the_page,
    stores_roles_and_clients_cost_statements_by_the_page,
];

async fn entries_of_the_audit_trail_cost_statements_by_the_page(bench: Bench) {
    for count in [3, 300, MANY] {
        let users = items(count, |n| json!({ "loginName": format!("{count}-{n}") }));
        let users = bench.post("User/batch", &users).await;
        let gone = json!(ids(&users));
        bench.post("User/batch/delete", &gone).await;
        let first = bench.granted(Method::GET, &entry_of(&users[0]["id"]), None).await;
        let last = bench.granted(Method::GET, &entry_of(&users[count - 1]["id"]), None).await;
        let filter = format!(
            "CustomAuditTrail?filter=id%20ge%20{}%20and%20id%20le%20{}",
            first[0]["id"], last[0]["id"]
        );
        bench.list("GetAuditTrails", count, &filter).await;
    }
    bench.check();
}

/// Where the entry is that tells how a record was made.
fn entry_of(id: &Value) -> String {
    let id = id.as_str().unwrap();
    format!(
        "CustomAuditTrail?filter=primaryKey%20eq%20%22{id}%22%20and%20action%20eq%20%22Added%22"
    )
}

async fn events_cost_statements_by_the_page(bench: Bench) {
    let keys = ("GetAuditKeys", 1);
    bench.counted(keys, Method::GET, "CustomAuditTrail/keys", None).await;
    for count in [3, 300, MANY] {
        let seen = sealed(&bench).await - 1;
        let users = items(count, |n| json!({ "loginName": format!("{count}-{n}") }));
        bench.post("User/batch", &users).await;
        sealed(&bench).await;
        bench.list("GetEvents", count, &format!("Event?after={seen}")).await;
    }
    bench.check();
}

/// How many leaves the log has, when nothing waits any more.
async fn sealed(bench: &Bench) -> u64 {
    let world = bench.world();
    let logs = world.rotation().logs(&Caller::system("test"), None, 1).await.unwrap();
    let store = logs.items[0].store;
    while world.sealer().seal(store).await.unwrap().more {}
    let context = a_caller().system_admin().acting_in(store);
    world.log().checkpoint(&context, None).await.unwrap().size
}

async fn stores_roles_and_clients_cost_statements_by_the_page(bench: Bench) {
    // The store, the client and the role of the first start are there already.
    let mut present = 1;
    for count in [3, 300] {
        let users = items(count - present, |n| json!({ "loginName": format!("{count}-{n}") }));
        let users = bench.post("User/batch", &users).await;
        for user in users.as_array().unwrap() {
            make_one_of_each(bench.world(), user).await;
        }
        present = count;
        let stores = ("GetStores", count);
        let path = "/api/userstore/v1?limit=1000";
        let found = bench.counted_at(stores, Method::GET, path, None).await;
        assert_eq!(found.as_array().unwrap().len(), count);
        bench.list("GetClients", count, "Client").await;
        // Clients hold others.
        let roles = "Role/assignment?role=AuditTrailReader";
        bench.list("GetRoleAssignments", count - 1, roles).await;
    }
    bench.check();
}

/// A store and a client that are called like the user, and a role of the user.
async fn make_one_of_each(world: &World, user: &Value) {
    let id = |value: &Value| value.as_str().unwrap().parse::<uuid::Uuid>().unwrap();
    let store = StoreId::new(id(&user["instanceId"]));
    let context = a_caller().system_admin().acting_in(store);
    let grant = Grant::new(RoleName::AUDIT_TRAIL_READER, Reach::Store(store)).unwrap();

    let name = user["loginName"].as_str().unwrap();
    world.make_store(name).await;
    let holder = Holder::User(UserId::new(id(&user["id"])));
    let assignment = Assignment { holder, grant };
    world.roles().assign(&context, assignment).await.unwrap();
    let manager = Grant::new(RoleName::USER_MANAGER, Reach::Store(store)).unwrap();
    let name = ClientName::parse(name).unwrap();
    let client = NewClient { name, grants: vec![manager], expires: None };
    world.clients().create(&context, client).await.unwrap();
}
