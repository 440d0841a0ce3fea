use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use super::Reason;
use super::check::{Checker, Term, text};
use super::flaw::{Flaw, Verdict};
use super::line::{KeyLine, Manifest};
use crate::audit::log::{Succession, TreeHash};
use crate::audit::{PublicKeyInfo, PublicKeys};

/// The lines before the first entry: the manifest and the keys.
#[derive(Clone)]
pub(super) struct Head {
    keys: Arc<dyn PublicKeys>,
    read: Option<ReadHead>,
}

#[derive(Clone)]
struct ReadHead {
    manifest: Manifest,
    terms: Vec<Term>,
    known: HashSet<PublicKeyInfo>,
    vouched: VecDeque<Vouched>,
}

/// The root of the tree before a leaf, for which the key whose term begins there vouches.
#[derive(Clone)]
pub(super) struct Vouched {
    pub(super) from: u64,
    pub(super) root: TreeHash,
}

impl Head {
    pub(super) fn new(keys: Arc<dyn PublicKeys>) -> Self {
        Self { keys, read: None }
    }

    pub(super) fn manifest(&self) -> Option<&Manifest> {
        self.read.as_ref().map(|read| &read.manifest)
    }

    /// How many keys were found good.
    pub(super) fn keys(&self) -> u64 {
        self.read.as_ref().map_or(0, |read| read.terms.len() as u64)
    }

    /// Takes the next line.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<(), Flaw> {
        match &mut self.read {
            None => {
                let manifest = text(line).and_then(Manifest::read);
                let detail = "is no manifest of a bundle in canonical form";
                let manifest = manifest.ok_or(Verdict(Reason::Malformed, detail).at(0))?;
                let (terms, known, vouched) = Default::default();
                self.read = Some(ReadHead { manifest, terms, known, vouched });
                Ok(())
            }
            Some(read) => read.key(&*self.keys, line),
        }
    }

    /// What follows from the head, once it is read to its end.
    pub(super) fn whole(&mut self) -> Option<(Checker, VecDeque<Vouched>)> {
        let read = self.read.take_if(|read| read.terms.len() as u64 == read.manifest.keys)?;
        Some((Checker::new(read.manifest, read.terms), read.vouched))
    }
}

impl ReadHead {
    fn key(&mut self, keys: &dyn PublicKeys, line: &[u8]) -> Result<(), Flaw> {
        let first = self.manifest.first;
        let read = text(line).and_then(KeyLine::read);
        let detail = "is no key in canonical form";
        let malformed = Verdict(Reason::Malformed, detail).at(first);
        let KeyLine { from, key, statement } = read.ok_or(malformed)?;
        if statement.is_some() == self.terms.is_empty() {
            return Err(malformed);
        }
        let bad = |detail| Verdict(Reason::BadKey, detail).at(first);
        let public = keys.read(&key).ok_or(bad("holds no key of Ed25519"))?;
        if !self.known.insert(key) {
            return Err(bad("holds a key that occurred before"));
        }
        let term = Term { from, key, public };
        if !self.has_place(from) {
            return Err(bad("holds a key at a leaf where its term cannot begin"));
        }
        if let (Some(statement), Some(before)) = (statement, self.terms.last()) {
            let said = read_succession(&statement, before, &term);
            let said = said.ok_or(bad("holds a statement by which the key does not follow"))?;
            if said.store != self.manifest.store {
                let detail = "holds a statement of another store";
                return Err(Verdict(Reason::ForeignStore, detail).at(first));
            }
            if from >= first {
                self.vouched.push_back(Vouched { from, root: said.root });
            }
        }
        self.terms.push(term);
        Ok(())
    }

    fn has_place(&self, from: u64) -> bool {
        match self.terms.last() {
            Some(before) => from >= before.from && from < self.manifest.size,
            None => from == 0,
        }
    }
}

/// The statement, where it says that `new` follows `old` and both have signed it.
fn read_succession(statement: &str, old: &Term, new: &Term) -> Option<Succession> {
    let said = Succession::read(statement, &*old.public, &*new.public).ok()?;
    let fits = said.from == new.from && said.old == old.key && said.new == new.key;
    fits.then_some(said)
}
