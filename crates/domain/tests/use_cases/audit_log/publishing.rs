use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::access::Caller;
use domain::audit::log::{Checkpoint, Growth, KeyTerm, StoredCheckpoint, Succession, TreeHash};
use domain::audit::{
    AuditKeys as _, FailedPublisher, Lease, PublicKeyInfo, Publisher, Publishing, Signer,
    Unpublished,
};
use domain::error::UseCaseError;
use domain::id::{AuditId, StoreId};
use domain::store::Store;
use domain::time::Clock as _;
use domain::unit_of_work::{Access, StoreError, Transaction, transact};
use jiff::SignedDuration;
use testkit::builders::a_user;
use testkit::{ManualClock, MemoryStore, TestPublicKeys, TestSigner, World, block_on};
use uuid::Uuid;

use super::{head, latest, seal};
use crate::shop;

/// Keeps what it is given, unless it is told to fail.
#[derive(Default)]
struct Outside {
    fails: AtomicBool,
    /// Whether what is there before cannot be seen.
    is_hidden: AtomicBool,
    /// Where a failure takes ten seconds: the clock that tells them.
    clock: Option<Arc<ManualClock>>,
    /// What is there before.
    held: Option<Checkpoint>,
    /// What befalls the database when the first look is taken at what is there before.
    befalls: Mutex<Option<(MemoryStore, StoreError)>>,
    given: Mutex<Vec<(StoreId, StoredCheckpoint)>>,
}

#[async_trait]
impl Publisher for Outside {
    fn name(&self) -> &'static str {
        "outside"
    }

    async fn held(&self, _: StoreId) -> Result<Option<Checkpoint>, Unpublished> {
        if let Some((memory, error)) = self.befalls.lock().expect("no panic").take() {
            memory.fail_next_call(error);
        }
        if self.is_hidden.load(Ordering::Relaxed) {
            return Err(Unpublished("nobody can see".into()));
        }
        Ok(self.held)
    }

    async fn publish(
        &self,
        store: StoreId,
        checkpoint: &StoredCheckpoint,
    ) -> Result<(), Unpublished> {
        if self.fails.load(Ordering::Relaxed) {
            if let Some(clock) = &self.clock {
                clock.advance(SignedDuration::from_secs(10));
            }
            return Err(Unpublished("nobody is there".into()));
        }
        self.given.lock().expect("no panic").push((store, checkpoint.clone()));
        Ok(())
    }
}

fn publishing_to(world: &World, outside: &Arc<Outside>) -> Publishing {
    Publishing::new(world.gate(), Arc::new(TestPublicKeys), vec![Arc::clone(outside) as _])
}

#[test]
fn the_latest_checkpoint_of_every_log_is_published_once() {
    block_on(async {
        let (world, store) = shop().await;
        let outside = Arc::new(Outside::default());
        let publishing = publishing_to(&world, &outside);
        assert_eq!(publishing.round().await, Ok(vec![]), "nothing is sealed yet");
        seal(&world, &store).await;
        for _ in 0..2 {
            assert_eq!(publishing.round().await, Ok(vec![]));
        }
        let given = || outside.given.lock().expect("no panic").clone();
        assert_eq!(given(), [(store.id, latest(&world, &store).await.0)]);
        for n in 0..3 {
            world.make_user(&store, a_user(&format!("u{n}")).draft()).await;
            seal(&world, &store).await;
        }
        publishing.round().await.expect("published");
        let sizes: Vec<_> = given().iter().map(|(_, checkpoint)| checkpoint.size).collect();
        assert_eq!(sizes, [1, 4], "those in between are not asked for");
    });
}

#[test]
fn what_fails_is_told_and_tried_again() {
    block_on(async {
        let (world, store) = shop().await;
        seal(&world, &store).await;
        let outside = Arc::new(Outside::default());
        outside.fails.store(true, Ordering::Relaxed);
        let publishing = publishing_to(&world, &outside);
        let why = "nobody is there".to_owned();
        let failed = FailedPublisher { publisher: "outside", store: store.id, why };
        assert_eq!(publishing.round().await, Ok(vec![failed]));
        outside.fails.store(false, Ordering::Relaxed);
        assert_eq!(publishing.round().await, Ok(vec![]));
        assert_eq!(outside.given.lock().expect("no panic").len(), 1);
    });
}

#[test]
fn who_keeps_the_others_waiting_rests_until_the_next_round() {
    block_on(async {
        let (world, store) = shop().await;
        seal(&world, &store).await;
        for name in ["a", "b", "c", "d", "e"] {
            let further = world.make_store(name).await;
            seal(&world, &further).await;
        }
        let clock = Some(Arc::clone(&world.clock));
        let outside = Arc::new(Outside { clock, ..Outside::default() });
        outside.fails.store(true, Ordering::Relaxed);
        let publishing = publishing_to(&world, &outside);
        for _ in 0..2 {
            // Each takes ten seconds.
            assert_eq!(publishing.round().await.expect("a round").len(), 2);
        }
        outside.fails.store(false, Ordering::Relaxed);
        assert_eq!(publishing.round().await, Ok(vec![]));
        assert_eq!(outside.given.lock().expect("no panic").len(), 6);
    });
}

#[test]
fn a_checkpoint_takes_no_place_of_one_that_its_log_has_not_grown_from() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_user(&store, a_user("ada").draft()).await;
        seal(&world, &store).await;
        let before = latest(&world, &store).await.1;
        world.make_user(&store, a_user("bob").draft()).await;
        seal(&world, &store).await;
        for (held, is_taken) in [
            (before, true),
            (Checkpoint { root: TreeHash([7; 32]), ..before }, false),
            (Checkpoint { size: 4, ..before }, false),
        ] {
            let outside = Arc::new(Outside { held: Some(held), ..Outside::default() });
            let publishing = publishing_to(&world, &outside);
            let failed = publishing.round().await.expect("a round");
            assert_eq!(failed.is_empty(), is_taken, "{failed:?}");
            assert_eq!(outside.given.lock().expect("no panic").len(), usize::from(is_taken));
        }
    });
}

/// Puts a checkpoint into the database, and leaves of these entries before it, as somebody does who can
/// write to it.
async fn insert(world: &World, store: &Store, size: u64, note: String, entries: Vec<AuditId>) {
    let (id, sealed_at) = (store.id, world.clock.now());
    let from = head(world, store).await.size;
    let checkpoint = StoredCheckpoint { size, sealed_at, note };
    let growth = Growth { from, entries, tiles: vec![], checkpoint, taken: vec![], rest: None };
    let unit_of_work = world.ports().unit_of_work;
    let grow = move |tx: &mut dyn Transaction| tx.store(id).log().grow(&growth);
    transact(&*unit_of_work, Access::Write, grow).await.expect("inserted");
}

/// Notes that are not the checkpoint of that size, some of them signed by the key of the log.
fn forgeries(size: u64, genuine: Checkpoint, own: &dyn Signer) -> Vec<String> {
    let claimed = Checkpoint { size, ..genuine };
    let of_other_root = Checkpoint { root: TreeHash([7; 32]), ..claimed }.sign(own);
    let of_other_store = Checkpoint { store: StoreId::new(Uuid::from_u128(7)), ..claimed };
    let of_other_size = Checkpoint { size: 3, ..genuine };
    let line = of_other_root.lines().last().expect("a signature").to_owned();
    vec![
        "x".into(),
        String::new(),
        claimed.sign(&TestSigner::from_seed([66; 32])),
        format!("{}\n{line}\n", claimed.text()),
        format!("{}{line}\n", claimed.sign(own)),
        of_other_store.sign(own),
        of_other_size.sign(own),
        of_other_root,
    ]
}

#[test]
fn nothing_is_published_that_the_key_has_not_signed_over_the_log() {
    block_on(async {
        let (world, store) = shop().await;
        seal(&world, &store).await;
        let genuine = latest(&world, &store).await.1;
        for size in [1, 2, i64::MAX.unsigned_abs()] {
            for note in forgeries(size, genuine, &*world.keys.own()) {
                insert(&world, &store, size, note.clone(), vec![]).await;
                for held in [None, Some(genuine)] {
                    let outside = Arc::new(Outside { held, ..Outside::default() });
                    let failed = publishing_to(&world, &outside).round().await.expect("a round");
                    assert_eq!(failed.len(), 1, "{size}: {note}");
                    assert!(outside.given.lock().expect("no panic").is_empty(), "{size}: {note}");
                }
            }
        }
    });
}

/// Puts the log under another key, and gives that.
async fn hand_over(world: &World, store: &Store) -> PublicKeyInfo {
    let key = world.keys.add(TestSigner::from_seed([9; 32]));
    let (rotation, caller) = (world.rotation(), Caller::system("cli"));
    rotation.register(&caller, key).await.expect("registered");
    rotation.hand_over(&caller, store.id, key).await.expect("handed over");
    key
}

#[test]
fn what_a_retired_key_signed_last_is_published_without_that_key() {
    block_on(async {
        let (world, store) = shop().await;
        seal(&world, &store).await;
        let key = hand_over(&world, &store).await;
        world.keys.forget(&store.audit_key);
        let outside = Arc::new(Outside::default());
        assert_eq!(publishing_to(&world, &outside).round().await, Ok(vec![]));
        assert_eq!(outside.given.lock().expect("no panic").len(), 1);
        // Without the one that follows nobody on this node can tell.
        world.keys.forget(&key);
        let failed = publishing_to(&world, &outside).round().await.expect("a round");
        assert_eq!(failed.len(), 1, "{failed:?}");
        assert_eq!(outside.given.lock().expect("no panic").len(), 1);
    });
}

/// Who can write to the database names a key of their own as the one that follows, and the key of this
/// node as the next one.
#[test]
fn what_a_key_signed_that_nobody_handed_over_to_is_not_published() {
    block_on(async {
        let (world, store) = shop().await;
        seal(&world, &store).await;
        let root = latest(&world, &store).await.1.root;
        let thief = TestSigner::from_seed([66; 32]);
        let note = Checkpoint { store: store.id, size: 2, root }.sign(&thief);
        let [own, stolen] = [store.audit_key, thief.public_key()];
        for (from, old, new) in [(1, own, stolen), (2, stolen, own)] {
            let succession = Succession { store: store.id, from, root, old, new };
            appoint(&world, &store, succession.sign(&thief, &thief)).await;
            let entries =
                if from == 1 { AuditId::new(1_000).into_iter().collect() } else { vec![] };
            insert(&world, &store, 2, note.clone(), entries).await;
            let outside = Arc::new(Outside::default());
            let failed = publishing_to(&world, &outside).round().await.expect("a round");
            let why = failed.first().expect("a failure").why.as_str();
            assert!(why.contains("is not one that the key of the log signed"), "{why}");
            assert!(outside.given.lock().expect("no panic").is_empty());
        }
    });
}

async fn appoint(world: &World, store: &Store, term: KeyTerm) {
    let id = store.id;
    let unit_of_work = world.ports().unit_of_work;
    let appoint = move |tx: &mut dyn Transaction| tx.store(id).log().appoint(&term);
    transact(&*unit_of_work, Access::Write, appoint).await.expect("appointed");
}

#[test]
fn nothing_is_published_over_what_cannot_be_seen() {
    block_on(async {
        let (world, store) = shop().await;
        seal(&world, &store).await;
        let outside = Arc::new(Outside::default());
        outside.is_hidden.store(true, Ordering::Relaxed);
        let publishing = publishing_to(&world, &outside);
        let why = "nobody can see".to_owned();
        let failed = FailedPublisher { publisher: "outside", store: store.id, why };
        assert_eq!(publishing.round().await, Ok(vec![failed]));
        assert_eq!(outside.given.lock().expect("no panic").len(), 0);
        outside.is_hidden.store(false, Ordering::Relaxed);
        assert_eq!(publishing.round().await, Ok(vec![]));
        assert_eq!(outside.given.lock().expect("no panic").len(), 1);
    });
}

/// A round over two logs, where the database fails when the first one is read: what it gives, and how
/// many checkpoints were given to whom is outside.
async fn round_with(error: StoreError) -> (Result<Vec<FailedPublisher>, UseCaseError>, usize) {
    let memory = MemoryStore::new();
    let world = World::on(Arc::new(memory.clone()));
    for name in ["shop", "club"] {
        let store = world.make_store(name).await;
        seal(&world, &store).await;
    }
    let befalls = Mutex::new(Some((memory, error)));
    let outside = Arc::new(Outside { befalls, ..Outside::default() });
    let publishing = publishing_to(&world, &outside);
    let outcome = publishing.round().await;
    let given = outside.given.lock().expect("no panic").len();
    (outcome, given)
}

#[test]
fn a_damaged_log_is_told_and_hinders_no_other() {
    block_on(async {
        let (outcome, given) = round_with(StoreError::Corrupt("audit_tiles: gone".into())).await;
        let failed = outcome.expect("a round");
        let why: Vec<_> = failed.iter().map(|failed| failed.why.as_str()).collect();
        assert_eq!(why, ["the log cannot be read: audit_tiles: gone"]);
        assert_eq!(given, 1);
    });
}

#[test]
fn a_database_that_is_gone_ends_the_round() {
    block_on(async {
        let gone = StoreError::Unavailable("no route".into());
        assert_eq!(round_with(gone.clone()).await, (Err(gone.into()), 0));
    });
}

#[test]
fn one_has_the_turn_until_it_ends_or_its_holder_does() {
    block_on(async {
        let (world, _) = shop().await;
        let [one, other] = [(); 2].map(|()| Lease::new(world.gate(), "sealing"));
        let elsewhere = Lease::new(world.gate(), "publishing");
        assert_eq!(one.take().await, Ok(true));
        assert_eq!(other.take().await, Ok(false));
        assert_eq!(elsewhere.take().await, Ok(true), "another task");
        world.clock.advance(SignedDuration::from_secs(6));
        assert_eq!(one.take().await, Ok(true), "prolonged");
        world.clock.advance(SignedDuration::from_secs(6));
        assert_eq!(other.take().await, Ok(false));
        world.clock.advance(SignedDuration::from_secs(4));
        assert_eq!(other.take().await, Ok(true), "its holder is dead");
        assert_eq!(one.take().await, Ok(false), "it was frozen");
    });
}

#[test]
fn a_lease_of_a_clock_that_runs_ahead_stops_nobody() {
    block_on(async {
        let (world, _) = shop().await;
        let [one, other] = [(); 2].map(|()| Lease::new(world.gate(), "sealing"));
        world.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(one.take().await, Ok(true));
        world.clock.advance(SignedDuration::from_hours(-24));
        assert_eq!(other.take().await, Ok(true));
    });
}
