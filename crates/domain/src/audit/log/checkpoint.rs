use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::note::{self, NoteSignature};
use super::{TreeHash, decimal};
use crate::audit::Signer;
use crate::id::StoreId;
use crate::time::Instant;

/// The head of a log: how many entries it has, and the hash over all of them (C2SP
/// `tlog-checkpoint`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log.
    pub store: StoreId,
    /// How many entries, at least 1.
    pub size: u64,
    /// The root of the tree over them.
    pub root: TreeHash,
}

/// A checkpoint that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// How many entries it is over.
    pub size: u64,
    /// When it was signed.
    pub sealed_at: Instant,
    /// The signed note.
    pub note: String,
}

/// The text is no checkpoint of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a signed checkpoint of a user store's audit log")]
pub struct CheckpointError;

/// What the origin of a log begins with; the id of the store follows.
const ORIGIN: &str = "userstore/";

/// The name of a store's log, and of the keys that sign for it.
pub fn origin(store: StoreId) -> String {
    format!("{ORIGIN}{store}")
}

/// The store of that origin.
pub(super) fn store_of(text: &str) -> Option<StoreId> {
    let store: StoreId = text.strip_prefix(ORIGIN)?.parse().ok()?;
    (origin(store) == text).then_some(store)
}

/// A hash in base64, in its one form.
pub(super) fn hash(text: &str) -> Option<TreeHash> {
    STANDARD.decode(text).ok()?.try_into().ok().map(TreeHash)
}

impl Checkpoint {
    /// The lines that are signed.
    pub fn text(&self) -> String {
        let Self { store, size, root } = self;
        format!("{}\n{size}\n{}\n", origin(*store), STANDARD.encode(root.0))
    }

    /// The signed note.
    pub fn sign(&self, signer: &dyn Signer) -> String {
        note::sign(&self.text(), &origin(self.store), &[signer])
    }

    /// Reads a signed note; its signatures are for the caller to check, over [`Self::text`].
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn read(note: &str) -> Result<(Self, Vec<NoteSignature<'_>>), CheckpointError> {
        let note = note::read(note).ok_or(CheckpointError)?;
        let read = Self::of_text(note.text).ok_or(CheckpointError)?;
        // One text, one reading: what is signed is what was read.
        if read.text() == note.text { Ok((read, note.signatures)) } else { Err(CheckpointError) }
    }

    fn of_text(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let size = decimal(size).filter(|size| *size > 0)?;
        Some(Self { store: store_of(origin)?, size, root: hash(root)? })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::audit::{MockSigner, PublicKeyInfo, Signature};

    fn signer() -> MockSigner {
        let mut signer = MockSigner::new();
        signer.expect_sign().returning(|_| Signature([7; 64]));
        let key = [PublicKeyInfo::HEAD.as_slice(), &[5; 32]].concat();
        signer.expect_public_key().return_const(PublicKeyInfo(key.try_into().unwrap()));
        signer
    }

    fn checkpoint() -> Checkpoint {
        let store = StoreId::new(Uuid::from_u128(0xABCD));
        Checkpoint { store, size: 42, root: TreeHash([1; 32]) }
    }

    #[test]
    fn it_has_three_lines_and_one_signature() {
        let note = checkpoint().sign(&signer());
        let lines: Vec<_> = note.lines().collect();
        assert_eq!(lines[0], "userstore/00000000-0000-0000-0000-00000000abcd");
        assert_eq!(lines[1], "42");
        assert_eq!(lines[2], "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
        assert_eq!(lines[3], "");
        assert!(lines[4].starts_with("\u{2014} userstore/00000000-0000-0000-0000-00000000abcd "));
        assert_eq!(lines.len(), 5);
        let (read, signatures) = Checkpoint::read(&note).unwrap();
        assert_eq!(read, checkpoint());
        assert!(signatures[0].names(&origin(read.store), &signer().public_key()));
    }

    #[test]
    fn every_other_form_of_it_is_refused() {
        let note = checkpoint().sign(&signer());
        for (from, to) in [
            ("\n42\n", "\n042\n"),
            ("\n42\n", "\n+42\n"),
            ("\n42\n", "\n0\n"),
            ("\n42\n", "\n18446744073709551616\n"),
            ("abcd\n", "ABCD\n"),
            ("userstore/", "Userstore/"),
            ("AQE=\n\n", "AQE\n\n"),
            ("AQE=\n\n", "AQF=\n\n"),
            ("AQE=\n\n", "AQE=\nmore\n\n"),
        ] {
            assert!(note.contains(from));
            let wrong = note.replacen(from, to, 1);
            assert_eq!(Checkpoint::read(&wrong), Err(CheckpointError), "{wrong}");
        }
    }
}
