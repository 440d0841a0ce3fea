//! JSON Patch of a user: RFC 6902, with the leniencies of the specification.

use serde_json::{Value, json};

use crate::harness::{Server, on_both_databases};

on_both_databases![
    a_patch_is_taken_bare_and_wrapped,
    operations_and_paths_match_ignoring_case,
    remove_sets_a_boolean_false_and_a_text_null,
    move_copy_and_test_work,
    a_failed_test_is_a_conflict_and_changes_nothing,
    an_invalid_patch_is_refused_and_changes_nothing,
    read_only_properties_cannot_be_patched,
    a_patched_value_obeys_the_rules_of_its_property,
];

async fn ada(server: &Server) -> String {
    let user = json!({ "loginName": "ada", "firstName": "Ada", "lastName": "Lovelace" });
    let user = server.admin().create_user(&user).await.json(201);
    user["id"].as_str().expect("an id").to_owned()
}

fn replace(path: &str, value: impl Into<Value>) -> Value {
    json!({ "op": "replace", "path": path, "value": value.into() })
}

async fn a_patch_is_taken_bare_and_wrapped(server: Server) {
    let (api, id) = (server.admin(), ada(&server).await);
    let bare = json!([replace("/firstName", "A")]);
    let answer = api.patch_user(&id, &bare).await.expect(202);
    let tag = answer.etag();
    assert_eq!(answer.json(202)["firstName"], "A");

    let operation = json!({
        "op": "replace", "operationType": 2, "path": "/firstName", "value": "B",
    });
    let wrapped = json!({ "operations": [operation] });
    let answer = api.patch_user(&id, &wrapped).await.expect(202);
    assert_ne!(answer.etag(), tag);
    assert_eq!(answer.json(202)["firstName"], "B");

    let request = api.request(reqwest::Method::PATCH, &api.path(&format!("User/{id}")));
    let request = request.header("content-type", "application/json-patch+json");
    let answer = api.send(request.body(bare.to_string())).await;
    assert_eq!(answer.json(202)["firstName"], "A");
}

async fn operations_and_paths_match_ignoring_case(server: Server) {
    let (api, id) = (server.admin(), ada(&server).await);
    let patch = json!([{ "op": "Replace", "path": "/FIRSTNAME", "value": "Augusta" }]);
    assert_eq!(api.patch_user(&id, &patch).await.json(202)["firstName"], "Augusta");
}

async fn remove_sets_a_boolean_false_and_a_text_null(server: Server) {
    let (api, id) = (server.admin(), ada(&server).await);
    let patch = json!([
        { "op": "remove", "path": "/isUserActive" },
        { "op": "remove", "path": "/lastName" },
    ]);
    let user = api.patch_user(&id, &patch).await.json(202);
    assert_eq!((&user["isUserActive"], &user["lastName"]), (&json!(false), &Value::Null));
}

async fn move_copy_and_test_work(server: Server) {
    let (api, id) = (server.admin(), ada(&server).await);
    let patch = json!([
        { "op": "test", "path": "/firstName", "value": "Ada" },
        { "op": "copy", "from": "/lastName", "path": "/firstName" },
        { "op": "add", "path": "/lastName", "value": "Byron" },
        { "op": "move", "from": "/lastName", "path": "/externalUniqueIdentifier" },
    ]);
    let user = api.patch_user(&id, &patch).await.json(202);
    assert_eq!(user["firstName"], "Lovelace");
    assert_eq!(user["lastName"], Value::Null);
    assert_eq!(user["externalUniqueIdentifier"], "Byron");
}

async fn a_failed_test_is_a_conflict_and_changes_nothing(server: Server) {
    let (api, id) = (server.admin(), ada(&server).await);
    let patch = json!([
        replace("/firstName", "Eve"),
        { "op": "test", "path": "/lastName", "value": "Byron" },
    ]);
    api.patch_user(&id, &patch).await.problem(409);
    assert_eq!(api.get_user(&id).await.json(200)["firstName"], "Ada");
    assert_eq!(api.entries_about(&id).await.len(), 1);
}

async fn an_invalid_patch_is_refused_and_changes_nothing(server: Server) {
    let (api, id) = (server.admin(), ada(&server).await);
    let first = replace("/firstName", "Eve");
    for wrong in [
        json!({ "op": "delete", "path": "/lastName" }),
        json!({ "op": "replace", "path": "/shoeSize", "value": 38 }),
        json!({ "op": "replace", "path": "lastName", "value": "x" }),
        json!({ "op": "replace", "path": "/lastName/first", "value": "x" }),
        json!({ "op": "replace", "value": "x" }),
        json!({ "op": "replace", "path": "/lastName" }),
        json!({ "op": "move", "path": "/lastName" }),
        json!({ "path": "/lastName", "value": "x" }),
        json!("replace"),
        json!(null),
    ] {
        api.patch_user(&id, &json!([first, wrong])).await.problem(400);
    }
    for patch in [json!({}), json!(1), json!({ "operations": {} })] {
        api.patch_user(&id, &patch).await.problem(400);
    }
    assert_eq!(api.get_user(&id).await.json(200)["firstName"], "Ada");
}

async fn read_only_properties_cannot_be_patched(server: Server) {
    let (api, id) = (server.admin(), ada(&server).await);
    for (property, value) in [
        ("id", json!("01890a5d-ac96-774b-bcce-b302099a8057")),
        ("instanceId", json!("01890a5d-ac96-774b-bcce-b302099a8057")),
        ("failedUserLoginAttempts", json!(7)),
        ("isInitialPassword", json!(true)),
    ] {
        let patch = json!([replace(&format!("/{property}"), value)]);
        let broken = api.patch_user(&id, &patch).await.broken_properties();
        assert_eq!(broken, ["operations[0].path"], "{property}");
    }
}

async fn a_patched_value_obeys_the_rules_of_its_property(server: Server) {
    let (api, id) = (server.admin(), ada(&server).await);
    let patch = json!([
        replace("/loginName", ""),
        replace("/emailAddress", "nowhere"),
        replace("/isUserActive", "yes"),
    ]);
    let broken = api.patch_user(&id, &patch).await.broken_properties();
    assert_eq!(broken, ["emailAddress", "isUserActive", "loginName"]);
    let window = json!([
        replace("/userValidFrom", "2027-01-01T00:00:00Z"),
        replace("/userValidTo", "2026-01-01T00:00:00Z"),
    ]);
    assert_eq!(api.patch_user(&id, &window).await.broken_properties(), ["userValidFrom"]);
}
