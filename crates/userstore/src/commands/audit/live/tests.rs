use domain::access::SystemRoom;
use domain::audit::log::{Growth, LogRepository, Tile, TileId, TreeHash};
use domain::store::Store;
use domain::unit_of_work::{Access, transact};
use testkit::builders::{a_caller, a_store, a_user};
use testkit::{MemoryStore, World};

use super::*;

/// Stores of these names, each with a user.
async fn with_stores(names: &[&str]) -> (World, Vec<Store>) {
    let world = World::new();
    let mut stores = Vec::new();
    for name in names {
        let store = world.make_store(name).await;
        world.make_user(&store, a_user("ada").draft()).await;
        stores.push(store);
    }
    (world, stores)
}

async fn checkpoint_of(world: &World, store: &Store) -> String {
    while world.sealer().seal(store.id).await.unwrap().more {}
    world.log().checkpoint(&world.as_admin_in(store), None).await.unwrap().note
}

/// What is told of each log: whose it is, the fault if there is one, and whether its end is protected.
async fn told(
    world: &World,
    store: Option<&str>,
    kept: Option<String>,
) -> Vec<(Option<StoreId>, Option<&'static str>, Tail)> {
    let mut told = Vec::new();
    let mut tell = |Verdict { report, .. }: &Verdict| {
        let fault = report.fault.as_ref().map(|fault| fault.reason.name());
        told.push((report.store, fault, report.tail));
        Ok(())
    };
    let store = store.map(|name| StoreRef::parse(name).unwrap());
    of_logs(&world.gate(), store, kept, &mut tell).await.unwrap();
    told
}

#[tokio::test]
async fn every_log_is_verified_with_what_waited() {
    let (world, stores) = with_stores(&["shop", "forum"]).await;
    let found = told(&world, None, None).await;
    let good = |store: &Store| (Some(store.id), None, Tail::Unprotected);
    assert_eq!(found, [good(&stores[0]), good(&stores[1])]);
}

#[tokio::test]
async fn a_checkpoint_that_was_kept_protects_the_end_of_its_log() {
    let (world, stores) = with_stores(&["shop", "forum"]).await;
    let kept = checkpoint_of(&world, &stores[1]).await;
    world.make_user(&stores[1], a_user("bob").draft()).await;
    let found = told(&world, None, Some(kept.clone())).await;
    let tails: Vec<_> = found.iter().map(|(_, fault, tail)| (*fault, *tail)).collect();
    assert_eq!(tails, [(None, Tail::Unprotected), (None, Tail::Pinned)]);
    let found = told(&world, Some("shop"), Some(kept)).await;
    assert_eq!(
        found.iter().map(|(_, fault, _)| *fault).collect::<Vec<_>>(),
        [Some("foreign-store")]
    );
}

#[tokio::test]
async fn a_log_that_is_gone_altogether_shows_by_its_checkpoint() {
    let (whole, stores) = with_stores(&["shop", "forum"]).await;
    let kept = checkpoint_of(&whole, &stores[1]).await;
    let (cut, _) = with_stores(&["shop"]).await;
    let found = told(&cut, None, Some(kept)).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[1], (Some(stores[1].id), Some("truncated"), Tail::Unprotected));
}

#[tokio::test]
async fn a_log_that_was_cut_off_shows_by_its_checkpoint() {
    let (longer, stores) = with_stores(&["shop"]).await;
    longer.make_user(&stores[0], a_user("bob").draft()).await;
    let kept = checkpoint_of(&longer, &stores[0]).await;
    let (cut, _) = with_stores(&["shop"]).await;
    assert_eq!(told(&cut, None, None).await[0].1, None, "without it nobody can tell");
    assert_eq!(told(&cut, None, Some(kept)).await[0].1, Some("truncated"));
}

#[tokio::test]
async fn what_is_no_checkpoint_is_not_held_against_anything() {
    let (world, _) = with_stores(&["shop"]).await;
    let failure = of_logs(&world.gate(), None, Some("text\n".into()), &mut |_| Ok(())).await;
    assert!(matches!(failure, Err(Failure::NotVerified(_))), "{failure:?}");
}

#[tokio::test]
async fn a_store_without_a_log_is_no_good() {
    let (world, stores) = with_stores(&["shop"]).await;
    let (gate, admin) = (world.gate(), a_caller().system_admin().build());
    let store = a_store("forum");
    let id = store.id;
    let founding = gate.system(Access::Write, &admin, None, move |room: &mut SystemRoom<'_>| {
        let recorded = room.founding_journal(&store, 1)?.added(store.clone())?;
        Ok(room.stores().insert_new(&recorded)?.is_ok())
    });
    assert!(founding.await.unwrap());
    let mut expected = [
        (Some(stores[0].id), None, Tail::Unprotected),
        (Some(id), Some("removed"), Tail::Unprotected),
    ];
    expected.sort_by_key(|(id, ..)| *id);
    assert_eq!(told(&world, None, None).await, expected);
    assert_eq!(told(&world, Some("forum"), None).await.len(), 1);
    let nowhere = StoreId::new(uuid::Uuid::from_u128(7));
    let failure = of_log(&gate, nowhere, String::new(), None).await.err();
    let missing = UseCaseError::NotFound(Missing::Store);
    assert!(matches!(failure, Some(Failure::Refused(error)) if error == missing));
}

/// What is wrong with the log of a store: the reason, the leaf and the sentence.
async fn fault(world: &World, store: &Store) -> Option<(Reason, u64, String)> {
    let verdict = of_log(&world.gate(), store.id, String::new(), None).await.unwrap();
    assert!(verdict.report.is_valid() || verdict.report.root.is_none());
    verdict.report.fault.map(|fault| (fault.reason, fault.leaf, fault.detail))
}

#[tokio::test]
async fn what_cannot_be_sealed_keeps_nobody_from_verifying_what_is() {
    let store = Arc::new(MemoryStore::new());
    let world = World::on(Arc::clone(&store) as _);
    let shop = world.make_store("shop").await;
    checkpoint_of(&world, &shop).await;
    store.fail_next_call(StoreError::Unavailable("to be read only".into()));
    assert_eq!(fault(&world, &shop).await, None);
    store.fail_next_call(StoreError::Corrupt("this".into()));
    let (reason, leaf, detail) = fault(&world, &shop).await.expect("a fault");
    assert_eq!((reason, leaf), (Reason::Malformed, 1));
    assert_eq!(detail, "what waits cannot be sealed: this");
    assert_eq!(fault(&world, &shop).await, None);
}

#[tokio::test]
async fn without_the_key_what_is_sealed_is_verified() {
    let (world, stores) = with_stores(&["shop"]).await;
    checkpoint_of(&world, &stores[0]).await;
    world.make_user(&stores[0], a_user("bob").draft()).await;
    world.keys.forget(&domain::audit::Signer::public_key(&*world.signer));
    let verdict = of_log(&world.gate(), stores[0].id, String::new(), None).await.unwrap();
    assert!(verdict.report.is_valid() && verdict.report.entries == 2, "{:?}", verdict.report);
}

#[tokio::test]
async fn a_log_of_which_nothing_can_be_read_is_no_good() {
    let store = Arc::new(MemoryStore::new());
    let world = World::on(Arc::clone(&store) as _);
    let shop = world.make_store("shop").await;
    for why in ["this", "that"] {
        store.fail_next_call(StoreError::Corrupt(why.into()));
    }
    let (reason, leaf, detail) = fault(&world, &shop).await.expect("a fault");
    assert_eq!((reason, leaf), (Reason::Malformed, 0));
    assert!(detail.ends_with("cannot be read: that"), "{detail}");
}

/// Writes past this program.
async fn tamper(
    world: &World,
    store: &Store,
    write: impl Fn(&mut dyn LogRepository) -> Result<(), StoreError> + Send + 'static,
) {
    let id = store.id;
    let tampered =
        transact(&*world.unit_of_work, Access::Write, move |tx| write(tx.store(id).log()));
    tampered.await.unwrap();
}

/// A growth by nothing.
fn nothing(log: &mut dyn LogRepository) -> Result<Growth, StoreError> {
    let checkpoint = log.latest_checkpoint()?.expect("a checkpoint");
    let from = checkpoint.size;
    let (entries, tiles, taken) = (vec![], vec![], vec![]);
    Ok(Growth { from, entries, tiles, checkpoint, taken, rest: None })
}

#[tokio::test]
async fn tiles_that_do_not_lead_to_the_root_are_told() {
    let (world, stores) = with_stores(&["shop"]).await;
    checkpoint_of(&world, &stores[0]).await;
    tamper(&world, &stores[0], |log| {
        let id = TileId { level: 0, number: 0 };
        let tiles = vec![Tile { id, hashes: vec![TreeHash([7; 32]); 2] }];
        let growth = nothing(log)?;
        log.grow(&Growth { tiles, ..growth })
    })
    .await;
    let (reason, _, detail) = fault(&world, &stores[0]).await.expect("a fault");
    assert!(reason == Reason::RootMismatch && detail.contains("tiles"), "{reason:?} {detail}");
}

#[tokio::test]
async fn an_entry_in_no_log_is_told() {
    let (world, stores) = with_stores(&["shop"]).await;
    checkpoint_of(&world, &stores[0]).await;
    world.make_user(&stores[0], a_user("bob").draft()).await;
    tamper(&world, &stores[0], |log| {
        let (growth, taken) = (nothing(log)?, log.runs(10)?);
        log.grow(&Growth { taken, ..growth })
    })
    .await;
    let (reason, leaf, detail) = fault(&world, &stores[0]).await.expect("a fault");
    assert_eq!((reason, leaf), (Reason::Inserted, 2));
    assert!(detail.contains("in no log"), "{detail}");
}
