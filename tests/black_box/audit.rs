//! The audit trail: exactly one entry for each record that changed.

use serde_json::{Value, json};

use crate::harness::{Server, on_both_databases};

on_both_databases![
    an_entry_has_every_property_in_the_printed_order,
    every_change_leaves_one_entry,
    a_refused_change_leaves_none,
    an_entry_is_read_by_its_id,
    the_trail_is_in_commit_order,
    the_first_start_is_in_the_trail,
];

/// The properties of the shape `AuditTrail`, as the reference prints them, and the five of ours.
const PROPERTIES: [&str; 17] = [
    "id",
    "timestamp",
    "user",
    "area",
    "primaryKey",
    "category",
    "action",
    "dataSource",
    "originalContent",
    "currentContent",
    "signature",
    "signaturePublicKeyInfo",
    "instanceId",
    "originalSalt",
    "originalCommitment",
    "currentSalt",
    "currentCommitment",
];

fn id_of(user: &Value) -> &str {
    user["id"].as_str().expect("an id")
}

/// The record inside `originalContent` or `currentContent`.
fn content(entry: &Value, side: &str) -> Value {
    let text = entry[format!("{side}Content")].as_str();
    text.map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"))
}

/// A user as the audit trail shows it: without relations.
fn record(user: &Value) -> Value {
    let mut record = user.clone();
    let properties = record.as_object_mut().expect("an object");
    properties.remove("memberOfGroups");
    properties.remove("userProfiles");
    record
}

async fn an_entry_has_every_property_in_the_printed_order(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let entries = api.entries_about(id_of(&user)).await;
    let answer = api.get_audit_trail(&entries[0]["id"].to_string()).await.expect(200);
    let text = answer.text();
    let places: Vec<_> =
        PROPERTIES.iter().map(|name| text.find(&format!(r#""{name}":"#))).collect();
    assert!(places.iter().all(Option::is_some), "{text}");
    assert!(places.is_sorted(), "{text}");

    let entry = answer.json(200);
    assert_eq!(entry["area"], "User");
    assert_eq!(entry["action"], "Added");
    assert_eq!(entry["category"], "DatabaseRecordChange");
    assert_eq!(entry["dataSource"], "default");
    assert_eq!(entry["primaryKey"], user["id"]);
    assert_eq!(entry["instanceId"], user["instanceId"]);
    assert!(entry["user"].as_str().is_some_and(|user| user.starts_with("client:")), "{entry}");
    assert_eq!(entry["originalContent"], Value::Null);
    assert_eq!(entry["originalCommitment"], Value::Null);
    let timestamp = entry["timestamp"].as_str().expect("a timestamp");
    assert_eq!(timestamp.len(), "2026-01-31T12:00:00.000000Z".len());
    assert!(timestamp.ends_with('Z'));
}

async fn every_change_leaves_one_entry(server: Server) {
    let api = server.admin();
    let added = api.new_user("ada").await;
    let id = id_of(&added);
    let put = json!({ "loginName": "ada", "firstName": "Ada" });
    let put = api.update_user(id, &put).await.json(202);
    let patch = json!([{ "op": "replace", "path": "/isUserLocked", "value": true }]);
    let patched = api.patch_user(id, &patch).await.json(202);
    let merge = json!({ "id": id, "lastName": "Lovelace" });
    let merged = api.create_or_update_user(&merge).await.json(201);
    api.delete_user(id).await.expect(204);

    let states = [&added, &put, &patched, &merged].map(record);
    let entries = api.entries_about(id).await;
    let told: Vec<_> = entries
        .iter()
        .map(|entry| {
            (entry["action"].clone(), content(entry, "original"), content(entry, "current"))
        })
        .collect();
    let [added, put, patched, merged] = states;
    let expected = [
        (json!("Added"), Value::Null, added.clone()),
        (json!("Modified"), added, put.clone()),
        (json!("Modified"), put, patched.clone()),
        (json!("Modified"), patched, merged.clone()),
        (json!("Deleted"), merged, Value::Null),
    ];
    assert_eq!(told, expected);
}

async fn a_refused_change_leaves_none(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let before = api.get_audit_trails("").await.json(200);
    api.create_user(&json!({ "loginName": "ADA" })).await.problem(409);
    api.update_user(id_of(&user), &json!({})).await.problem(400);
    api.with("if-match", r#""stale""#).delete_user(id_of(&user)).await.problem(412);
    let batch = json!([{ "loginName": "b" }, { "loginName": "ada" }]);
    api.create_users(&batch).await.problem(409);
    assert_eq!(api.get_audit_trails("").await.json(200), before);
}

async fn an_entry_is_read_by_its_id(server: Server) {
    let api = server.admin();
    api.new_user("ada").await;
    let entries = api.get_audit_trails("").await.json(200);
    for entry in entries.as_array().expect("a list") {
        let one = api.get_audit_trail(&entry["id"].to_string()).await.json(200);
        assert_eq!(one, *entry);
    }
    for unknown in ["0", "-1", "9007199254740991", "99999999999999999999", "x", "%00"] {
        api.get_audit_trail(unknown).await.problem(404);
    }
}

async fn the_trail_is_in_commit_order(server: Server) {
    let api = server.admin();
    let mut created = vec![];
    for n in 0..10 {
        created.push(api.new_user(&format!("user {n}")).await["id"].clone());
    }
    let entries = api.get_audit_trails("").await.json(200);
    let entries = entries.as_array().expect("a list").iter();
    let users = entries.filter(|entry| entry["area"] == "User");
    assert_eq!(users.map(|entry| entry["primaryKey"].clone()).collect::<Vec<_>>(), created);
}

async fn the_first_start_is_in_the_trail(server: Server) {
    let entries = server.admin().get_audit_trails("").await.json(200);
    let entries = entries.as_array().expect("a list");
    let told: Vec<_> = entries.iter().map(|entry| (&entry["area"], &entry["action"])).collect();
    assert_eq!(told, [(&json!("Store"), &json!("Added")), (&json!("Client"), &json!("Added"))]);
    assert!(entries.iter().all(|entry| entry["user"] == "system:bootstrap"), "{entries:?}");
}
