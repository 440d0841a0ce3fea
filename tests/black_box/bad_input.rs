//! Input that breaks rules: refused with 400, all broken rules at once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Server, on_both_databases};

on_both_databases![
    all_broken_rules_are_told_at_once,
    each_rule_of_a_user_is_held,
    the_longest_values_are_stored_as_they_are,
    text_that_is_no_json_is_refused,
    a_key_twice_in_an_object_is_refused,
    deep_nesting_is_refused,
    a_window_may_not_end_before_it_begins,
];

async fn all_broken_rules_are_told_at_once(server: Server) {
    let user = json!({
        "id": "no-uuid",
        "loginName": "",
        "firstName": 1,
        "lastName": "x".repeat(257),
        "emailAddress": "nowhere",
        "externalUniqueIdentifier": "a\u{0}b",
        "isUserActive": "yes",
        "userValidFrom": "yesterday",
        "passwordExpiration": 5,
        "memberOfGroups": "staff",
    });
    let broken = server.admin().create_user(&user).await.broken_properties();
    let mut expected: Vec<_> = user.as_object().expect("an object").keys().cloned().collect();
    expected.sort();
    assert_eq!(broken, expected);
}

async fn each_rule_of_a_user_is_held(server: Server) {
    let api = server.admin();
    let user = api.new_user("ada").await;
    let id = user["id"].as_str().expect("an id");
    let long = |length: usize| json!("x".repeat(length));
    let mut cases: Vec<(&str, Value)> = vec![
        ("loginName", json!("")),
        ("loginName", long(257)),
        ("loginName", json!(7)),
        ("loginName", Value::Null),
        ("loginName", json!("a\u{0}b")),
        ("loginName", json!("a\nb")),
        ("firstName", json!("\u{1b}[31m")),
        ("firstName", long(257)),
        ("lastName", json!(["Lovelace"])),
        ("externalUniqueIdentifier", long(257)),
        ("externalUniqueIdentifier", json!({})),
        ("emailAddress", json!("ada")),
        ("emailAddress", json!("ada@")),
        ("emailAddress", json!(format!("ada@{}.com", "x".repeat(250)))),
        ("emailAddress", json!(true)),
        ("userProfiles", json!([{ "key": "", "value": "v" }])),
        ("userProfiles", json!([{ "value": "v" }])),
        ("userProfiles", json!({ "key": "k" })),
        ("memberOfGroups", json!(["01890a5d-ac96-774b-bcce-b302099a8057"])),
        ("memberOfGroups", json!([1])),
    ];
    let instants = ["userValidFrom", "userValidTo", "passwordExpiration"];
    for property in instants {
        let wrong = ["2026-01-31", "2026-01-31T12:00:00", "2026-02-30T00:00:00Z", "", "now"];
        cases.extend(wrong.map(|text| (property, json!(text))));
    }
    let flags = ["isUserActive", "isUserLockEnabled", "isUserLocked", "emailAddressConfirmed"];
    for property in flags {
        cases.extend([json!("true"), json!(1), json!([])].map(|value| (property, value)));
    }
    for (property, value) in cases {
        let mut user = json!({ "loginName": "bob" });
        user[property] = value;
        for answer in [api.create_user(&user).await, api.update_user(id, &user).await] {
            let broken = answer.broken_properties();
            let named = broken.iter().all(|name| name.starts_with(property));
            assert!(named && broken.len() == 1, "{user} breaks {broken:?}");
        }
    }
    assert_eq!(api.get_users("").await.json(200), json!([user]));
}

async fn the_longest_values_are_stored_as_they_are(server: Server) {
    let api = server.admin();
    // Four bytes a character: lengths count characters.
    let name = "\u{1F980}".repeat(256);
    let user = json!({
        "loginName": name,
        "firstName": name,
        "lastName": " leading, trailing ",
        "externalUniqueIdentifier": name,
        "userProfiles": [{ "key": name, "value": "x".repeat(64 << 10) }],
    });
    let created = api.create_user(&user).await.json(201);
    for property in ["loginName", "firstName", "lastName", "externalUniqueIdentifier"] {
        assert_eq!(created[property], user[property]);
    }
    let stored = api.get_user(created["id"].as_str().expect("an id")).await.json(200);
    assert_eq!(stored["userProfiles"][0]["value"], user["userProfiles"][0]["value"]);
}

async fn text_that_is_no_json_is_refused(server: Server) {
    let api = server.admin();
    let texts: [&[u8]; 13] = [
        b"",
        b" ",
        b"{",
        b"nonsense",
        b"{\"loginName\":\"ada\"",
        b"{\"loginName\":\"ada\"}x",
        b"{\"loginName\":\"ada\",}",
        b"{'loginName':'ada'}",
        b"{\"loginName\":\"a\xff\"}",
        b"{\"loginName\":\"\\ud800\"}",
        b"[]",
        b"null",
        b"\"ada\"",
    ];
    for text in texts {
        for path in ["User", "User/createorupdate"] {
            api.send_json_text(Method::POST, &api.path(path), text).await.problem(400);
        }
    }
    let brotli = api.with("content-encoding", "br");
    let answer = brotli.send_json_text(Method::POST, &api.path("User"), b"\xff\xff").await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    assert_eq!(api.get_users("").await.json(200), json!([]));
}

async fn a_key_twice_in_an_object_is_refused(server: Server) {
    let api = server.admin();
    let texts: [&[u8]; 4] = [
        br#"{"loginName":"ada","loginName":"eve"}"#,
        br#"{"loginName":"ada","LOGINNAME":"eve"}"#,
        br#"{"loginName":"ada","shoe":1,"shoe":1}"#,
        br#"{"loginName":"ada","userProfiles":[{"key":"a","key":"b"}]}"#,
    ];
    for text in texts {
        api.send_json_text(Method::POST, &api.path("User"), text).await.problem(400);
    }
    assert_eq!(api.get_users("").await.json(200), json!([]));
}

async fn deep_nesting_is_refused(server: Server) {
    let api = server.admin();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        let user = format!(r#"{{"loginName":"ada","x":{deep}}}"#);
        for text in [deep, user] {
            let path = api.path("User");
            api.send_json_text(Method::POST, &path, text.as_bytes()).await.problem(400);
        }
    }
    assert_eq!(api.get_users("").await.json(200), json!([]));
}

async fn a_window_may_not_end_before_it_begins(server: Server) {
    let api = server.admin();
    let window = |from: &str, to: &str| json!({ "loginName": "ada", "userValidFrom": from, "userValidTo": to });
    let backwards = window("2026-01-01T00:00:01Z", "2026-01-01T01:00:00+01:00");
    assert_eq!(api.create_user(&backwards).await.broken_properties(), ["userValidFrom"]);
    let empty = window("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z");
    api.create_user(&empty).await.expect(201);
}
