use std::sync::Arc;

use domain::audit::log::{Growth, KeyTerm, LogHead, Run, StoredCheckpoint, TileId, TreeHash};
use domain::audit::{Action, Area, Commitment, Entry, Recorded};
use domain::id::{AuditId, StoreId, UserId};
use domain::unit_of_work::{StoreError, Unique};

use super::image::Tenant;
use super::table::{Table, length};

/// The audit trail of a store with its log, both of which outlive it.
#[derive(Clone, Default)]
pub(super) struct Trail {
    pub(super) entries: Table<AuditId, Arc<Entry>>,
    /// How many numbers are given out.
    pub(super) reserved: i64,
    /// What the present call has stored, in its order.
    fresh: Vec<AuditId>,
    /// By their first numbers.
    pub(super) runs: Table<AuditId, Run>,
    /// By place.
    pub(super) terms: Table<usize, KeyTerm>,
    pub(super) size: u64,
    pub(super) first: u64,
    /// Those that are not archived.
    pub(super) leaves: Table<u64, AuditId>,
    pub(super) leaf_of: Table<AuditId, u64>,
    pub(super) tiles: Table<TileId, Arc<Vec<TreeHash>>>,
    /// By size.
    pub(super) checkpoints: Table<u64, Arc<StoredCheckpoint>>,
}

impl Tenant {
    /// Appends the entry of a change to the trail. It waits to be sealed once the call is over.
    pub(super) fn log<T>(&mut self, change: &Recorded<T>) -> Result<(), StoreError> {
        self.trail.append(change.entry())
    }

    /// The same for a call that makes one change.
    pub(super) fn log_alone<T>(&mut self, change: &Recorded<T>) -> Result<(), StoreError> {
        self.log(change)?;
        self.trail.let_wait();
        Ok(())
    }
}

/// The trail.
impl Trail {
    pub(super) fn append(&mut self, entry: &Entry) -> Result<(), StoreError> {
        if self.entries.contains(&entry.id) || self.leaf_of.contains(&entry.id) {
            return Err(StoreError::Conflict { what: Unique::AuditId });
        }
        self.entries.put(entry.id, Arc::new(entry.clone()));
        self.fresh.push(entry.id);
        Ok(())
    }

    /// What the present call has stored waits from now on.
    pub(super) fn let_wait(&mut self) {
        if !self.fresh.is_empty() {
            for run in Run::of(std::mem::take(&mut self.fresh)) {
                self.runs.put(run.first, run);
            }
        }
    }

    /// Erases what the entries of a user hold, and gives how many there are.
    pub(super) fn erase(&mut self, user: UserId) -> u64 {
        let of_user: Vec<_> =
            self.entries.values().filter(|e| is_about(e, user)).cloned().collect();
        let count = of_user.len() as u64;
        for entry in of_user {
            self.entries.put(entry.id, Arc::new(without_contents(&entry)));
        }
        count
    }

    /// Whether the entry waits to be sealed.
    pub(super) fn waits(&self, id: AuditId) -> bool {
        self.runs.values().any(|run| run.first <= id && id <= run.last)
    }
}

/// Whether the entry is about the user or one of their profiles, and does not only say that those
/// were erased.
fn is_about(entry: &Entry, user: UserId) -> bool {
    let user = user.to_string();
    match entry.area {
        Area::User => {
            let says_erased = entry.action == Action::Modified && entry.original.is_none();
            entry.primary_key == user && !says_erased
        }
        Area::UserProfile => {
            let key = entry.primary_key.strip_prefix(&user);
            key.is_some_and(|key| key.starts_with('/'))
        }
        _ => false,
    }
}

/// The entry with its commitments, and nothing of what they commit to.
fn without_contents(entry: &Entry) -> Entry {
    let closed = |c: &Commitment| Commitment { hash: c.hash, opened: None };
    let [original, current] = [&entry.original, &entry.current].map(|c| c.as_ref().map(closed));
    Entry { original, current, ..entry.clone() }
}

/// The log.
impl Trail {
    pub(super) fn head(&self, store: StoreId) -> Option<LogHead> {
        let key = self.terms.last()?.key;
        Some(LogHead { store, size: self.size, first: self.first, key })
    }

    /// Up to `limit` of the entries that wait, in order of number.
    pub(super) fn waiting(&self, limit: u32) -> Vec<Entry> {
        let of_run = |run: &Run| {
            let last = run.last;
            self.entries.from(run.first).take_while(move |(id, _)| **id <= last)
        };
        let waiting = self.runs.values().flat_map(of_run).map(|(_, entry)| without_contents(entry));
        waiting.take(length(limit)).collect()
    }

    /// Adds the term of a key.
    pub(super) fn appoint(&mut self, term: &KeyTerm) -> Result<(), StoreError> {
        if self.terms.is_empty() || self.size != term.from {
            return Err(StoreError::Stale);
        }
        self.terms.put(self.terms.len(), term.clone());
        Ok(())
    }

    pub(super) fn grow(&mut self, growth: &Growth) -> Result<(), StoreError> {
        if self.terms.is_empty() || self.size != growth.from {
            return Err(StoreError::Stale);
        }
        for run in &growth.taken {
            if self.runs.remove(&run.first) != Some(*run) {
                return Err(StoreError::Stale);
            }
        }
        if let Some(rest) = growth.rest {
            self.runs.put(rest.first, rest);
        }
        for id in &growth.entries {
            self.add_leaf(*id)?;
        }
        for tile in &growth.tiles {
            self.tiles.put(tile.id, Arc::new(tile.hashes.clone()));
        }
        let checkpoint = &growth.checkpoint;
        self.checkpoints.put(checkpoint.size, Arc::new(checkpoint.clone()));
        Ok(())
    }

    fn add_leaf(&mut self, id: AuditId) -> Result<(), StoreError> {
        if self.leaf_of.contains(&id) {
            return Err(StoreError::Stale);
        }
        self.leaves.put(self.size, id);
        self.leaf_of.put(id, self.size);
        self.size += 1;
        Ok(())
    }

    /// Drops up to `limit` of the entries before `cut`, and says whether others are left.
    pub(super) fn drop_before(&mut self, cut: u64, limit: u32) -> bool {
        let cut_here = cut.min(self.size);
        let first = cut_here.min(self.first.saturating_add(limit.into()));
        for leaf in self.first..first {
            if let Some(id) = self.leaves.remove(&leaf) {
                self.leaf_of.remove(&id);
                self.entries.remove(&id);
            }
        }
        self.first = self.first.max(first);
        let begins = self.first;
        self.checkpoints.retain(|size, _| *size > begins || *size == cut);
        self.first < cut_here
    }
}
