use std::sync::Arc;

use domain::access::{Permission, Room, Rules};
use domain::error::UseCaseError;
use domain::store::{
    Overrides, PasswordPolicy, Setting, SettingValue, Settings, Store, StoreDraft, StoreRules,
    Values, printed_name,
};
use domain::text::Folded;
use domain::unit_of_work::Access;
use domain::user::Include;
use domain::version::Precondition;
use testkit::builders::a_user;
use testkit::{World, block_on};

use crate::{changes, shop, trail};

fn read_only(on: bool) -> Overrides {
    Overrides { read_only: Some(on), ..Overrides::default() }
}

pub(crate) async fn set(world: &World, store: &Store, set: Overrides) -> Store {
    let edit = move |store: &Store| Ok(StoreDraft { name: store.name.clone(), set });
    let (stores, context) = (world.stores(), world.as_admin_in(store));
    let changed = stores.change(&context, Precondition::None, Arc::new(edit)).await;
    changed.expect("the store is changed")
}

async fn write(world: &World, store: &Store) -> Result<(), UseCaseError> {
    let draft = a_user("eve").draft();
    let change = changes::create(None, draft);
    world.users().apply(&world.as_admin_in(store), (), change).await.map(drop)
}

#[test]
fn a_read_only_store_is_read_and_not_written_until_it_is_let() {
    block_on(async {
        let (world, store) = shop().await;
        let ada = world.make_user(&store, a_user("ada").draft()).await;
        set(&world, &store, read_only(true)).await;
        assert_eq!(write(&world, &store).await, Err(UseCaseError::StoreReadOnly));
        let context = world.as_admin_in(&store);
        let found = world.users().find(&context, ada.user.id, Include::ALL).await;
        assert_eq!(found, Ok(ada));
        set(&world, &store, read_only(false)).await;
        assert_eq!(write(&world, &store).await, Ok(()));
    });
}

#[test]
fn a_use_case_sees_the_settings_that_hold() {
    block_on(async {
        let lockout = |n| Overrides { lockout_failures: Some(n), ..Overrides::default() };
        let stores = StoreRules {
            defaults: Overrides { lockout_seconds: Some(60), ..lockout(7) },
            pinned: [(Folded::of("pinned"), lockout(9))].into(),
        };
        let world = World::with_rules(Rules { stores, ..Rules::default() });
        let usual = Settings { lockout_seconds: 60, ..Settings::default() };
        for (name, set, holds) in [
            ("plain", Overrides::default(), 7),
            ("set", lockout(8), 8),
            ("Pinned", Overrides::default(), 9),
        ] {
            let store = world.make_store(name).await;
            self::set(&world, &store, set).await;
            let (gate, context) = (world.gate(), world.as_admin_in(&store));
            let seen = gate.point(&context, Permission::UserRead, |room| Ok(room.settings)).await;
            let expected = Settings { lockout_failures: holds, ..usual };
            assert_eq!(seen, Ok(expected), "{name}");
        }
    });
}

#[test]
fn a_change_of_any_setting_is_recorded_with_its_value() {
    block_on(async {
        let (world, mut store) = shop().await;
        for setting in Setting::ALL {
            let value = match &setting.takes {
                Values::Flags => SettingValue::Flag(true),
                Values::Numbers(range) => SettingValue::Number(*range.end()),
                Values::Policies => SettingValue::Policy(PasswordPolicy::Identity),
            };
            store.set.put(setting, Some(value)).expect(setting.name);
            store = set(&world, &store, store.set).await;
            let content = last_content(&world, &store).await;
            let member = &content[printed_name(setting.name)];
            let told = member.as_str().map_or_else(|| member.to_string(), str::to_owned);
            assert_eq!(told, value.to_string(), "{}", setting.name);
        }
    });
}

async fn last_content(world: &World, store: &Store) -> serde_json::Value {
    let mut entries = trail(world, store).await;
    let last = entries.pop().expect("an entry").current.expect("a content");
    serde_json::from_str(&last.opened.expect("opened").content).expect("JSON")
}

#[test]
fn the_configuration_makes_a_store_read_only_too() {
    block_on(async {
        let pinned = [(Folded::of("shop"), read_only(true))].into();
        let stores = StoreRules { pinned, ..StoreRules::default() };
        let world = World::with_rules(Rules { stores, ..Rules::default() });
        let store = world.make_store("shop").await;
        assert_eq!(write(&world, &store).await, Err(UseCaseError::StoreReadOnly));
    });
}

#[test]
fn a_refused_write_to_a_read_only_store_takes_no_numbers() {
    block_on(async {
        let (world, store) = shop().await;
        let store = set(&world, &store, read_only(true)).await;
        let context = world.as_admin_in(&store);
        let refused = world
            .gate()
            .change(Access::Bulk, &context, Permission::UserManage, 5_000, |_| Ok(()))
            .await;
        assert_eq!(refused, Err(UseCaseError::StoreReadOnly));
        let before = store.version.get().get();
        let after = set(&world, &store, read_only(false)).await.version.get().get();
        assert_eq!(after, before + 1);
    });
}

#[test]
fn a_savepoint_undoes_what_is_refused_in_it_and_nothing_else() {
    block_on(async {
        let (world, store) = shop().await;
        let (gate, context) = (world.gate(), world.as_admin_in(&store));
        let done = gate.change(Access::Bulk, &context, Permission::UserManage, 2, |room| {
            make(room, "ada")?;
            let undone = room.nested(&mut |room| {
                make(room, "bob")?;
                Err::<(), _>(UseCaseError::StoreNotEmpty)
            });
            assert_eq!(undone, Err(UseCaseError::StoreNotEmpty));
            room.nested(&mut |room| make(room, "cy"))
        });
        done.await.expect("stored");
        for (name, there) in [("ada", true), ("bob", false), ("cy", true)] {
            let found =
                world.users().find_by_login_name(&context, Folded::of(name), Include::NONE).await;
            assert_eq!(found.is_ok(), there, "{name}");
        }
    });
}

fn make(room: &mut Room<'_>, name: &str) -> Result<(), UseCaseError> {
    let recorded = room.journal.added(a_user(name).build())?;
    Ok(room.here().users().insert(&recorded)?)
}
