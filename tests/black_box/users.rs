//! One user at a time: create, read, replace, delete, create or update.

use serde_json::{Value, json};

use crate::harness::{Server, on_both_databases};

on_both_databases![
    a_created_user_has_every_property_in_the_printed_order,
    a_created_user_is_found_where_the_answer_says,
    a_client_may_choose_the_id,
    an_id_is_given_once,
    a_login_name_is_given_once_ignoring_case,
    an_external_id_is_given_once,
    property_names_match_ignoring_case,
    read_only_properties_do_not_bind,
    a_user_is_read_by_login_name_ignoring_case,
    an_unknown_user_is_not_found,
    put_replaces_names_and_keeps_what_guards_the_account,
    put_refuses_another_id_in_the_body,
    put_of_another_address_ends_its_confirmation,
    a_stale_tag_is_refused_on_every_write,
    a_write_that_changes_nothing_keeps_the_tag,
    a_deleted_user_is_gone,
    create_or_update_creates_what_is_new,
    create_or_update_changes_only_what_is_present,
    create_or_update_refuses_a_name_that_another_id_holds,
];

/// The properties of the shape `User`, as the reference prints them, and then our own.
const PROPERTIES: [&str; 23] = [
    "instanceId",
    "id",
    "externalUniqueIdentifier",
    "loginName",
    "firstName",
    "lastName",
    "emailAddress",
    "emailAddressConfirmed",
    "userValidFrom",
    "userValidTo",
    "isUserActive",
    "isUserLockEnabled",
    "isUserLocked",
    "failedUserLoginAttempts",
    "passwordNeverExpires",
    "canChangePasswordOnExpiration",
    "passwordExpiration",
    "isInitialPassword",
    "isPasswordChangeRequired",
    "memberOfGroups",
    "userProfiles",
    "isTwoFactorRequired",
    "isTwoFactorRegistered",
];

const UNKNOWN: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn id_of(user: &Value) -> &str {
    user["id"].as_str().expect("an id")
}

async fn a_created_user_has_every_property_in_the_printed_order(server: Server) {
    let answer = server.admin().create_user(&json!({ "loginName": "Ada" })).await.expect(201);
    let text = answer.text();
    let places: Vec<_> =
        PROPERTIES.iter().map(|name| text.find(&format!(r#""{name}":"#))).collect();
    assert!(places.iter().all(Option::is_some), "{text}");
    assert!(places.is_sorted(), "{text}");

    let mut user = answer.json(201);
    let given = user.as_object_mut().expect("an object");
    let id = given.remove("id").expect("an id");
    let instance = given.remove("instanceId").expect("an instance");
    let id = uuid::Uuid::parse_str(id.as_str().expect("text")).expect("a UUID");
    assert_eq!(id.get_version_num(), 7);
    assert!(uuid::Uuid::parse_str(instance.as_str().expect("text")).is_ok());
    let expected = json!({
        "externalUniqueIdentifier": null,
        "loginName": "Ada",
        "firstName": null,
        "lastName": null,
        "emailAddress": null,
        "emailAddressConfirmed": false,
        "userValidFrom": null,
        "userValidTo": null,
        "isUserActive": true,
        "isUserLockEnabled": true,
        "isUserLocked": false,
        "failedUserLoginAttempts": 0,
        "passwordNeverExpires": false,
        "canChangePasswordOnExpiration": true,
        "passwordExpiration": null,
        "isInitialPassword": false,
        "isPasswordChangeRequired": false,
        "memberOfGroups": [],
        "userProfiles": [],
        "isTwoFactorRequired": false,
        "isTwoFactorRegistered": false,
    });
    assert_eq!(user, expected);
}

async fn a_created_user_is_found_where_the_answer_says(server: Server) {
    let api = server.admin();
    let user = json!({
        "loginName": "ada",
        "externalUniqueIdentifier": "hr-1",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "emailAddress": "ada@example.com",
        "userValidFrom": "2026-01-31T13:00:00+01:00",
        "userValidTo": "2030-01-01T00:00:00.5Z",
        "userProfiles": [{ "key": "shoe size", "value": "38" }],
    });
    let created = api.create_user(&user).await.expect(201);
    let found = api.get(created.header("location")).await.expect(200);
    assert_eq!(found.etag(), created.etag());
    let (created, found) = (created.json(201), found.json(200));
    assert_eq!(found, created);
    assert_eq!(found["userValidFrom"], "2026-01-31T12:00:00.000000Z");
    assert_eq!(found["userValidTo"], "2030-01-01T00:00:00.500000Z");
    assert_eq!(found["lastName"], "Lovelace");
    assert_eq!(found["userProfiles"][0]["key"], "shoe size");
    assert_eq!(found["userProfiles"][0]["userId"], found["id"]);
}

async fn a_client_may_choose_the_id(server: Server) {
    let api = server.admin();
    let id = "0A5D3E7B-1C2D-4E3F-8A9B-0C1D2E3F4A5B";
    let user = api.create_user(&json!({ "id": id, "loginName": "ada" })).await.json(201);
    assert_eq!(user["id"], id.to_lowercase());
    assert_eq!(api.get_user(id).await.json(200), user);
}

async fn an_id_is_given_once(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let again = api.create_user(&json!({ "id": user["id"], "loginName": "bob" })).await;
    assert!(again.problem(409).to_string().contains("id"));
    api.get_user_by_login_name("bob").await.problem(404);
}

async fn a_login_name_is_given_once_ignoring_case(server: Server) {
    let api = server.admin();
    api.new_user("Élodie").await;
    // The same letters, composed otherwise.
    for taken in ["ÉLODIE", "e\u{301}lodie"] {
        let problem = api.create_user(&json!({ "loginName": taken })).await.problem(409);
        assert!(problem.to_string().contains("loginName"), "{problem}");
    }
    let other = api.new_user("bob").await;
    api.update_user(id_of(&other), &json!({ "loginName": "élodie" })).await.problem(409);
}

async fn an_external_id_is_given_once(server: Server) {
    let api = server.admin();
    let with = |name: &str| json!({ "loginName": name, "externalUniqueIdentifier": "hr-1" });
    api.create_user(&with("ada")).await.expect(201);
    let problem = api.create_user(&with("bob")).await.problem(409);
    assert!(problem.to_string().contains("externalUniqueIdentifier"), "{problem}");
    api.new_user("without one").await;
    api.new_user("without one too").await;
}

async fn property_names_match_ignoring_case(server: Server) {
    let user = json!({ "LOGINNAME": "ada", "FirstName": "Ada", "shoeSize": 38 });
    let user = server.admin().create_user(&user).await.json(201);
    assert_eq!((&user["loginName"], &user["firstName"]), (&json!("ada"), &json!("Ada")));
    assert!(user.get("shoeSize").is_none());
}

async fn read_only_properties_do_not_bind(server: Server) {
    let api = server.admin();
    let user =
        json!({ "loginName": "ada", "failedUserLoginAttempts": 7, "isInitialPassword": true });
    let created = api.create_user(&user).await.json(201);
    let replaced = api.update_user(id_of(&created), &user).await.json(202);
    for user in [created, replaced] {
        assert_eq!(user["failedUserLoginAttempts"], 0);
        assert_eq!(user["isInitialPassword"], false);
    }
}

async fn a_user_is_read_by_login_name_ignoring_case(server: Server) {
    let api = server.admin();
    let user = api.new_user("Ada/Byron & Söhne").await;
    let found = api.get_user_by_login_name("ada%2Fbyron%20%26%20S%C3%96HNE").await.expect(200);
    assert_eq!(found.etag(), api.get_user(id_of(&user)).await.etag());
    assert_eq!(found.json(200), user);
    api.get_user_by_login_name("ada%2Fbyron").await.problem(404);
}

async fn an_unknown_user_is_not_found(server: Server) {
    let api = server.admin();
    let user = json!({ "loginName": "nobody" });
    for id in [UNKNOWN, "no-uuid", "%20", "0", "%F0%9F%A6%80"] {
        api.get_user(id).await.problem(404);
        api.update_user(id, &user).await.problem(404);
        api.patch_user(id, &json!([])).await.problem(404);
        api.delete_user(id).await.problem(404);
    }
    api.get_user_by_login_name("nobody").await.problem(404);
}

async fn put_replaces_names_and_keeps_what_guards_the_account(server: Server) {
    let api = server.admin();
    let whole = json!({
        "loginName": "ada",
        "firstName": "Ada",
        "lastName": "Lovelace",
        "externalUniqueIdentifier": "hr-1",
        "emailAddress": "ada@example.com",
        "isUserActive": false,
        "isUserLocked": true,
        "isUserLockEnabled": false,
        "userValidFrom": "2026-01-01T00:00:00Z",
        "userValidTo": "2027-01-01T00:00:00Z",
        "isPasswordChangeRequired": true,
        "passwordNeverExpires": true,
        "canChangePasswordOnExpiration": false,
        "passwordExpiration": "2099-01-01T00:00:00Z",
        "userProfiles": [{ "key": "k", "value": "v" }],
    });
    let before = api.create_user(&whole).await.json(201);
    let after = api.update_user(id_of(&before), &json!({ "loginName": "Bob" })).await.json(202);

    let replaced =
        ["loginName", "firstName", "lastName", "externalUniqueIdentifier", "emailAddress"];
    for property in PROPERTIES {
        match property {
            "loginName" => assert_eq!(after[property], "Bob"),
            name if replaced.contains(&name) => assert_eq!(after[property], Value::Null, "{name}"),
            name => assert_eq!(after[property], before[property], "{name}"),
        }
    }
    assert_eq!(api.get_user(id_of(&before)).await.json(200), after);
}

async fn put_refuses_another_id_in_the_body(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let other = json!({ "id": UNKNOWN, "loginName": "ada" });
    assert_eq!(api.update_user(id_of(&user), &other).await.broken_properties(), ["id"]);
    let same = json!({ "id": user["id"], "loginName": "ada" });
    api.update_user(id_of(&user), &same).await.expect(202);
}

async fn put_of_another_address_ends_its_confirmation(server: Server) {
    let api = server.admin();
    let with = |address: &str| json!({ "loginName": "ada", "emailAddress": address, "emailAddressConfirmed": true });
    let user = api.create_user(&with("ada@example.com")).await.json(201);
    let kept = api.update_user(id_of(&user), &with("ada@example.com")).await.json(202);
    assert_eq!(kept["emailAddressConfirmed"], true);
    let moved = api.update_user(id_of(&user), &with("ada@example.org")).await.json(202);
    assert_eq!(moved["emailAddressConfirmed"], false);
    let confirmed = api.update_user(id_of(&user), &with("ada@example.org")).await.json(202);
    assert_eq!(confirmed["emailAddressConfirmed"], true);
}

async fn a_stale_tag_is_refused_on_every_write(server: Server) {
    let api = server.admin();
    let created = api.create_user(&json!({ "loginName": "ada" })).await.expect(201);
    let first = created.etag();
    let user = created.json(201);
    let id = id_of(&user);

    let changed = json!({ "loginName": "ada", "firstName": "Ada" });
    let second = api.with("if-match", &first).update_user(id, &changed).await.expect(202).etag();
    assert_ne!(first, second);

    let stale = api.with("if-match", &first);
    let remove = json!([{ "op": "remove", "path": "/firstName" }]);
    for answer in [
        stale.update_user(id, &json!({ "loginName": "eve" })).await,
        stale.patch_user(id, &remove).await,
        stale.create_or_update_user(&json!({ "id": id, "firstName": "Eve" })).await,
        stale.delete_user(id).await,
    ] {
        assert_eq!(answer.etag(), second);
        answer.problem(412);
    }
    assert_eq!(api.get_user(id).await.json(200)["firstName"], "Ada");

    let present = api.with("if-match", &second);
    present.patch_user(id, &remove).await.expect(202);
    api.with("if-match", "*").delete_user(id).await.expect(204);
}

async fn a_write_that_changes_nothing_keeps_the_tag(server: Server) {
    let api = server.admin();
    let created = api.create_user(&json!({ "loginName": "ada" })).await.expect(201);
    let (tag, user) = (created.etag(), created.json(201));
    let again = api.update_user(id_of(&user), &user).await.expect(202);
    assert_eq!(again.etag(), tag);
    assert_eq!(api.entries_about(id_of(&user)).await.len(), 1);
}

async fn a_deleted_user_is_gone(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let answer = api.delete_user(id_of(&user)).await.expect(204);
    assert_eq!(answer.text(), "");
    api.get_user(id_of(&user)).await.problem(404);
    api.get_user_by_login_name("ada").await.problem(404);
    api.delete_user(id_of(&user)).await.problem(404);
    api.new_user("ADA").await;
}

async fn create_or_update_creates_what_is_new(server: Server) {
    let api = server.admin();
    let made = api.create_or_update_user(&json!({ "loginName": "ada" })).await.expect(201);
    assert_eq!(api.get(made.header("location")).await.json(200), made.json(201));
    let with_id = json!({ "id": UNKNOWN, "loginName": "bob" });
    let made = api.create_or_update_user(&with_id).await.json(201);
    assert_eq!(made["id"], UNKNOWN);
    let nameless = json!({ "firstName": "Ada" });
    assert_eq!(api.create_or_update_user(&nameless).await.broken_properties(), ["loginName"]);
}

async fn create_or_update_changes_only_what_is_present(server: Server) {
    let api = server.admin();
    let before = json!({ "loginName": "ada", "firstName": "Ada", "lastName": "Lovelace" });
    let before = api.create_user(&before).await.json(201);

    let by_name = json!({ "loginName": "ADA", "firstName": "Augusta" });
    let after = api.create_or_update_user(&by_name).await.json(201);
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["firstName"], "Augusta");
    assert_eq!(after["lastName"], "Lovelace");

    let by_id = json!({ "id": before["id"], "lastName": null });
    let after = api.create_or_update_user(&by_id).await.json(201);
    assert_eq!(after["firstName"], "Augusta");
    assert_eq!(after["lastName"], Value::Null);
}

async fn create_or_update_refuses_a_name_that_another_id_holds(server: Server) {
    let api = server.admin();
    api.new_user("ada").await;
    let bob = api.new_user("bob").await;
    for id in [id_of(&bob), UNKNOWN] {
        let user = json!({ "id": id, "loginName": "Ada" });
        let problem = api.create_or_update_user(&user).await.problem(409);
        assert!(problem.to_string().contains("loginName"), "{problem}");
    }
}
