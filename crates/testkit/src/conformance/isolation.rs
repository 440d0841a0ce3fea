//! Stores do not meet.

use std::slice;

use domain::access::{AssignmentFilter, Grant, Holder};
use domain::group::{Direction, Group, GroupOrder, GroupQuery, GroupScope, Membership, Nesting};
use domain::id::UserId;
use domain::unit_of_work::StoreError;
use domain::user::{Holdings, User};

use super::attributes::{a_profile, metadata};
use super::full::Full;
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
        s.has_attribute(metadata(staff.id, "color", s.store.name.as_str())).await;
        let all = s.has_group(a_group("all").build()).await;
        s.has_nestings(&[(&all, &staff)]).await;
        s.has_role(Holder::Group(all.id), Grant::system_admin()).await;
    }
    let ada = a_user("ada").build().id;
    let staff = a_group("staff").build().id;
    for s in [&here, &there] {
        let values: Vec<_> = s.profiles(ada).await.into_iter().filter_map(|p| p.value).collect();
        assert_eq!(values.len(), 1);
        assert_eq!(values[0].as_str(), s.store.name.as_str());
        assert_eq!(s.groups_of(ada).await.len(), 1);
        assert_eq!(s.users().await.len(), 1);
        assert_eq!(s.attributes(staff).await.len(), 1);
        let held = s.read(move |here| here.roles().held_by_users(&[ada])).await;
        assert_eq!(held, [(ada, Grant::system_admin())]);
    }
}

/// Not by id, not by name, not in a list.
pub async fn one_store_shows_nothing_of_another(harness: &dyn Harness) {
    let (here, there) = two(harness).await;
    let Full { ada, staff, all, import, .. } = Full::of(&here).await;

    let (user, group, client) = (ada.id, staff.id, import.id);
    let wanted = Holdings {
        login_names: vec![ada.login_name.folded()],
        external_ids: ada.external_id.iter().cloned().collect(),
        addresses: ada.email.iter().cloned().collect(),
    };
    let name = ada.login_name.folded();
    assert_eq!(there.user(user).await, None);
    assert_eq!(there.read(move |s| s.users().find_by_login_name(&name)).await, None);
    assert_eq!(there.write(move |s| s.users().find_all_for_update(&[user])).await, Ok(vec![]));
    assert_eq!(there.read(move |s| s.users().holders(&wanted)).await, []);
    assert_eq!(there.users().await, []);
    assert_eq!(there.read(|s| s.users().check(None, 10)).await, []);
    assert_eq!(there.profiles(user).await, []);
    assert_eq!(there.read(move |s| s.profiles().of_all(&[user])).await, []);
    assert_eq!(there.read(move |s| s.profiles().extent(user)).await.count, 0);
    assert_eq!(there.read(|s| s.clients().page(None, 10)).await, []);
    assert_eq!(there.read(move |s| s.clients().find(client)).await, None);
    shows_no_groups(&there, user, [&staff, &all]).await;

    let holders = [Holder::User(user), Holder::Group(group), Holder::Group(all.id)];
    let filter = AssignmentFilter::default();
    assert_eq!(there.read(move |s| s.roles().page(&filter, None, 10)).await, []);
    assert_eq!(there.read(move |s| s.roles().of(&holders)).await, []);
    assert_eq!(there.read(move |s| s.roles().held_by_users(&[user])).await, []);
    assert_eq!(there.read(move |s| s.roles().given_by_groups(&[group])).await, []);
    let trail = there.entries().await;
    assert!(trail.iter().all(|entry| entry.store == there.store.id), "an entry of another store");
}

async fn shows_no_groups(there: &Setting, user: UserId, groups: [&Group; 2]) {
    let (ids, names) = (groups.map(|group| group.id), groups.map(|group| group.name.folded()));
    let [group, above] = ids;
    assert_eq!(there.group(group).await, None);
    assert_eq!(there.write(move |s| s.groups().find_all_for_update(&ids)).await, Ok(Vec::new()));
    assert_eq!(there.read(move |s| s.groups().find_all(&ids)).await, []);
    assert_eq!(there.read(move |s| s.groups().find_by_names(&names)).await, []);
    assert_eq!(there.read(|s| s.groups().check(None, 10)).await, []);
    let scopes = [
        GroupScope::All,
        GroupScope::OfUser(user),
        GroupScope::Around(group, Direction::Up),
        GroupScope::Around(above, Direction::Down),
    ];
    for scope in scopes {
        let query = GroupQuery::first(GroupOrder::Id, 10);
        let found = there.read(move |s| s.groups().list(scope, &query)).await;
        assert_eq!(found, [], "{scope:?}");
    }
    assert_eq!(there.attributes(group).await, []);
    assert_eq!(there.groups_of(user).await, []);
    assert_eq!(there.read(move |s| s.memberships().groups_of_all(&[user])).await, []);
    assert_eq!(there.read(move |s| s.memberships().members_of_all(&ids, None, 10)).await, []);
    assert_eq!(there.read(move |s| s.memberships().in_all(&ids)).await, []);
    assert_eq!(there.read(move |s| s.nestings().parents_of_all(&ids)).await, []);
    assert_eq!(there.read(move |s| s.nestings().children_of_all(&ids)).await, []);
    assert_eq!(there.read(move |s| s.nestings().below(&ids)).await, []);
    assert_eq!(there.read(move |s| s.nestings().above(&ids)).await, []);
}

/// A change that is sent to the wrong store finds nothing to change there, and changes nothing here.
pub async fn one_store_changes_nothing_of_another(harness: &dyn Harness) {
    const STALE: Result<(), StoreError> = Err(StoreError::Stale);
    let (here, there) = two(harness).await;
    let full = Full::of(&here).await;
    let trail = here.entries().await;

    let change = there.modified(&full.ada, User { active: false, ..full.ada.clone() }).await;
    assert_eq!(there.update(&change).await, STALE);
    let removal = there.deleted(&full.ada).await;
    assert_eq!(there.remove(&removal).await, STALE);
    let profile = there.deleted(&full.color).await;
    assert_eq!(there.apply_profiles(vec![profile]).await, STALE);
    let data = there.deleted(&full.size).await;
    assert_eq!(there.apply_attributes(vec![data]).await, STALE);
    let leaves = there.deleted(&full.membership).await;
    assert_eq!(there.apply_memberships(vec![leaves]).await, STALE);
    let moves = there.deleted(&full.nesting).await;
    assert_eq!(there.apply_nestings(vec![moves]).await, STALE);
    let group = there.deleted(&full.all).await;
    assert_eq!(there.write(move |s| s.groups().remove_all(slice::from_ref(&group))).await, STALE);
    let ends = there.deleted(&full.role).await;
    assert_eq!(there.write(move |s| s.roles().remove_all(slice::from_ref(&ends))).await, STALE);
    let client = there.deleted(&full.import).await;
    assert_eq!(there.write(move |s| s.clients().remove(&client)).await, STALE);
    assert_eq!(there.write(|s| s.users().sign_in_by_email(false)).await, Ok(()));

    assert_eq!(here.groups_of(full.ada.id).await, slice::from_ref(&full.staff));
    assert_eq!(here.profiles(full.ada.id).await, [full.color]);
    assert_eq!(here.attributes(full.staff.id).await, [full.size]);
    let above = full.all.id;
    assert_eq!(here.read(move |s| s.nestings().below(&[above])).await, [full.nesting]);
    assert_eq!(here.group(above).await, Some(full.all));
    assert_eq!(here.users().await, [full.ada]);
    assert_eq!(here.read(|s| s.clients().page(None, 10)).await, [full.import]);
    let filter = AssignmentFilter::default();
    assert_eq!(here.read(move |s| s.roles().page(&filter, None, 10)).await, [full.role]);
    assert_eq!(here.entries().await, trail);
}

/// A relation has both its ends in one store.
pub async fn what_is_in_another_store_cannot_be_related_to(harness: &dyn Harness) {
    const DANGLING: Result<(), StoreError> = Err(StoreError::DanglingReference);
    let (here, there) = two(harness).await;
    let full = Full::of(&here).await;
    let bob = there.has_user(a_user("bob").build()).await;
    let guests = there.has_group(a_group("guests").build()).await;
    let (staff, ada) = (full.staff.id, full.ada.id);

    let profile = there.added(a_profile(ada, "size", "M")).await;
    assert_eq!(there.apply_profiles(vec![profile]).await, DANGLING);
    let data = there.added(metadata(staff, "color", "red")).await;
    assert_eq!(there.apply_attributes(vec![data]).await, DANGLING);
    for (group, user) in [(staff, bob.id), (guests.id, ada), (staff, ada)] {
        let joins = there.added(Membership { group, user }).await;
        assert_eq!(there.apply_memberships(vec![joins]).await, DANGLING);
    }
    for (parent, child) in [(staff, guests.id), (guests.id, staff), (full.all.id, staff)] {
        let lies = there.added(Nesting { parent, child }).await;
        assert_eq!(there.apply_nestings(vec![lies]).await, DANGLING);
    }
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
