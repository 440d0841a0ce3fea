use domain::access::Context;
use domain::audit::Area;
use domain::client::ApiKey;
use domain::first_start::{STORE_NAME, first_start};
use domain::store::StoreRef;
use testkit::builders::a_caller;
use testkit::{World, block_on};

fn in_default() -> Context {
    let store = StoreRef::parse(STORE_NAME).expect("a name");
    Context { caller: a_caller().system_admin().build(), store }
}

#[test]
fn the_first_start_makes_a_store_and_an_administrator_and_the_second_nothing() {
    block_on(async {
        let world = World::new();
        assert!(first_start(&world.gate(), None).await.expect("started").is_some());
        assert!(first_start(&world.gate(), None).await.expect("started").is_none());
        let entries = world.audit().page(&in_default(), None, 10).await.expect("a trail").items;
        let what: Vec<_> = entries.iter().map(|entry| (entry.area, &*entry.user)).collect();
        assert_eq!(what, [(Area::Store, "system:bootstrap"), (Area::Client, "system:bootstrap")]);
        let clients = world.clients().page(&in_default(), None, 10).await.expect("clients").items;
        assert_eq!(clients.len(), 1);
        assert!(clients[0].is_system_admin());
    });
}

#[test]
fn a_chosen_key_is_the_one_that_is_taken() {
    block_on(async {
        let world = World::new();
        let chosen = ApiKey::parse("0123456789abcdef0123456789abcdef".into()).expect("a key");
        let made = first_start(&world.gate(), Some(chosen.clone())).await.expect("started");
        assert_eq!(made.map(|key| key.hash()), Some(chosen.hash()));
    });
}

#[test]
fn a_store_that_was_made_before_does_not_lock_the_administrator_out() {
    block_on(async {
        let world = World::new();
        world.make_store("shop").await;
        assert!(first_start(&world.gate(), None).await.expect("started").is_some());
        let clients = world.clients().page(&in_default(), None, 10).await.expect("clients").items;
        assert_eq!(clients.len(), 1);
    });
}
