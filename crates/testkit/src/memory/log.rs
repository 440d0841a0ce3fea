use std::sync::Arc;

use domain::audit::log::{
    Event, Growth, KeyTerm, LogHead, LogRepository, Run, SealedEntry, StoredCheckpoint, Tile,
    TileId, Walk,
};
use domain::audit::{Entry, EntryProperty, EntryQuery, PublicKeyInfo};
use domain::id::AuditId;
use domain::time::Instant;
use domain::unit_of_work::{StoreError, Unique};

use super::table::length;
use super::trail::Trail;
use super::unit::OpenStore;

impl Trail {
    /// The entries with a leaf, in order of it.
    fn sealed(&self) -> impl DoubleEndedIterator<Item = (u64, &Entry)> {
        self.leaves.iter().filter_map(|(leaf, id)| Some((*leaf, &**self.entries.get(id)?)))
    }

    fn list(&self, query: &EntryQuery) -> Vec<SealedEntry> {
        let descending = query.order.descending;
        let place = query.after.as_ref().map(|place| place.sort.parse::<u64>());
        let behind = |leaf: u64| match &place {
            None => true,
            Some(Ok(place)) if descending => leaf < *place,
            Some(Ok(place)) => leaf > *place,
            // No page ends there.
            Some(Err(_)) => false,
        };
        let passes = |entry: &Entry| match &query.filter {
            Some(filter) => filter.matches(&|property: EntryProperty| property.value(entry)),
            None => true,
        };
        let wanted = |(leaf, entry): &(u64, &Entry)| behind(*leaf) && passes(entry);
        let found: Box<dyn Iterator<Item = _>> =
            if descending { Box::new(self.sealed().rev()) } else { Box::new(self.sealed()) };
        let found = found.filter(wanted).take(length(query.limit));
        found.map(|(leaf, entry)| SealedEntry { leaf, entry: entry.clone() }).collect()
    }

    /// The checkpoints of more than `after` leaves and at most `size`.
    fn checkpoints_in(&self, after: u64, size: u64) -> impl Iterator<Item = &StoredCheckpoint> {
        let behind = self.checkpoints.behind(Some(after));
        behind.take_while(move |(of, _)| **of <= size).map(|(_, checkpoint)| &**checkpoint)
    }

    fn walk(&self, after: Option<AuditId>, limit: u32) -> Walk {
        let most = length(limit.max(1));
        let part: Vec<_> = self.entries.behind(after).map(|(id, _)| *id).take(most).collect();
        let is_stray = |id: &AuditId| !self.leaf_of.contains(id) && !self.waits(*id);
        let next = part.last().copied().filter(|_| part.len() == most);
        Walk { stray: part.into_iter().find(is_stray), next }
    }
}

fn event(leaf: u64, entry: &Entry) -> Event {
    let Entry { area, action, timestamp, .. } = *entry;
    Event { leaf, area, action, primary_key: entry.primary_key.clone(), timestamp }
}

fn copy(checkpoint: &Arc<StoredCheckpoint>) -> StoredCheckpoint {
    StoredCheckpoint::clone(checkpoint)
}

/// Writers take turns, so nobody else makes the log grow before the unit ends.
impl LogRepository for OpenStore<'_, '_> {
    fn begin(&mut self, key: &PublicKeyInfo) -> Result<(), StoreError> {
        self.write_trail(|trail| {
            if !trail.terms.is_empty() {
                return Err(StoreError::Conflict { what: Unique::StoreId });
            }
            trail.terms.put(0, KeyTerm::first(*key));
            Ok(())
        })
    }

    fn head(&mut self) -> Result<Option<LogHead>, StoreError> {
        let store = self.id;
        self.read(|tenant| tenant.trail.head(store))
    }

    fn lock(&mut self) -> Result<Option<LogHead>, StoreError> {
        let store = self.id;
        self.read_locked(|tenant| tenant.trail.head(store))
    }

    fn appoint(&mut self, term: &KeyTerm) -> Result<(), StoreError> {
        self.write_trail(|trail| trail.appoint(term))
    }

    fn terms(&mut self) -> Result<Vec<KeyTerm>, StoreError> {
        self.read(|tenant| tenant.trail.terms.values().cloned().collect())
    }

    fn runs(&mut self, limit: u32) -> Result<Vec<Run>, StoreError> {
        self.read(|tenant| tenant.trail.runs.values().take(length(limit)).copied().collect())
    }

    fn waiting(&mut self, limit: u32) -> Result<Vec<Entry>, StoreError> {
        self.read(|tenant| tenant.trail.waiting(limit))
    }

    fn tiles(&mut self, ids: &[TileId]) -> Result<Vec<Tile>, StoreError> {
        self.read(|tenant| {
            let tile = |id: &TileId| {
                let hashes = tenant.trail.tiles.get(id)?;
                Some(Tile { id: *id, hashes: hashes.to_vec() })
            };
            ids.iter().filter_map(tile).collect()
        })
    }

    fn grow(&mut self, growth: &Growth) -> Result<(), StoreError> {
        self.write_trail(|trail| trail.grow(growth))
    }

    fn leaf_of(&mut self, id: AuditId) -> Result<Option<u64>, StoreError> {
        self.read(|tenant| tenant.trail.leaf_of.get(&id).copied())
    }

    fn entries(&mut self, query: &EntryQuery) -> Result<Vec<SealedEntry>, StoreError> {
        self.read(|tenant| tenant.trail.list(query))
    }

    fn events(&mut self, from: u64, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.read(|tenant| {
            let sealed = tenant.trail.sealed().filter(|(leaf, _)| *leaf >= from);
            sealed.take(length(limit)).map(|(leaf, entry)| event(leaf, entry)).collect()
        })
    }

    fn checkpoint(&mut self, size: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.read(|tenant| tenant.trail.checkpoints.get(&size).map(copy))
    }

    fn latest_checkpoint(&mut self) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.read(|tenant| tenant.trail.checkpoints.last().map(copy))
    }

    fn checkpoints(
        &mut self,
        after: u64,
        size: u64,
        limit: u32,
    ) -> Result<Vec<StoredCheckpoint>, StoreError> {
        self.read(|tenant| {
            tenant.trail.checkpoints_in(after, size).take(length(limit)).cloned().collect()
        })
    }

    fn count_checkpoints(&mut self, after: u64, size: u64) -> Result<u64, StoreError> {
        self.read(|tenant| tenant.trail.checkpoints_in(after, size).count() as u64)
    }

    fn sealed_before(&mut self, time: Instant) -> Result<Option<StoredCheckpoint>, StoreError> {
        self.read(|tenant| {
            let checkpoints = tenant.trail.checkpoints.values();
            checkpoints.filter(|checkpoint| checkpoint.sealed_at < time).last().map(copy)
        })
    }

    fn drop_before(&mut self, cut: u64, limit: u32) -> Result<bool, StoreError> {
        self.write_trail(|trail| Ok(trail.drop_before(cut, limit)))
    }

    fn walk(&mut self, after: Option<AuditId>, limit: u32) -> Result<Walk, StoreError> {
        self.read(|tenant| tenant.trail.walk(after, limit))
    }
}
