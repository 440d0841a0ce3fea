use std::str;
use std::sync::Arc;

use super::line::{self, Contents, ENTRY, EntryLine, Manifest};
use crate::audit::log::{Checkpoint, TreeHash, origin};
use crate::audit::{PublicKey, PublicKeyInfo};

/// The longest line that a bundle may have, in bytes, its line feed not counted.
pub const LONGEST_LINE: usize = 4 << 20;

/// The text of a line; `None` when it is too long, or no UTF-8.
pub(super) fn text(line: &[u8]) -> Option<&str> {
    if line.len() > LONGEST_LINE { None } else { str::from_utf8(line).ok() }
}

/// A key that was found good, from a leaf on.
#[derive(Clone)]
pub(super) struct Term {
    pub(super) from: u64,
    pub(super) key: PublicKeyInfo,
    pub(super) public: Arc<dyn PublicKey>,
}

/// The key in charge of a leaf.
pub(super) fn in_charge(terms: &[Term], leaf: u64) -> Option<&Term> {
    let behind = terms.partition_point(|term| term.from <= leaf);
    terms.get(..behind)?.last()
}

/// Does to the lines behind the keys what takes time: of each by itself, so in any order, and on any
/// number of threads.
pub struct Checker {
    pub(super) manifest: Manifest,
    pub(super) terms: Vec<Term>,
    /// The name of the log and of its keys.
    pub(super) origin: String,
}

/// What a line says, as far as it can be told without the lines around it.
pub struct Checked(pub(super) Finding);

pub(super) enum Finding {
    /// It has not the form of an entry or a checkpoint.
    Malformed,
    Entry(CheckedEntry),
    /// It has the form, but its note has not.
    NoNote,
    Checkpoint(CheckedCheckpoint),
}

/// An entry, where its key is in charge of the leaf that it claims.
pub(super) struct CheckedEntry {
    pub(super) leaf: u64,
    pub(super) is_of_store: bool,
    pub(super) is_by_key_in_charge: bool,
    /// By that key.
    pub(super) is_signed: bool,
    /// `None` when they are not what it commits to.
    pub(super) contents: Option<Contents>,
    pub(super) hash: TreeHash,
}

/// A checkpoint, where the key is in charge of its last leaf.
pub(super) struct CheckedCheckpoint {
    pub(super) size: u64,
    pub(super) root: TreeHash,
    pub(super) is_of_store: bool,
    pub(super) names_key_in_charge: bool,
    /// By that key.
    pub(super) is_signed: bool,
}

impl Checker {
    pub(super) fn new(manifest: Manifest, terms: Vec<Term>) -> Self {
        let origin = origin(manifest.store);
        Self { manifest, terms, origin }
    }

    /// Checks a line, its line feed left out. Of a line that is longer than [`LONGEST_LINE`] one byte
    /// more than that is enough.
    pub fn check(&self, line: &[u8]) -> Checked {
        Checked(text(line).and_then(|line| self.find(line)).unwrap_or(Finding::Malformed))
    }

    fn find(&self, line: &str) -> Option<Finding> {
        if line.starts_with(ENTRY) {
            return EntryLine::read(line).map(|entry| Finding::Entry(self.entry(&entry)));
        }
        line::checkpoint(line).map(|note| self.checkpoint(&note.decode()))
    }

    fn entry(&self, entry: &EntryLine<'_>) -> CheckedEntry {
        let is_held = entry.leaf >= self.manifest.first;
        let term = in_charge(&self.terms, entry.leaf);
        let term = term.filter(|term| is_held && term.key == entry.key);
        CheckedEntry {
            leaf: entry.leaf,
            is_of_store: entry.store == self.manifest.store,
            is_by_key_in_charge: term.is_some(),
            is_signed: term
                .is_some_and(|term| term.public.verifies(&entry.message(), &entry.signature)),
            contents: entry.contents(),
            hash: entry.hash(),
        }
    }

    fn checkpoint(&self, note: &str) -> Finding {
        let Ok((checkpoint, signatures)) = Checkpoint::read(note) else { return Finding::NoNote };
        let [signature] = signatures.as_slice() else { return Finding::NoNote };
        let term = in_charge(&self.terms, checkpoint.size.saturating_sub(1));
        let term = term.filter(|term| signature.names(&self.origin, &term.key));
        Finding::Checkpoint(CheckedCheckpoint {
            size: checkpoint.size,
            root: checkpoint.root,
            is_of_store: checkpoint.store == self.manifest.store,
            names_key_in_charge: term.is_some(),
            is_signed: term.is_some_and(|term| signature.is_by(&*term.public, &checkpoint.text())),
        })
    }
}
