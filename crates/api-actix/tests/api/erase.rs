//! Users who are deleted with what the audit trail holds of them.

use actix_web::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::app::{App, bearer};
use crate::notes::{Note, bytes_of, is_signed, leaf, shows_inclusion};

/// What is known of Ada, and of nobody else.
const PERSONAL: [&str; 5] = ["ada.l", "Augusta", "Byron", "ada@example.com", "Marylebone"];

/// A shop in which somebody is known well, and somebody else a little: their ids.
async fn scene() -> (App, String, String) {
    let app = App::start().await;
    let id = |user: Value| user["id"].as_str().unwrap().to_owned();
    let ada = id(app
        .user(json!({
            "loginName": "ada.l", "firstName": "Augusta", "emailAddress": "ada@example.com",
            "userProfiles": [{"key": "district", "value": "Marylebone"}],
        }))
        .await);
    let bob = id(app
        .user(json!({"loginName": "bob", "userProfiles": [{"key": "color", "value": "red"}]}))
        .await);
    let change = json!([{"op": "add", "path": "/lastName", "value": "Byron"}]);
    app.patch(&format!("/User/{ada}"), change).await.is(202);
    (app, ada, bob)
}

async fn entries(app: &App) -> Vec<Value> {
    app.get("/CustomAuditTrail").await.is(200).json().as_array().unwrap().clone()
}

fn is_about(entry: &Value, id: &str) -> bool {
    let key = entry["primaryKey"].as_str().unwrap();
    key == id || key.strip_prefix(id).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether any entry has that text in a content.
fn hold(entries: &[Value], text: &str) -> bool {
    entries.iter().any(|entry| entry.to_string().contains(text))
}

#[actix_web::test]
async fn a_person_is_erased_from_every_entry_and_the_entries_stay() {
    let (app, ada, bob) = scene().await;
    let before = entries(&app).await;
    assert!(PERSONAL.iter().all(|text| hold(&before, text)));
    let etag = async |entry: &Value| {
        let answer = app.get(&format!("/CustomAuditTrail/{}", entry["id"])).await.is(200);
        answer.header("etag").unwrap().to_owned()
    };
    let of_ada = before.iter().find(|entry| is_about(entry, &ada)).unwrap();
    let tag = etag(of_ada).await;

    let answer = app.delete(&format!("/User/{ada}?erase=true")).await.is(204);
    assert!(answer.body.is_empty());
    app.get(&format!("/User/{ada}")).await.problem(404, "not-found");

    let after = entries(&app).await;
    assert!(PERSONAL.iter().all(|text| !hold(&after, text)), "{after:?}");
    assert_ne!(etag(of_ada).await, tag);
    for (was, is) in before.iter().zip(&after) {
        if !is_about(was, &ada) {
            assert_eq!(was, is);
            continue;
        }
        let mut erased = was.clone();
        for name in ["originalContent", "originalSalt", "currentContent", "currentSalt"] {
            erased[name] = Value::Null;
        }
        assert_eq!(*is, erased);
        assert!(is["originalCommitment"] != Value::Null || is["currentCommitment"] != Value::Null);
    }
    assert!(hold(&after, &bob) && hold(&after, "red"));

    let added = &after[before.len()..];
    let (last, removed) = added.split_last().unwrap();
    // The record and its profile are gone, and so are their last contents.
    assert_eq!(removed.len(), 2);
    for entry in removed {
        assert!(is_about(entry, &ada) && entry["action"] == "Deleted");
        assert_eq!(
            (&entry["originalContent"], &entry["originalSalt"]),
            (&json!(null), &json!(null))
        );
        assert_ne!(entry["originalCommitment"], Value::Null);
    }
    assert_eq!((&last["area"], &last["action"]), (&json!("User"), &json!("Modified")));
    assert_eq!(last["primaryKey"], ada);
    let content = last["currentContent"].as_str().unwrap();
    assert_eq!(content, r#"{"erased":true}"#);
    let salted = [&bytes_of(&last["currentSalt"])[..], content.as_bytes()].concat();
    assert_eq!(last["currentCommitment"], STANDARD.encode(Sha256::digest(salted)));
}

#[actix_web::test]
async fn what_is_erased_verifies_as_before() {
    let (app, ada, _) = scene().await;
    app.seal().await;
    let proof = async |entry: &Value| {
        let answer = app.get(&format!("/CustomAuditTrail/{}/proof", entry["id"])).await;
        answer.is(200).json()
    };
    let before = entries(&app).await;
    let hashes: Vec<_> = futures_util::future::join_all(before.iter().map(&proof)).await;
    app.delete(&format!("/User/{ada}?erase=true")).await.is(204);
    app.seal().await;
    let after = entries(&app).await;
    for entry in &after {
        assert!(is_signed(entry), "{entry}");
        let proof = proof(entry).await;
        let root = Note::of(proof["checkpoint"].as_str().unwrap()).head(&app);
        assert!(shows_inclusion(&proof, &leaf(entry), &root), "{entry}");
    }
    for (entry, before) in after.iter().zip(hashes) {
        assert_eq!(proof(entry).await["leafHash"], before["leafHash"]);
    }
}

#[actix_web::test]
async fn only_who_may_do_everything_erases() {
    let (app, ada, _) = scene().await;
    for client in ["manager", "store-admin", "auditor"] {
        let request = app.request(Method::DELETE, &format!("/User/{ada}?erase=true"));
        app.send(request.insert_header(bearer(client))).await.problem(403, "forbidden");
    }
    app.get(&format!("/User/{ada}")).await.is(200);
    assert!(hold(&entries(&app).await, "Byron"));
    let request = app.request(Method::DELETE, &format!("/User/{ada}?erase=false"));
    app.send(request.insert_header(bearer("manager"))).await.is(204);
}

#[actix_web::test]
async fn without_the_wish_the_last_state_stays_in_the_trail() {
    for query in ["", "?erase=false", "?ERASE=False"] {
        let (app, ada, _) = scene().await;
        app.delete(&format!("/User/{ada}{query}")).await.is(204);
        let after = entries(&app).await;
        assert!(PERSONAL.iter().all(|text| hold(&after, text)), "{query}");
        assert_eq!(after.last().unwrap()["action"], "Deleted");
        app.delete(&format!("/User/{ada}?erase=true")).await.problem(404, "not-found");
    }
}

#[actix_web::test]
async fn a_wish_that_is_none_and_one_on_a_batch_are_refused() {
    let (app, ada, _) = scene().await;
    let user = format!("/User/{ada}");
    for wrong in ["?erase=", "?erase", "?erase=1", "?erase=yes"] {
        app.delete(&format!("{user}{wrong}")).await.refuses(&["erase"]);
    }
    app.delete(&format!("{user}?erase=true&dryRun=true")).await.refuses(&["dryRun"]);
    app.delete(&format!("{user}?erase=true&erase=true")).await.problem(400, "malformed-request");
    let batch = app.request(Method::DELETE, "/User/batch?erase=true").set_json([&ada]);
    app.send(batch).await.refuses(&["erase"]);
    app.post("/User/batch/delete?erase=true", json!([ada])).await.refuses(&["erase"]);
    app.delete("/Group/00000000-0000-0000-0000-00000000000a?erase=true").await.refuses(&["erase"]);
    let profile = format!("/user/{ada}/UserProfile/district?erase=true");
    app.delete(&profile).await.refuses(&["erase"]);
    app.delete("/User/x?erase=true").await.problem(404, "not-found");
    app.get(&user).await.is(200);
    assert!(hold(&entries(&app).await, "Byron"));
}

#[actix_web::test]
async fn another_version_is_neither_deleted_nor_erased() {
    let (app, ada, _) = scene().await;
    let user = format!("/User/{ada}");
    let etag = app.get(&user).await.header("etag").unwrap().to_owned();
    let delete = |condition: &str| {
        let request = app.request(Method::DELETE, &format!("{user}?erase=true"));
        app.send(request.insert_header(("if-match", condition)))
    };
    let answer = delete("\"1\"").await;
    assert_eq!(answer.header("etag"), Some(&*etag));
    answer.problem(412, "stale");
    delete("x").await.problem(400, "malformed-request");
    assert!(hold(&entries(&app).await, "Byron"));
    delete(&etag).await.is(204);
    assert!(!hold(&entries(&app).await, "Byron"));
}

#[actix_web::test]
async fn no_answer_that_is_kept_tells_of_a_person_who_was_erased() {
    let app = App::start().await;
    let create = || {
        let request = app.request(Method::POST, "/User").insert_header(("idempotency-key", "k"));
        app.send(request.set_json(json!({"loginName": "ada.l"})))
    };
    let made = create().await.is(201).json();
    let id = made["id"].as_str().unwrap();
    assert_eq!(create().await.header("idempotency-replayed"), Some("true"));
    app.delete(&format!("/User/{id}?erase=true")).await.is(204);
    let again = create().await.is(201);
    assert_eq!(again.header("idempotency-replayed"), None);
    assert_ne!(again.json()["id"], made["id"]);
}

#[actix_web::test]
async fn a_read_only_store_erases_nothing() {
    let (app, ada, _) = scene().await;
    app.set(json!({"readOnly": true})).await;
    let answer = app.delete(&format!("/User/{ada}?erase=true")).await;
    answer.problem(403, "store-read-only");
    assert!(hold(&entries(&app).await, "Byron"));
}
