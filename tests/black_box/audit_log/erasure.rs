//! A person is erased: what was of them is nowhere any more, and everything verifies.

use serde_json::{Value, json};

use super::bundle::Bundle;
use super::{Fleet, admin, feed, sealed, verify, verify_live};
use crate::harness::{Api, Installation, Node, Server, Sql, hex, id_of, on_both_databases};
use crate::sign_in::{Cheap, RIGHT};

on_both_databases![
    a_user_who_was_deleted_with_erasing_is_found_nowhere,
    a_user_who_was_deleted_before_is_erased_by_a_command,
    what_was_said_of_others_stays,
    erasing_is_refused_to_who_may_only_manage_users,
    erasing_holds_on_the_other_node_too,
];

/// How often a person is changed.
const CHANGES: usize = 12;
/// What nobody else is called.
const CANARY: &str = "canary3b9f";

/// A text with the canary in it, so long that it needs pages of its own.
fn long() -> String {
    let words: Vec<_> = (0..400).map(|n| format!("{CANARY}-{n}")).collect();
    words.join(" ")
}

/// A user of whom every property holds the canary, who did all that a user does; the id.
async fn person(api: &Api, name: &str) -> String {
    let user = |n: usize| {
        json!({
            "loginName": format!("{CANARY}-{name}-{n}"),
            "externalId": format!("{CANARY}-{name}"),
            "firstName": format!("First {CANARY} {n}"),
            "lastName": format!("Last {CANARY} {n}"),
            "emailAddress": format!("{CANARY}-{name}-{n}@example.com"),
            "userProfiles": [
                // What a key is called stands in the signed part of an entry.
                { "key": "long", "value": long() },
                { "key": "short", "value": format!("{CANARY} {n}") },
            ],
        })
    };
    let keyed = |kind: &str| api.with("idempotency-key", &format!("{kind}-of-{name}"));
    let made = keyed("first").create_user(&user(0)).await.json(201);
    let id = id_of(&made).to_owned();
    for n in 1..CHANGES {
        api.update_user(&id, &user(n)).await.expect(202);
    }
    let merge = json!({ "id": id, "lastName": format!("{CANARY} merged") });
    keyed("next").create_or_update_user(&merge).await.expect(201);
    let group = api.new_group(&format!("group of {name}")).await;
    let member = json!([{ "op": "add", "path": "/memberOfGroups/-", "value": group["id"] }]);
    api.patch_user(&id, &member).await.expect(202);
    let password = json!({ "password": RIGHT });
    api.user_post(&id, "password/reset", Some(&password)).await.expect(200);
    api.user_post(&id, "password/reset/request", None).await.expect(200);
    let login_name = format!("{CANARY}-{name}-{}", CHANGES - 1);
    let sign_in = json!({ "provider": "credentials", "UserName": login_name, "Password": RIGHT });
    let path = "/api/auth/credentials";
    let post = reqwest::Method::POST;
    api.send_json_text(post, path, sign_in.to_string().as_bytes()).await.expect(200);
    api.verify(&login_name, "wrong").await;
    id
}

/// Others, so that the tables have many pages, some of them made and gone.
async fn others(api: &Api) {
    for round in 0..2 {
        let users: Value = (0..80)
            .map(|n| json!({ "loginName": format!("other {round} {n}"), "userProfiles": [{ "key": "k", "value": "v".repeat(300) }] }))
            .collect();
        let made = api.create_users(&users).await.json(200);
        for user in made.as_array().expect("a list").iter().step_by(4) {
            api.delete_user(id_of(user)).await.expect(204);
        }
    }
}

fn assert_absent(haystack: &str, place: &str) {
    for form in [CANARY.to_owned(), hex(CANARY.as_bytes()), hex(CANARY.as_bytes()).to_uppercase()] {
        if let Some((before, after)) = haystack.split_once(&form) {
            let before: String = before.chars().rev().take(300).collect();
            let before: String = before.chars().rev().collect();
            let after: String = after.chars().take(100).collect();
            panic!("{form} is in {place}: {before}{form}{after}");
        }
    }
}

/// No row, no export, no list and no feed tells of the person.
async fn assert_erased(here: &Installation, api: &Api) {
    sealed(here, api).await;
    assert_absent(&here.sql().dump().await, "a table");
    let bundle = Bundle::export(here, "erased.jsonl");
    assert_absent(&std::fs::read_to_string(&bundle.path).expect("a bundle"), "the bundle");
    for rest in ["CustomAuditTrail", "User", "Group", "CustomAuditTrail?sortBy=id"] {
        assert_absent(&api.read(rest).await.expect(200).text(), rest);
    }
    assert_absent(&Value::from(feed(api).await.events().to_vec()).to_string(), "the feed");
    let report = verify(here, &bundle.path).good();
    assert!(report["erased"].as_u64() >= Some(30), "{report}");
    assert_eq!(verify_live(here).good()["erased"], report["erased"]);
}

/// Whether the bytes of the database's own files hold the canary.
fn remains(sql: &Sql) -> Vec<String> {
    let holds =
        |bytes: &[u8]| bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
    let files = sql.files().into_iter();
    files.filter(|(_, bytes)| holds(bytes)).map(|(name, _)| name).collect()
}

async fn start(here: Installation) -> (Node, Installation) {
    let node = here.start().await;
    (node, here)
}

async fn a_user_who_was_deleted_with_erasing_is_found_nowhere(Cheap(here): Cheap) {
    let (node, here) = start(here).await;
    let api = admin(&node);
    let id = person(&api, "ada").await;
    assert!(here.sql().dump().await.contains(CANARY), "the search finds what is there");
    let before = sealed(&here, &api).await;
    let kept = super::bundle::keep(here.directory(), &before, "kept");
    api.with("if-match", r#""stale""#).delete(&format!("User/{id}?erase=true")).await.problem(412);
    api.delete(&format!("User/{id}?erase=true")).await.expect(204);
    api.get_user(&id).await.problem(404);
    assert_erased(&here, &api).await;
    // What happened is told as before, and who holds an old checkpoint finds the same log.
    super::verify_live_against(&here, &kept).good();
    let entries = api.entries_about(&id).await;
    let last = entries.last().expect("an entry");
    assert_eq!(last["currentContent"], r#"{"erased":true}"#);
    assert!(entries.len() > CHANGES);
    for entry in entries.iter().rev().skip(1) {
        for member in ["originalContent", "currentContent", "originalSalt", "currentSalt"] {
            assert!(entry[member].is_null(), "{member} of {entry}");
        }
    }
    super::proofs::assert_included(&api, &entries[0], None).await;
    api.delete(&format!("User/{id}?erase=true")).await.problem(404);
}

async fn a_user_who_was_deleted_before_is_erased_by_a_command(Cheap(here): Cheap) {
    let (node, here) = start(here).await;
    let api = admin(&node);
    let (first, second) = (person(&api, "ada").await, person(&api, "bob").await);
    others(&api).await;
    let erase = |id: &str| here.run(&["audit", "erase", "--user", id, "--yes"]);
    // As long as the user is there, there is nothing to erase.
    let refusal = erase(&second).refusal();
    assert!(!refusal.contains(CANARY), "{refusal}");
    api.delete(&format!("User/{first}?erase=true")).await.expect(204);
    api.delete_user(&second).await.expect(204);
    assert!(here.sql().dump().await.contains(CANARY), "the trail holds the other one still");
    erase(&second).well();
    assert_eq!(remains(&here.sql()), Vec::<String>::new(), "in the files of the database");
    assert_erased(&here, &api).await;
    assert_eq!(remains(&here.sql()), Vec::<String>::new(), "in the files of the database");
    // Once more is no harm; somebody unknown, and no id, are told.
    erase(&second).well();
    assert_ne!(erase("01890a5d-ac96-774b-bcce-b302099a8057").code, Some(0));
    assert_eq!(erase("ada").code, Some(2));
    assert_erased(&here, &api).await;
}

async fn what_was_said_of_others_stays(server: Server) {
    let api = server.admin();
    let (ada, bob) = (api.new_user("ada").await, api.new_user("bob").await);
    let other = api.entries_about(id_of(&bob)).await;
    api.delete(&format!("User/{}?erase=true", id_of(&ada))).await.expect(204);
    assert_eq!(api.entries_about(id_of(&bob)).await, other);
    // `erase=false` is as if nothing were said.
    api.delete(&format!("User/{}?erase=false", id_of(&bob))).await.expect(204);
    let kept = api.entries_about(id_of(&bob)).await;
    assert_eq!(kept.len(), 2);
    assert!(kept[1]["originalContent"].is_string());
    let carol = api.new_user("carol").await;
    api.delete(&format!("User/{}?erase=perhaps", id_of(&carol))).await.problem(400);
    sealed(&server.installation, &api).await;
    assert_eq!(verify_live(&server.installation).good()["erased"], 2);
}

async fn erasing_is_refused_to_who_may_only_manage_users(server: Server) {
    let key = server.make_key("manager", &["UserManager@default"]);
    let ada = server.admin().new_user("ada").await;
    let path = format!("User/{}?erase=true", id_of(&ada));
    server.holder_of(&key).delete(&path).await.problem(403);
    server.admin().get_user(id_of(&ada)).await.expect(200);
    server.anonymous().delete(&path).await.problem(401);
    server.admin().delete(&path).await.expect(204);
}

async fn erasing_holds_on_the_other_node_too(fleet: Fleet) {
    let (one, other) = (fleet.api(0), fleet.api(1));
    let user = json!({ "loginName": format!("{CANARY} x"), "firstName": CANARY });
    let keyed = one.with("idempotency-key", "key");
    let id = id_of(&keyed.create_user(&user).await.json(201)).to_owned();
    other.get_user(&id).await.expect(200);
    one.delete(&format!("User/{id}?erase=true")).await.expect(204);
    assert_absent(&other.read("CustomAuditTrail").await.expect(200).text(), "the list");
    // The answer that was kept is gone too: the request is a new one.
    let again = other.with("idempotency-key", "key").create_user(&user).await.json(201);
    assert_ne!(id_of(&again), id);
}
