use std::sync::Arc;

use domain::access::{
    Assignment, Context, Grant, Holder, Permission, Reach, RoleName, RoleService, Rules,
};
use domain::audit::{Action, Area, EntryOrder, EntryQuery};
use domain::error::{Invalid, Missing, UseCaseError};
use domain::id::StoreId;
use domain::store::{
    EditStore, NewStore, Overrides, Store, StoreDraft, StoreName, StoreRef, StoreRules,
};
use domain::text::Folded;
use domain::unit_of_work::{Access, StoreError, Unique, transact};
use domain::version::Precondition;
use testkit::builders::{ClientBuilder, a_caller, a_client, a_user, uuid_of};
use testkit::{World, block_on};
use uuid::Uuid;

use crate::changes;
use crate::{make_group, shop, trail};

fn named(name: &str) -> StoreName {
    StoreName::parse(name).expect("a name of a store")
}

fn new_store(name: &str, set: Overrides) -> NewStore {
    NewStore { id: None, name: named(name), set }
}

fn read_only() -> Overrides {
    Overrides { read_only: Some(true), ..Overrides::default() }
}

fn by_email(on: bool) -> Overrides {
    Overrides { login_by_email: Some(on), ..Overrides::default() }
}

fn to(name: &str, set: Overrides) -> EditStore {
    let name = named(name);
    Arc::new(move |_: &Store| Ok(StoreDraft { name: name.clone(), set }))
}

/// A world whose configuration pins the history of passwords in the store `shop`.
fn pinning() -> World {
    let history = Overrides { password_history: Some(3), ..Overrides::default() };
    let pinned = [(Folded::of("shop"), history)].into();
    let stores = StoreRules { pinned, ..StoreRules::default() };
    World::with_rules(Rules { stores, ..Rules::default() })
}

/// Makes a client as the builder says, with its id and key.
async fn make_client(world: &World, store: &Store, client: ClientBuilder) {
    let (gate, context, client) = (world.gate(), world.as_admin_in(store), client.build());
    let made = gate.change(Access::Write, &context, Permission::SystemManage, 1, move |room| {
        let recorded = room.journal.added(client.clone())?;
        Ok(room.here().clients().insert(&recorded)?)
    });
    made.await.expect("the client is made");
}

async fn create(world: &World, new: NewStore) -> Result<Store, UseCaseError> {
    world.stores().create(&a_caller().system_admin().build(), None, new).await
}

#[test]
fn a_store_is_made_with_its_settings_and_found_by_id_and_name() {
    block_on(async {
        let world = World::new();
        let id = StoreId::new(uuid_of("store", "chosen"));
        let new = NewStore { id: Some(id), ..new_store("Shop", read_only()) };
        let made = create(&world, new).await.expect("made");
        assert_eq!((made.id, made.set), (id, read_only()));
        assert!(world.stores().settings(&made).read_only);
        let by_name = Context { store: StoreRef::Name(named("sHOP")), ..world.as_admin_in(&made) };
        assert_eq!(world.stores().find(&by_name).await, Ok(made.clone()));
        assert_eq!(world.stores().find(&world.as_admin_in(&made)).await, Ok(made.clone()));
        let entries = trail(&world, &made).await;
        let what: Vec<_> = entries.iter().map(|entry| (entry.area, entry.action)).collect();
        assert_eq!(what, [(Area::Store, Action::Added)]);
    });
}

#[test]
fn an_id_and_a_name_belong_to_one_store() {
    block_on(async {
        let (world, store) = shop().await;
        let same_id = NewStore { id: Some(store.id), ..new_store("other", Overrides::default()) };
        let refused = create(&world, same_id).await;
        assert_eq!(refused, Err(UseCaseError::Duplicate(Unique::StoreId)));
        let refused = create(&world, new_store("SHOP", Overrides::default())).await;
        assert_eq!(refused, Err(UseCaseError::Duplicate(Unique::StoreName)));
    });
}

#[test]
fn the_id_of_a_store_that_is_gone_is_not_given_again_and_its_name_is() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        world.stores().remove(&context, Precondition::None, None).await.expect("removed");
        let again = NewStore { id: Some(store.id), ..new_store("shop", Overrides::default()) };
        let refused = create(&world, again).await;
        assert_eq!(refused, Err(UseCaseError::Duplicate(Unique::StoreId)));
        let made = create(&world, new_store("shop", Overrides::default())).await.expect("made");
        assert_ne!(made.id, store.id);
    });
}

#[test]
fn the_nil_uuid_is_no_id_of_a_store() {
    block_on(async {
        let nil = Some(StoreId::new(Uuid::nil()));
        let new = NewStore { id: nil, ..new_store("shop", Overrides::default()) };
        let refused = create(&World::new(), new).await;
        let rule = Invalid::one("id", "must not be the nil UUID");
        assert_eq!(refused, Err(UseCaseError::Invalid(rule)));
    });
}

#[test]
fn a_setting_out_of_its_range_is_refused_by_its_printed_name() {
    block_on(async {
        let (world, store) = shop().await;
        let set = Overrides { password_history: Some(25), ..Overrides::default() };
        let rule = Invalid::one("settings.passwordHistory", "must be a number from 0 to 24");
        let refused = UseCaseError::Invalid(rule);
        assert_eq!(create(&world, new_store("other", set)).await, Err(refused.clone()));
        let context = world.as_admin_in(&store);
        let changed = world.stores().change(&context, Precondition::None, to("shop", set)).await;
        assert_eq!(changed, Err(refused));
    });
}

#[test]
fn what_is_pinned_is_neither_set_nor_changed() {
    block_on(async {
        let world = pinning();
        let set = Overrides { password_history: Some(1), ..Overrides::default() };
        let refused = UseCaseError::Pinned("password_history");
        assert_eq!(create(&world, new_store("shop", set)).await, Err(refused.clone()));
        let store = create(&world, new_store("shop", Overrides::default())).await.expect("made");
        assert_eq!(world.stores().settings(&store).password_history, 3);
        let (stores, context) = (world.stores(), world.as_admin_in(&store));
        let change = |edit| stores.change(&context, Precondition::None, edit);
        assert_eq!(change(to("shop", set)).await, Err(refused.clone()));
        assert_eq!(change(to("renamed", set)).await, Err(refused));
        assert!(change(to("shop", read_only())).await.is_ok());
    });
}

#[test]
fn a_store_does_not_slip_under_a_pin_by_its_new_name() {
    block_on(async {
        let world = pinning();
        let set = Overrides { password_history: Some(1), ..Overrides::default() };
        let store = create(&world, new_store("other", Overrides::default())).await.expect("made");
        let context = world.as_admin_in(&store);
        let refused = world.stores().change(&context, Precondition::None, to("shop", set)).await;
        assert_eq!(refused, Err(UseCaseError::Pinned("password_history")));
    });
}

#[test]
fn a_change_leaves_one_entry_and_one_that_changes_nothing_none() {
    block_on(async {
        let (world, store) = shop().await;
        let (stores, context) = (world.stores(), world.as_admin_in(&store));
        let edit = to("Mall", read_only());
        let changed = stores.change(&context, Precondition::None, edit.clone()).await;
        let changed = changed.expect("changed");
        assert_eq!((changed.name.as_str(), changed.set), ("Mall", read_only()));
        assert_ne!(changed.version, store.version);
        let again = stores.change(&context, Precondition::None, edit).await;
        assert_eq!(again, Ok(changed));
        let what: Vec<_> = trail(&world, &store).await.iter().map(|entry| entry.action).collect();
        assert_eq!(what, [Action::Added, Action::Modified]);
    });
}

#[test]
fn a_change_heeds_its_precondition_and_the_names_of_others() {
    block_on(async {
        let (world, store) = shop().await;
        world.make_store("other").await;
        let (stores, context) = (world.stores(), world.as_admin_in(&store));
        let taken = stores.change(&context, Precondition::None, to("OTHER", store.set)).await;
        assert_eq!(taken, Err(UseCaseError::Duplicate(Unique::StoreName)));
        let present = Precondition::OneOf(vec![store.version]);
        let changed = stores.change(&context, present.clone(), to("SHOP", store.set)).await;
        let version = changed.expect("its own name in other letters").version;
        let stale = stores.change(&context, present.clone(), to("third", store.set)).await;
        assert_eq!(stale, Err(UseCaseError::Stale { present: Some(version) }));
        let stale = stores.remove(&context, present, None).await;
        assert_eq!(stale, Err(UseCaseError::Stale { present: Some(version) }));
    });
}

#[test]
fn addresses_become_unique_when_users_sign_in_by_them() {
    block_on(async {
        let (world, store) = shop().await;
        let (stores, context) = (world.stores(), world.as_admin_in(&store));
        world.make_user(&store, a_user("ada").email("a@example.com").draft()).await;
        let bob = world.make_user(&store, a_user("bob").email("A@example.com").draft()).await;
        let switch = |on| stores.change(&context, Precondition::None, to("shop", by_email(on)));
        assert_eq!(switch(true).await, Err(UseCaseError::Duplicate(Unique::EmailAddress)));
        assert_eq!(stores.find(&context).await, Ok(store.clone()));
        let removal = changes::remove(bob.user.id, Precondition::None);
        world.users().apply(&context, (), removal).await.expect("removed");
        switch(true).await.expect("switched on");
        let draft = a_user("bob").email("A@example.com").draft();
        let users = world.users();
        let refused = users.apply(&context, (), changes::create(None, draft.clone())).await;
        assert_eq!(refused, Err(UseCaseError::Duplicate(Unique::EmailAddress)));
        switch(false).await.expect("switched off");
        let made = users.apply(&context, (), changes::create(None, draft)).await;
        assert!(made.is_ok(), "nobody signs in by it: {made:?}");
    });
}

#[test]
fn a_store_that_is_not_empty_goes_only_when_its_name_is_confirmed() {
    block_on(async {
        let (world, store) = shop().await;
        let (stores, context) = (world.stores(), world.as_admin_in(&store));
        world.make_user(&store, a_user("ada").draft()).await;
        let remove = |confirmed| stores.remove(&context, Precondition::None, confirmed);
        assert_eq!(remove(None).await, Err(UseCaseError::StoreNotEmpty));
        let rule = Invalid::one("confirm", "must be the name of the store");
        assert_eq!(remove(Some(named("other"))).await, Err(UseCaseError::Invalid(rule)));
        assert_eq!(stores.find(&context).await, Ok(store.clone()));
        remove(Some(named("SHOP"))).await.expect("removed");
        let gone = Err(UseCaseError::NotFound(Missing::Store));
        assert_eq!(stores.find(&context).await, gone);
    });
}

#[test]
fn every_record_that_goes_with_a_store_leaves_its_entry() {
    block_on(async {
        let (world, store) = shop().await;
        let context = world.as_admin_in(&store);
        let staff = make_group(&world, &store, "staff").await;
        let draft = a_user("ada").profile("color", "red").in_group(staff.id).draft();
        let ada = world.make_user(&store, draft).await;
        let manager = Grant::new(RoleName::USER_MANAGER, Reach::Store(store.id));
        let (holder, grant) = (Holder::User(ada.user.id), manager.expect("a role of a store"));
        let roles = RoleService::new(world.gate());
        roles.assign(&context, Assignment { holder, grant }).await.expect("assigned");
        make_client(&world, &store, a_client("ci").holding(RoleName::USER_MANAGER, store.id)).await;
        let confirmed = Some(store.name.clone());
        world.stores().remove(&context, Precondition::None, confirmed).await.expect("removed");
        let gone: Vec<_> = kept_trail(&world, store.id)
            .await
            .into_iter()
            .filter(|(_, action)| *action == Action::Deleted)
            .map(|(area, _)| area)
            .collect();
        for area in
            [Area::User, Area::UserProfile, Area::Membership, Area::Group, Area::Role, Area::Client]
        {
            let count = gone.iter().filter(|other| **other == area).count();
            assert_eq!(count, 1, "{area:?}: {gone:?}");
        }
        assert_eq!(gone.last(), Some(&Area::Store));
    });
}

#[test]
fn a_store_of_more_records_than_a_block_has_numbers_goes_as_well() {
    block_on(async {
        let (world, store) = shop().await;
        let (gate, context) = (world.gate(), world.as_admin_in(&store));
        let made = gate.change(Access::Bulk, &context, Permission::UserManage, 1_500, |room| {
            let users = (0..1_500).map(|n| a_user(&format!("user {n}")).build());
            let users: Result<Vec<_>, _> = users.map(|user| room.journal.added(user)).collect();
            room.here().users().insert_new(&users?)?;
            Ok(())
        });
        made.await.expect("the users are made");
        let confirmed = Some(store.name.clone());
        world.stores().remove(&context, Precondition::None, confirmed).await.expect("removed");
        let trail = kept_trail(&world, store.id).await;
        let gone = trail.iter().filter(|what| **what == (Area::User, Action::Deleted)).count();
        assert_eq!(gone, 1_500);
    });
}

/// The trail of a store that is no longer there, which no use case reads.
async fn kept_trail(world: &World, store: StoreId) -> Vec<(Area, Action)> {
    let read = transact(&*world.unit_of_work, Access::Read, move |tx| {
        let entries = tx.store(store).audit().list(&EntryQuery::first(EntryOrder::Id, 10_000))?;
        Ok::<_, StoreError>(entries.iter().map(|entry| (entry.area, entry.action)).collect())
    });
    read.await.expect("the trail is read")
}

#[test]
fn the_last_administrator_does_not_go_with_a_store() {
    block_on(async {
        let (world, store) = shop().await;
        let (stores, context) = (world.stores(), world.as_admin_in(&store));
        make_client(&world, &store, a_client("root").system_admin()).await;
        let confirmed = || Some(store.name.clone());
        let refused = stores.remove(&context, Precondition::None, confirmed()).await;
        assert_eq!(refused, Err(UseCaseError::LastSystemAdmin));
        assert_eq!(world.clients().page(&context, None, 10).await.expect("read").items.len(), 1);
        let other = world.make_store("other").await;
        make_client(&world, &other, a_client("root").system_admin().key("another")).await;
        stores.remove(&context, Precondition::None, confirmed()).await.expect("another one stays");
    });
}

#[test]
fn only_an_administrator_of_all_touches_stores() {
    block_on(async {
        let (world, store) = shop().await;
        let stores = world.stores();
        let context = a_caller().holding(RoleName::USER_STORE_ADMIN, store.id).acting_in(store.id);
        let refused = UseCaseError::Forbidden(Permission::SystemManage);
        assert_eq!(stores.find(&context).await, Err(refused.clone()));
        let edit = to("mall", store.set);
        let changed = stores.change(&context, Precondition::None, edit.clone()).await;
        assert_eq!(changed, Err(refused.clone()));
        let removed = stores.remove(&context, Precondition::None, None).await;
        assert_eq!(removed, Err(refused.clone()));
        let new = new_store("other", Overrides::default());
        assert_eq!(stores.create(&context.caller, None, new).await, Err(refused));
        let stranger = a_caller().acting_in(store.id);
        let unknown = stores.change(&stranger, Precondition::None, edit).await;
        assert_eq!(unknown, Err(UseCaseError::NotFound(Missing::Store)));
    });
}

#[test]
fn stores_come_in_pages_in_order_of_id() {
    block_on(async {
        let world = World::new();
        for name in ["a", "b", "c"] {
            world.make_store(name).await;
        }
        let (stores, admin) = (world.stores(), a_caller().system_admin().build());
        let first = stores.page(&admin, None, 2).await.expect("a page");
        let second = stores.page(&admin, first.next, 2).await.expect("a page");
        let ids: Vec<_> = first.items.iter().chain(&second.items).map(|store| store.id).collect();
        assert!(ids.is_sorted() && ids.len() == 3 && second.next.is_none(), "{ids:?}");
    });
}
