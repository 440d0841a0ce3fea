//! A key hands over to the next one beside running nodes, and everybody can check that it did.

use std::process::Stdio;

use serde_json::{Value, json};

use super::bundle::Bundle;
use super::forgery::Forger;
use super::proofs::{assert_included, assert_signed, bytes, root_of};
use super::writers::Writers;
use super::{Fleet, checkpoint, end, eventually, sealed, size_of, verify, verify_live};
use crate::harness::{Api, Database, Installation, Server, on_both_databases};

on_both_databases![
    a_key_is_rotated_while_eight_write,
    keys_hand_over_one_after_the_other_across_restarts,
    every_store_is_handed_over,
    a_log_that_is_not_what_was_signed_is_handed_over_to_nobody,
    a_retired_key_is_not_taken_again,
    a_node_with_nothing_but_the_retired_key_does_not_start,
];

/// The keys of the store, as they are published.
async fn keys(api: &Api) -> Vec<Value> {
    let keys = api.list("CustomAuditTrail/keys").await;
    assert_eq!(keys[0]["from"], 0);
    assert!(keys[0]["statement"].is_null(), "{keys:?}");
    for pair in keys.windows(2) {
        assert_eq!(pair[0]["to"], pair[1]["from"], "one begins where the other ends");
        assert_handed_over(api, &pair[0], &pair[1]).await;
    }
    assert!(keys.last().expect("a key")["to"].is_null());
    keys
}

/// Checks what both keys have signed, with nothing of the product.
async fn assert_handed_over(api: &Api, old: &Value, new: &Value) {
    let statement = new["statement"].as_str().expect("a statement");
    let (text, _) = statement.split_once("\n\n").expect("a text and signatures");
    let lines: Vec<_> = text.lines().collect();
    let from = new["from"].to_string();
    let root = lines[3];
    let store = super::store_id(api).await;
    let [old_key, new_key] = [old, new].map(|key| key["publicKeyInfo"].as_str().expect("a key"));
    let origin = format!("userstore/{store}");
    let title = "userstore audit key succession";
    assert_eq!(lines, [title, &origin, &from, root, old_key, new_key]);
    assert_signed(statement, &[old, new]);
    let at = api.read(&format!("CustomAuditTrail/checkpoint/{from}")).await;
    if at.status == 200 {
        assert_eq!(bytes(&json!(root)), root_of(&at.text()), "it names the log of then");
        assert_signed(&at.text(), &[old]);
    }
}

/// Every entry is signed by the key in charge of its leaf.
fn assert_in_terms(bundle: &Bundle) {
    for line in &bundle.entries {
        let leaf = line["leaf"].as_u64().expect("a leaf");
        let in_charge = bundle.keys.iter().rfind(|key| key["from"].as_u64() <= Some(leaf));
        let in_charge = &in_charge.expect("a key")["key"];
        assert_eq!(line["entry"]["signaturePublicKeyInfo"], *in_charge, "leaf {leaf}");
    }
}

async fn a_key_is_rotated_while_eight_write(fleet: Fleet) {
    let here = &fleet.here;
    let old = std::fs::read_to_string(here.secrets().join("audit.key")).expect("a key");
    let apis = [fleet.api(0), fleet.api(1)];
    // Whoever is refused fails the test.
    let mut writers = Writers::start(&apis, "meanwhile");
    let mut ids = writers.next(60).await;
    // The next key comes to be there first, for nodes whose secrets are a copy.
    here.run(&["audit", "key", "prepare"]).well();
    assert!(here.secrets().join("audit-next.key").is_file());
    assert_eq!(keys(&apis[0]).await.len(), 1);
    let mut rotation = here.command(&["audit", "key", "rotate"]);
    rotation.stdout(Stdio::piped()).stderr(Stdio::piped());
    let rotating = rotation.spawn().expect("the binary starts");
    ids.extend(writers.next(60).await);
    let rotated = rotating.wait_with_output().expect("it ends");
    assert!(rotated.status.success(), "{}", String::from_utf8_lossy(&rotated.stderr));
    ids.extend(writers.next(60).await);
    ids.extend(writers.stop().await);

    let note = sealed(here, &apis[0]).await;
    let published = keys(&apis[1]).await;
    assert_eq!(published.len(), 2);
    assert_signed(&note, &[&published[1]]);
    let bundle = Bundle::export(here, "bundle.jsonl");
    assert_in_terms(&bundle);
    let report = verify(here, &bundle.path).good();
    assert_eq!(report["keys"], 2);
    let added = bundle.told().iter().filter(|told| told[1] == "User" && told[2] == "Added").count();
    assert_eq!(added, ids.len());
    // The trail itself tells of it, by an entry of the new key.
    let told = bundle.entries.iter().filter(|line| {
        let content = line["entry"]["currentContent"].as_str().expect("a content");
        line["entry"]["area"] == "Store" && content.contains(r#""auditKeyRotated":true"#)
    });
    let told: Vec<_> = told.collect();
    assert_eq!(told.len(), 1);
    assert!(told[0]["leaf"].as_u64() >= published[1]["from"].as_u64());
    assert_included(&apis[0], &told[0]["entry"], None).await;
    // The private key of before is nowhere any more.
    assert!(!here.secrets().join("audit-next.key").exists());
    assert_ne!(std::fs::read_to_string(here.secrets().join("audit.key")).expect("a key"), old);
}

async fn keys_hand_over_one_after_the_other_across_restarts(here: Installation) {
    let mut node = here.start().await;
    for round in 0..3 {
        let api = super::admin(&node);
        api.new_user(&format!("before {round}")).await;
        here.run(&["audit", "key", "rotate"]).well();
        api.new_user(&format!("after {round}")).await;
        sealed(&here, &api).await;
        assert_eq!(keys(&api).await.len(), round + 2);
        end(node, &here).await;
        node = here.start().await;
    }
    let api = super::admin(&node);
    api.new_user("at last").await;
    let bundle = Bundle::export(&here, "bundle.jsonl");
    assert_in_terms(&bundle);
    assert_eq!(verify(&here, &bundle.path).good()["keys"], 4);
    let published = keys(&api).await;
    let own = Forger::stealing(&here.secrets().join("audit.key")).public_key();
    assert_eq!(bytes(&published[3]["publicKeyInfo"]), own);
    let listed = here.run(&["audit", "key", "list"]).well().stdout;
    for key in &published {
        let [id, info] = ["keyId", "publicKeyInfo"].map(|name| key[name].as_str().expect("text"));
        assert!(listed.contains(id) || listed.contains(info), "{id} {info}: {listed}");
    }
}

async fn every_store_is_handed_over(server: Server) {
    let (api, here) = (server.admin(), &server.installation);
    for name in ["shop", "gone", "empty"] {
        api.create_store(&json!({ "name": name })).await.expect(201);
    }
    for name in ["shop", "gone"] {
        api.in_store(name).new_user("ada").await;
    }
    here.run(&["store", "delete", "gone", "--confirm", "gone"]).well();
    here.run(&["audit", "key", "rotate"]).well();
    api.create_store(&json!({ "name": "new" })).await.expect(201);
    for name in ["default", "shop", "empty", "new"] {
        api.in_store(name).new_user("bob").await;
    }
    sealed(here, &api).await;
    for (name, number) in [("default", 2), ("shop", 2), ("empty", 2), ("new", 1)] {
        assert_eq!(keys(&api.in_store(name)).await.len(), number, "{name}");
    }
    // All stores at once, and the one that is gone too.
    here.run(&["audit", "verify", "--live"]).well();
}

async fn a_log_that_is_not_what_was_signed_is_handed_over_to_nobody(server: Server) {
    let (api, here) = (server.admin(), &server.installation);
    api.create_store(&json!({ "name": "shop" })).await.expect(201);
    let size = size_of(&sealed(here, &api).await);
    let (sql, store) = (here.sql(), super::store_id(&api).await);
    let key = std::fs::read(here.secrets().join("audit.key")).expect("a key");
    sql.execute("CREATE TABLE kept_tiles AS SELECT * FROM audit_tiles").await;
    let others = sql.bytes(&vec![9; 32 * usize::try_from(size).expect("few")]);
    let of_it = format!("WHERE store_id = {}", sql.id(&store));
    sql.change_one(&format!("UPDATE audit_tiles SET hashes = {others} {of_it}")).await;
    // Nothing waits in it, and still nothing is signed for it; the other store is handed over.
    let refused = here.run(&["audit", "key", "rotate"]).refusal();
    assert!(refused.contains(&store) && refused.contains("not handed over"), "{refused}");
    let shop = api.in_store("shop");
    for (api, number) in [(&api, 1), (&shop, 2)] {
        assert_eq!(keys(api).await.len(), number);
    }
    assert_eq!(std::fs::read(here.secrets().join("audit.key")).expect("a key"), key);
    sql.execute(&format!("DELETE FROM audit_tiles {of_it}")).await;
    sql.execute(&format!("INSERT INTO audit_tiles SELECT * FROM kept_tiles {of_it}")).await;
    here.run(&["audit", "key", "rotate"]).well();
    assert_eq!(keys(&api).await.len(), 2);
    here.run(&["audit", "verify", "--live"]).well();
}

async fn a_retired_key_is_not_taken_again(server: Server) {
    let (api, here) = (server.admin(), &server.installation);
    let stolen = here.directory().join("stolen");
    std::fs::copy(here.secrets().join("audit.key"), &stolen).expect("a copy");
    here.run(&["audit", "key", "rotate"]).well();
    std::fs::copy(&stolen, here.secrets().join("audit-next.key")).expect("a copy");
    let said = here.run(&["audit", "key", "rotate"]);
    assert_ne!(said.code, Some(0), "{}", said.stdout);
    assert_eq!(keys(&api).await.len(), 2);
    api.new_user("ada").await;
    sealed(here, &api).await;
    verify_live(here).good();
}

async fn a_node_with_nothing_but_the_retired_key_does_not_start(here: Installation) {
    let node = here.start().await;
    let retired = here.directory().join("retired");
    std::fs::copy(here.secrets().join("audit.key"), &retired).expect("a copy");
    here.run(&["audit", "key", "rotate"]).well();
    node.kill();
    let own = here.directory().join("own");
    std::fs::rename(here.secrets().join("audit.key"), &own).expect("moved");
    for file in [None, Some(&retired)] {
        if let Some(file) = file {
            std::fs::copy(file, here.secrets().join("audit.key")).expect("a copy");
        }
        let said = here.run(&["serve"]);
        assert_ne!(said.code, Some(0));
        assert!(said.stderr.contains("audit.key"), "{}", said.stderr);
    }
    std::fs::copy(&own, here.secrets().join("audit.key")).expect("a copy");
    let node = here.start().await;
    super::admin(&node).new_user("ada").await;
}

/// A rotation that is broken off is taken up again, and done once.
#[tokio::test]
async fn a_rotation_that_was_broken_off_is_finished_later() {
    let here = Installation::new(Database::Postgres).await;
    let node = here.start().await;
    let api = super::admin(&node);
    api.create_store(&json!({ "name": "zoo" })).await.expect(201);
    let (sql, zoo) = (here.sql(), api.in_store("zoo"));
    // The last store cannot be handed over: somebody holds its row.
    let held = sql.begin("SELECT FROM stores WHERE name = 'zoo' FOR UPDATE;").await;
    let mut rotation = here.command(&["audit", "key", "rotate"]);
    let silent = rotation.stdout(Stdio::null()).stderr(Stdio::null());
    let mut rotating = silent.spawn().expect("the binary starts");
    eventually("the first store is handed over", async || {
        (keys(&api).await.len() == 2).then_some(())
    })
    .await;
    rotating.kill().expect("a child");
    rotating.wait().expect("a child");
    drop(held);
    // Each goes on under the key that it has.
    for (api, number) in [(&api, 2), (&zoo, 1)] {
        api.new_user("ada").await;
        assert_eq!(keys(api).await.len(), number);
    }
    here.run(&["audit", "key", "rotate"]).well();
    for (n, api) in [&api, &zoo].into_iter().enumerate() {
        api.new_user("bob").await;
        assert_eq!(keys(api).await.len(), 2, "store {n}");
    }
    sealed(&here, &api).await;
    assert!(checkpoint(&zoo).await.is_some_and(|note| size_of(&note) >= 4));
    here.run(&["audit", "verify", "--live"]).well();
}
