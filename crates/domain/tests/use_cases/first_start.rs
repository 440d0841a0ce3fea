use domain::access::{Assignment, Context, Grant, Holder, RoleService};
use domain::audit::{Area, EntryOrder, EntryQuery};
use domain::client::ApiKey;
use domain::first_start::{STORE_NAME, first_start};
use domain::store::StoreRef;
use testkit::builders::{a_caller, a_user};
use testkit::{World, block_on};

fn in_default() -> Context {
    let store = StoreRef::parse(STORE_NAME).expect("a name");
    Context::new(a_caller().system_admin().build(), store)
}

#[test]
fn the_first_start_makes_a_store_and_an_administrator_and_the_second_nothing() {
    block_on(async {
        let world = World::new();
        assert!(first_start(&world.gate(), None).await.expect("started").is_some());
        assert!(first_start(&world.gate(), None).await.expect("started").is_none());
        let entries = world
            .audit()
            .page(&in_default(), EntryQuery::first(EntryOrder::Id, 10))
            .await
            .expect("a trail")
            .items;
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

#[test]
fn where_a_user_may_do_everything_nobody_else_is_made() {
    block_on(async {
        let world = World::new();
        let store = world.make_store("shop").await;
        let ada = world.make_user(&store, a_user("ada").draft()).await;
        let (holder, grant) = (Holder::User(ada.user.id), Grant::system_admin());
        let context = world.as_admin_in(&store);
        let roles = RoleService::new(world.gate());
        roles.assign(&context, Assignment { holder, grant }).await.expect("assigned");
        assert!(first_start(&world.gate(), None).await.expect("started").is_none());
    });
}
