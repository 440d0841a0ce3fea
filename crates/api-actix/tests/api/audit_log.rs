//! The log over the audit trail: checkpoints, proofs, keys.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access::Caller;
use domain::audit::Signer as _;
use domain::time::{Clock as _, Instant};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::TestSigner;

use crate::app::App;
use crate::notes::{Note, is_signed, leaf, root_hash, shows_consistency, shows_inclusion};

const LOG: &str = "/CustomAuditTrail";

async fn add_users(app: &App, names: &[&str]) {
    for name in names {
        app.user(json!({"loginName": name})).await;
    }
    app.seal().await;
}

/// An application whose log was sealed at several sizes, which come with it.
async fn grown() -> (App, Vec<u64>) {
    let app = App::start().await;
    let mut sizes = Vec::new();
    for names in [&["a"][..], &["b"], &["c", "d", "e"], &["f", "g", "h", "i", "j", "k"], &["l"]] {
        add_users(&app, names).await;
        let note = Note::of(app.get(&format!("{LOG}/checkpoint")).await.is(200).text());
        sizes.push(note.head(&app).num_leaves());
    }
    assert!(sizes.is_sorted() && sizes.windows(2).all(|pair| pair[0] < pair[1]), "{sizes:?}");
    (app, sizes)
}

async fn checkpoint(app: &App, size: u64) -> Note {
    Note::of(app.get(&format!("{LOG}/checkpoint/{size}")).await.is(200).text())
}

async fn keys(app: &App) -> Vec<Value> {
    let keys = app.get(&format!("{LOG}/keys")).await.is(200).json();
    keys.as_array().unwrap().clone()
}

/// Another key takes over, and its entry is sealed.
async fn rotate(app: &App, seed: u8) {
    let (key, caller) =
        (app.world.keys.add(TestSigner::from_seed([seed; 32])), Caller::system("cli"));
    app.world.rotation().register(&caller, key).await.unwrap();
    app.world.rotation().hand_over(&caller, app.shop.id, key).await.unwrap();
    app.seal().await;
}

#[actix_web::test]
async fn a_checkpoint_is_a_note_signed_by_the_key_that_is_served() {
    let (app, sizes) = grown().await;
    let latest = app.get(&format!("{LOG}/checkpoint")).await.is(200);
    let last = sizes[sizes.len() - 1];
    assert_eq!(latest.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(latest.header("etag"), Some(&*format!("\"{last}\"")));
    assert_eq!(latest.header("cache-control"), Some("no-store"));
    let [key] = &keys(&app).await[..] else { panic!("one key") };
    for size in sizes {
        let answer = app.get(&format!("{LOG}/checkpoint/{size}")).await.is(200);
        assert_eq!(answer.header("etag"), Some(&*format!("\"{size}\"")));
        let note = Note::of(answer.text());
        assert_eq!(note.head(&app).num_leaves(), size);
        note.is_signed_by(&app, &[key]);
        if size == last {
            assert_eq!(answer.body, latest.body);
        }
    }
}

#[actix_web::test]
async fn a_checkpoint_that_is_not_there_is_told_from_other_things_that_are_not() {
    let app = App::start().await;
    app.get(&format!("{LOG}/checkpoint")).await.problem(404, "no-such-checkpoint");
    app.get(&format!("{LOG}/consistency?from=1")).await.problem(404, "no-such-checkpoint");
    add_users(&app, &["a", "b"]).await;
    let size = Note::of(app.get(&format!("{LOG}/checkpoint")).await.text()).head(&app).num_leaves();
    for none in
        ["0", "1", "x", "-1", "+1", "1.0", "%00", "9007199254740991", "18446744073709551616"]
    {
        let answer = app.get(&format!("{LOG}/checkpoint/{none}")).await;
        answer.problem(404, "no-such-checkpoint");
    }
    let beyond = size + 1;
    for path in [
        format!("1/proof?size={beyond}"),
        "1/proof?size=1".to_owned(),
        format!("consistency?from={beyond}"),
        format!("consistency?from=1&to={beyond}"),
        "consistency?from=9007199254740991".to_owned(),
    ] {
        app.get(&format!("{LOG}/{path}")).await.problem(404, "no-such-checkpoint");
    }
}

#[actix_web::test]
async fn every_entry_is_proved_in_every_tree_that_has_it() {
    let (app, sizes) = grown().await;
    let entries = app.get(LOG).await.is(200).json();
    let entries = entries.as_array().unwrap();
    assert_eq!(entries.len() as u64, sizes[sizes.len() - 1]);
    for (index, entry) in entries.iter().enumerate() {
        assert!(is_signed(entry), "{entry}");
        for &size in &sizes {
            let path = format!("{LOG}/{}/proof?size={size}", entry["id"]);
            let answer = app.get(&path).await;
            if index as u64 >= size {
                assert_eq!(answer.header("retry-after"), Some("1"));
                answer.problem(409, "not-sealed");
                continue;
            }
            let proof = answer.is(200).json();
            let leaf_hash = Sha256::digest([&[0][..], &leaf(entry)].concat());
            assert_eq!(proof["leafHash"], STANDARD.encode(leaf_hash));
            assert_eq!(
                (&proof["id"], &proof["leafIndex"], &proof["treeSize"]),
                (&entry["id"], &json!(index), &json!(size))
            );
            let note = checkpoint(&app, size).await;
            assert_eq!(Note::of(proof["checkpoint"].as_str().unwrap()).text, note.text);
            let root = note.head(&app);
            assert!(shows_inclusion(&proof, &leaf(entry), &root), "{index} of {size}");
            assert!(!shows_inclusion(&proof, b"another", &root), "{index} of {size}");
        }
        let latest = app.get(&format!("{LOG}/{}/proof", entry["id"])).await.is(200).json();
        assert_eq!(latest["treeSize"], sizes[sizes.len() - 1]);
    }
}

#[actix_web::test]
async fn an_entry_that_waits_is_not_sealed_and_one_that_is_not_there_is_unknown() {
    let app = App::start().await;
    app.seal().await;
    app.user(json!({"loginName": "ada"})).await;
    let last = app.get(&format!("{LOG}?sortBy=id&sortOrder=descending&limit=1")).await.json();
    let path = format!("{LOG}/{}/proof", last[0]["id"]);
    let answer = app.get(&path).await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    answer.problem(409, "not-sealed");
    app.seal().await;
    app.get(&path).await.is(200);
    for id in ["0", "x", "-1", "9007199254740991", "99999999999999999999"] {
        app.get(&format!("{LOG}/{id}/proof")).await.problem(404, "not-found");
    }
}

#[actix_web::test]
async fn every_size_is_consistent_with_every_later_one() {
    let (app, sizes) = grown().await;
    let last = sizes[sizes.len() - 1];
    // Sizes without a checkpoint have a proof too.
    for from in 1..=last {
        for to in from..=last {
            let path = format!("{LOG}/consistency?from={from}&to={to}");
            let proof = app.get(&path).await.is(200).json();
            assert_eq!((&proof["from"], &proof["to"]), (&json!(from), &json!(to)));
            let old = root_hash(proof["fromRoot"].as_str().unwrap(), from);
            let new = root_hash(proof["toRoot"].as_str().unwrap(), to);
            assert!(shows_consistency(&proof, &old, &new), "{from} to {to}");
            for (size, root) in [(from, &old), (to, &new)] {
                if sizes.contains(&size) {
                    let sealed = checkpoint(&app, size).await.head(&app);
                    assert_eq!(root.as_bytes(), sealed.as_bytes(), "{size}");
                }
            }
            let forged = root_hash(&STANDARD.encode([9; 32]), from);
            assert!(!shows_consistency(&proof, &forged, &new), "{from} to {to}");
        }
    }
    let to_present = app.get(&format!("{LOG}/consistency?from={}", sizes[0])).await.is(200).json();
    assert_eq!(to_present["to"], last);
}

#[actix_web::test]
async fn sizes_that_are_none_are_refused() {
    let (app, _) = grown().await;
    let one = app.trail("User").await[0]["id"].clone();
    for wrong in ["0", "-1", "+1", "x", "", "1.5", "1e3", "%00", "9007199254740992"] {
        app.get(&format!("{LOG}/{one}/proof?size={wrong}")).await.refuses(&["size"]);
        app.get(&format!("{LOG}/consistency?from={wrong}")).await.refuses(&["from"]);
        app.get(&format!("{LOG}/consistency?from=1&to={wrong}")).await.refuses(&["to"]);
    }
    app.get(&format!("{LOG}/consistency")).await.refuses(&["from"]);
    app.get(&format!("{LOG}/consistency?to=x")).await.refuses(&["from", "to"]);
    app.get(&format!("{LOG}/consistency?from=2&to=1")).await.refuses(&["to"]);
    app.get(&format!("{LOG}/consistency?from=1&FROM=1")).await.problem(400, "malformed-request");
}

#[actix_web::test]
async fn each_key_is_shown_with_its_leaves_and_what_it_took_over() {
    let app = App::start().await;
    add_users(&app, &["a"]).await;
    let answer = app.get(&format!("{LOG}/keys")).await.is(200);
    assert_eq!(answer.header("etag"), Some("\"1\""));
    let first = answer.json()[0].clone();
    assert_eq!((&first["from"], &first["to"]), (&json!(0), &Value::Null));
    assert_eq!(first["statement"], Value::Null);
    let before = Note::of(app.get(&format!("{LOG}/checkpoint")).await.text()).head(&app);

    rotate(&app, 9).await;
    add_users(&app, &["b"]).await;
    let answer = app.get(&format!("{LOG}/keys")).await.is(200);
    assert_eq!(answer.header("etag"), Some("\"2\""));
    let keys = keys(&app).await;
    let (cut, size) = (&keys[1]["from"], before.num_leaves());
    assert_eq!(*cut, json!(size));
    assert_eq!(keys[0]["publicKeyInfo"], first["publicKeyInfo"]);
    assert_eq!((&keys[0]["to"], &keys[1]["to"]), (cut, &Value::Null));
    let statement = Note::of(keys[1]["statement"].as_str().unwrap());
    let lines = statement.lines();
    assert_eq!(lines[0], "userstore audit key succession");
    assert_eq!(lines[2..4], [size.to_string(), STANDARD.encode(before.as_bytes())]);
    assert_eq!(
        [lines[4], lines[5]],
        [&keys[0], &keys[1]].map(|key| key["publicKeyInfo"].as_str().unwrap())
    );
    statement.is_signed_by(&app, &[&keys[0], &keys[1]]);

    checkpoint(&app, size).await.is_signed_by(&app, &[&keys[0]]);
    let latest = Note::of(app.get(&format!("{LOG}/checkpoint")).await.text());
    latest.is_signed_by(&app, &[&keys[1]]);
    let entries = app.get(LOG).await.json();
    for (index, entry) in entries.as_array().unwrap().iter().enumerate() {
        let key = &keys[usize::from(index as u64 >= size)];
        assert_eq!(entry["signaturePublicKeyInfo"], key["publicKeyInfo"], "{index}");
        assert!(is_signed(entry));
    }
}

#[actix_web::test]
async fn a_node_without_the_key_of_a_store_changes_nothing_there() {
    let app = App::start().await;
    rotate(&app, 9).await;
    let before = app.get(LOG).await.is(200).text().to_owned();
    app.world.keys.forget(&TestSigner::from_seed([9; 32]).public_key());
    let answer = app.post("/User", json!({"loginName": "ada"})).await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    answer.problem(503, "unavailable");
    assert_eq!(app.get(LOG).await.is(200).text(), before);
    app.get(&format!("{LOG}/checkpoint")).await.is(200);
}

#[actix_web::test]
async fn entries_that_are_archived_are_gone_and_those_behind_them_are_proved_as_before() {
    let (app, sizes) = grown().await;
    let entries = app.get(LOG).await.json();
    let (cut, last) = (sizes[2], sizes[sizes.len() - 1]);
    let at_cut = usize::try_from(cut).unwrap();
    app.world.retention().drop_before(app.shop.id, cut).await.unwrap();
    let left = app.get(LOG).await.is(200).json();
    assert_eq!(left.as_array().unwrap()[..], entries.as_array().unwrap()[at_cut..]);
    app.get(&format!("{LOG}/{}/proof", entries[at_cut - 1]["id"])).await.problem(404, "not-found");
    app.get(&format!("{LOG}/checkpoint/{}", sizes[1])).await.problem(404, "no-such-checkpoint");

    let entry = &entries[at_cut];
    let proof = app.get(&format!("{LOG}/{}/proof", entry["id"])).await.is(200).json();
    assert_eq!((&proof["leafIndex"], &proof["treeSize"]), (&json!(cut), &json!(last)));
    let root = checkpoint(&app, last).await.head(&app);
    assert!(shows_inclusion(&proof, &leaf(entry), &root));
    let old = checkpoint(&app, cut).await.head(&app);
    let proof = app.get(&format!("{LOG}/consistency?from={cut}")).await.is(200).json();
    assert!(shows_consistency(&proof, &old, &root));
}

#[actix_web::test]
async fn a_clock_that_goes_back_keeps_no_entry_from_the_log() {
    let app = App::start().await;
    add_users(&app, &["a"]).await;
    let past = app.world.clock.now().as_micros() - 3_600_000_000;
    app.world.clock.set(Instant::from_micros(past).unwrap());
    add_users(&app, &["b"]).await;
    let entries = app.get(LOG).await.is(200).json();
    let last = entries.as_array().unwrap().last().unwrap();
    assert_eq!(last["timestamp"], "2025-12-31T23:00:00.000000Z");
    app.get(&format!("{LOG}/{}/proof", last["id"])).await.is(200);
}
