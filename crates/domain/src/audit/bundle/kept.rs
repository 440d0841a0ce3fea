use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::Reason;
use super::check::{Checker, in_charge};
use crate::audit::Signature;
use crate::audit::log::{Checkpoint, CheckpointError, TreeHash, note};
use crate::id::StoreId;

/// A checkpoint that was published, and that somebody else has kept: what a log is held against. It
/// is trusted. Witnesses may have signed it too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCheckpoint {
    checkpoint: Checkpoint,
    signatures: Vec<KeptSignature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct KeptSignature {
    name: String,
    key_id: [u8; 4],
    signature: Signature,
}

/// The kept checkpoint lies before what the bundle holds: this says nothing of the bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the kept checkpoint is over {size} leaves, and the bundle begins with leaf {first}: the archive \
     that holds those has to be verified with it"
)]
pub struct ArchiveNeeded {
    /// How many leaves the checkpoint is over.
    pub size: u64,
    /// The first leaf of the bundle.
    pub first: u64,
}

/// The fewest bytes that a signature line holds: the id of the key.
const LEAST: usize = 4;

impl KeptCheckpoint {
    /// Reads the signed note.
    ///
    /// # Errors
    /// [`CheckpointError`]. Whether it is that of a certain log, and signed by its key, is found out
    /// when a bundle is held against it.
    pub fn read(text: &str) -> Result<Self, CheckpointError> {
        Self::of(text).ok_or(CheckpointError)
    }

    fn of(text: &str) -> Option<Self> {
        let (head, lines) = text.rsplit_once("\n\n")?;
        let mut kept = None::<Self>;
        for line in lines.strip_suffix('\n')?.split('\n') {
            let single = format!("{head}\n\n{line}\n");
            let Ok((checkpoint, signatures)) = Checkpoint::read(&single) else {
                is_of_witness(line).then_some(())?;
                continue;
            };
            let kept = kept.get_or_insert_with(|| Self { checkpoint, signatures: Vec::new() });
            kept.signatures.extend(signatures.into_iter().map(|read| KeptSignature {
                name: read.name.to_owned(),
                key_id: read.key_id,
                signature: read.signature,
            }));
        }
        kept
    }

    /// What it says, whoever signed it.
    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    /// Of whose log it is.
    pub fn store(&self) -> StoreId {
        self.checkpoint.store
    }

    /// How many leaves it is over.
    pub(super) fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// What of a good bundle does not fit, and from which leaf on; `root` is that over as many leaves
    /// as the checkpoint is over, where the bundle has so many.
    ///
    /// # Errors
    /// [`ArchiveNeeded`].
    pub(super) fn hold_against(
        &self,
        checker: &Checker,
        root: Option<TreeHash>,
    ) -> Result<Option<(Reason, u64)>, ArchiveNeeded> {
        let (manifest, size) = (&checker.manifest, self.size());
        if self.checkpoint.store != manifest.store {
            return Ok(Some((Reason::ForeignStore, manifest.first)));
        }
        if size > manifest.size {
            return Ok(Some((Reason::Truncated, manifest.size)));
        }
        if size < manifest.first {
            return Err(ArchiveNeeded { size, first: manifest.first });
        }
        if root != Some(self.checkpoint.root) {
            return Ok(Some((Reason::Forked, size)));
        }
        Ok((!self.is_signed(checker)).then_some((Reason::WrongKey, size)))
    }

    fn is_signed(&self, checker: &Checker) -> bool {
        let Some(term) = in_charge(&checker.terms, self.size().saturating_sub(1)) else {
            return false;
        };
        let (id, text) = (note::key_id(&checker.origin, &term.key), self.checkpoint.text());
        self.signatures.iter().any(|line| {
            line.name == checker.origin
                && Some(line.key_id) == id
                && term.public.verifies(text.as_bytes(), &line.signature)
        })
    }
}

/// Whether it has the form of a signature line, of whatever kind of key.
fn is_of_witness(line: &str) -> bool {
    let parts = line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' '));
    parts.is_some_and(|(name, code)| {
        note::is_name(name) && STANDARD.decode(code).is_ok_and(|bytes| bytes.len() >= LEAST)
    })
}
