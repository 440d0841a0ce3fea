//! The second verifier, by other hands: Python and OpenSSL, from the documented bytes.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{Server, on_both_databases};

on_both_databases![
    every_entry_is_genuine_to_python_and_openssl,
    an_altered_entry_is_not,
    an_erased_content_leaves_the_signature_whole,
];

/// Whether `tests/verify_entry.py` finds the entry genuine, and what it says.
fn verify(entry: &Value) -> (bool, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/verify_entry.py");
    let mut python = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3: `make tools` installs it");
    let mut stdin = python.stdin.take().expect("a pipe");
    stdin.write_all(entry.to_string().as_bytes()).expect("the script reads");
    drop(stdin);
    let output = python.wait_with_output().expect("the script ends");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    let known = matches!(output.status.code(), Some(0 | 1));
    assert!(known && !said.is_empty(), "the script could not check: {}", output.status);
    (output.status.success(), said)
}

/// The entries of a user who was created, changed and deleted, under names that are hard to write.
async fn entries(server: &Server) -> Vec<Value> {
    let api = server.admin();
    let user = json!({ "loginName": "Ada \"/\\ \u{1F980} \u{2028} é", "firstName": "Ada" });
    let user = api.create_user(&user).await.json(201);
    let id = user["id"].as_str().expect("an id");
    let changed =
        json!({ "loginName": "bob", "userProfiles": [{ "key": "ключ/\"", "value": "" }] });
    api.update_user(id, &changed).await.expect(202);
    api.delete_user(id).await.expect(204);
    let entries = api.get_audit_trails("").await.json(200);
    entries.as_array().expect("a list").clone()
}

async fn every_entry_is_genuine_to_python_and_openssl(server: Server) {
    let entries = entries(&server).await;
    // Store and client of the first start; the user three times, its profile twice.
    assert_eq!(entries.len(), 7);
    for entry in entries {
        let (genuine, said) = verify(&entry);
        assert!(genuine, "{said}: {entry}");
    }
}

async fn an_altered_entry_is_not(server: Server) {
    let entries = entries(&server).await;
    let entry = entries.iter().find(|entry| entry["action"] == "Modified").expect("a change");
    for (name, value) in entry.as_object().expect("an object") {
        let mut forged = entry.clone();
        forged[name] = altered(value);
        let (genuine, said) = verify(&forged);
        assert!(!genuine, "{name} can be altered: {said}");
    }
}

/// Another value of the same kind; what is base64 stays base64.
fn altered(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_i64().expect("an integer") + 1),
        Value::String(text) => match text.chars().next() {
            Some('A') => json!(format!("B{}", &text.get(1..).expect("ASCII first"))),
            Some(first) => json!(format!("A{}", &text.get(first.len_utf8()..).expect("the rest"))),
            None => json!("A"),
        },
        other => panic!("an entry of a change has no {other}"),
    }
}

async fn an_erased_content_leaves_the_signature_whole(server: Server) {
    for mut entry in entries(&server).await {
        for side in ["original", "current"] {
            entry[format!("{side}Content")] = Value::Null;
            entry[format!("{side}Salt")] = Value::Null;
        }
        let (genuine, said) = verify(&entry);
        assert!(genuine, "{said}: {entry}");
    }
}
