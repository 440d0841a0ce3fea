use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{LogRepository, Proof, TreeHash, prove};
use crate::id::StoreId;
use crate::unit_of_work::StoreError;

/// What this process has seen of every log: it signs for none that is not what it was. So whoever can
/// write to the database, and has no key, cannot let a running server sign another history.
#[derive(Default)]
pub(crate) struct Witness {
    /// How large each log was last, and its root then.
    seen: Mutex<HashMap<StoreId, (u64, TreeHash)>>,
}

/// What was seen of one log when it was last looked at.
#[derive(Clone, Copy)]
pub(crate) struct Seen(Option<(u64, TreeHash)>);

impl Witness {
    /// What was seen of a log. To be asked before the unit begins that reads the log: then that reads
    /// nothing older.
    pub(crate) fn seen(&self, store: StoreId) -> Seen {
        Seen(self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&store).copied())
    }

    /// Remembers what a log is now.
    pub(super) fn note(&self, store: StoreId, size: u64, root: TreeHash) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let last = seen.entry(store).or_insert((size, root));
        if last.0 < size {
            *last = (size, root);
        }
    }
}

impl Seen {
    /// Holds a log, which has so many leaves and that root, against it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`]: it was cut off, or made anew.
    pub(super) fn check(
        self,
        store: StoreId,
        log: &mut dyn LogRepository,
        (size, root): (u64, TreeHash),
    ) -> Result<(), StoreError> {
        let Some((seen, its_root)) = self.0.filter(|(seen, _)| *seen > 0) else { return Ok(()) };
        let root_then = match seen {
            seen if seen == size => Some(root),
            seen if seen < size => prove(log, &Proof::of_root(seen))?.pop(),
            _ => None,
        };
        if root_then == Some(its_root) { Ok(()) } else { Err(other(store, seen)) }
    }
}

fn other(store: StoreId, seen: u64) -> StoreError {
    StoreError::Corrupt(format!(
        "the audit log of the store {store} does not go on from the {seen} entries that this process \
         has seen: it was cut off or made anew, and nothing is signed for it"
    ))
}
