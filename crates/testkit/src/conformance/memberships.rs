//! The repository of memberships.

use domain::group::{Group, Membership};
use domain::id::{GroupId, UserId};
use domain::unit_of_work::{StoreError, Unique};
use domain::user::User;

use super::attributes::nobody;
use super::{Harness, Setting};
use crate::builders::{a_group, a_user};

/// One call joins and leaves, with an entry for each.
pub async fn memberships_are_added_and_removed_with_their_entries(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let [staff, guests] = s.has_groups(["staff", "guests"]).await;
    let was_guest = s.has_member(&guests, &ada).await;
    assert_eq!(s.groups_of(ada.id).await, [guests]);
    let joins = s.added(Membership { group: staff.id, user: ada.id }).await;
    let leaves = s.deleted(&was_guest).await;
    assert_eq!(s.apply_memberships(vec![leaves.clone(), joins.clone()]).await, Ok(()));
    assert_eq!(s.groups_of(ada.id).await, [staff]);
    for change in [joins, leaves] {
        s.assert_logged(&change).await;
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
        s.assert_not_logged(&orphan).await;
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
    s.assert_not_logged(&again).await;
}

/// Nobody leaves where they are not; what came before it in the set is undone.
pub async fn removing_a_missing_membership_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let [staff, guests] = s.has_groups(["staff", "guests"]).await;
    let joins = s.added(Membership { group: guests.id, user: ada.id }).await;
    let leaves = s.deleted(&Membership { group: staff.id, user: ada.id }).await;
    let outcome = s.apply_memberships(vec![joins, leaves.clone()]).await;
    assert_eq!(outcome, Err(StoreError::Stale));
    assert_eq!(s.groups_of(ada.id).await, []);
    s.assert_not_logged(&leaves).await;
}

/// More users than a statement takes values in any database, most of them unknown, some twice.
pub async fn groups_of_many_users_come_in_order_of_user_and_group(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let mut users: Vec<_> = (0..70_000).map(nobody::<UserId>).collect();
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

/// Three groups and five users; the last group is empty, and two users are in both others. Given
/// are the groups and every membership in order.
async fn crossed(s: &Setting) -> ([Group; 3], Vec<(GroupId, User)>) {
    let groups = s.has_groups(["a", "b", "empty"]).await;
    let users = ["ada", "bob", "eve", "kim", "lea"].map(|name| a_user(name).build()).to_vec();
    let users = s.has_users(users).await;
    let mut members = Vec::new();
    for (group, users) in [(&groups[0], &users[..4]), (&groups[1], &users[2..])] {
        for user in users {
            s.has_member(group, user).await;
            members.push((group.id, user.clone()));
        }
    }
    members.sort_by_key(|(group, user)| (*group, user.id));
    (groups, members)
}

/// Every page behind the last member of the one before, over the end of a group.
pub async fn members_of_many_groups_come_in_pages(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (groups, expected) = crossed(&s).await;
    let mut asked: Vec<_> = groups.iter().rev().map(|group| group.id).collect();
    asked.push(asked[1]);
    let page = async |after: Option<Membership>, limit| {
        let asked = asked.clone();
        s.read(move |here| here.memberships().members_of_all(&asked, after, limit)).await
    };
    assert_eq!(page(None, 100).await, expected);
    assert_eq!(page(None, 0).await, []);
    for limit in 1..=expected.len() {
        let mut listed: Vec<(GroupId, User)> = Vec::new();
        loop {
            let after =
                listed.last().map(|(group, user)| Membership { group: *group, user: user.id });
            let found = page(after, u32::try_from(limit).unwrap()).await;
            assert!(found.len() <= limit);
            if found.is_empty() {
                break;
            }
            listed.extend(found);
        }
        assert_eq!(listed, expected, "in pages of {limit}");
    }
    assert_eq!(s.read(|here| here.memberships().members_of_all(&[], None, 10)).await, []);
}

/// Behind a member who has left, and in some of the groups only.
pub async fn a_page_of_members_begins_behind_a_place(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (_, all) = crossed(&s).await;
    let left = Membership { group: all[1].0, user: all[1].1.id };
    let leaves = s.deleted(&left).await;
    s.apply_memberships(vec![leaves]).await.unwrap();
    let groups = [all[0].0, all[all.len() - 1].0];
    let page = async |groups: Vec<GroupId>, after: Membership| {
        s.read(move |here| here.memberships().members_of_all(&groups, Some(after), 100)).await
    };
    assert_eq!(page(groups.to_vec(), left).await, all[2..]);
    let of_last = |members: &[(GroupId, User)]| {
        members.iter().filter(|(group, _)| *group == groups[1]).cloned().collect::<Vec<_>>()
    };
    assert_eq!(page(vec![groups[1]], left).await, of_last(&all));
    let (group, user) = (groups[1], all[all.len() - 1].1.id);
    assert_eq!(page(groups.to_vec(), Membership { group, user }).await, []);
}

/// Among more groups that are not there than a statement takes values in any database.
pub async fn every_membership_in_many_groups_comes_in_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (groups, members) = crossed(&s).await;
    let expected: Vec<_> =
        members.iter().map(|(group, user)| Membership { group: *group, user: user.id }).collect();
    let mut asked: Vec<_> = (0..70_000).map(nobody::<GroupId>).collect();
    asked.extend(groups.iter().chain(&groups).map(|group| group.id));
    let found = asked.clone();
    assert_eq!(s.read(move |here| here.memberships().in_all(&found)).await, expected);
    let paged = s.read(move |here| here.memberships().members_of_all(&asked, None, 3)).await;
    assert_eq!(paged, members[..3]);
    let empty = groups[2].id;
    assert_eq!(s.read(move |here| here.memberships().in_all(&[empty])).await, []);
    assert_eq!(s.read(|here| here.memberships().in_all(&[])).await, []);
}

/// Many changes, joining and leaving mixed: more than an adapter puts into one statement.
pub async fn a_large_set_of_memberships_is_applied_whole(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [staff, guests] = s.has_groups(["staff", "guests"]).await.map(|group| group.id);
    let users = (0..700).map(|n| a_user(&format!("user {n}")).build()).collect();
    let users = s.has_users(users).await;
    let all_in = |group| -> Vec<_> {
        users.iter().map(|user| Membership { group, user: user.id }).collect()
    };
    let joins = s.all_added(all_in(staff)).await;
    assert_eq!(s.apply_memberships(joins).await, Ok(()));
    let leaves = s.all_deleted(all_in(staff)).await;
    let joins = s.all_added(all_in(guests)).await;
    let mixed: Vec<_> = leaves.into_iter().zip(joins).flat_map(|(out, into)| [out, into]).collect();
    let mut half_wrong = mixed.clone();
    half_wrong.push(mixed[0].clone());
    assert_eq!(s.apply_memberships(half_wrong).await, Err(StoreError::Stale));
    assert_eq!(s.apply_memberships(mixed).await, Ok(()));
    let mut expected = all_in(guests);
    expected.sort_unstable();
    let found = s.read(move |here| here.memberships().in_all(&[staff, guests])).await;
    assert_eq!(found, expected);
}
