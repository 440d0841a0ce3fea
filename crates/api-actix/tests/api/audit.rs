use serde_json::{Value, json};

use crate::app::App;

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
