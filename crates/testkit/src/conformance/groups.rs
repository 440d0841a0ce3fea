//! The repositories of groups and memberships.

use domain::audit::Recorded;
use domain::group::{Group, Membership};
use domain::id::GroupId;
use domain::unit_of_work::{StoreError, Unique};

use super::profiles::nobody;
use super::{Harness, Setting};
use crate::builders::{a_group, a_user, uuid_of};

async fn insert(s: &Setting, group: &Recorded<Group>) -> Result<(), StoreError> {
    let group = group.clone();
    s.write(move |here| here.groups().insert(&group)).await
}

async fn find(s: &Setting, id: GroupId) -> Option<Group> {
    s.read(move |here| here.groups().find(id)).await
}

/// With the version of its entry.
pub async fn a_group_is_found_as_it_was_inserted(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    assert_eq!(find(&s, a_group("Staff").build().id).await, None);
    let staff = s.added(a_group("Staff").build()).await;
    assert_eq!(insert(&s, &staff).await, Ok(()));
    assert_eq!(find(&s, staff.record().id).await.as_ref(), Some(staff.record()));
    assert_eq!(s.entry(staff.entry().id).await.as_ref(), Some(staff.entry()));
}

/// An id names one group of a store.
pub async fn a_taken_group_id_is_a_conflict(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let taken = s.added(a_group("guests").id(staff.id).build()).await;
    assert_eq!(insert(&s, &taken).await, Err(StoreError::Conflict { what: Unique::GroupId }));
    assert_eq!(find(&s, staff.id).await, Some(staff));
}

/// So does a name, however it is written.
pub async fn a_taken_group_name_is_a_conflict_ignoring_case(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_group(a_group("staff").build()).await;
    let taken = s.added(a_group("STAFF").build()).await;
    assert_eq!(insert(&s, &taken).await, Err(StoreError::Conflict { what: Unique::GroupName }));
    assert_eq!(find(&s, taken.record().id).await, None);
    assert_eq!(s.entry(taken.entry().id).await, None);
}

/// Asked for out of order, twice, and with one that is not there.
pub async fn groups_to_lock_come_once_each_in_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let mut groups = Vec::new();
    for name in ["a", "b", "c", "d"] {
        groups.push(s.has_group(a_group(name).build()).await);
    }
    groups.sort_by_key(|group| group.id);
    let mut asked: Vec<_> = groups.iter().rev().skip(1).map(|group| group.id).collect();
    asked.push(asked[0]);
    asked.push(GroupId::new(uuid_of("group", "nothing")));
    let found = s.write(move |here| here.groups().find_all_for_update(&asked)).await;
    assert_eq!(found, Ok(groups[..3].to_vec()));
    assert_eq!(s.write(|here| here.groups().find_all_for_update(&[])).await, Ok(Vec::new()));
}

/// Of those that are named, and of no other.
pub async fn a_touch_changes_the_version_of_each_group(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [one, two, three] =
        [a_group("one").build(), a_group("two").build(), a_group("three").build()];
    let (one, two, three) =
        (s.has_group(one).await, s.has_group(two).await, s.has_group(three).await);
    let stamp = s.added(a_user("ada").build()).await.stamp();
    let ids = [one.id, two.id];
    assert_eq!(s.write(move |here| here.groups().touch(&ids, stamp)).await, Ok(()));
    assert_eq!(find(&s, one.id).await, Some(Group { version: stamp.version(), ..one }));
    assert_eq!(find(&s, two.id).await, Some(Group { version: stamp.version(), ..two }));
    assert_eq!(find(&s, three.id).await, Some(three));
    assert_eq!(s.write(move |here| here.groups().touch(&[], stamp)).await, Ok(()));
}

/// One call joins and leaves, with an entry for each.
pub async fn memberships_are_added_and_removed_with_their_entries(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let guests = s.has_group(a_group("guests").build()).await;
    let was_guest = s.has_member(&guests, &ada).await;
    assert_eq!(s.groups_of(ada.id).await, [guests]);
    let joins = s.added(Membership { group: staff.id, user: ada.id }).await;
    let leaves = s.deleted(&was_guest).await;
    assert_eq!(s.apply_memberships(vec![leaves.clone(), joins.clone()]).await, Ok(()));
    assert_eq!(s.groups_of(ada.id).await, [staff]);
    for change in [joins, leaves] {
        assert_eq!(s.entry(change.entry().id).await.as_ref(), Some(change.entry()));
    }
    assert_eq!(s.apply_memberships(Vec::new()).await, Ok(()));
}

/// A membership needs both its ends.
pub async fn a_membership_of_nobody_or_in_nothing_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let nobody = Membership { group: staff.id, user: a_user("nobody").build().id };
    let nothing = Membership { group: a_group("nothing").build().id, user: ada.id };
    for membership in [nobody, nothing] {
        let orphan = s.added(membership).await;
        let outcome = s.apply_memberships(vec![orphan.clone()]).await;
        assert_eq!(outcome, Err(StoreError::DanglingReference));
        assert_eq!(s.entry(orphan.entry().id).await, None);
    }
    assert_eq!(s.groups_of(ada.id).await, []);
}

/// Nobody is in a group twice.
pub async fn a_membership_that_is_there_is_a_conflict(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let membership = s.has_member(&staff, &ada).await;
    let again = s.added(membership).await;
    let outcome = s.apply_memberships(vec![again.clone()]).await;
    assert_eq!(outcome, Err(StoreError::Conflict { what: Unique::Membership }));
    assert_eq!(s.groups_of(ada.id).await, [staff]);
    assert_eq!(s.entry(again.entry().id).await, None);
}

/// Nobody leaves where they are not; what came before it in the set is undone.
pub async fn removing_a_missing_membership_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let guests = s.has_group(a_group("guests").build()).await;
    let joins = s.added(Membership { group: guests.id, user: ada.id }).await;
    let leaves = s.deleted(&Membership { group: staff.id, user: ada.id }).await;
    let outcome = s.apply_memberships(vec![joins, leaves.clone()]).await;
    assert_eq!(outcome, Err(StoreError::Stale));
    assert_eq!(s.groups_of(ada.id).await, []);
    assert_eq!(s.entry(leaves.entry().id).await, None);
}

/// More users than a statement takes values in any database, most of them unknown, some twice.
pub async fn groups_of_many_users_come_in_order_of_user_and_group(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let mut users: Vec<_> = (0..70_000).map(nobody).collect();
    let mut members = Vec::new();
    for name in ["ada", "bob", "eve"] {
        let user = s.has_user(a_user(name).build()).await;
        users.insert(0, user.id);
        users.insert(35_000, user.id);
        members.push(user);
    }
    let mut expected = Vec::new();
    for name in ["a", "b", "c"] {
        let group = s.has_group(a_group(name).build()).await;
        for member in &members {
            s.has_member(&group, member).await;
            expected.push((member.id, group.clone()));
        }
    }
    expected.sort_by_key(|(user, group)| (*user, group.id));
    assert_eq!(s.read(move |here| here.memberships().groups_of_all(&users)).await, expected);
    let (first, _) = expected[0];
    let own: Vec<_> = expected.into_iter().take(3).map(|(_, group)| group).collect();
    assert_eq!(s.groups_of(first).await, own);
    assert_eq!(s.read(|here| here.memberships().groups_of_all(&[])).await, []);
}
