//! The use cases on the in-memory adapter, with time, chance and ids under control.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

mod access;
mod audit;
mod clients;
mod first_start;
mod relations;
mod upsert;
mod users;

use domain::access::Permission;
use domain::audit::Entry;
use domain::group::Group;
use domain::store::Store;
use domain::unit_of_work::Access;
use testkit::World;
use testkit::builders::a_group;

/// A world with the store `shop`.
async fn shop() -> (World, Store) {
    let world = World::new();
    let store = world.make_store("shop").await;
    (world, store)
}

/// Makes a group, which no use case does yet.
async fn make_group(world: &World, store: &Store, name: &str) -> Group {
    let group = a_group(name).build();
    let (gate, context) = (world.gate(), world.as_admin_in(store));
    let made = gate.change(Access::Write, &context, Permission::GroupManage, 1, move |room| {
        let recorded = room.journal.added(group.clone())?;
        room.here().groups().insert(&recorded)?;
        Ok(recorded.into_record())
    });
    made.await.expect("the group is made")
}

/// The whole audit trail of the store.
async fn trail(world: &World, store: &Store) -> Vec<Entry> {
    let page = world.audit().page(&world.as_admin_in(store), None, 10_000).await;
    page.expect("the trail is read").items
}
