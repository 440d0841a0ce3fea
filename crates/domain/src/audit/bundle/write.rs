//! The lines of a bundle, written in canonical form: the members are listed in its order, every
//! number is an integer below 2^53, and `serde_json` escapes strings as RFC 8785 §3.2.2.2 asks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::audit::log::{KeyTerm, SealedEntry, TreeHash};
use crate::audit::{Commitment, Entry};
use crate::id::StoreId;

/// The one format there is.
const FORMAT: &str = "userstore-audit-bundle/1";

/// Of the manifest.
pub(super) struct Outline<'a> {
    pub(super) store: StoreId,
    pub(super) first: u64,
    pub(super) size: u64,
    pub(super) keys: u64,
    pub(super) checkpoints: u64,
    pub(super) prefix: &'a [TreeHash],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestLine {
    checkpoints: u64,
    first: u64,
    format: &'static str,
    instance_id: String,
    keys: u64,
    prefix: Vec<String>,
    size: u64,
}

#[derive(Serialize)]
struct KeyLine<'a> {
    from: u64,
    key: String,
    statement: Option<&'a str>,
}

#[derive(Serialize)]
struct CheckpointLine<'a> {
    checkpoint: &'a str,
}

#[derive(Serialize)]
struct EntryLine<'a> {
    entry: Members<'a>,
    leaf: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    action: &'a str,
    area: &'a str,
    category: &'a str,
    current_commitment: Option<String>,
    current_content: Option<&'a str>,
    current_salt: Option<String>,
    data_source: &'a str,
    id: i64,
    instance_id: String,
    original_commitment: Option<String>,
    original_content: Option<&'a str>,
    original_salt: Option<String>,
    primary_key: &'a str,
    signature: String,
    signature_public_key_info: String,
    timestamp: String,
    user: &'a str,
}

impl<'a> From<&'a Entry> for Members<'a> {
    fn from(entry: &'a Entry) -> Self {
        let [original, current] =
            [&entry.original, &entry.current].map(|side| Side::of(side.as_ref()));
        Self {
            action: entry.action.name(),
            area: entry.area.name(),
            category: Entry::CATEGORY,
            current_commitment: current.commitment,
            current_content: current.content,
            current_salt: current.salt,
            data_source: &entry.data_source,
            id: entry.id.get(),
            instance_id: entry.store.to_string(),
            original_commitment: original.commitment,
            original_content: original.content,
            original_salt: original.salt,
            primary_key: &entry.primary_key,
            signature: STANDARD.encode(entry.signature.0),
            signature_public_key_info: STANDARD.encode(entry.public_key.0),
            timestamp: entry.timestamp.to_string(),
            user: &entry.user,
        }
    }
}

#[derive(Default)]
struct Side<'a> {
    commitment: Option<String>,
    content: Option<&'a str>,
    salt: Option<String>,
}

impl<'a> Side<'a> {
    fn of(commitment: Option<&'a Commitment>) -> Self {
        let Some(commitment) = commitment else { return Self::default() };
        let opened = commitment.opened.as_ref();
        Self {
            commitment: Some(STANDARD.encode(commitment.hash)),
            content: opened.map(|opened| opened.content.as_str()),
            salt: opened.map(|opened| STANDARD.encode(opened.salt)),
        }
    }
}

pub(super) fn manifest(file: &mut Vec<u8>, outline: &Outline<'_>) {
    let Outline { store, first, size, keys, checkpoints, prefix } = outline;
    let line = ManifestLine {
        checkpoints: *checkpoints,
        first: *first,
        format: FORMAT,
        instance_id: store.to_string(),
        keys: *keys,
        prefix: prefix.iter().map(|hash| STANDARD.encode(hash.0)).collect(),
        size: *size,
    };
    append(file, &line);
}

pub(super) fn key(file: &mut Vec<u8>, term: &KeyTerm) {
    let KeyTerm { key, from, statement } = term;
    let (key, statement) = (STANDARD.encode(key.0), statement.as_deref());
    append(file, &KeyLine { from: *from, key, statement });
}

pub(super) fn entry(file: &mut Vec<u8>, SealedEntry { leaf, entry }: &SealedEntry) {
    append(file, &EntryLine { entry: entry.into(), leaf: *leaf });
}

pub(super) fn checkpoint(file: &mut Vec<u8>, note: &str) {
    append(file, &CheckpointLine { checkpoint: note });
}

fn append(file: &mut Vec<u8>, line: &impl Serialize) {
    // Strings and integers always serialize, and a `Vec` takes them.
    let _ = serde_json::to_writer(&mut *file, line);
    file.push(b'\n');
}
