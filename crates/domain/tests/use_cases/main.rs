//! The use cases on the in-memory adapter, with time, chance and ids under control.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod access;
mod accounts;
mod attempts;
mod attributes;
mod audit;
mod audit_log;
mod batches;
mod changes;
mod checklist;
mod clients;
mod first_start;
mod groups;
mod idempotency;
mod limits;
mod mail;
mod numbers;
mod own_passwords;
mod passwords;
mod previews;
mod relations;
mod resets;
mod roles;
mod scene;
mod second_factors;
mod sessions;
mod settings;
mod stores;
mod upsert;
mod users;

use domain::audit::{Entry, EntryOrder};
use domain::group::{Group, GroupDraft, GroupName};
use domain::page::Query;
use domain::store::Store;
use testkit::World;

/// A world with the store `shop`.
async fn shop() -> (World, Store) {
    let world = World::new();
    let store = world.make_store("shop").await;
    (world, store)
}

/// Makes a group.
async fn make_group(world: &World, store: &Store, name: &str) -> Group {
    let draft = GroupDraft::new(GroupName::parse(name).expect("a name"));
    let (groups, context) = (world.groups(), world.as_admin_in(store));
    let made = groups.apply(&context, (), changes::create(None, draft)).await;
    made.expect("the group is made").expect("the group").group
}

/// The whole audit trail of the store.
async fn trail(world: &World, store: &Store) -> Vec<Entry> {
    let page =
        world.audit().page(&world.as_admin_in(store), Query::first(EntryOrder::Id, 10_000)).await;
    page.expect("the trail is read").items
}
