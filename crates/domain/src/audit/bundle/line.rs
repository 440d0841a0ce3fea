//! The lines of a bundle, read: of the one form that they have, or none.

use sha2::{Digest, Sha256};

use super::cursor::{Cursor, Nullable, Text};
use super::value::{base64, is_timestamp, store};
use crate::audit::log::{Frontier, TreeHash};
use crate::audit::{Action, Area, Entry, PublicKeyInfo, Signature};
use crate::id::StoreId;

/// The most keys that a bundle may have: each takes memory as long as it is verified.
const MOST_KEYS: u64 = 4_096;

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) store: StoreId,
    pub(super) first: u64,
    pub(super) size: u64,
    pub(super) keys: u64,
    pub(super) checkpoints: u64,
    /// Over the leaves before `first`.
    pub(super) prefix: Frontier,
}

impl Manifest {
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut cursor = Cursor::new(line);
        cursor.take(r#"{"checkpoints":"#)?;
        let checkpoints = cursor.integer()?;
        cursor.take(r#","first":"#)?;
        let first = cursor.integer()?;
        cursor.take(r#","format":"userstore-audit-bundle/1","instanceId":"#)?;
        let store = store(cursor.string()?.raw())?;
        cursor.take(r#","keys":"#)?;
        let keys = cursor.integer()?;
        cursor.take(r#","prefix":["#)?;
        let prefix = Frontier::of(first, hashes(&mut cursor, first.count_ones())?)?;
        cursor.take(r#"],"size":"#)?;
        let size = cursor.integer()?;
        cursor.take("}")?;
        cursor.end()?;
        let is_counted = checkpoints >= 1 && (1..=MOST_KEYS).contains(&keys);
        let fits = is_counted && size >= 1 && first <= size;
        fits.then_some(Self { store, first, size, keys, checkpoints, prefix })
    }
}

/// So many hashes, with commas in between.
fn hashes(cursor: &mut Cursor<'_>, count: u32) -> Option<Vec<TreeHash>> {
    let mut hashes = Vec::new();
    for place in 0..count {
        if place > 0 {
            cursor.take(",")?;
        }
        hashes.push(TreeHash(base64(cursor.string()?.raw())?));
    }
    Some(hashes)
}

/// A key, and where its term begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeyLine {
    pub(super) from: u64,
    pub(super) key: PublicKeyInfo,
    pub(super) statement: Option<String>,
}

impl KeyLine {
    pub(super) fn read(line: &str) -> Option<Self> {
        let mut cursor = Cursor::new(line);
        cursor.take(r#"{"from":"#)?;
        let from = cursor.integer()?;
        cursor.take(r#","key":"#)?;
        let key = PublicKeyInfo(base64(cursor.string()?.raw())?);
        cursor.take(r#","statement":"#)?;
        let statement = cursor.nullable()?.map(|text| text.decode().into_owned());
        cursor.take("}")?;
        cursor.end()?;
        Some(Self { from, key, statement })
    }
}

/// How the line of an entry begins.
pub(super) const ENTRY: &str = r#"{"entry":{"#;

/// The note of a checkpoint, not read yet.
pub(super) fn checkpoint(line: &str) -> Option<Text<'_>> {
    let mut cursor = Cursor::new(line);
    cursor.take(r#"{"checkpoint":"#)?;
    let note = cursor.string()?;
    cursor.take("}")?;
    cursor.end()?;
    Some(note)
}

/// An entry in its place. Every value has the form that it must have; nothing else is checked.
pub(super) struct EntryLine<'a> {
    pub(super) leaf: u64,
    pub(super) store: StoreId,
    pub(super) key: PublicKeyInfo,
    pub(super) signature: Signature,
    pub(super) original: Side<'a>,
    pub(super) current: Side<'a>,
    /// What is signed, in the parts that it stands in.
    signed: [&'a str; 4],
    /// The member of the leaf that is not signed: the signature, before the last of those parts.
    added: &'a str,
}

impl<'a> EntryLine<'a> {
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let cursor = &mut Cursor::new(line);
        cursor.take(r#"{"entry":"#)?;
        let (change, commitment) = part(cursor, change)?;
        let current = Side::read(cursor, commitment, [CURRENT_CONTENT, CURRENT_SALT])?;
        let (origin, (store, commitment)) = part(cursor, origin)?;
        let original = Side::read(cursor, commitment, [ORIGINAL_CONTENT, ORIGINAL_SALT])?;
        let (record, ()) = part(cursor, record)?;
        let (added, signature) = part(cursor, signature)?;
        let (act, key) = part(cursor, act)?;
        cursor.take(r#","leaf":"#)?;
        let leaf = cursor.integer()?;
        cursor.take("}")?;
        cursor.end()?;
        let signed = [change, origin, record, act];
        Some(Self { leaf, store, key, signature, original, current, signed, added })
    }

    /// The bytes that are signed.
    pub(super) fn message(&self) -> Vec<u8> {
        self.signed.concat().into_bytes()
    }

    /// The hash of its leaf.
    pub(super) fn hash(&self) -> TreeHash {
        let [change, origin, record, act] = self.signed;
        let parts = [change, origin, record, self.added, act];
        let hasher = Sha256::new().chain_update([0]);
        TreeHash(parts.iter().fold(hasher, Digest::chain_update).finalize().into())
    }

    /// Whether its contents are those it commits to; and if so, whether one was erased.
    pub(super) fn contents(&self) -> Option<Contents> {
        let (original, current) = (self.original.contents()?, self.current.contents()?);
        let erased = [original, current].contains(&Contents::Erased);
        Some(if erased { Contents::Erased } else { Contents::Whole })
    }
}

/// Whether what an entry commits to is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// All of it.
    Whole,
    /// It was erased, or part of it.
    Erased,
}

/// What an entry says of a record before or after.
pub(super) struct Side<'a> {
    commitment: Nullable<[u8; 32]>,
    content: Nullable<Text<'a>>,
    salt: Nullable<[u8; 16]>,
}

const CURRENT_CONTENT: &str = r#","currentContent":"#;
const CURRENT_SALT: &str = r#","currentSalt":"#;
const ORIGINAL_CONTENT: &str = r#","originalContent":"#;
const ORIGINAL_SALT: &str = r#","originalSalt":"#;

impl<'a> Side<'a> {
    fn read(
        cursor: &mut Cursor<'a>,
        commitment: Nullable<[u8; 32]>,
        [content, salt]: [&str; 2],
    ) -> Option<Self> {
        cursor.take(content)?;
        let content = cursor.nullable()?;
        cursor.take(salt)?;
        Some(Self { commitment, content, salt: binary(cursor)? })
    }

    fn contents(&self) -> Option<Contents> {
        match (self.commitment, self.content, self.salt) {
            (None, None, None) => Some(Contents::Whole),
            (Some(_), None, None) => Some(Contents::Erased),
            (Some(commitment), Some(content), Some(salt)) => {
                let hasher = Sha256::new().chain_update(salt);
                let hash: [u8; 32] = hasher.chain_update(&*content.decode()).finalize().into();
                (hash == commitment).then_some(Contents::Whole)
            }
            _ => None,
        }
    }
}

/// What `read` reads, with the text that it stands in.
fn part<'a, T>(
    cursor: &mut Cursor<'a>,
    read: impl FnOnce(&mut Cursor<'a>) -> Option<T>,
) -> Option<(&'a str, T)> {
    let place = cursor.place();
    let value = read(cursor)?;
    Some((cursor.since(place)?, value))
}

fn change(cursor: &mut Cursor<'_>) -> Option<Nullable<[u8; 32]>> {
    cursor.take(r#"{"action":"#)?;
    cursor.string()?.raw().parse::<Action>().ok()?;
    cursor.take(r#","area":"#)?;
    cursor.string()?.raw().parse::<Area>().ok()?;
    cursor.take(r#","category":"#)?;
    cursor.string().filter(|category| category.raw() == Entry::CATEGORY)?;
    cursor.take(r#","currentCommitment":"#)?;
    binary(cursor)
}

fn origin(cursor: &mut Cursor<'_>) -> Option<(StoreId, Nullable<[u8; 32]>)> {
    cursor.take(r#","dataSource":"#)?;
    cursor.string()?;
    cursor.take(r#","id":"#)?;
    cursor.integer().filter(|id| *id >= 1)?;
    cursor.take(r#","instanceId":"#)?;
    let store = store(cursor.string()?.raw())?;
    cursor.take(r#","originalCommitment":"#)?;
    Some((store, binary(cursor)?))
}

fn record(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.take(r#","primaryKey":"#)?;
    cursor.string().map(drop)
}

fn signature(cursor: &mut Cursor<'_>) -> Option<Signature> {
    cursor.take(r#","signature":"#)?;
    base64(cursor.string()?.raw()).map(Signature)
}

fn act(cursor: &mut Cursor<'_>) -> Option<PublicKeyInfo> {
    cursor.take(r#","signaturePublicKeyInfo":"#)?;
    let key = base64(cursor.string()?.raw())?;
    cursor.take(r#","timestamp":"#)?;
    cursor.string().filter(|time| is_timestamp(time.raw()))?;
    cursor.take(r#","user":"#)?;
    cursor.string()?;
    cursor.take("}")?;
    Some(PublicKeyInfo(key))
}

/// Bytes or null.
fn binary<const N: usize>(cursor: &mut Cursor<'_>) -> Option<Nullable<[u8; N]>> {
    match cursor.nullable()? {
        Some(text) => base64(text.raw()).map(Some),
        None => Some(None),
    }
}
