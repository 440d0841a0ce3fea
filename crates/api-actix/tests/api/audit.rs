use serde_json::{Value, json};

use crate::app::App;
use crate::lists::filtered;

#[actix_web::test]
async fn an_entry_is_shown_with_every_property_in_the_printed_order() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await;
    let entry = app.trail("User").await.remove(0);
    let id = entry["id"].as_i64().unwrap();
    let answer = app.get(&format!("/CustomAuditTrail/{id}")).await.is(200);
    assert_eq!(answer.json(), entry);
    assert_eq!(answer.header("etag"), Some(&*format!("\"{id}\"")));

    let names = [
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
    let places = names.map(|name| answer.text().find(&format!("\"{name}\":")).unwrap());
    assert!(places.is_sorted(), "{}", answer.text());
    assert_eq!(entry["primaryKey"], ada["id"]);
    assert_eq!(entry["timestamp"], "2026-01-01T00:00:00.000000Z");
    assert_eq!(entry["instanceId"], app.shop.id.to_string());
    assert_eq!(entry["originalContent"], Value::Null);
    let content: Value = serde_json::from_str(entry["currentContent"].as_str().unwrap()).unwrap();
    assert_eq!(content["loginName"], "ada");
}

#[actix_web::test]
async fn the_trail_is_read_whole_or_in_pages() {
    let app = App::start().await;
    for n in 0..5 {
        app.user(json!({"loginName": format!("u{n}")})).await;
    }
    let ids = |list: &Value| -> Vec<i64> {
        list.as_array().unwrap().iter().map(|entry| entry["id"].as_i64().unwrap()).collect()
    };
    let all = ids(&app.get("/CustomAuditTrail").await.is(200).json());
    assert!(all.is_sorted() && all.len() > 5);
    let first = app.get("/CustomAuditTrail?limit=4").await.is(200);
    assert_eq!(ids(&first.json()), all[..4]);
    let link = first.header("link").unwrap();
    let cursor = link.split("cursor=").nth(1).unwrap().split('>').next().unwrap();
    let rest = app.get(&format!("/CustomAuditTrail?cursor={cursor}")).await.is(200);
    assert_eq!(ids(&rest.json()), all[4..]);
}

#[actix_web::test]
async fn the_trail_is_filtered_and_comes_in_either_order() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await;
    let ada = ada["id"].as_str().unwrap();
    app.world.clock.advance(jiff::SignedDuration::from_hours(1));
    app.put(&format!("/User/{ada}"), json!({"loginName": "Ada"})).await.is(202);
    app.user(json!({"loginName": "bob"})).await;
    let all = app.get("/CustomAuditTrail").await.is(200).json();
    let all = all.as_array().unwrap();
    let mut descending = all.clone();
    descending.reverse();
    let path = "/CustomAuditTrail?sortBy=id&sortOrder=descending";
    assert_eq!(app.get(path).await.is(200).json(), Value::Array(descending.clone()));
    let page = app.get(&format!("{path}&limit=2")).await.is(200);
    assert_eq!(page.json(), json!(descending[..2]));
    let link = page.header("link").unwrap().split("administration").nth(1).unwrap();
    let rest = app.get(&link.split('>').next().unwrap().replace("limit=2&", "")).await.is(200);
    assert_eq!(rest.json(), json!(descending[2..]));

    for (filter, expected) in [
        ("action eq \"Modified\"", 1),
        ("action eq \"modified\"", 0),
        ("area eq \"User\" and action eq \"Added\"", 2),
        ("timestamp gt \"2026-01-01T00:00:00Z\" and area eq \"User\"", 2),
        ("user sw \"client:\" and category eq \"DatabaseRecordChange\" and area eq \"User\"", 3),
        ("dataSource eq \"shop\"", all.len()),
        (&format!("primaryKey eq \"{ada}\""), 2),
        (&format!("id ge {}", all[all.len() - 1]["id"]), 1),
    ] {
        let found = app.get(&filtered("/CustomAuditTrail", filter)).await.is(200).json();
        assert_eq!(found.as_array().unwrap().len(), expected, "{filter}");
    }
    app.get("/CustomAuditTrail?filter=signature%20pr").await.refuses(&["filter"]);
}

#[actix_web::test]
async fn changes_of_groups_leave_their_entries() {
    let app = App::start().await;
    let ada = app.user(json!({"loginName": "ada"})).await["id"].as_str().unwrap().to_owned();
    let group = |name: &str| json!({"name": name});
    let above = app.post("/Group", group("above")).await.is(201).json()["id"].clone();
    let sent = json!({
        "name": "staff", "memberUsers": [ada], "parentGroups": [above],
        "metadata": [{"key": "a", "value": "1"}],
    });
    let staff = app.post("/Group", sent).await.is(201).json()["id"].as_str().unwrap().to_owned();
    let keys = |entries: Vec<Value>| -> Vec<String> {
        entries.iter().map(|entry| entry["primaryKey"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(keys(app.trail("GroupMetadata").await), [format!("{staff}/a")]);
    let mut memberships = keys(app.trail("Membership").await);
    memberships.sort();
    let above = above.as_str().unwrap();
    let mut expected = [format!("{staff}/{ada}"), format!("{above}/{staff}")];
    expected.sort();
    assert_eq!(memberships, expected);
    let content = app.trail("Group").await.pop().unwrap();
    let content: Value = serde_json::from_str(content["currentContent"].as_str().unwrap()).unwrap();
    assert_eq!(
        content,
        json!({"instanceId": app.shop.id.to_string(), "id": staff, "name": "staff"})
    );
}
