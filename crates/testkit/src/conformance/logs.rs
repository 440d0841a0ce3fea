//! The logs of all stores: which wait, where they stand, the register of keys, and whose turn it is.

use std::sync::Arc;

use domain::access::SystemRoom;
use domain::audit::PublicKeyInfo;
use domain::audit::log::LogHead;
use domain::id::StoreId;
use domain::time::{Clock as _, Instant};
use domain::unit_of_work::{Access, StoreError, Transaction, UnitOfWork, Verdict, transact};
use jiff::SignedDuration;
use uuid::Uuid;

use super::log_keys::key;
use super::trail::ALL;
use super::{Harness, Setting};
use crate::World;
use crate::builders::{a_caller, a_store, a_user};

/// How long a lease of a case lasts.
const LENGTH: SignedDuration = SignedDuration::from_secs(10);

async fn run<T: Send + 'static>(
    unit_of_work: &dyn UnitOfWork,
    access: Access,
    work: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
) -> T {
    transact(unit_of_work, access, work).await.unwrap()
}

/// The stores in whose logs entries wait.
async fn waiting(world: &World, after: Option<StoreId>, limit: u32) -> Vec<StoreId> {
    run(&*world.unit_of_work, Access::Read, move |tx| tx.logs().waiting(after, limit)).await
}

async fn heads(world: &World, after: Option<StoreId>, limit: u32) -> Vec<LogHead> {
    run(&*world.unit_of_work, Access::Read, move |tx| tx.logs().heads(after, limit)).await
}

/// Stores of a world, in order of their ids.
async fn stores(harness: &dyn Harness) -> Vec<Setting> {
    let world = World::on(harness.unit_of_work());
    let mut stores = Vec::new();
    for n in 0..5 {
        stores.push(Setting::on(world.clone(), &format!("store-{n}")).await);
    }
    stores.sort_by_key(|s| s.store.id);
    stores
}

/// In order of their ids, in pages; until nothing of theirs waits.
pub async fn stores_whose_entries_wait_come_in_order(harness: &dyn Harness) {
    let stores = stores(harness).await;
    let (world, ids) = (&stores[0].world, stores.iter().map(|s| s.store.id).collect::<Vec<_>>());
    assert_eq!(waiting(world, None, ALL).await, ids);
    assert_eq!(waiting(world, None, 2).await, ids[..2]);
    assert_eq!(waiting(world, Some(ids[1]), 2).await, ids[2..4]);
    assert_eq!(waiting(world, Some(ids[4]), 2).await, []);
    assert_eq!(waiting(world, None, 0).await, []);
    stores[1].seal(ALL as usize).await;
    stores[4].has_user(a_user("ada").build()).await;
    stores[4].has_user(a_user("bob").build()).await;
    assert_eq!(waiting(world, None, ALL).await, [ids[0], ids[2], ids[3], ids[4]], "each once");
    assert_eq!(waiting(world, Some(ids[0]), 1).await, [ids[2]]);
    stores[4].seal(2).await;
    assert_eq!(waiting(world, Some(ids[1]), ALL).await, ids[2..]);
    for s in &stores {
        s.seal_by_node().await;
    }
    assert_eq!(waiting(world, None, ALL).await, []);
}

/// Those of stores that are gone too.
pub async fn heads_of_logs_come_in_order_of_their_stores(harness: &dyn Harness) {
    let stores = stores(harness).await;
    let world = &stores[0].world;
    let (removal, gone) = (stores[3].deleted(&stores[3].store).await, &stores[3]);
    let removing = gone.run(Access::Write, move |tx| {
        tx.stores().remove(&removal).unwrap();
        Verdict::Commit
    });
    assert_eq!(removing.await, Ok(()));
    for (n, s) in stores.iter().enumerate().skip(1) {
        s.seal(n).await;
    }
    let mut expected = Vec::new();
    for s in &stores {
        expected.push(s.head().await);
    }
    let sizes: Vec<_> = expected.iter().map(|head| head.size).collect();
    assert_eq!(sizes, [0, 1, 1, 2, 1]);
    assert_eq!(heads(world, None, ALL).await, expected);
    assert_eq!(heads(world, None, 2).await, expected[..2]);
    assert_eq!(heads(world, Some(expected[1].store), 2).await, expected[2..4]);
    assert_eq!(heads(world, Some(expected[4].store), 2).await, []);
}

/// Founds a store and begins no log for it.
async fn without_log(world: &World) -> StoreId {
    let (gate, admin) = (world.gate(), a_caller().system_admin().build());
    let store = a_store("without");
    let founding = gate.system(Access::Write, &admin, None, move |room: &mut SystemRoom<'_>| {
        let recorded = room.founding_journal(&store, 1)?.added(store.clone())?;
        Ok(room.stores().insert_new(&recorded)?.map(|()| recorded.into_record().id))
    });
    founding.await.unwrap().unwrap()
}

/// Those of stores that are gone too, and of those whose log is: each once, in pages.
pub async fn stores_that_have_to_have_a_log_come_in_order(harness: &dyn Harness) {
    let stores_with = stores(harness).await;
    let (world, gone) = (&stores_with[0].world, &stores_with[3]);
    let removal = gone.deleted(&gone.store).await;
    run(&*world.unit_of_work, Access::Write, move |tx| tx.stores().remove(&removal)).await;
    let mut ids: Vec<_> = stores_with.iter().map(|s| s.store.id).collect();
    ids.push(without_log(world).await);
    ids.sort_unstable();
    let listed = async |after, limit| {
        run(&*world.unit_of_work, Access::Read, move |tx| tx.logs().stores(after, limit)).await
    };
    assert_eq!(listed(None, ALL).await, ids);
    assert_eq!(listed(None, 2).await, ids[..2]);
    assert_eq!(listed(Some(ids[1]), 2).await, ids[2..4]);
    assert_eq!(listed(Some(ids[5]), 2).await, []);
}

async fn register(unit_of_work: &dyn UnitOfWork, place: u32, key: PublicKeyInfo) -> bool {
    run(unit_of_work, Access::Write, move |tx| tx.logs().register_key(place, &key)).await
}

/// The keys that were registered.
pub(super) async fn keys(unit_of_work: &dyn UnitOfWork) -> Vec<PublicKeyInfo> {
    run(unit_of_work, Access::Read, |tx| tx.logs().keys()).await
}

/// A place is taken once; that it is taken is data, not a failed call.
pub async fn keys_come_in_the_order_of_their_places(harness: &dyn Harness) {
    let unit_of_work = harness.unit_of_work();
    assert_eq!(keys(&*unit_of_work).await, []);
    assert!(register(&*unit_of_work, 0, key(2)).await);
    assert!(!register(&*unit_of_work, 0, key(1)).await);
    let registered = run(&*unit_of_work, Access::Write, |tx| {
        assert!(!tx.logs().register_key(0, &key(1))?);
        tx.logs().register_key(1, &key(1))
    });
    assert!(registered.await);
    assert!(register(&*unit_of_work, 2, key(3)).await);
    assert_eq!(keys(&*unit_of_work).await, [key(2), key(1), key(3)]);
    let rolled_back = unit_of_work.run(
        Access::Write,
        Box::new(|tx| {
            assert_eq!(tx.logs().register_key(3, &key(4)), Ok(true));
            Verdict::Rollback
        }),
    );
    assert_eq!(rolled_back.await, Ok(()));
    assert_eq!(keys(&*unit_of_work).await.len(), 3);
}

/// On two nodes.
pub async fn of_16_keys_that_want_one_place_one_gets_it(harness: &dyn Harness) {
    let nodes = [harness.unit_of_work(), harness.second_node().await];
    let registering: Vec<_> = (1..=16_u8)
        .zip(nodes.iter().cycle())
        .map(|(n, node)| {
            let node = Arc::clone(node);
            tokio::spawn(async move { (n, register(&*node, 0, key(n)).await) })
        })
        .collect();
    let mut registered = Vec::new();
    for outcome in registering {
        let (n, done) = outcome.await.unwrap();
        registered.extend(done.then_some(key(n)));
    }
    assert_eq!(registered.len(), 1);
    assert_eq!(keys(&*nodes[0]).await, registered);
}

/// A moment of a case, so many seconds after its beginning.
fn at(seconds: i64) -> Instant {
    World::new().clock.now().saturating_add(SignedDuration::from_secs(seconds))
}

/// Whether a node, by its number, gets its turn at a task.
async fn gets(unit_of_work: &dyn UnitOfWork, name: &'static str, node: u128, now: Instant) -> bool {
    let holder = Uuid::from_u128(node);
    run(unit_of_work, Access::Write, move |tx| tx.logs().lease(name, holder, now, LENGTH)).await
}

/// The holder prolongs it, others wait for its end, and then the next one has it.
pub async fn a_lease_is_one_nodes_until_it_ends(harness: &dyn Harness) {
    let db = &*harness.unit_of_work();
    assert!(gets(db, "sealing", 1, at(0)).await);
    assert!(!gets(db, "sealing", 2, at(0)).await);
    let last = at(10).saturating_add(SignedDuration::from_micros(-1));
    assert!(!gets(db, "sealing", 2, last).await);
    assert!(gets(db, "sealing", 1, at(6)).await, "prolonged");
    assert!(!gets(db, "sealing", 2, at(10)).await);
    assert!(gets(db, "sealing", 2, at(16)).await, "it ends when it is as old as it is long");
    assert!(!gets(db, "sealing", 1, at(17)).await, "who comes too late has it no more");
    assert!(gets(db, "sealing", 2, at(18)).await);
    assert!(gets(db, "sealing", 1, at(100)).await);
}

/// Each task has a turn of its own, and a failed unit takes none.
pub async fn leases_are_taken_by_name(harness: &dyn Harness) {
    let db = &*harness.unit_of_work();
    assert!(gets(db, "sealing", 1, at(0)).await);
    assert!(gets(db, "publishing", 2, at(0)).await);
    assert!(!gets(db, "sealing", 2, at(1)).await);
    assert!(!gets(db, "publishing", 1, at(1)).await);
    let rolled_back = db.run(
        Access::Write,
        Box::new(|tx| {
            let lease = tx.logs().lease("retention", Uuid::from_u128(1), at(0), LENGTH);
            assert_eq!(lease, Ok(true));
            let prolonged = tx.logs().lease("sealing", Uuid::from_u128(1), at(9), LENGTH);
            assert_eq!(prolonged, Ok(true));
            Verdict::Rollback
        }),
    );
    assert_eq!(rolled_back.await, Ok(()));
    assert!(gets(db, "retention", 2, at(0)).await);
    assert!(gets(db, "sealing", 2, at(10)).await);
}

/// Whoever has another clock, and died, keeps nobody from working for longer than a lease lasts.
pub async fn a_lease_by_a_clock_that_was_ahead_counts_as_ended(harness: &dyn Harness) {
    let db = &*harness.unit_of_work();
    assert!(gets(db, "sealing", 1, at(3_600)).await);
    assert!(gets(db, "sealing", 2, at(0)).await);
    assert!(!gets(db, "sealing", 1, at(5)).await);
    // The clock of the holder is set back: the lease is the holder's still.
    assert!(gets(db, "sealing", 2, at(-3_600)).await);
    assert!(!gets(db, "sealing", 1, at(-3_600)).await);
}

/// On two nodes, of a task that nobody ever did and of one whose lease has ended.
pub async fn of_16_that_want_a_lease_one_gets_it(harness: &dyn Harness) {
    let nodes = [harness.unit_of_work(), harness.second_node().await];
    for seconds in [0, 60] {
        let taking: Vec<_> = (1..=16_u128)
            .zip(nodes.iter().cycle())
            .map(|(n, node)| {
                let (node, now) = (Arc::clone(node), at(seconds));
                tokio::spawn(async move { (n, gets(&*node, "sealing", n, now).await) })
            })
            .collect();
        let mut holders = Vec::new();
        for outcome in taking {
            let (n, got) = outcome.await.unwrap();
            holders.extend(got.then_some(n));
        }
        assert_eq!(holders.len(), 1, "{holders:?}");
        assert!(gets(&*nodes[0], "sealing", holders[0], at(seconds + 1)).await);
    }
}
