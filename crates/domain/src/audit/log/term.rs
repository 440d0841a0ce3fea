use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::checkpoint::{hash, origin, store_of};
use super::{TreeHash, decimal, note};
use crate::audit::{PublicKey, PublicKeyInfo, Signer};
use crate::id::StoreId;

/// How long a key signs for a log: from a leaf on, until the next key's term begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTerm {
    /// The key.
    pub key: PublicKeyInfo,
    /// The first leaf that it signs.
    pub from: u64,
    /// The signed note by which the key before hands over, and which this key signs too; `None` for
    /// the key that began the log.
    pub statement: Option<String>,
}

impl KeyTerm {
    /// The term of the key that begins a log.
    pub fn first(key: PublicKeyInfo) -> Self {
        Self { key, from: 0, statement: None }
    }
}

/// That one key takes over from another: what both sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Succession {
    /// Whose log.
    pub store: StoreId,
    /// The first leaf that the new key signs: how many there are.
    pub from: u64,
    /// The root of the tree over those, for which the new key vouches too.
    pub root: TreeHash,
    /// The key that retires.
    pub old: PublicKeyInfo,
    /// The key that follows.
    pub new: PublicKeyInfo,
}

/// The text is no statement of a succession.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a statement by which one audit key succeeds another")]
pub struct TermError;

/// The first line: no origin of a log, so nothing that is signed can pass for a checkpoint.
const TITLE: &str = "userstore audit key succession";

impl Succession {
    /// The lines that are signed.
    pub fn text(&self) -> String {
        let Self { store, from, root, old, new } = self;
        let [root, old, new] = [root.0.as_slice(), &old.0, &new.0].map(|b| STANDARD.encode(b));
        format!("{TITLE}\n{}\n{from}\n{root}\n{old}\n{new}\n", origin(*store))
    }

    /// The term of the new key, with the statement that both have signed.
    pub fn sign(&self, old: &dyn Signer, new: &dyn Signer) -> KeyTerm {
        let statement = note::sign(&self.text(), &origin(self.store), &[old, new]);
        KeyTerm { key: self.new, from: self.from, statement: Some(statement) }
    }

    /// Reads a statement, and checks that it is signed by `old` and then by `new`, the keys that it
    /// names, and by nobody else.
    ///
    /// # Errors
    /// [`TermError`].
    pub fn read(
        statement: &str,
        old: &dyn PublicKey,
        new: &dyn PublicKey,
    ) -> Result<Self, TermError> {
        let note = note::read(statement).ok_or(TermError)?;
        let read = Self::of_text(note.text).filter(|read| read.text() == note.text);
        let read = read.ok_or(TermError)?;
        let name = origin(read.store);
        let [first, second] = note.signatures.as_slice() else { return Err(TermError) };
        let signed = first.names(&name, &read.old)
            && second.names(&name, &read.new)
            && first.is_by(old, note.text)
            && second.is_by(new, note.text);
        if signed { Ok(read) } else { Err(TermError) }
    }

    fn of_text(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut next = || lines.next();
        if next()? != TITLE {
            return None;
        }
        let (store, from) = (store_of(next()?)?, decimal(next()?)?);
        let root = hash(next()?)?;
        let (old, new) = (key(next()?)?, key(next()?)?);
        Some(Self { store, from, root, old, new })
    }
}

fn key(text: &str) -> Option<PublicKeyInfo> {
    STANDARD.decode(text).ok()?.try_into().ok().map(PublicKeyInfo)
}
