use domain::store::Store;
use testkit::World;
use testkit::builders::a_user;

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
    of_node(&world.gate(), store, kept, &mut tell).await.unwrap();
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
    assert_eq!(found[1], (None, Some("truncated"), Tail::Unprotected));
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
    let failure = of_node(&world.gate(), None, Some("text\n".into()), &mut |_| Ok(())).await;
    assert!(matches!(failure, Err(Failure::NotVerified(_))), "{failure:?}");
}
