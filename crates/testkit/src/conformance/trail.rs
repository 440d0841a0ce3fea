use std::sync::Arc;

use domain::audit::log::{
    Checkpoint, Edge, Frontier, Growth, KeyTerm, LogHead, LogRepository, Run, SealedEntry,
    StoredCheckpoint, Tile, TileId, TreeHash, Walk, origin,
};
use domain::audit::{
    Entry, EntryOrder, EntryQuery, PublicKeyInfo, PublicKeys as _, Signature, canonical,
};
use domain::id::AuditId;
use domain::time::Clock as _;
use domain::unit_of_work::StoreError;

use super::Setting;
use crate::TestPublicKeys;

/// More than any case stores.
pub(super) const ALL: u32 = 100_000;

/// All that is stored of a log, but for its entries' contents.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Log {
    pub(super) head: Option<LogHead>,
    pub(super) terms: Vec<KeyTerm>,
    pub(super) runs: Vec<Run>,
    pub(super) sealed: Vec<SealedEntry>,
    pub(super) tiles: Vec<Tile>,
    pub(super) checkpoints: Vec<StoredCheckpoint>,
}

/// The leaf of each entry.
pub(super) fn leaves<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<TreeHash> {
    entries.into_iter().map(|entry| TreeHash::leaf(&canonical::leaf(entry))).collect()
}

/// The numbers of entries.
pub(super) fn numbers<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<AuditId> {
    entries.into_iter().map(|entry| entry.id).collect()
}

/// The tiles of the first leaves of any log of a case, in order.
pub(super) fn first_tiles(log: &mut dyn LogRepository) -> Result<Vec<Tile>, StoreError> {
    let of_level = |level| (0..20).map(move |number| TileId { level, number });
    let mut tiles = log.tiles(&(0..3).flat_map(of_level).collect::<Vec<_>>())?;
    tiles.sort_unstable_by_key(|tile| tile.id);
    Ok(tiles)
}

impl Setting {
    /// All that is stored of the log.
    pub(super) async fn log(&self) -> Log {
        self.read(|here| {
            let log = here.log();
            Ok(Log {
                head: log.head()?,
                terms: log.terms()?,
                runs: log.runs(ALL)?,
                sealed: log.entries(&EntryQuery::first(EntryOrder::Commit, ALL))?,
                tiles: first_tiles(log)?,
                checkpoints: log.checkpoints(0, u64::from(ALL), ALL)?,
            })
        })
        .await
    }

    /// Where the log stands.
    pub(super) async fn head(&self) -> LogHead {
        self.read(|here| here.log().head()).await.unwrap()
    }

    /// The entries that wait.
    pub(super) async fn waiting(&self) -> Vec<Entry> {
        self.read(|here| here.log().waiting(ALL)).await
    }

    /// The runs that wait.
    pub(super) async fn runs(&self) -> Vec<Run> {
        self.read(|here| here.log().runs(ALL)).await
    }

    /// How the log grows by the first `count` of the entries that wait.
    pub(super) async fn growth(&self, count: usize) -> Growth {
        let (signer, sealed_at) = (Arc::clone(&self.world.signer), self.world.clock.now());
        self.read(move |here| {
            let log = here.log();
            let (head, waiting) = (log.head()?.unwrap(), log.waiting(ALL)?);
            let (entries, later) = waiting.split_at(count.min(waiting.len()));
            let last = entries.last().unwrap().id;
            let mut edge = Edge::of(head.size, log.tiles(&Edge::tiles(head.size))?)?;
            let tiles = edge.append(&leaves(entries));
            let (size, root) = (edge.size(), edge.frontier().root());
            let note = Checkpoint { store: head.store, size, root }.sign(&*signer);
            let mut taken = log.runs(ALL)?;
            taken.retain(|run| run.first <= last);
            let cut = taken.last().filter(|run| run.last > last);
            let rest = cut.map(|run| Run { first: later[0].id, last: run.last });
            let checkpoint = StoredCheckpoint { size, sealed_at, note };
            let entries = numbers(entries);
            Ok(Growth { from: head.size, entries, tiles, checkpoint, taken, rest })
        })
        .await
    }

    /// Makes the log grow.
    pub(super) async fn grow(&self, growth: &Growth) -> Result<(), StoreError> {
        let growth = growth.clone();
        self.write(move |here| here.log().grow(&growth)).await
    }

    /// Seals the first `count` of the entries that wait.
    pub(super) async fn seal(&self, count: usize) {
        let growth = self.growth(count).await;
        assert_eq!(self.grow(&growth).await, Ok(()));
    }

    /// Seals what waits, as a node does.
    pub(super) async fn seal_by_node(&self) {
        while self.world.sealer().seal(self.store.id).await.unwrap().more {}
    }

    /// Asserts that no entry of the store waits, that each is sealed once and signed by the key whose
    /// term it is, and that every checkpoint is over those before it and signed likewise.
    pub(super) async fn assert_whole(&self) {
        let (log, entries) = (self.log().await, self.entries().await);
        let walk = self.read(|here| here.log().walk(None, ALL)).await;
        assert_eq!((log.runs.as_slice(), walk), (&[][..], Walk::default()));
        let places: Vec<_> = log.sealed.iter().map(|sealed| sealed.leaf).collect();
        let head = log.head.unwrap();
        assert_eq!(places, (0..head.size).collect::<Vec<_>>(), "a gap, or a leaf too many");
        let mut sealed: Vec<_> = log.sealed.iter().map(|sealed| sealed.entry.clone()).collect();
        for (leaf, entry) in (0..).zip(&sealed) {
            let (message, signature) = (canonical::bytes(entry), &entry.signature);
            assert_eq!(entry.public_key, key_of(&log.terms, leaf), "leaf {leaf}");
            assert!(holds(&entry.public_key, &message, signature), "leaf {leaf}");
        }
        assert_signed(&log, &leaves(&sealed));
        sealed.sort_unstable_by_key(|entry| entry.id);
        assert_eq!(sealed, entries);
    }
}

/// The key whose term a leaf lies in.
fn key_of(terms: &[KeyTerm], leaf: u64) -> PublicKeyInfo {
    terms.iter().rev().find(|term| term.from <= leaf).unwrap().key
}

fn holds(key: &PublicKeyInfo, message: &[u8], signature: &Signature) -> bool {
    TestPublicKeys.read(key).unwrap().verifies(message, signature)
}

/// Asserts that there is a checkpoint over the whole log, and that each is over the leaves before it.
fn assert_signed(log: &Log, leaves: &[TreeHash]) {
    let mut frontier = Frontier::default();
    let roots: Vec<_> = leaves
        .iter()
        .map(|leaf| {
            frontier.push(*leaf);
            frontier.root()
        })
        .collect();
    let LogHead { store, size, .. } = log.head.unwrap();
    assert_eq!(log.checkpoints.last().map(|checkpoint| checkpoint.size), Some(size));
    for StoredCheckpoint { size, note, .. } in &log.checkpoints {
        let (read, signatures) = Checkpoint::read(note).unwrap();
        let root = roots[usize::try_from(size - 1).unwrap()];
        assert_eq!(read, Checkpoint { store, size: *size, root });
        let key = key_of(&log.terms, size - 1);
        assert_eq!(signatures.len(), 1);
        assert!(signatures[0].names(&origin(store), &key), "of another key: {note}");
        assert!(holds(&key, read.text().as_bytes(), &signatures[0].signature), "{note}");
    }
}
