//! Proofs, checked by a few lines that know RFC 9162 and nothing of the product.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{checkpoint, sealed, size_of};
use crate::harness::{Api, Server, id_of, on_both_databases};

on_both_databases![
    every_entry_is_proved_to_be_in_the_log,
    every_checkpoint_is_proved_to_be_a_beginning_of_the_last,
    a_checkpoint_is_signed_by_the_published_key,
    what_is_not_there_has_no_proof,
];

pub(super) fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    digest(&SHA256, &parts.concat()).as_ref().to_vec()
}

pub(super) fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap_or_else(|| panic!("base64: {value}"));
    STANDARD.decode(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn node(left: &[u8], right: &[u8]) -> Vec<u8> {
    sha256(&[&[1], left, right])
}

fn hashes(proof: &Value) -> Vec<Vec<u8>> {
    proof["hashes"].as_array().expect("hashes").iter().map(bytes).collect()
}

/// The root that a checkpoint names.
pub(super) fn root_of(note: &str) -> Vec<u8> {
    STANDARD.decode(note.lines().nth(2).expect("a root")).expect("base64")
}

/// The root that an inclusion proof leads to: RFC 9162 §2.1.3.2.
fn root_by_inclusion(leaf: u64, size: u64, hash: Vec<u8>, path: &[Vec<u8>]) -> Vec<u8> {
    let (mut of_leaf, mut of_last, mut root) = (leaf, size - 1, hash);
    for sibling in path {
        assert_ne!(of_last, 0, "the proof is too long");
        if of_leaf % 2 == 1 || of_leaf == of_last {
            root = node(sibling, &root);
            while of_leaf % 2 == 0 && of_leaf != 0 {
                (of_leaf, of_last) = (of_leaf / 2, of_last / 2);
            }
        } else {
            root = node(&root, sibling);
        }
        (of_leaf, of_last) = (of_leaf / 2, of_last / 2);
    }
    assert_eq!(of_last, 0, "the proof is too short");
    root
}

/// The two roots that a consistency proof leads to: RFC 9162 §2.1.4.2.
fn roots_by_consistency(from: u64, to: u64, path: &[Vec<u8>], old: &[u8]) -> (Vec<u8>, Vec<u8>) {
    if from == to {
        assert!(path.is_empty());
        return (old.to_vec(), old.to_vec());
    }
    let mut path = path.to_vec();
    if from.is_power_of_two() {
        path.insert(0, old.to_vec());
    }
    let (mut of_from, mut of_to) = (from - 1, to - 1);
    while of_from % 2 == 1 {
        (of_from, of_to) = (of_from / 2, of_to / 2);
    }
    let (mut small, mut large) = (path[0].clone(), path[0].clone());
    for hash in path.iter().skip(1) {
        assert_ne!(of_to, 0, "the proof is too long");
        if of_from % 2 == 1 || of_from == of_to {
            (small, large) = (node(hash, &small), node(hash, &large));
            while of_from % 2 == 0 && of_from != 0 {
                (of_from, of_to) = (of_from / 2, of_to / 2);
            }
        } else {
            large = node(&large, hash);
        }
        (of_from, of_to) = (of_from / 2, of_to / 2);
    }
    assert_eq!(of_to, 0, "the proof is too short");
    (small, large)
}

/// The data of an entry's leaf, as the document about bundles says.
fn leaf_data(entry: &Value) -> Vec<u8> {
    let left_out = ["originalContent", "currentContent", "originalSalt", "currentSalt"];
    let members = entry.as_object().expect("an object").iter();
    let mut members: Vec<_> =
        members.filter(|(name, _)| !left_out.contains(&name.as_str())).collect();
    members.sort_by_key(|(name, _)| name.as_str());
    let members = members.iter().map(|(name, value)| format!(r#""{name}":{value}"#));
    format!("{{{}}}", members.collect::<Vec<_>>().join(",")).into_bytes()
}

/// Checks the proof that an entry is in the log, at the latest checkpoint or that of a size.
pub(super) async fn assert_included(api: &Api, entry: &Value, size: Option<u64>) -> u64 {
    let query = size.map(|size| format!("?size={size}")).unwrap_or_default();
    let proof = api.read(&format!("CustomAuditTrail/{}/proof{query}", entry["id"])).await.json(200);
    assert_eq!(proof["id"], entry["id"]);
    let hash = sha256(&[&[0], &leaf_data(entry)]);
    assert_eq!(bytes(&proof["leafHash"]), hash, "{entry}");
    let note = proof["checkpoint"].as_str().expect("a checkpoint");
    let (leaf, of) = (&proof["leafIndex"], &proof["treeSize"]);
    let (leaf, of) = (leaf.as_u64().expect("a leaf"), of.as_u64().expect("a size"));
    assert_eq!(size_of(note), of);
    assert!(size.is_none_or(|size| size == of));
    assert_eq!(root_by_inclusion(leaf, of, hash, &hashes(&proof)), root_of(note));
    leaf
}

/// Checks the proof that one checkpoint's log is the beginning of another's.
pub(super) async fn assert_consistent(api: &Api, from: &str, to: &str) {
    let (old, new) = (size_of(from), size_of(to));
    let path = format!("CustomAuditTrail/consistency?from={old}&to={new}");
    let proof = api.read(&path).await.json(200);
    assert_eq!((proof["from"].as_u64(), proof["to"].as_u64()), (Some(old), Some(new)));
    let roots = roots_by_consistency(old, new, &hashes(&proof), &root_of(from));
    assert_eq!(roots, (root_of(from), root_of(to)), "from {old} to {new}");
    assert_eq!((bytes(&proof["fromRoot"]), bytes(&proof["toRoot"])), roots);
}

/// A log with several checkpoints, and these.
async fn checkpoints(server: &Server) -> Vec<String> {
    let api = server.admin();
    let mut notes = vec![sealed(&server.installation, &api).await];
    for batch in [1, 2, 5, 9, 17] {
        for n in 0..batch {
            api.new_user(&format!("{batch} {n}")).await;
        }
        notes.push(sealed(&server.installation, &api).await);
    }
    notes
}

async fn every_entry_is_proved_to_be_in_the_log(server: Server) {
    let notes = checkpoints(&server).await;
    let api = server.admin();
    let entries = api.list("CustomAuditTrail").await;
    for (place, entry) in entries.iter().enumerate() {
        let leaf = assert_included(&api, entry, None).await;
        assert_eq!(leaf, place as u64, "the list is in the order of the log");
        for note in notes.iter().filter(|note| size_of(note) > leaf) {
            assert_included(&api, entry, Some(size_of(note))).await;
        }
    }
}

async fn every_checkpoint_is_proved_to_be_a_beginning_of_the_last(server: Server) {
    let notes = checkpoints(&server).await;
    for (place, from) in notes.iter().enumerate() {
        for to in &notes[place..] {
            assert_consistent(&server.admin(), from, to).await;
        }
        let rest = format!("CustomAuditTrail/checkpoint/{}", size_of(from));
        assert_eq!(server.admin().read(&rest).await.expect(200).text(), *from);
    }
}

async fn a_checkpoint_is_signed_by_the_published_key(server: Server) {
    let note = checkpoints(&server).await.pop().expect("a checkpoint");
    let keys = server.admin().list("CustomAuditTrail/keys").await;
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!(keys[0]["from"], 0);
    assert!(keys[0]["to"].is_null() && keys[0]["statement"].is_null(), "{keys:?}");
    assert_signed(&note, &[&keys[0]]);
}

/// Checks that a note has exactly the signatures of these published keys, in that order.
pub(super) fn assert_signed(note: &str, keys: &[&Value]) {
    let (text, signatures) = note.split_once("\n\n").expect("a text and signatures");
    let text = format!("{text}\n");
    let origin = text.lines().find(|line| line.starts_with("userstore/")).expect("an origin");
    let signatures: Vec<_> = signatures.lines().collect();
    assert_eq!(signatures.len(), keys.len(), "{note}");
    for (line, key) in signatures.iter().zip(keys) {
        let info = bytes(&key["publicKeyInfo"]);
        assert_eq!(info.len(), 44);
        let point = &info[12..];
        let id = &sha256(&[origin.as_bytes(), b"\n\x01", point])[..4];
        assert_eq!(key["keyId"], crate::harness::hex(id));
        let code = line.strip_prefix(&format!("\u{2014} {origin} ")).expect("the name");
        let code = STANDARD.decode(code).expect("base64");
        assert_eq!(&code[..4], id, "{note}");
        let verified = UnparsedPublicKey::new(&ED25519, point).verify(text.as_bytes(), &code[4..]);
        assert!(verified.is_ok(), "{note}");
    }
}

async fn what_is_not_there_has_no_proof(server: Server) {
    let api = server.admin();
    let early = size_of(&sealed(&server.installation, &api).await);
    let ada = api.new_user("ada").await;
    let note = sealed(&server.installation, &api).await;
    let size = size_of(&note);
    let entry = api.entries_about(id_of(&ada)).await.remove(0);
    let proof = format!("CustomAuditTrail/{}/proof", entry["id"]);
    let later = api.read(&format!("{proof}?size={early}")).await;
    assert_eq!(later.header("retry-after"), "1");
    assert_eq!(later.problem(409)["type"], "urn:userstore:problem:not-sealed");
    for missing in [
        "CustomAuditTrail/9007199254740991/proof".to_owned(),
        "CustomAuditTrail/x/proof".to_owned(),
        format!("{proof}?size={}", size + 1),
        format!("CustomAuditTrail/checkpoint/{}", size + 1),
        "CustomAuditTrail/checkpoint/0".to_owned(),
        "CustomAuditTrail/checkpoint/x".to_owned(),
        format!("CustomAuditTrail/consistency?from={}", size + 1),
        format!("CustomAuditTrail/consistency?from=1&to={}", size + 1),
    ] {
        api.read(&missing).await.problem(404);
    }
    for wrong in [
        "consistency",
        "consistency?from=0",
        "consistency?from=x",
        "consistency?from=1&to=-1",
        "consistency?from=3&to=2",
    ] {
        api.read(&format!("CustomAuditTrail/{wrong}")).await.problem(400);
    }
    api.read(&format!("{proof}?size=x")).await.problem(400);
    assert_eq!(checkpoint(&api).await, Some(note));
}
