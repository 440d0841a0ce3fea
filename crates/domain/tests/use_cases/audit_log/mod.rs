//! The Merkle log over the trail: sealing, keys, erasing, archiving, publishing.

mod erasure;
mod feed;
mod publishing;
mod retention;
mod rotation;
mod sealing;

use domain::audit::log::{
    Checkpoint, Frontier, LogHead, SealedEntry, StoredCheckpoint, TreeHash, origin,
};
use domain::audit::{EntryOrder, EntryQuery, PublicKeyInfo, PublicKeys as _, canonical};
use domain::store::Store;
use domain::unit_of_work::{Access, transact};
use testkit::{TestPublicKeys, World};

/// Seals everything that waits in the store.
pub(crate) async fn seal(world: &World, store: &Store) {
    while world.sealer().seal(store.id).await.expect("sealed").more {}
}

/// Where the log of the store stands.
pub(crate) async fn head(world: &World, store: &Store) -> LogHead {
    let id = store.id;
    let unit_of_work = world.ports().unit_of_work;
    let head = transact(&*unit_of_work, Access::Read, move |tx| tx.store(id).log().head());
    head.await.expect("read").expect("a log")
}

/// Every sealed entry of the store, in order of leaves.
pub(crate) async fn sealed(world: &World, store: &Store) -> Vec<SealedEntry> {
    let id = store.id;
    let unit_of_work = world.ports().unit_of_work;
    let entries = transact(&*unit_of_work, Access::Read, move |tx| {
        let query = EntryQuery::first(EntryOrder::Commit, 100_000);
        tx.store(id).log().entries(&query)
    });
    entries.await.expect("read")
}

/// The latest checkpoint, as it is stored and as it reads.
pub(crate) async fn latest(world: &World, store: &Store) -> (StoredCheckpoint, Checkpoint) {
    let context = world.as_admin_in(store);
    let stored = world.log().checkpoint(&context, None).await.expect("a checkpoint");
    let (read, _) = Checkpoint::read(&stored.note).expect("it reads");
    (stored, read)
}

/// Whether the note is signed by that key for that store.
pub(crate) fn is_signed(note: &str, store: &Store, key: &PublicKeyInfo) -> bool {
    let (checkpoint, signatures) = Checkpoint::read(note).expect("a checkpoint");
    let public = TestPublicKeys.read(key).expect("a key");
    signatures.len() == 1
        && signatures.iter().all(|signature| {
            signature.names(&origin(store.id), key) && signature.is_by(&*public, &checkpoint.text())
        })
}

/// The root over these entries.
pub(crate) fn root_over(entries: &[SealedEntry]) -> TreeHash {
    let mut frontier = Frontier::default();
    for sealed in entries {
        frontier.push(TreeHash::leaf(&canonical::leaf(&sealed.entry)));
    }
    frontier.root()
}
