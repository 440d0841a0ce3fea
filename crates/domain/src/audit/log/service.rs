use super::proof::{shows_consistency, shows_inclusion};
use super::{
    Checkpoint, Event, KeyTerm, LogHead, LogRepository, Proof, StoredCheckpoint, TreeHash,
};
use crate::access::{Context, Gate, Permission, Room};
use crate::audit::canonical;
use crate::error::{Invalid, Missing, UseCaseError};
use crate::id::AuditId;
use crate::unit_of_work::StoreError;

/// That an entry is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// Its leaf.
    pub leaf: u64,
    /// Hash of the leaf.
    pub hash: TreeHash,
    /// The hashes of the proof, from the bottom up (RFC 9162 §2.1.3).
    pub hashes: Vec<TreeHash>,
    /// The checkpoint that it leads to.
    pub checkpoint: StoredCheckpoint,
}

/// That a log only grew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Root of the smaller tree.
    pub from: TreeHash,
    /// Root of the larger tree.
    pub to: TreeHash,
    /// The hashes of the proof (RFC 9162 §2.1.4).
    pub hashes: Vec<TreeHash>,
}

/// Reads the log of a store.
#[derive(Clone)]
pub struct LogService {
    gate: Gate,
}

impl LogService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// The checkpoint of that size; the latest one without it.
    ///
    /// # Errors
    /// [`Missing::Checkpoint`]; what the gate refuses.
    pub async fn checkpoint(
        &self,
        context: &Context,
        size: Option<u64>,
    ) -> Result<StoredCheckpoint, UseCaseError> {
        self.gate
            .point(context, Permission::AuditRead, move |room| checkpoint(room.here().log(), size))
            .await
    }

    /// The proof that an entry is in the log as it was at the checkpoint of that size; at the latest
    /// one without it.
    ///
    /// # Errors
    /// [`Missing::AuditEntry`]; [`Missing::Checkpoint`]; [`UseCaseError::NotSealed`] when the entry
    /// was not in the log then; what the gate refuses.
    pub async fn inclusion(
        &self,
        context: &Context,
        id: AuditId,
        size: Option<u64>,
    ) -> Result<InclusionProof, UseCaseError> {
        self.gate
            .read(context, Permission::AuditRead, move |room| {
                let found = room.here().audit().find(id)?;
                let entry = found.ok_or(UseCaseError::NotFound(Missing::AuditEntry))?;
                let mut here = room.here();
                let log = here.log();
                let leaf = log.leaf_of(id)?.ok_or(UseCaseError::NotSealed)?;
                let checkpoint = checkpoint(log, size)?;
                let proof = Proof::of_inclusion(leaf, checkpoint.size);
                let hashes = prove(log, &proof.map_err(|_| UseCaseError::NotSealed)?)?;
                let data = canonical::leaf(&entry);
                let signed = Checkpoint::read(&checkpoint.note).map_err(|_| corrupt())?.0;
                // Nobody is given a proof that does not hold.
                if !shows_inclusion(&data, leaf, &hashes, (signed.root, signed.size)) {
                    return Err(corrupt().into());
                }
                Ok(InclusionProof { leaf, hash: TreeHash::leaf(&data), hashes, checkpoint })
            })
            .await
    }

    /// The proof that the log of `from` leaves is the beginning of that of `to`; of the log as it is,
    /// without it.
    ///
    /// # Errors
    /// [`Missing::Checkpoint`] when `from` is 0 or more than `to`, or `to` more than there are; what
    /// the gate refuses.
    pub async fn consistency(
        &self,
        context: &Context,
        from: u64,
        to: Option<u64>,
    ) -> Result<ConsistencyProof, UseCaseError> {
        let missing = || UseCaseError::NotFound(Missing::Checkpoint);
        self.gate
            .read(context, Permission::AuditRead, move |room| {
                let size = head(room)?.size;
                let to = to.unwrap_or(size);
                if to > size {
                    return Err(missing());
                }
                let proof = Proof::of_consistency(from, to).map_err(|_| missing())?;
                let mut here = room.here();
                let log = here.log();
                let hashes = prove(log, &proof)?;
                let (old, new) = (root(log, from)?, root(log, to)?);
                if !shows_consistency((old, from), &hashes, (new, to)) {
                    return Err(corrupt().into());
                }
                Ok(ConsistencyProof { from: old, to: new, hashes })
            })
            .await
    }

    /// The keys that have signed, in order, each with the leaf where its term begins.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn keys(&self, context: &Context) -> Result<Vec<KeyTerm>, UseCaseError> {
        self.gate.point(context, Permission::AuditRead, |room| Ok(room.here().log().terms()?)).await
    }

    /// Up to `limit` events behind the leaf `after`; from the first one on without it.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] when the log does not reach up to `after`: then that was read of
    /// another one, such as this one was before a backup was restored. [`UseCaseError::Archived`] when the next one is not in the database any more; what the gate
    /// refuses.
    pub async fn events(
        &self,
        context: &Context,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, UseCaseError> {
        let from = after.map_or(0, |leaf| leaf.saturating_add(1));
        self.gate
            .read(context, Permission::UserRead, move |room| {
                let LogHead { first, size, .. } = head(room)?;
                if from > size {
                    return Err(beyond(size).into());
                }
                if from < first {
                    return Err(UseCaseError::Archived { first });
                }
                Ok(room.here().log().events(from, limit)?)
            })
            .await
    }
}

fn head(room: &mut Room<'_>) -> Result<LogHead, UseCaseError> {
    room.here().log().head()?.ok_or(UseCaseError::NotFound(Missing::Store))
}

fn beyond(size: u64) -> Invalid {
    let rule =
        format!("must be a leaf of the log, which has {size}: the log was another one before");
    Invalid::one("after", rule)
}

fn checkpoint(
    log: &mut dyn LogRepository,
    size: Option<u64>,
) -> Result<StoredCheckpoint, UseCaseError> {
    let found = match size {
        Some(size) => log.checkpoint(size)?,
        None => log.latest_checkpoint()?,
    };
    found.ok_or(UseCaseError::NotFound(Missing::Checkpoint))
}

/// The hashes of a proof.
pub(crate) fn prove(
    log: &mut dyn LogRepository,
    proof: &Proof,
) -> Result<Vec<TreeHash>, StoreError> {
    let tiles = log.tiles(&proof.tiles())?;
    proof.hashes(&tiles.into())
}

/// The root of the tree of `size` leaves.
fn root(log: &mut dyn LogRepository, size: u64) -> Result<TreeHash, StoreError> {
    prove(log, &Proof::of_root(size))?.pop().ok_or_else(corrupt)
}

fn corrupt() -> StoreError {
    StoreError::Corrupt("audit_tiles: they do not lead to what was signed".into())
}
