//! Stores: made, changed, read-only and removed, over HTTP and by commands.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    ADMIN_KEY, Answer, Api, Database, Installation, Server, Setting, Snapshot, all_pages, id_of,
    on_both_databases, texts,
};

on_both_databases![
    a_store_lives_over_http,
    a_store_of_a_command_is_the_same_over_http,
    a_name_is_given_once_ignoring_case,
    a_wrong_store_is_refused_with_the_property,
    put_replaces_the_settings_and_patch_changes_them,
    a_renamed_store_goes_by_its_new_name,
    a_read_only_store_refuses_every_write_but_its_own,
    a_pinned_setting_cannot_be_changed,
    addresses_are_unique_while_they_are_used_to_sign_in,
    a_store_that_is_not_empty_is_removed_only_when_confirmed,
    a_removed_store_is_gone_for_everybody,
    stores_are_for_system_administrators,
    a_stale_tag_is_refused,
    two_nodes_see_a_setting_at_once,
    many_stores_are_listed_in_pages,
];

async fn new_store(api: &Api, name: &str) -> Value {
    api.create_store(&json!({ "name": name })).await.json(201)
}

async fn patch_store(api: &Api, patch: &Value) -> Answer {
    api.call_store(Method::PATCH, "", Some(patch)).await
}

fn set(name: &str, value: impl Into<Value>) -> Value {
    json!([{ "op": "replace", "path": format!("/set/{name}"), "value": value.into() }])
}

async fn read_store(api: &Api) -> Value {
    api.call_store(Method::GET, "", None).await.json(200)
}

async fn stores(api: &Api) -> Value {
    api.get("/api/userstore/v1").await.json(200)
}

async fn a_store_lives_over_http(server: Server) {
    let api = server.admin();
    let created = api.create_store(&json!({ "name": "Shop" })).await.expect(201);
    let found = api.get(created.header("location")).await.expect(200);
    assert_eq!(found.etag(), created.etag());
    let store = created.json(201);
    assert_eq!(found.json(200), store);
    let defaults = json!({
        "readOnly": false, "loginByEmail": false, "passwordPolicy": "nist-800-63b-4",
        "passwordHistory": 0, "passwordMaxAgeDays": 0, "passwordDeadlineDays": 14,
        "breachedAtSignIn": false, "identityRequiredLength": 6, "identityRequiredUniqueChars": 1,
        "identityRequireNonAlphanumeric": true, "identityRequireLowercase": true,
        "identityRequireUppercase": true, "identityRequireDigit": true, "selfServiceReset": true,
        "throttle": true, "lockoutFailures": 5, "lockoutSeconds": 300, "attemptsBeforeLocked": 100,
    });
    assert_eq!((&store["name"], &store["settings"]), (&json!("Shop"), &defaults));
    let unset = store["set"].as_object().expect("an object");
    let all = defaults.as_object().expect("an object");
    assert!(unset.keys().eq(all.keys()) && unset.values().all(Value::is_null), "{store}");
    let mut names = texts(&stores(&api).await, "name");
    names.sort();
    assert_eq!(names, ["Shop", "default"]);

    let shop = api.in_store("shop");
    shop.new_user("ada").await;
    let by_id = api.in_store(id_of(&store));
    assert_eq!(read_store(&by_id).await, store);
    assert_eq!(by_id.list("User").await, shop.list("User").await);
    let entries = shop.get_audit_trails(r"?filter=area%20eq%20%22Store%22").await.json(200);
    assert_eq!(texts(&entries, "action"), ["Added"]);
    assert_eq!(texts(&entries, "primaryKey"), [id_of(&store)]);

    let empty = api.in_store("empty");
    new_store(&api, "empty").await;
    assert_eq!(empty.call_store(Method::DELETE, "", None).await.expect(204).text(), "");
    empty.call_store(Method::GET, "", None).await.problem(404);
    let chosen = "01890a5d-ac96-774b-bcce-b302099a8057";
    let with_id = json!({ "id": chosen, "name": "chosen", "set": { "passwordHistory": 3 } });
    let with_id = api.create_store(&with_id).await.json(201);
    assert_eq!((&with_id["id"], &with_id["set"]["passwordHistory"]), (&json!(chosen), &json!(3)));
}

async fn a_store_of_a_command_is_the_same_over_http(server: Server) {
    let said = |arguments: &[&str]| server.installation.run(arguments);
    said(&["store", "create", "shop"]).well();
    let shop = server.admin().in_store("shop");
    let by_command = read_store(&shop).await;
    assert!(stores(&server.admin()).await.as_array().expect("a list").contains(&by_command));
    said(&["store", "set", "shop", "--lockout-failures", "7"]).well();
    let set_by_command = read_store(&shop).await;
    assert_eq!(set_by_command["set"]["lockoutFailures"], 7);
    assert_eq!(set_by_command["settings"]["lockoutFailures"], 7);
    patch_store(&shop, &set("lockoutFailures", Value::Null)).await.expect(202);
    let shown = said(&["store", "show", "shop"]).well().stdout;
    assert!(
        shown.lines().any(|line| line.split_whitespace().eq(["lockout-failures", "5", "default"])),
        "{shown}"
    );
    shop.call_store(Method::DELETE, "", None).await.expect(204);
    assert!(!said(&["store", "list"]).well().stdout.contains("shop"));
}

async fn a_name_is_given_once_ignoring_case(server: Server) {
    let api = server.admin();
    let shop = new_store(&api, "shop").await;
    for body in [json!({ "name": "SHOP" }), json!({ "name": "default" })] {
        let problem = api.create_store(&body).await.problem(409);
        assert!(problem["errors"]["name"].is_array(), "{problem}");
    }
    let rename = json!([{ "op": "replace", "path": "/name", "value": "Default" }]);
    patch_store(&api.in_store("shop"), &rename).await.problem(409);
    let same_id = json!({ "id": shop["id"], "name": "other" });
    api.create_store(&same_id).await.problem(409);
    assert_eq!(stores(&api).await.as_array().map(Vec::len), Some(2));
}

async fn a_wrong_store_is_refused_with_the_property(server: Server) {
    let api = server.admin();
    for (body, property) in [
        (json!({}), "name"),
        (json!({ "name": "" }), "name"),
        (json!({ "name": "a b" }), "name"),
        (json!({ "name": "a/b" }), "name"),
        (json!({ "name": "x".repeat(65) }), "name"),
        (json!({ "name": "01890a5d-ac96-774b-bcce-b302099a8057" }), "name"),
        (json!({ "name": 7 }), "name"),
        (json!({ "name": "x", "id": "no-uuid" }), "id"),
        (json!({ "name": "x", "set": 7 }), "set"),
        (json!({ "name": "x", "set": { "readOnly": "yes" } }), "set.readOnly"),
        (json!({ "name": "x", "set": { "passwordHistory": 25 } }), "set.passwordHistory"),
        (json!({ "name": "x", "set": { "passwordPolicy": "lax" } }), "set.passwordPolicy"),
        (json!({ "name": "x", "set": { "lockoutSeconds": 0 } }), "set.lockoutSeconds"),
        (json!({ "name": "x", "set": { "lockoutFailures": -1 } }), "set.lockoutFailures"),
        (json!({ "name": "x", "set": { "lockoutFailures": 1.5 } }), "set.lockoutFailures"),
        (json!({ "name": "x", "set": { "passwordDeadlineDays": 0 } }), "set.passwordDeadlineDays"),
        (json!({ "name": "x", "set": { "throttle": 1 } }), "set.throttle"),
    ] {
        let refused = api.create_store(&body).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text());
        assert_eq!(refused.broken_properties(), [property], "{body}");
    }
    for body in [json!([]), json!(null), json!("shop")] {
        api.create_store(&body).await.problem(400);
    }
    for path in ["/api/userstore/v1?dryRun=true", "/api/userstore/v1?mode=partial"] {
        api.send_json_text(Method::POST, path, br#"{"name":"x"}"#).await.problem(400);
    }
    assert_eq!(stores(&api).await.as_array().map(Vec::len), Some(1));
}

async fn put_replaces_the_settings_and_patch_changes_them(server: Server) {
    let api = server.admin();
    new_store(&api, "shop").await;
    let shop = api.in_store("shop");
    let patched = patch_store(&shop, &set("passwordHistory", 5)).await.json(202);
    assert_eq!(patched["settings"]["passwordHistory"], 5);
    let policy = patch_store(&shop, &set("passwordPolicy", "identity")).await.json(202);
    assert_eq!(policy["set"]["passwordHistory"], 5, "a patch leaves the others");
    assert_eq!(policy["set"]["passwordPolicy"], "identity");
    let whole = json!({ "name": "shop", "set": { "lockoutFailures": 9 } });
    let put = shop.call_store(Method::PUT, "", Some(&whole)).await.json(202);
    assert_eq!(put["set"]["lockoutFailures"], 9);
    assert_eq!(put["settings"]["lockoutFailures"], 9);
    assert_eq!(read_store(&shop).await, put);
    let fixed = json!([{ "op": "replace", "path": "/settings/passwordHistory", "value": 1 }]);
    for patch in [fixed, set("shoes", 7), set("passwordHistory", 25), set("readOnly", "yes")] {
        patch_store(&shop, &patch).await.problem(400);
    }
    let other = "01890a5d-ac96-774b-bcce-b302099a8057";
    let id = json!([{ "op": "replace", "path": "/id", "value": other }]);
    patch_store(&shop, &id).await.problem(400);
    let other = json!({ "id": other, "name": "shop" });
    shop.call_store(Method::PUT, "", Some(&other)).await.problem(400);
    assert_eq!(read_store(&shop).await, put);
    let modified = r"?filter=area%20eq%20%22Store%22%20and%20action%20eq%20%22Modified%22";
    assert_eq!(shop.get_audit_trails(modified).await.json(200).as_array().map(Vec::len), Some(3));
}

async fn a_renamed_store_goes_by_its_new_name(server: Server) {
    let api = server.admin();
    let shop = new_store(&api, "shop").await;
    let user = api.in_store("shop").new_user("ada").await;
    let rename = json!([{ "op": "replace", "path": "/name", "value": "market" }]);
    let renamed = patch_store(&api.in_store("shop"), &rename).await.json(202);
    assert_eq!((&renamed["id"], &renamed["name"]), (&shop["id"], &json!("market")));
    api.in_store("shop").get_users("").await.problem(404);
    for name in ["market", "MARKET", id_of(&shop)] {
        assert_eq!(api.in_store(name).list("User").await, std::slice::from_ref(&user));
    }
    new_store(&api, "shop").await;
    assert_eq!(api.in_store("shop").list("User").await, Vec::<Value>::new());
}

async fn a_read_only_store_refuses_every_write_but_its_own(server: Server) {
    let api = server.admin();
    new_store(&api, "shop").await;
    let shop = api.in_store("shop");
    let (user, group) = (shop.new_user("ada").await, shop.new_group("staff").await);
    let read_only = patch_store(&shop, &set("readOnly", true)).await.json(202);
    assert_eq!(read_only["settings"]["readOnly"], true);
    let before = Snapshot::of(&shop).await;
    let (user_path, group_path) =
        (format!("User/{}", id_of(&user)), format!("Group/{}", id_of(&group)));
    let profiles = format!("user/{}/UserProfile", id_of(&user));
    let ids = json!([id_of(&user)]);
    for (method, path, body) in [
        (Method::POST, "User".to_owned(), json!({ "loginName": "bob" })),
        (Method::POST, "User/batch".into(), json!([{ "loginName": "bob" }])),
        (Method::POST, "User/batch?dryRun=true".into(), json!([{ "loginName": "bob" }])),
        (Method::POST, "User/createorupdate".into(), json!({ "loginName": "bob" })),
        (Method::PUT, user_path.clone(), json!({ "loginName": "bob" })),
        (Method::PATCH, user_path.clone(), json!([])),
        (Method::DELETE, user_path.clone(), Value::Null),
        (Method::DELETE, "User/batch".into(), ids.clone()),
        (Method::POST, "User/batch/delete".into(), ids),
        (Method::POST, format!("{user_path}/state?isActive=false"), Value::Null),
        (Method::POST, "Group".into(), json!({ "name": "crew" })),
        (Method::PUT, group_path.clone(), json!({ "name": "crew" })),
        (Method::DELETE, group_path.clone(), Value::Null),
        (Method::POST, profiles.clone(), json!({ "key": "k" })),
        (Method::POST, format!("{profiles}/batch"), json!([{ "key": "k" }])),
        (Method::POST, format!("{group_path}/GroupMetadata"), json!({ "key": "k" })),
        (
            Method::POST,
            "Client".into(),
            json!({ "name": "c", "roles": [{ "role": "UserManager" }] }),
        ),
        (
            Method::POST,
            "Role/assignment".into(),
            json!({ "userId": user["id"], "role": "UserManager" }),
        ),
    ] {
        let body = Some(body).filter(|body| !body.is_null());
        let answer = shop.call(method.clone(), &path, body.as_ref()).await;
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
        assert_eq!(answer.problem(403)["type"], "urn:userstore:problem:store-read-only", "{path}");
    }
    before.assert_kept(&shop, "a read-only store").await;
    shop.read("User/synchronize").await.expect(200);
    // Other stores go on, and the setting can be taken back.
    api.new_user("ada").await;
    let whole = json!({ "name": "shop", "set": { "readOnly": false } });
    shop.call_store(Method::PUT, "", Some(&whole)).await.expect(202);
    shop.new_user("bob").await;
}

async fn a_pinned_setting_cannot_be_changed(installation: Installation) {
    let installation = installation
        .with("USERSTORE__STORES__DEFAULT__PASSWORD_HISTORY", "7")
        .with("USERSTORE__STORE_DEFAULTS__LOCKOUT_FAILURES", "4");
    let node = installation.start().await;
    let api = node.api(Some(ADMIN_KEY));
    let before = read_store(&api).await;
    assert_eq!(before["settings"]["passwordHistory"], 7);
    assert_eq!(before["settings"]["lockoutFailures"], 4);
    assert!(before["set"].as_object().expect("an object").values().all(Value::is_null));
    let problem = patch_store(&api, &set("passwordHistory", 3)).await.problem(409);
    assert_eq!(problem["type"], "urn:userstore:problem:setting-pinned");
    let whole = json!({ "name": "default", "set": { "passwordHistory": 7 } });
    api.call_store(Method::PUT, "", Some(&whole)).await.problem(409);
    assert_eq!(read_store(&api).await, before);
    // A default is no pin, and other stores have no part in either.
    let own = patch_store(&api, &set("lockoutFailures", 9)).await.json(202);
    assert_eq!(own["settings"]["lockoutFailures"], 9);
    new_store(&api, "shop").await;
    let shop = api.in_store("shop");
    patch_store(&shop, &set("passwordHistory", 3)).await.expect(202);
    assert_eq!(read_store(&shop).await["settings"]["lockoutFailures"], 4);
    let other = json!({ "name": "second", "set": { "passwordHistory": 1 } });
    api.create_store(&other).await.expect(201);
}

async fn addresses_are_unique_while_they_are_used_to_sign_in(server: Server) {
    let api = server.admin();
    let with = |name: &str, address: &str| json!({ "loginName": name, "emailAddress": address });
    api.create_user(&with("ada", "ada@example.com")).await.expect(201);
    let twin = api.create_user(&with("twin", "ADA@example.com")).await.json(201);
    let problem = patch_store(&api, &set("loginByEmail", true)).await.problem(409);
    assert!(problem.to_string().contains("emailAddress"), "{problem}");
    assert_eq!(read_store(&api).await["settings"]["loginByEmail"], false);
    api.delete_user(id_of(&twin)).await.expect(204);
    patch_store(&api, &set("loginByEmail", true)).await.expect(202);
    let problem = api.create_user(&with("twin", "ADA@example.com")).await.problem(409);
    assert!(problem["errors"]["emailAddress"].is_array(), "{problem}");
    api.new_user("without one").await;
    api.new_user("without one too").await;
    patch_store(&api, &set("loginByEmail", false)).await.expect(202);
    api.create_user(&with("twin", "ADA@example.com")).await.expect(201);
}

async fn a_store_that_is_not_empty_is_removed_only_when_confirmed(server: Server) {
    let api = server.admin();
    for inhabitant in ["User", "Group", "Client"] {
        new_store(&api, "shop").await;
        let shop = api.in_store("shop");
        let body = json!({ "loginName": "x", "name": "x", "roles": [{ "role": "UserManager" }] });
        shop.post(inhabitant, &body).await.expect(201);
        let before = Snapshot::of(&shop).await;
        let problem = shop.call_store(Method::DELETE, "", None).await.problem(409);
        assert_eq!(problem["type"], "urn:userstore:problem:store-not-empty", "{inhabitant}");
        for wrong in ["?confirm=default", "?confirm=", "?confirm=true", "?force=shop"] {
            shop.call_store(Method::DELETE, wrong, None).await.problem(400);
        }
        before.assert_kept(&shop, inhabitant).await;
        shop.call_store(Method::DELETE, "?confirm=SHOP", None).await.expect(204);
        shop.get_users("").await.problem(404);
    }
    assert_eq!(texts(&stores(&api).await, "name"), ["default"]);
    // The client of the first start, who is the last administrator, lives in it.
    let last = api.call_store(Method::DELETE, "?confirm=default", None).await.problem(409);
    assert_eq!(last["type"], "urn:userstore:problem:last-system-admin");
    api.get_users("").await.expect(200);
}

async fn a_removed_store_is_gone_for_everybody(server: Server) {
    let api = server.admin();
    let shop = new_store(&api, "shop").await;
    let in_shop = api.in_store("shop");
    let client = json!({ "name": "c", "roles": [{ "role": "UserStoreAdmin" }] });
    let of_shop = in_shop.post("Client", &client).await.json(201)["key"].clone();
    let of_shop = of_shop.as_str().expect("a key").to_owned();
    let elsewhere = server.make_key("elsewhere", &["UserStoreAdmin@shop", "UserManager@default"]);
    for key in [&of_shop, &elsewhere] {
        server.holder_of(key).in_store("shop").get_users("").await.expect(200);
    }
    in_shop.new_user("ada").await;
    in_shop.call_store(Method::DELETE, "?confirm=shop", None).await.expect(204);
    for name in ["shop", id_of(&shop)] {
        for key in [ADMIN_KEY, &elsewhere] {
            let there = server.holder_of(key).in_store(name);
            there.get_users("").await.problem(404);
            there.create_user(&json!({ "loginName": "x" })).await.problem(404);
            there.get_audit_trails("").await.problem(404);
            there.call_store(Method::GET, "", None).await.problem(404);
        }
        let own = server.holder_of(&of_shop).in_store(name).get_users("").await;
        assert_eq!(own.status, 401, "its clients went with it: {}", own.text());
    }
    server.holder_of(&elsewhere).get_users("").await.expect(200);
    // A store of that name is another one, and nobody's roles come back with it.
    new_store(&api, "shop").await;
    assert_eq!(in_shop.list("User").await, Vec::<Value>::new());
    server.holder_of(&elsewhere).in_store("shop").get_users("").await.problem(404);
    server.holder_of(&of_shop).in_store("shop").get_users("").await.problem(401);
}

async fn stores_are_for_system_administrators(server: Server) {
    let api = server.admin();
    let roles = ["UserStoreAdmin@default", "UserManager@default", "AuditTrailReader@*"];
    let other = server.holder_of(&server.make_key("other", &roles));
    let before = Snapshot::of(&api).await;
    other.get("/api/userstore/v1").await.problem(403);
    other.create_store(&json!({ "name": "shop" })).await.problem(403);
    let body = json!({ "name": "mine" });
    for (method, body) in [
        (Method::GET, None),
        (Method::PUT, Some(&body)),
        (Method::PATCH, Some(&json!([]))),
        (Method::DELETE, None),
    ] {
        other.call_store(method, "", body).await.problem(403);
    }
    let anonymous = server.anonymous();
    anonymous.get("/api/userstore/v1").await.problem(401);
    anonymous.call_store(Method::DELETE, "?confirm=default", None).await.problem(401);
    before.assert_kept(&api, "others than administrators").await;
    assert_eq!(texts(&stores(&api).await, "name"), ["default"]);
}

async fn a_stale_tag_is_refused(server: Server) {
    let api = server.admin();
    let first = api.create_store(&json!({ "name": "shop" })).await.expect(201).etag();
    let shop = api.in_store("shop");
    let guarded = shop.with("if-match", &first);
    let second = patch_store(&guarded, &set("passwordHistory", 1)).await.expect(202).etag();
    assert_ne!(first, second);
    for answer in [
        patch_store(&guarded, &set("passwordHistory", 2)).await,
        guarded.call_store(Method::PUT, "", Some(&json!({ "name": "x" }))).await,
        guarded.call_store(Method::DELETE, "", None).await,
    ] {
        assert_eq!(answer.etag(), second);
        answer.problem(412);
    }
    // What happens inside the store is no change of the store.
    shop.new_user("ada").await;
    let guarded = shop.with("if-match", &second);
    guarded.call_store(Method::DELETE, "?confirm=shop", None).await.expect(204);
}

async fn two_nodes_see_a_setting_at_once(installation: Installation) {
    let nodes = [installation.start().await, installation.start().await];
    let [one, other] = nodes.each_ref().map(|node| node.api(Some(ADMIN_KEY)));
    new_store(&one, "shop").await;
    for n in 0..10 {
        let (here, there) = if n % 2 == 0 { (&one, &other) } else { (&other, &one) };
        let (here, there) = (here.in_store("shop"), there.in_store("shop"));
        patch_store(&here, &set("readOnly", true)).await.expect(202);
        there.create_user(&json!({ "loginName": "x" })).await.problem(403);
        patch_store(&here, &set("readOnly", false)).await.expect(202);
        there.new_user(&format!("user {n}")).await;
    }
    one.in_store("shop").call_store(Method::DELETE, "?confirm=shop", None).await.expect(204);
    other.in_store("shop").get_users("").await.problem(404);
}

async fn many_stores_are_listed_in_pages(server: Server) {
    let api = server.admin();
    for n in 0..24 {
        new_store(&api, &format!("store-{n:02}")).await;
    }
    let whole = stores(&api).await;
    assert_eq!(whole.as_array().map(Vec::len), Some(25));
    let (paged, pages) = all_pages(&api, "/api/userstore/v1?limit=10").await;
    assert_eq!((Value::Array(paged), pages), (whole, 3));
    api.get("/api/userstore/v1?limit=0").await.problem(400);
    api.get("/api/userstore/v1?limit=2&cursor=x").await.problem(400);
}

/// Settings that no store can have do not let a node start.
#[tokio::test]
async fn a_wrong_setting_in_the_configuration_is_told() {
    for (variable, value) in [
        ("USERSTORE__STORES__DEFAULT__PASSWORD_HISTORY", "25"),
        ("USERSTORE__STORES__DEFAULT__SHOES", "1"),
        ("USERSTORE__STORE_DEFAULTS__LOCKOUT_SECONDS", "0"),
        ("USERSTORE__STORE_DEFAULTS__READ_ONLY", "perhaps"),
    ] {
        let installation = Installation::on(Database::Sqlite).await.with(variable, value);
        installation.run(&["config", "check"]).refusal();
    }
}
