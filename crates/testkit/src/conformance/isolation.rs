//! Stores do not meet.

use domain::group::Membership;
use domain::unit_of_work::StoreError;
use domain::user::User;

use super::profiles::a_profile;
use super::{Harness, Setting};
use crate::builders::{a_client, a_group, a_user};

/// Two stores of one database.
async fn two(harness: &dyn Harness) -> (Setting, Setting) {
    let here = Setting::of(harness).await;
    let there = Setting::on(here.world.clone(), "elsewhere").await;
    (here, there)
}

/// What is unique is unique in its store.
pub async fn the_same_names_and_ids_live_in_two_stores(harness: &dyn Harness) {
    let (here, there) = two(harness).await;
    for s in [&here, &there] {
        let ada = s.has_user(a_user("ada").external_id("x").build()).await;
        let staff = s.has_group(a_group("staff").build()).await;
        s.has_client(a_client("import").build()).await;
        s.has_member(&staff, &ada).await;
        s.has_profile(a_profile(ada.id, "color", s.store.name.as_str())).await;
    }
    let ada = a_user("ada").build().id;
    for s in [&here, &there] {
        let values: Vec<_> = s.profiles(ada).await.into_iter().filter_map(|p| p.value).collect();
        assert_eq!(values.len(), 1);
        assert_eq!(values[0].as_str(), s.store.name.as_str());
        assert_eq!(s.groups_of(ada).await.len(), 1);
        assert_eq!(s.users().await.len(), 1);
    }
}

/// Not by id, not by name, not in a list.
pub async fn one_store_shows_nothing_of_another(harness: &dyn Harness) {
    let (here, there) = two(harness).await;
    let ada = here.has_user(a_user("ada").build()).await;
    let staff = here.has_group(a_group("staff").build()).await;
    here.has_member(&staff, &ada).await;
    here.has_profile(a_profile(ada.id, "color", "red")).await;
    here.has_client(a_client("import").build()).await;

    let (user, group, name) = (ada.id, staff.id, ada.login_name.folded());
    assert_eq!(there.user(user).await, None);
    assert_eq!(there.read(move |s| s.users().find_by_login_name(&name)).await, None);
    assert_eq!(there.write(move |s| s.users().find_for_update(user)).await, Ok(None));
    assert_eq!(there.users().await, []);
    assert_eq!(there.read(move |s| s.groups().find(group)).await, None);
    let locked = there.write(move |s| s.groups().find_all_for_update(&[group])).await;
    assert_eq!(locked, Ok(Vec::new()));
    assert_eq!(there.groups_of(user).await, []);
    assert_eq!(there.read(move |s| s.memberships().groups_of_all(&[user])).await, []);
    assert_eq!(there.profiles(user).await, []);
    assert_eq!(there.read(move |s| s.profiles().of_all(&[user])).await, []);
    assert_eq!(there.read(|s| s.clients().page(None, 10)).await, []);
    let trail = there.entries().await;
    assert!(trail.iter().all(|entry| entry.store == there.store.id), "an entry of another store");
}

/// A change that is sent to the wrong store finds nothing to change there, and changes nothing here.
pub async fn one_store_changes_nothing_of_another(harness: &dyn Harness) {
    let (here, there) = two(harness).await;
    let ada = here.has_user(a_user("ada").build()).await;
    let staff = here.has_group(a_group("staff").build()).await;
    let membership = here.has_member(&staff, &ada).await;
    let color = here.has_profile(a_profile(ada.id, "color", "red")).await;
    let import = here.has_client(a_client("import").build()).await;
    let trail = here.entries().await;

    let change = there.modified(&ada, User { active: false, ..ada.clone() }).await;
    assert_eq!(there.update(&change).await, Err(StoreError::Stale));
    let removal = there.deleted(&ada).await;
    assert_eq!(there.remove(&removal).await, Err(StoreError::Stale));
    let profile = there.deleted(&color).await;
    assert_eq!(there.apply_profiles(vec![profile]).await, Err(StoreError::Stale));
    let profile = there.added(a_profile(ada.id, "size", "M")).await;
    let outcome = there.apply_profiles(vec![profile]).await;
    assert_eq!(outcome, Err(StoreError::DanglingReference));
    let leaves = there.deleted(&membership).await;
    assert_eq!(there.apply_memberships(vec![leaves]).await, Err(StoreError::Stale));
    let client = there.deleted(&import).await;
    let outcome = there.write(move |s| s.clients().remove(&client)).await;
    assert_eq!(outcome, Err(StoreError::Stale));

    // A user of that store cannot join a group of this one.
    let bob = there.has_user(a_user("bob").build()).await;
    let joins = there.added(Membership { group: staff.id, user: bob.id }).await;
    let outcome = there.apply_memberships(vec![joins]).await;
    assert_eq!(outcome, Err(StoreError::DanglingReference));

    assert_eq!(here.groups_of(ada.id).await, [staff]);
    assert_eq!(here.profiles(ada.id).await, [color]);
    assert_eq!(here.users().await, [ada]);
    assert_eq!(here.read(|s| s.clients().page(None, 10)).await, [import]);
    assert_eq!(here.entries().await, trail);
}

/// The same numbers, for different entries.
pub async fn each_store_counts_its_own_entries(harness: &dyn Harness) {
    let (here, there) = two(harness).await;
    let [first, second] = [here.entries().await, there.entries().await];
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!((first[0].id.get(), second[0].id.get()), (1, 1));
    assert_ne!(first, second);
    assert_eq!(here.entry(first[0].id).await, first.first().cloned());
    assert_eq!(there.entry(first[0].id).await, second.first().cloned());
}
