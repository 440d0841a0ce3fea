//! Logs that a server makes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::agreement::assert_found_alike;
use super::edits::samples;
use super::verifiers::both;
use crate::harness::{Api, Installation, Server, id_of, on_both_databases};

on_both_databases![
    a_log_of_awkward_content_is_good_to_both,
    every_part_of_a_log_is_good_to_both,
    a_log_is_held_against_checkpoints_by_both_alike,
    a_log_of_awkward_content_that_was_altered_is_bad_to_both,
];

/// Texts that are hard to write.
const NAMES: [&str; 6] = [
    "Ada \"/\\ Lovelace",
    "\u{1F980} \u{2028}\u{2029} /",
    "ключ <&>",
    "e\u{301} \u{FEFF}ﬀ",
    "日本語",
    "\u{202E}olleh",
];

/// What long values are full of.
const FILLINGS: [&str; 6] =
    ["\"", "\\/", "é\u{7F}", "\u{1F980}\u{FFFF}", "\r\n\t\u{8}\u{C}", "\u{1}\u{1F}\u{80}"];

/// Users under awkward names with long profiles, a group, a batch of 300, a key handed over beside
/// the running server, two users erased; the number of entries.
async fn awkward_log(server: &Server) -> u64 {
    let api = server.admin();
    let mut users = vec![];
    for (n, name) in NAMES.iter().enumerate() {
        users.push(person(&api, name, n).await);
    }
    let batch = (0..300).map(|n| json!({ "loginName": format!("{n} {}", NAMES[n % 6]) })).collect();
    api.create_users(&batch).await.expect(200);
    rotate(server).await;
    group(&api, "Gruppe \u{1F980} \"", &users[0]).await;
    erase(server, &users[2], &users[3]).await;
    api.list("CustomAuditTrail").await.len() as u64
}

/// A user of that name, with a profile as long as one may be.
async fn person(api: &Api, name: &str, n: usize) -> String {
    let filling = FILLINGS[n % FILLINGS.len()];
    let value = filling.repeat(64 * 1024 / filling.len());
    let profile = json!([{ "key": format!("{name}/\"ключ"), "value": value }]);
    let user = json!({ "loginName": name, "firstName": name, "userProfiles": profile });
    id_of(&api.create_user(&user).await.json(201)).to_owned()
}

async fn group(api: &Api, name: &str, member: &str) {
    let group = api.new_group(name).await;
    let patch = json!([{ "op": "add", "path": "/memberOfGroups/-", "value": group["id"] }]);
    api.patch_user(member, &patch).await.expect(202);
}

/// Erases two deleted users, one by the API and one by a command.
async fn erase(server: &Server, one: &str, other: &str) {
    let api = server.admin();
    api.call(Method::DELETE, &format!("User/{one}?erase=true"), None).await.expect(204);
    api.delete_user(other).await.expect(204);
    let erase = ["audit", "erase", "--user", other, "--store", "default", "--yes"];
    server.installation.run(&erase).well();
}

/// Hands the logs over to the next key, beside the running server, and waits until that writes on.
async fn rotate(server: &Server) {
    for command in ["prepare", "rotate"] {
        server.installation.run(&["audit", "key", command]).well();
    }
    let user = json!({ "loginName": "after the rotation" });
    // A server that looked for keys a moment ago does not look again at once.
    let deadline = Instant::now() + Duration::from_secs(30);
    while server.admin().create_user(&user).await.status != 201 {
        assert!(Instant::now() < deadline, "the server does not find the next key");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Fifty entries of the store `default`, short ones, under two keys and with some erased; and a
/// second store.
pub(super) async fn fifty_entries(server: &Server) {
    let api = server.admin();
    api.create_store(&json!({ "name": "shop" })).await.expect(201);
    api.in_store("shop").new_user("ada").await;
    let user = |n| {
        let profile = json!([{ "key": "k", "value": NAMES[n] }]);
        json!({ "loginName": format!("{} {n}", NAMES[n]), "userProfiles": profile })
    };
    let mut ids = vec![];
    for n in 0..6 {
        ids.push(id_of(&api.create_user(&user(n)).await.json(201)).to_owned());
        sealed(&api).await;
    }
    rotate(server).await;
    group(&api, "g", &ids[0]).await;
    erase(server, &ids[1], &ids[2]).await;
    let missing = 50 - api.list("CustomAuditTrail").await.len();
    let rest = (0..missing).map(|n| json!({ "loginName": format!("rest {n}") })).collect();
    api.create_users(&rest).await.expect(200);
}

/// Seals what waits; the latest checkpoint. (A list of the trail seals first.)
async fn sealed(api: &Api) -> String {
    api.get_audit_trails("?limit=1").await.expect(200);
    api.read("CustomAuditTrail/checkpoint").await.expect(200).text()
}

/// A store's bundle, in a file beside the database.
pub(super) fn export(here: &Installation, store: &str) -> PathBuf {
    exported(here, &format!("{store}.jsonl"), &["--store", store])
}

fn exported(here: &Installation, name: &str, arguments: &[&str]) -> PathBuf {
    let path = here.directory().join(name);
    let output = ["audit", "export", "--output", path.to_str().expect("UTF-8")];
    here.run(&[&output[..], arguments].concat()).well();
    path
}

/// The report of both, who find all good.
#[track_caller]
fn good(here: &Installation, bundle: &Path, kept: Option<&Path>) -> Value {
    let found = both(here, bundle, kept);
    let report = found.report.expect("a verdict");
    assert!(found.code == Some(0) && report["valid"] == true, "{report}");
    report
}

async fn a_log_of_awkward_content_is_good_to_both(server: Server) {
    let entries = awkward_log(&server).await;
    assert!(entries > 320, "{entries}");
    let report = good(&server.installation, &export(&server.installation, "default"), None);
    assert_eq!(report["entries"], entries, "{report}");
    assert_eq!(report["keys"], 2, "{report}");
    // Both users and their profiles: added and deleted.
    assert_eq!(report["erased"], 8, "{report}");
    assert_eq!(report["tail"], "unprotected", "{report}");
}

/// What was exported at earlier sizes, each part from the beginning on.
async fn every_part_of_a_log_is_good_to_both(server: Server) {
    let (api, here) = (server.admin(), &server.installation);
    let mut sizes = vec![];
    for (n, name) in NAMES.iter().enumerate() {
        api.new_user(name).await;
        sizes.push(size_of(&sealed(&api).await));
        if n == 3 {
            rotate(&server).await;
        }
    }
    assert!(sizes.is_sorted_by(|one, next| one < next), "{sizes:?}");
    for size in sizes {
        let at = size.to_string();
        let part = exported(here, &at, &["--store", "default", "--size", &at]);
        assert_eq!(good(here, &part, None)["entries"], size);
    }
}

fn size_of(note: &str) -> u64 {
    let size = note.lines().nth(1).and_then(|size| size.parse().ok());
    size.unwrap_or_else(|| panic!("a number of leaves: {note}"))
}

async fn a_log_is_held_against_checkpoints_by_both_alike(server: Server) {
    let (api, here) = (server.admin(), &server.installation);
    let foreign = json!({ "name": "shop" });
    api.create_store(&foreign).await.expect(201);
    api.new_user("ada").await;
    let first = sealed(&api).await;
    let early = export(here, "default");
    let early = std::fs::read(&early).expect("a bundle");
    rotate(&server).await;
    api.new_user("bob").await;
    let second = sealed(&api).await;
    let bundle = export(here, "default");
    let kept = here.directory().join("kept");
    let held = |note: &str, bundle: &Path| {
        std::fs::write(&kept, note).expect("a file");
        both(here, bundle, Some(&kept))
    };
    for note in [&first, &second] {
        let report = held(note, &bundle).report.expect("a verdict");
        assert!(report["valid"] == true && report["tail"] == "pinned", "{report}");
    }
    let cut = here.directory().join("early.jsonl");
    std::fs::write(&cut, early).expect("a file");
    assert_eq!(held(&second, &cut).summary(), json!(["truncated", size_of(&first)]));
    let shop = sealed(&api.in_store("shop")).await;
    assert_eq!(held(&shop, &bundle).summary(), json!(["foreign-store", 0]));
    assert_eq!(held("no checkpoint", &bundle).summary(), "cannot-work");
    let (text, signature) = first.split_once("\n\n").expect("a note");
    let mut lines: Vec<_> = text.lines().collect();
    let root = second.lines().nth(2).expect("a root");
    lines[2] = root;
    let forged = format!("{}\n\n{signature}", lines.join("\n"));
    assert_eq!(held(&forged, &bundle).summary(), json!(["forked", size_of(&first)]));
    let unsigned = first.replace(signature, second.split_once("\n\n").expect("a note").1);
    assert_eq!(held(&unsigned, &bundle).summary(), json!(["wrong-key", size_of(&first)]));
}

async fn a_log_of_awkward_content_that_was_altered_is_bad_to_both(server: Server) {
    awkward_log(&server).await;
    let bundle = export(&server.installation, "default");
    let file = std::fs::read(&bundle).expect("a bundle");
    assert_found_alike(&bundle, samples(&file, 400));
}
