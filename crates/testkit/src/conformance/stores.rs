//! The register of stores.

use std::slice;

use domain::access::SystemRoom;
use domain::audit::Recorded;
use domain::id::StoreId;
use domain::store::{Overrides, PasswordPolicy, Store, StoreName, StoreRef};
use domain::unit_of_work::{Access, StoreError, Taken, Transaction, Unique, transact};

use super::{Harness, Setting};
use crate::World;
use crate::builders::{a_caller, a_client, a_group, a_store, a_user};

/// Everything set, each to another value than the usual one.
const EVERYTHING: Overrides = Overrides {
    read_only: Some(true),
    login_by_email: Some(true),
    password_policy: Some(PasswordPolicy::Identity),
    password_history: Some(24),
    password_max_age_days: Some(3_650),
    password_deadline_days: Some(365),
    breached_at_sign_in: Some(true),
    identity_required_length: Some(128),
    identity_required_unique_chars: Some(127),
    identity_require_non_alphanumeric: Some(false),
    identity_require_lowercase: Some(false),
    identity_require_uppercase: Some(false),
    identity_require_digit: Some(false),
    self_service_reset: Some(false),
    throttle: Some(false),
    lockout_failures: Some(99),
    lockout_seconds: Some(86_400),
    attempts_before_locked: Some(7),
};

/// Founds a store and gives it as recorded, or what is taken.
async fn found(world: &World, store: Store) -> Result<Store, Taken> {
    let (gate, admin) = (world.gate(), a_caller().system_admin().build());
    let founding = gate.system(Access::Write, &admin, None, move |room: &mut SystemRoom<'_>| {
        let recorded = room.founding_journal(&store, 1)?.added(store.clone())?;
        let outcome = room.stores().insert_new(&recorded)?;
        Ok(outcome.map(|()| recorded.into_record()))
    });
    founding.await.unwrap()
}

async fn read<T: Send + 'static>(
    world: &World,
    work: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
) -> T {
    transact(&*world.unit_of_work, Access::Point, work).await.unwrap()
}

async fn write<T: Send + 'static>(
    world: &World,
    work: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    transact(&*world.unit_of_work, Access::Write, work).await
}

/// Replaces a store that is found for update.
async fn update(s: &Setting, change: &Recorded<Store>) -> Result<(), StoreError> {
    let (change, store) = (change.clone(), StoreRef::Id(change.record().id));
    write(&s.world, move |tx| {
        tx.stores().find_for_update(&store)?;
        tx.stores().update(&change)
    })
    .await
}

async fn remove(s: &Setting, removal: &Recorded<Store>) -> Result<(), StoreError> {
    let removal = removal.clone();
    write(&s.world, move |tx| tx.stores().remove(&removal)).await
}

/// A store that is removed and founded again under its id.
pub(super) async fn founded_again(s: &Setting) -> Setting {
    let removal = s.deleted(&s.store).await;
    remove(s, &removal).await.unwrap();
    let store = found(&s.world, Store { id: s.store.id, ..a_store("again") }).await.unwrap();
    Setting { world: s.world.clone(), store }
}

/// As it was founded, with its version.
pub async fn a_store_is_found_by_id_and_by_name_ignoring_case(harness: &dyn Harness) {
    let world = World::on(harness.unit_of_work());
    let shop = found(&world, Store { set: EVERYTHING, ..a_store("Shop-1.eu") }).await.unwrap();
    let id = shop.id;
    assert_eq!(read(&world, move |tx| tx.stores().find(id)).await.as_ref(), Some(&shop));
    for spelling in ["Shop-1.eu", "shop-1.EU"] {
        let name = StoreName::parse(spelling).unwrap();
        let by_name = read(&world, move |tx| tx.stores().find_by_name(&name)).await;
        assert_eq!(by_name.as_ref(), Some(&shop), "{spelling}");
    }
    for wanted in [StoreRef::Id(id), StoreRef::Name(StoreName::parse("SHOP-1.eu").unwrap())] {
        let held = write(&world, move |tx| {
            Ok([tx.stores().hold(&wanted)?, tx.stores().find_for_update(&wanted)?])
        });
        assert_eq!(held.await, Ok([Some(shop.clone()), Some(shop.clone())]));
    }
    let (id, name) = (a_store("other").id, a_store("other").name);
    let other = StoreRef::Name(name.clone());
    let held = write(&world, move |tx| {
        Ok([tx.stores().hold(&other)?, tx.stores().find_for_update(&StoreRef::Id(id))?])
    });
    assert_eq!(held.await, Ok([None, None]));
    assert_eq!(read(&world, move |tx| tx.stores().find(id)).await, None);
    assert_eq!(read(&world, move |tx| tx.stores().find_by_name(&name)).await, None);
}

/// The call says what is taken, and the unit may go on and commit.
pub async fn a_taken_store_is_data_not_a_failure(harness: &dyn Harness) {
    let world = World::on(harness.unit_of_work());
    let shop = found(&world, a_store("shop")).await.unwrap();
    let same_id = Store { id: shop.id, ..a_store("other") };
    assert_eq!(found(&world, same_id).await, Err(Taken { what: Unique::StoreId }));
    let same_name = found(&world, a_store("SHOP")).await;
    assert_eq!(same_name, Err(Taken { what: Unique::StoreName }));
    let all = read(&world, |tx| tx.stores().page(None, 10)).await;
    assert_eq!(all, [shop]);
}

/// In pages.
pub async fn stores_come_in_order_of_their_ids(harness: &dyn Harness) {
    let world = World::on(harness.unit_of_work());
    let mut stores = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        stores.push(found(&world, a_store(name)).await.unwrap());
    }
    stores.sort_by_key(|store| store.id);
    let page = async |after: Option<StoreId>, limit| {
        read(&world, move |tx| tx.stores().page(after, limit)).await
    };
    assert_eq!(page(None, 10).await, stores);
    assert_eq!(page(None, 2).await, stores[..2]);
    assert_eq!(page(Some(stores[1].id), 2).await, stores[2..4]);
    assert_eq!(page(Some(stores[4].id), 2).await, []);
}

/// Name and settings, each alone and all; a store is not in its own way.
pub async fn an_update_of_a_store_replaces_every_property(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nothing = Overrides::default();
    let sets = [
        Overrides { read_only: Some(false), ..nothing },
        Overrides { login_by_email: Some(false), ..nothing },
        Overrides { password_policy: Some(PasswordPolicy::Nist), ..nothing },
        Overrides { password_history: Some(0), ..nothing },
        Overrides { password_max_age_days: Some(1), ..nothing },
        Overrides { password_deadline_days: Some(1), ..nothing },
        Overrides { breached_at_sign_in: Some(false), ..nothing },
        Overrides { identity_required_length: Some(4), ..nothing },
        Overrides { identity_required_unique_chars: Some(5), ..nothing },
        Overrides { identity_require_non_alphanumeric: Some(true), ..nothing },
        Overrides { identity_require_lowercase: Some(true), ..nothing },
        Overrides { identity_require_uppercase: Some(true), ..nothing },
        Overrides { identity_require_digit: Some(true), ..nothing },
        Overrides { self_service_reset: Some(true), ..nothing },
        Overrides { throttle: Some(true), ..nothing },
        Overrides { lockout_failures: Some(2), ..nothing },
        Overrides { lockout_seconds: Some(3), ..nothing },
        Overrides { attempts_before_locked: Some(0), ..nothing },
        nothing,
        EVERYTHING,
    ];
    let mut before = s.store.clone();
    for (set, name) in
        sets.into_iter().zip(["SHOP", "shop", "other", "other", "Other"].iter().cycle())
    {
        let name = StoreName::parse(*name).unwrap();
        let change = s.modified(&before, Store { set, name, ..before.clone() }).await;
        assert_eq!(update(&s, &change).await, Ok(()));
        s.assert_logged(&change).await;
        let id = before.id;
        before = change.into_record();
        assert_eq!(read(&s.world, move |tx| tx.stores().find(id)).await.as_ref(), Some(&before));
    }
    // What it was called before is free.
    found(&s.world, a_store("shop")).await.unwrap();
}

/// A change needs a store to change, and cannot take what another is called.
pub async fn an_update_of_a_missing_store_is_stale_and_of_a_taken_name_a_conflict(
    harness: &dyn Harness,
) {
    let s = Setting::of(harness).await;
    let other = found(&s.world, a_store("other")).await.unwrap();
    let name = StoreName::parse("OTHER").unwrap();
    let taken = s.modified(&s.store, Store { name, ..s.store.clone() }).await;
    assert_eq!(update(&s, &taken).await, Err(StoreError::Conflict { what: Unique::StoreName }));
    s.assert_not_logged(&taken).await;
    let gone = Setting::on(s.world.clone(), "gone").await;
    let change = Store { set: EVERYTHING, ..gone.store.clone() };
    let change = gone.modified(&gone.store, change).await;
    let removal = gone.deleted(&gone.store).await;
    assert_eq!(remove(&gone, &removal).await, Ok(()));
    assert_eq!(update(&gone, &change).await, Err(StoreError::Stale));
    let all = read(&s.world, |tx| tx.stores().page(None, 10)).await;
    let mut expected = [s.store.clone(), other];
    expected.sort_by_key(|store| store.id);
    assert_eq!(all, expected);
}

/// Users, groups and clients count, each alone; entries do not.
pub async fn a_store_is_empty_without_users_groups_and_clients(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    other.has_user(a_user("ada").build()).await;
    let is_empty = async || {
        let id = s.store.id;
        read(&s.world, move |tx| tx.stores().is_empty(id)).await
    };
    assert!(is_empty().await);
    let ada = s.has_user(a_user("ada").build()).await;
    assert!(!is_empty().await);
    let gone = s.deleted(&ada).await;
    s.remove(&gone).await.unwrap();
    assert!(is_empty().await);
    let staff = s.has_group(a_group("staff").build()).await;
    assert!(!is_empty().await);
    let gone = s.deleted(&staff).await;
    s.write(move |here| here.groups().remove_all(slice::from_ref(&gone))).await.unwrap();
    assert!(is_empty().await);
    let import = s.has_client(a_client("import").build()).await;
    assert!(!is_empty().await);
    let gone = s.deleted(&import).await;
    s.write(move |here| here.clients().remove(&gone)).await.unwrap();
    assert!(is_empty().await);
}

/// Its trail stays, with the entry of the removal; its name and id may be used again, and the
/// numbers of its entries go on.
pub async fn a_removed_store_is_gone_and_its_trail_stays(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let gone = s.deleted(&ada).await;
    s.remove(&gone).await.unwrap();
    let trail = s.entries().await;
    let removal = s.deleted(&s.store).await;
    assert_eq!(remove(&s, &removal).await, Ok(()));
    assert_eq!(remove(&s, &removal).await, Err(StoreError::Stale));
    assert_eq!(read(&s.world, |tx| tx.stores().page(None, 10)).await, []);
    let with_removal = [trail, vec![removal.entry().clone()]].concat();
    assert_eq!(s.entries().await, with_removal);
    let again = found(&s.world, Store { id: s.store.id, ..a_store("SHOP") }).await.unwrap();
    assert!(again.version.get() > removal.entry().id, "a number came back");
    assert_eq!(s.users().await, []);
}

/// A user, a group or a client: the store stays, with all that is in it.
pub async fn a_store_that_is_not_empty_is_not_removed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [users, groups, clients] = [
        Setting::on(s.world.clone(), "users").await,
        Setting::on(s.world.clone(), "groups").await,
        Setting::on(s.world.clone(), "clients").await,
    ];
    let ada = users.has_user(a_user("ada").build()).await;
    let staff = groups.has_group(a_group("staff").build()).await;
    let import = clients.has_client(a_client("import").build()).await;
    for full in [&users, &groups, &clients] {
        let removal = full.deleted(&full.store).await;
        let outcome = remove(full, &removal).await;
        assert_eq!(outcome, Err(StoreError::DanglingReference), "{}", full.store.name);
        full.assert_not_logged(&removal).await;
        let id = full.store.id;
        let found = read(&s.world, move |tx| tx.stores().find(id)).await;
        assert_eq!(found.as_ref(), Some(&full.store));
    }
    assert_eq!(users.users().await, [ada]);
    assert_eq!(groups.group(staff.id).await, Some(staff));
    assert_eq!(clients.read(|here| here.clients().page(None, 10)).await, [import]);
}
