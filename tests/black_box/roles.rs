//! Roles: given to users, groups and clients, and what nobody may do with them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    ADMIN_KEY, Api, Installation, Server, Snapshot, all_pages, id_of, on_both_databases, texts,
};

on_both_databases![
    an_own_role_of_the_configuration_gives_what_it_says,
    a_role_is_given_to_a_user_a_group_and_a_client,
    a_wrong_assignment_is_refused_with_the_property,
    assignments_are_listed_by_holder_and_role,
    a_client_lives_over_http,
    nobody_grants_what_they_lack,
    nobody_acts_upward_on_a_user,
    nobody_brings_anybody_into_a_group_that_gives_more,
    a_revoked_role_ends_with_the_next_request,
    who_loses_a_role_loses_it_in_its_own_store_only,
    what_a_role_needs_is_asked_of_every_operation,
    assignments_leave_their_entries,
];

const BUILT_IN: [&str; 4] = ["SystemAdmin", "UserStoreAdmin", "UserManager", "AuditTrailReader"];
const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

async fn assign(api: &Api, holder: &str, id: &str, role: &str) -> crate::harness::Answer {
    api.post("Role/assignment", &json!({ holder: id, "role": role })).await
}

async fn revoke(api: &Api, holder: &str, id: &str, role: &str) -> crate::harness::Answer {
    api.delete(&format!("Role/assignment?{holder}={id}&role={role}")).await
}

/// The id and the key of a new client with these roles, each perhaps in a store of its own.
async fn new_client(api: &Api, name: &str, roles: &Value) -> (String, String) {
    let client = json!({ "name": name, "roles": roles });
    let client = api.post("Client", &client).await.json(201);
    let key = client["key"].as_str().expect("a key").to_owned();
    (id_of(&client).to_owned(), key)
}

async fn an_own_role_of_the_configuration_gives_what_it_says(installation: Installation) {
    let installation = installation
        .with("USERSTORE__ROLES__HELPDESK", "UserRead,PasswordVerify")
        .with("USERSTORE__ROLES__GROUPKEEPER", "GroupRead,GroupManage");
    let node = installation.start().await;
    let api = node.api(Some(ADMIN_KEY));
    let roles = json!([{ "role": "HELPDESK" }]);
    let (id, key) = new_client(&api, "desk", &roles).await;
    let desk = node.api(Some(&key));
    desk.get_users("").await.expect(200);
    desk.read("Group").await.problem(403);
    desk.create_user(&json!({ "loginName": "x" })).await.problem(403);
    assert_eq!(
        assign(&api, "clientId", &id, "GroupKeeper").await.json(201)["role"]
            .as_str()
            .map(str::to_lowercase),
        Some("groupkeeper".into())
    );
    desk.new_group("staff").await;
    desk.get_audit_trails("").await.problem(403);
    let everywhere = json!({ "clientId": id, "role": "helpdesk", "storeId": null });
    api.post("Role/assignment", &everywhere).await.expect(201);
    installation.run(&["store", "create", "other"]).well();
    desk.in_store("other").get_users("").await.expect(200);
    desk.in_store("other").read("Group").await.problem(403);
    // Without the role in the configuration the assignment gives nothing, and can be taken.
    drop(node);
    let without = installation.without("USERSTORE__ROLES__HELPDESK");
    let node = without.start().await;
    let (api, desk) = (node.api(Some(ADMIN_KEY)), node.api(Some(&key)));
    desk.get_users("").await.problem(403);
    desk.read("Group").await.expect(200);
    revoke(&api, "clientId", &id, "HelpDesk").await.expect(204);
    let unknown = assign(&api, "clientId", &id, "HelpDesk").await;
    assert_eq!(unknown.broken_properties(), ["role"]);
}

async fn a_role_is_given_to_a_user_a_group_and_a_client(server: Server) {
    let api = server.admin();
    let (user, group) = (api.new_user("ada").await, api.new_group("staff").await);
    let (client, _) = new_client(&api, "c", &json!([{ "role": "UserManager" }])).await;
    let store = user["instanceId"].clone();
    for (holder, id) in
        [("userId", id_of(&user)), ("groupId", id_of(&group)), ("clientId", &client)]
    {
        let answer = assign(&api, holder, id, "audittrailreader").await.expect(201);
        let found = api.get(answer.header("location")).await.json(200);
        let given = answer.json(201);
        assert_eq!(given, json!({ holder: id, "role": "AuditTrailReader", "storeId": store }));
        assert_eq!(found, json!([given]));
        let again = assign(&api, holder, id, "AuditTrailReader").await.problem(409);
        assert!(again["errors"]["role"].is_array(), "{again}");
        // The same role everywhere is another assignment.
        let everywhere = json!({ holder: id, "role": "AuditTrailReader", "storeId": null });
        assert_eq!(
            api.post("Role/assignment", &everywhere).await.json(201)["storeId"],
            Value::Null
        );
        revoke(&api, holder, id, "AuditTrailReader").await.expect(204);
        revoke(&api, holder, id, "AuditTrailReader").await.problem(404);
        revoke(&api, holder, id, "AuditTrailReader&storeId=*").await.expect(204);
        let admin = assign(&api, holder, id, "SystemAdmin").await.json(201);
        assert_eq!(admin["storeId"], Value::Null);
        revoke(&api, holder, id, "SystemAdmin").await.expect(204);
        let by_store = format!("UserManager&storeId={}", store.as_str().expect("an id"));
        if holder != "clientId" {
            assign(&api, holder, id, "UserManager").await.expect(201);
        }
        revoke(&api, holder, id, &by_store).await.expect(204);
    }
    assert_eq!(api.list("Role/assignment").await.len(), 1);
}

async fn a_wrong_assignment_is_refused_with_the_property(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let id = id_of(&user);
    let before = Snapshot::of(&api).await;
    for (body, property) in [
        (json!({ "userId": id }), "role"),
        (json!({ "userId": id, "role": "" }), "role"),
        (json!({ "userId": id, "role": "Emperor" }), "role"),
        (json!({ "userId": id, "role": "a b" }), "role"),
        (json!({ "role": "UserManager" }), "userId"),
        (json!({ "userId": "x", "role": "UserManager" }), "userId"),
        (json!({ "userId": id, "groupId": id, "role": "UserManager" }), "groupId"),
        (json!({ "userId": id, "role": "UserManager", "storeId": null }), "storeId"),
        (json!({ "userId": id, "role": "UserManager", "storeId": UNKNOWN }), "storeId"),
        (json!({ "userId": id, "role": "SystemAdmin", "storeId": user["instanceId"] }), "storeId"),
    ] {
        let refused = api.post("Role/assignment", &body).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text());
        assert_eq!(refused.broken_properties(), [property], "{body}");
    }
    for holder in ["userId", "groupId", "clientId"] {
        let refused = assign(&api, holder, UNKNOWN, "UserManager").await;
        assert!([400, 404].contains(&refused.status), "{holder}: {}", refused.text());
        revoke(&api, holder, UNKNOWN, "UserManager").await.problem(404);
    }
    for query in [
        "",
        "?role=UserManager",
        &format!("?userId={id}"),
        &format!("?userId={id}&role=UserManager&x=1"),
    ] {
        api.delete(&format!("Role/assignment{query}")).await.problem(400);
    }
    for query in
        ["?userId=x", "?role=a%20b", &format!("?userId={id}&groupId={id}"), "?filter=role%20pr"]
    {
        api.read(&format!("Role/assignment{query}")).await.problem(400);
    }
    before.assert_kept(&api, "wrong assignments").await;
}

async fn assignments_are_listed_by_holder_and_role(server: Server) {
    let api = server.admin();
    let (user, group) = (api.new_user("ada").await, api.new_group("staff").await);
    for role in ["UserManager", "UserStoreAdmin", "AuditTrailReader"] {
        assign(&api, "userId", id_of(&user), role).await.expect(201);
        assign(&api, "groupId", id_of(&group), role).await.expect(201);
    }
    let of_user = api.read(&format!("Role/assignment?userId={}", id_of(&user))).await.json(200);
    assert_eq!(of_user.as_array().map(Vec::len), Some(3));
    let managers = api.read("Role/assignment?role=usermanager").await.json(200);
    assert_eq!(managers.as_array().map(Vec::len), Some(2));
    let both = format!("Role/assignment?groupId={}&role=UserManager", id_of(&group));
    assert_eq!(api.read(&both).await.json(200).as_array().map(Vec::len), Some(1));
    let whole = api.read("Role/assignment").await.json(200);
    assert_eq!(whole.as_array().map(Vec::len), Some(7), "{whole}");
    let (paged, pages) = all_pages(&api, &api.path("Role/assignment?limit=3")).await;
    assert_eq!((Value::Array(paged), pages), (whole, 3));
    // Whoever goes takes their roles along.
    api.delete_user(id_of(&user)).await.expect(204);
    api.delete(&format!("Group/{}", id_of(&group))).await.expect(204);
    assert_eq!(api.list("Role/assignment").await.len(), 1);
}

async fn a_client_lives_over_http(server: Server) {
    let api = server.admin();
    let client = json!({
        "name": "ci",
        "roles": [{ "role": "usermanager" }],
        "expires": "2099-01-01T00:00:00Z",
    });
    let answer = api.post("Client", &client).await.expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let mut made = answer.json(201);
    let key = made.as_object_mut().expect("an object").remove("key").expect("a key");
    let key = key.as_str().expect("text").to_owned();
    assert_eq!(made["roles"][0]["role"], "UserManager");
    assert_eq!(made["expires"], "2099-01-01T00:00:00.000000Z");
    server.holder_of(&key).get_users("").await.expect(200);
    let one = api.read(&format!("Client?id={}", id_of(&made))).await;
    assert!(!one.text().contains(&key));
    let one = one.json(200);
    assert!(one == json!([made]) || one == made, "{one}");
    let all = api.read("Client").await.expect(200);
    assert!(!all.text().contains(&key), "a key is shown once");
    assert_eq!(texts(&all.json(200), "name").len(), 2);
    assert!(!api.get_audit_trails("").await.text().contains(&key));
    assert!(!server.node.log().contains(&key));
    let twice = api.post("Client", &client).await.problem(409);
    assert!(twice["errors"]["name"].is_array(), "{twice}");
    for (body, property) in [
        (json!({ "roles": [{ "role": "UserManager" }] }), "name"),
        (json!({ "name": "", "roles": [{ "role": "UserManager" }] }), "name"),
        (json!({ "name": "x" }), "roles"),
        (json!({ "name": "x", "roles": [] }), "roles"),
        (json!({ "name": "x", "roles": [{}] }), "roles[0].role"),
        (json!({ "name": "x", "roles": [{ "role": "Emperor" }] }), "roles"),
        (
            json!({
                "name": "x",
                "roles": [{ "role": "UserManager" }],
                "expires": "2020-01-01T00:00:00Z",
            }),
            "expires",
        ),
    ] {
        assert_eq!(api.post("Client", &body).await.broken_properties(), [property], "{body}");
    }
    // A key is shown once, so this is no request to repeat.
    let keyed = api.with("idempotency-key", "k");
    let again = json!({ "name": "again", "roles": [{ "role": "UserManager" }] });
    let first = keyed.post("Client", &again).await;
    if first.status == 201 {
        keyed.post("Client", &again).await.problem(409);
    } else {
        first.problem(400);
    }
    api.delete("Client").await.problem(400);
    api.delete(&format!("Client?id={UNKNOWN}")).await.problem(404);
    api.delete(&format!("Client?id={}", id_of(&made))).await.expect(204);
    server.holder_of(&key).get_users("").await.problem(401);
    api.delete(&format!("Client?id={}", id_of(&made))).await.problem(404);
}

/// Every built-in role asks for every other, for each kind of holder: assigning is a matter of
/// `SystemAdmin`, who holds them all.
async fn nobody_grants_what_they_lack(server: Server) {
    let api = server.admin();
    let (user, group) = (api.new_user("ada").await, api.new_group("staff").await);
    let (client, _) = new_client(&api, "c", &json!([{ "role": "AuditTrailReader" }])).await;
    for caller in BUILT_IN {
        let (_, key) = new_client(&api, caller, &json!([{ "role": caller }])).await;
        let caller_api = server.holder_of(&key);
        for role in BUILT_IN {
            for (holder, id) in
                [("userId", id_of(&user)), ("groupId", id_of(&group)), ("clientId", &client)]
            {
                if holder == "clientId" && role == "AuditTrailReader" {
                    continue;
                }
                let answer = assign(&caller_api, holder, id, role).await;
                let name = format!("{caller} gives {role} to {holder}: {}", answer.text());
                if caller == "SystemAdmin" {
                    assert_eq!(answer.status, 201, "{name}");
                    assert_eq!(revoke(&caller_api, holder, id, role).await.status, 204, "{name}");
                } else {
                    assert_eq!(answer.status, 403, "{name}");
                    assert_eq!(revoke(&caller_api, holder, id, role).await.status, 403, "{name}");
                }
            }
            let new = json!({ "name": format!("{caller}-{role}"), "roles": [{ "role": role }] });
            let answer = caller_api.post("Client", &new).await;
            let expected = if caller == "SystemAdmin" { 201 } else { 403 };
            assert_eq!(answer.status, expected, "{caller} makes a client: {}", answer.text());
        }
    }
    assert_eq!(api.list(&format!("Role/assignment?userId={}", id_of(&user))).await.len(), 0);
}

/// Whether a caller of the first role may do to a user of the second what concerns the account.
fn covers(caller: &str, target: &str) -> bool {
    match caller {
        "SystemAdmin" => true,
        "UserStoreAdmin" => ["UserStoreAdmin", "UserManager"].contains(&target),
        _ => caller == target,
    }
}

async fn nobody_acts_upward_on_a_user(server: Server) {
    let api = server.admin();
    for caller in ["SystemAdmin", "UserStoreAdmin", "UserManager"] {
        let (_, key) = new_client(&api, caller, &json!([{ "role": caller }])).await;
        let caller_api = server.holder_of(&key);
        for target in BUILT_IN {
            let name = format!("{caller}-{target}");
            let user = json!({ "loginName": name, "emailAddress": "a@example.com" });
            let user = api.create_user(&user).await.json(201);
            let id = id_of(&user);
            assign(&api, "userId", id, target).await.expect(201);
            let before = api.get_user(id).await.json(200);
            let may = covers(caller, target);
            let expect = |answer: crate::harness::Answer, good: u16| {
                let expected = if may { good } else { 403 };
                assert_eq!(answer.status, expected, "{name}: {}", answer.text());
            };
            // What concerns nobody's account anybody may write who manages users.
            let harmless = json!([{ "op": "add", "path": "/firstName", "value": "Ada" }]);
            caller_api.patch_user(id, &harmless).await.expect(202);
            for (path, value) in [
                ("emailAddress", json!("b@example.com")),
                ("isUserActive", json!(false)),
                ("isUserLocked", json!(true)),
            ] {
                let patch =
                    json!([{ "op": "replace", "path": format!("/{path}"), "value": value }]);
                expect(caller_api.patch_user(id, &patch).await, 202);
                let batch = json!([{ "ids": [id], "patch": patch }]);
                expect(caller_api.patch("User/batch", &batch).await, 202);
                let upsert = json!({ "id": id, path: value });
                expect(caller_api.create_or_update_user(&upsert).await, 201);
                let mut whole = before.clone();
                whole[path] = value;
                whole["memberOfGroups"] = Value::Null;
                expect(caller_api.update_user(id, &whole).await, 202);
            }
            let state = format!("User/{id}/state?isActive=false");
            expect(caller_api.call(Method::POST, &state, None).await, 200);
            expect(caller_api.post("User/batch/delete?dryRun=true", &json!([id])).await, 204);
            expect(caller_api.delete_user(id).await, 204);
            assert_eq!(api.get_user(id).await.status == 404, may, "{name}");
        }
    }
}

async fn nobody_brings_anybody_into_a_group_that_gives_more(server: Server) {
    let api = server.admin();
    let (_, key) = new_client(&api, "keeper", &json!([{ "role": "UserStoreAdmin" }])).await;
    let keeper = server.holder_of(&key);
    let user = api.new_user("ada").await;
    let (admins, plain, inner) =
        (api.new_group("admins").await, api.new_group("plain").await, api.new_group("inner").await);
    let nest = json!({ "name": "inner", "parentGroups": [id_of(&admins)] });
    api.put(&format!("Group/{}", id_of(&inner)), &nest).await.expect(202);
    assign(&api, "groupId", id_of(&admins), "AuditTrailReader").await.expect(201);
    let before = Snapshot::of(&api).await;
    for group in [&admins, &inner] {
        let path = format!("Group/{}", id_of(group));
        let members = json!({ "name": group["name"], "memberUsers": [id_of(&user)] });
        let add = json!([{ "op": "add", "path": "/memberUsers/-", "value": id_of(&user) }]);
        let join = json!([{ "op": "add", "path": "/memberOfGroups/-", "value": id_of(group) }]);
        let new = json!({ "loginName": "new", "memberOfGroups": [id_of(group)] });
        let below = json!({ "name": "plain", "parentGroups": [id_of(group)] });
        let above = json!({ "name": group["name"], "memberGroups": [id_of(&plain)] });
        for answer in [
            keeper.put(&path, &members).await,
            keeper.patch(&path, &add).await,
            keeper.patch_user(id_of(&user), &join).await,
            keeper.create_user(&new).await,
            keeper.create_users(&json!([new])).await,
            keeper.put(&format!("Group/{}", id_of(&plain)), &below).await,
            keeper.put(&path, &above).await,
            keeper.post("Group", &json!({ "name": "new", "parentGroups": [id_of(group)] })).await,
            keeper.delete(&path).await,
        ] {
            assert_eq!(answer.status, 403, "{}: {}", group["name"], answer.text());
        }
        before.assert_kept(&api, "upward").await;
    }
    // Where nothing more is given, the same is fine; and the group itself may be renamed.
    let members = json!({ "name": "plain", "memberUsers": [id_of(&user)] });
    keeper.put(&format!("Group/{}", id_of(&plain)), &members).await.expect(202);
    let renamed = json!({ "name": "Admins" });
    keeper.put(&format!("Group/{}", id_of(&admins)), &renamed).await.expect(202);
}

async fn a_revoked_role_ends_with_the_next_request(server: Server) {
    let api = server.admin();
    let roles = json!([{ "role": "UserManager" }, { "role": "AuditTrailReader" }]);
    let (id, key) = new_client(&api, "c", &roles).await;
    let holder = server.holder_of(&key);
    for _ in 0..5 {
        holder.get_audit_trails("?limit=1").await.expect(200);
        revoke(&api, "clientId", &id, "AuditTrailReader").await.expect(204);
        holder.get_audit_trails("?limit=1").await.problem(403);
        assign(&api, "clientId", &id, "AuditTrailReader").await.expect(201);
    }
    revoke(&api, "clientId", &id, "AuditTrailReader").await.expect(204);
    revoke(&api, "clientId", &id, "UserManager").await.expect(204);
    // A caller without any role does not even learn that there is such a store.
    holder.get_users("").await.problem(404);
}

async fn who_loses_a_role_loses_it_in_its_own_store_only(server: Server) {
    let api = server.admin();
    let other = api.create_store(&json!({ "name": "other" })).await.json(201);
    let roles =
        json!([{ "role": "UserManager" }, { "role": "UserManager", "storeId": other["id"] }]);
    let (id, key) = new_client(&api, "c", &roles).await;
    let holder = server.holder_of(&key);
    holder.in_store("other").new_user("ada").await;
    revoke(&api, "clientId", &id, "UserManager").await.expect(204);
    holder.get_users("").await.problem(404);
    holder.in_store("other").get_users("").await.expect(200);
    revoke(&api, "clientId", &id, &format!("UserManager&storeId={}", id_of(&other)))
        .await
        .expect(204);
    holder.in_store("other").get_users("").await.problem(404);
}

async fn what_a_role_needs_is_asked_of_every_operation(server: Server) {
    let api = server.admin();
    let (user, group) = (api.new_user("ada").await, api.new_group("staff").await);
    let manager =
        server.holder_of(&new_client(&api, "m", &json!([{ "role": "UserManager" }])).await.1);
    let reader =
        server.holder_of(&new_client(&api, "r", &json!([{ "role": "AuditTrailReader" }])).await.1);
    let before = Snapshot::of(&api).await;
    let metadata = format!("Group/{}/GroupMetadata", id_of(&group));
    for list in ["Group", &metadata, &format!("Group/user/{}/membership", id_of(&user))] {
        manager.read(list).await.problem(403);
    }
    for list in ["User", &format!("user/{}/UserProfile", id_of(&user)), "Group", &metadata] {
        reader.read(list).await.problem(403);
    }
    for (path, body) in [
        ("Group", json!({ "name": "x" })),
        (metadata.as_str(), json!({ "key": "x" })),
        // Memberships are a matter of groups, from either side.
        ("User", json!({ "loginName": "x", "memberOfGroups": [id_of(&group)] })),
    ] {
        manager.post(path, &body).await.problem(403);
        reader.post(path, &body).await.problem(403);
    }
    let join = json!([{ "op": "add", "path": "/memberOfGroups/-", "value": id_of(&group) }]);
    manager.patch_user(id_of(&user), &join).await.problem(403);
    for list in ["Role/assignment", "Client"] {
        manager.read(list).await.problem(403);
        reader.read(list).await.problem(403);
    }
    before.assert_kept(&api, "callers who lack a permission").await;
    manager.read("User/synchronize").await.expect(200);
    reader.read("User/synchronize").await.problem(403);
}

async fn assignments_leave_their_entries(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    assign(&api, "userId", id_of(&user), "UserManager").await.expect(201);
    assign(&api, "userId", id_of(&user), "UserManager").await.problem(409);
    revoke(&api, "userId", id_of(&user), "UserManager").await.expect(204);
    let entries = api.get_audit_trails("?filter=area%20eq%20%22Role%22").await.json(200);
    let entries: Vec<_> = entries
        .as_array()
        .expect("a list")
        .iter()
        .filter(|entry| entry["primaryKey"].as_str().is_some_and(|key| key.contains(id_of(&user))))
        .map(|entry| entry["action"].clone())
        .collect();
    assert_eq!(entries, ["Added", "Deleted"]);
}
