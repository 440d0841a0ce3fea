use super::PublicKeyInfo;
use super::log::{LogHead, Sealer, Seen, Succession, genuine, lacking, seal_all};
use crate::access::{Caller, Gate, SystemRoom};
use crate::error::{Missing, UseCaseError};
use crate::id::StoreId;
use crate::page::Page;
use crate::store::{Store, StoreRef};
use crate::unit_of_work::{Access, StoreError};

/// The mark of the entry by which a store's trail goes on under another key.
const ROTATED: &str = "auditKeyRotated";

/// Lets another key sign the audit trails.
///
/// First the key is registered: the trails of new stores begin with it. Then each log is handed over,
/// in a unit for which all changes in its store wait: so nothing that the old key signs comes behind
/// what the new one has signed. It may be begun again wherever it was broken off.
#[derive(Clone)]
pub struct KeyRotation {
    gate: Gate,
}

impl KeyRotation {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// Every key that was ever registered, in order; the last one is to sign.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keys(&self, caller: &Caller) -> Result<Vec<PublicKeyInfo>, UseCaseError> {
        self.gate.system(Access::Read, caller, None, |room| Ok(room.logs().keys()?)).await
    }

    /// Makes `key` the one that is to sign, unless it is that already.
    ///
    /// # Errors
    /// [`UseCaseError::RetiredKey`] when it was so once; [`StoreError::Stale`] when somebody else
    /// registers another one at this moment.
    pub async fn register(&self, caller: &Caller, key: PublicKeyInfo) -> Result<(), UseCaseError> {
        let register = move |room: &mut SystemRoom<'_>| {
            let keys = room.logs().keys()?;
            if keys.last() == Some(&key) {
                return Ok(());
            }
            if keys.contains(&key) {
                return Err(UseCaseError::RetiredKey);
            }
            let place = u32::try_from(keys.len()).unwrap_or(u32::MAX);
            let registered = room.logs().register_key(place, &key)?;
            if registered { Ok(()) } else { Err(StoreError::Stale.into()) }
        };
        self.gate.system(Access::Write, caller, None, register).await
    }

    /// Up to `limit` logs, after that of the store `after`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn logs(
        &self,
        caller: &Caller,
        after: Option<StoreId>,
        limit: u32,
    ) -> Result<Page<LogHead, StoreId>, UseCaseError> {
        let find = move |room: &mut SystemRoom<'_>| {
            let found = room.logs().heads(after, limit.saturating_add(1))?;
            Ok(Page::cut(found, limit, |head| head.store))
        };
        self.gate.system(Access::Read, caller, None, find).await
    }

    /// Hands the log of a store over to `new`, unless it is that key's already. The log of a store
    /// that was removed is handed over too: its last entries may still wait.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where a key is not at hand; [`StoreError::Corrupt`] where the log is
    /// not what was signed of it; the store failed.
    pub async fn hand_over(
        &self,
        caller: &Caller,
        store: StoreId,
        new: PublicKeyInfo,
    ) -> Result<(), UseCaseError> {
        self.gate.keys().find(&new).ok_or_else(|| lacking(store))?;
        // As much as can be is sealed while nobody waits.
        let sealer = Sealer::new(self.gate.clone());
        while sealer.seal(store).await?.more {}
        let gate = self.gate.clone();
        let seen = gate.witness().seen(store);
        self.gate
            .system(Access::Bulk, caller, None, move |room| {
                hand_over(&gate, room, store, seen, new)
            })
            .await
    }
}

fn hand_over(
    gate: &Gate,
    room: &mut SystemRoom<'_>,
    id: StoreId,
    seen: Seen,
    new: PublicKeyInfo,
) -> Result<(), UseCaseError> {
    let store = room.stores().find_for_update(&StoreRef::Id(id))?;
    let now = room.now();
    let mut inside = room.inside(id);
    let log = inside.log();
    let head = seal_all(gate, log, seen, now)?.ok_or(UseCaseError::NotFound(Missing::Store))?;
    if head.key == new {
        return Ok(());
    }
    let find = |key| gate.keys().find(key).ok_or_else(|| lacking(id));
    let (old, successor) = (find(&head.key)?, find(&new)?);
    let (edge, _) = genuine(log, head, seen)?;
    let succession =
        Succession { store: id, from: head.size, root: edge.frontier().root(), old: head.key, new };
    log.appoint(&succession.sign(&*old, &*successor))?;
    drop(inside);
    match store {
        Some(store) => record(room, &store, new),
        None => Ok(()),
    }
}

/// The store goes on under the new key, and its trail says so.
fn record(
    room: &mut SystemRoom<'_>,
    before: &Store,
    new: PublicKeyInfo,
) -> Result<(), UseCaseError> {
    let after = Store { audit_key: new, ..before.clone() };
    let journal = room.founding_journal(&after, 1)?;
    let recorded = journal.secret_set(before, after, ROTATED)?;
    Ok(room.stores().update(&recorded)?)
}
