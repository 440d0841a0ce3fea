//! Who may do what: keys, roles, stores.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Api, Server, on_both_databases};

on_both_databases![
    without_a_good_credential_nothing_is_answered,
    a_user_manager_has_users_and_no_audit,
    an_audit_trail_reader_has_audit_and_no_users,
    a_store_in_which_a_caller_has_no_role_looks_like_none,
    users_of_one_store_are_unknown_in_another,
    a_store_goes_by_its_name_and_its_id,
    a_revoked_key_is_refused_at_once,
    a_new_store_is_there_at_once,
];

/// The statuses of every operation for this caller: the ones on users, then the ones on the trail.
async fn statuses(api: &Api) -> ([u16; 9], [u16; 2]) {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let user = json!({ "loginName": "statuses" });
    let on_users = [
        api.get_users("?limit=1").await,
        api.get_user(id).await,
        api.get_user_by_login_name("nobody").await,
        api.create_user(&user).await,
        api.update_user(id, &user).await,
        api.patch_user(id, &json!([])).await,
        api.delete_user(id).await,
        api.create_or_update_user(&user).await,
        api.create_users(&json!([])).await,
    ];
    let on_audit =
        [api.get_audit_trails("?limit=1").await, api.get_audit_trail("9007199254740991").await];
    (on_users.map(|answer| answer.status), on_audit.map(|answer| answer.status))
}

const ALL_FOR_USERS: [u16; 9] = [200, 404, 404, 201, 404, 404, 404, 201, 200];

async fn without_a_good_credential_nothing_is_answered(server: Server) {
    assert_eq!(statuses(&server.anonymous()).await, ([401; 9], [401; 2]));
    assert_eq!(statuses(&server.holder_of(&"k".repeat(46))).await, ([401; 9], [401; 2]));
    for credential in ["", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "us_x", "Bearer a b"] {
        let api = server.anonymous().with("authorization", credential);
        let answer = api.get_users("").await;
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{credential}");
        answer.problem(401);
    }
    let path = server.admin().path("User?limit=1");
    let lower =
        server.anonymous().with("authorization", &format!("bearer {}", crate::harness::ADMIN_KEY));
    lower.get(&path).await.expect(200);
}

async fn a_user_manager_has_users_and_no_audit(server: Server) {
    let manager = server.make_key("help desk", &["UserManager@default"]);
    assert_eq!(statuses(&server.holder_of(&manager)).await, (ALL_FOR_USERS, [403; 2]));
    let admin = server.make_key("store admin", &["UserStoreAdmin@default"]);
    server.holder_of(&admin).get_audit_trails("").await.problem(403);
}

async fn an_audit_trail_reader_has_audit_and_no_users(server: Server) {
    for (name, grant) in [("here", "AuditTrailReader@default"), ("all", "AuditTrailReader@*")] {
        let reader = server.make_key(name, &[grant]);
        let reader = server.holder_of(&reader);
        assert_eq!(statuses(&reader).await, ([403; 9], [200, 404]), "{grant}");
    }
    let both = server.make_key("both", &["UserManager@default", "AuditTrailReader@default"]);
    assert_eq!(statuses(&server.holder_of(&both)).await, (ALL_FOR_USERS, [200, 404]));
}

async fn a_store_in_which_a_caller_has_no_role_looks_like_none(server: Server) {
    server.installation.run(&["store", "create", "other"]).well();
    let manager = server.make_key("help desk", &["UserManager@other"]);
    let manager = server.holder_of(&manager);
    assert_eq!(statuses(&manager.in_store("other")).await, (ALL_FOR_USERS, [403; 2]));

    let (foreign, unknown) = (manager.in_store("default"), manager.in_store("missing"));
    assert_eq!(statuses(&foreign).await, ([404; 9], [404; 2]));
    assert_eq!(statuses(&unknown).await, ([404; 9], [404; 2]));
    let told = |problem: &serde_json::Value| (problem["type"].clone(), problem["title"].clone());
    let foreign = foreign.get_users("").await.problem(404);
    assert_eq!(told(&foreign), told(&unknown.get_users("").await.problem(404)));
    assert_eq!(statuses(&server.admin().in_store("missing")).await, ([404; 9], [404; 2]));
}

async fn users_of_one_store_are_unknown_in_another(server: Server) {
    server.installation.run(&["store", "create", "other"]).well();
    let (here, there) = (server.admin(), server.admin().in_store("other"));
    let user = here.new_user("ada").await;
    let id = user["id"].as_str().expect("an id");
    there.get_user(id).await.problem(404);
    there.delete_user(id).await.problem(404);
    there.get_user_by_login_name("ada").await.problem(404);
    assert_eq!(there.get_users("").await.json(200), json!([]));
    let entry = here.entries_about(id).await.remove(0);
    let entries = there.get_audit_trails("").await.json(200);
    assert!(!entries.as_array().expect("a list").contains(&entry));
    there.new_user("ada").await;
    here.get_user(id).await.expect(200);
}

async fn a_store_goes_by_its_name_and_its_id(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let store = user["instanceId"].as_str().expect("an id");
    for name in [store, &store.to_uppercase(), "DEFAULT", "Default"] {
        assert_eq!(api.in_store(name).get_user_by_login_name("ada").await.json(200), user);
    }
    let wrong = json!({ "loginName": "bob", "instanceId": user["id"] });
    assert_eq!(api.create_user(&wrong).await.broken_properties(), ["instanceId"]);
    let right = json!({ "loginName": "bob", "instanceId": user["instanceId"] });
    api.create_user(&right).await.expect(201);
}

async fn a_revoked_key_is_refused_at_once(server: Server) {
    let key = server.make_key("short-lived", &["UserManager@default"]);
    let holder = server.holder_of(&key);
    holder.get_users("").await.expect(200);
    let list = server.installation.run(&["key", "list"]).well().stdout;
    assert!(!list.contains(&key), "a list shows no key");
    let line = list.lines().find(|line| line.contains("short-lived")).expect("it is listed");
    let id = line.split_whitespace().find(|word| uuid::Uuid::parse_str(word).is_ok());
    server.installation.run(&["key", "revoke", id.expect("an id")]).well();
    holder.get_users("").await.problem(401);
}

async fn a_new_store_is_there_at_once(server: Server) {
    let other = server.admin().in_store("other");
    other.get_users("").await.problem(404);
    server.installation.run(&["store", "create", "other"]).well();
    assert_eq!(other.get_users("").await.json(200), json!([]));
    let options = server.admin().request(Method::HEAD, &other.path("User"));
    assert!(server.admin().send(options).await.status < 500);
}
