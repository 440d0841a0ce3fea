use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::app::{Answer, App};
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
    for (list, and) in [
        ("/CustomAuditTrail?", ""),
        ("/CustomAuditTrail?sortBy=Commit", "&"),
        ("/CustomAuditTrail?sortBy=id", "&"),
    ] {
        let all = ids(&app.get(list).await.is(200).json());
        assert!(all.is_sorted() && all.len() > 5);
        let first = app.get(&format!("{list}{and}limit=4")).await.is(200);
        assert_eq!(ids(&first.json()), all[..4]);
        let cursor = cursor(&first);
        let rest = app.get(&format!("{list}{and}cursor={cursor}")).await.is(200);
        assert_eq!(ids(&rest.json()), all[4..]);
    }
}

/// The cursor of the next page.
fn cursor(answer: &Answer) -> &str {
    let link = answer.header("link").unwrap();
    link.split("cursor=").nth(1).unwrap().split('>').next().unwrap()
}

#[actix_web::test]
async fn nothing_comes_to_stand_before_what_was_listed() {
    let app = App::start().await;
    app.user(json!({"loginName": "ada"})).await;
    let first = app.get("/CustomAuditTrail").await.is(200).json();
    let page = app.get("/CustomAuditTrail?limit=3").await.is(200);
    let cursor = cursor(&page).to_owned();
    let bob = app.user(json!({"loginName": "bob"})).await;
    // Behind the first page only what is sealed follows.
    let rest = app.get(&format!("/CustomAuditTrail?cursor={cursor}")).await.is(200).json();
    assert_eq!(rest.as_array().unwrap()[..], first.as_array().unwrap()[3..]);
    let whole = app.get("/CustomAuditTrail").await.is(200).json();
    let (last, before) = whole.as_array().unwrap().split_last().unwrap();
    assert_eq!(before, first.as_array().unwrap());
    assert_eq!(last["primaryKey"], bob["id"]);
    let rest = app.get(&format!("/CustomAuditTrail?cursor={cursor}")).await.is(200).json();
    assert_eq!(rest.as_array().unwrap()[..], whole.as_array().unwrap()[3..]);
}

/// A cursor of the list of the shop, as somebody makes one who has read how it is made.
fn forged(order: &str, id: i64, sort: &str) -> String {
    let mut mark = 0xcbf2_9ce4_8422_2325_u64;
    let mut hash = |part: &[u8]| {
        for byte in part.iter().chain(&[0xFF]) {
            mark = (mark ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        mark
    };
    for part in ["shop", "audit", "", order, "ascending"] {
        hash(part.as_bytes());
    }
    let position = [&[0, 8][..], &id.to_be_bytes(), sort.as_bytes()].concat();
    let mark = hash(&position).to_be_bytes();
    URL_SAFE_NO_PAD.encode([position, mark.to_vec()].concat())
}

#[actix_web::test]
async fn a_forged_place_is_a_place_or_refused() {
    let app = App::start().await;
    app.user(json!({"loginName": "ada"})).await;
    let real = app.get("/CustomAuditTrail?limit=3").await.is(200);
    let third = real.json()[2]["id"].as_i64().unwrap();
    assert_eq!(cursor(&real), forged("commit", third, "2"), "this is how one is made");
    let get = |order: &str, id, sort| {
        let cursor = forged(order, id, sort);
        let path = format!("/CustomAuditTrail?sortBy={order}&cursor={cursor}");
        let app = app.clone();
        async move { app.get(&path).await }
    };
    for sort in [
        "",
        "x",
        "-1",
        "+1",
        "1.0",
        "1e3",
        " 1",
        "1\u{e9}",
        "9007199254740992",
        "9223372036854775808",
        "18446744073709551616",
        "99999999999999999999999999",
    ] {
        get("commit", 1, sort).await.refuses(&["cursor"]);
    }
    get("id", 1, "2").await.refuses(&["cursor"]);
    for id in [0, -1, i64::MAX, i64::MIN] {
        get("commit", id, "2").await.refuses(&["cursor"]);
    }
    assert_eq!(get("commit", 1, "9007199254740991").await.is(200).json(), json!([]));
    assert_eq!(get("commit", 1, "2").await.is(200).json().as_array().unwrap().len(), 4);
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
