//! The repository of groups, but for its lists.

use std::slice;

use domain::audit::Recorded;
use domain::group::Group;
use domain::id::GroupId;
use domain::text::Folded;
use domain::unit_of_work::{StoreError, Taken, Unique};
use domain::version::Version;

use super::attributes::{metadata, nobody};
use super::{Harness, Setting};
use crate::builders::{a_group, a_user, uuid_of};

fn conflict() -> Result<(), StoreError> {
    Err(StoreError::Conflict { what: Unique::GroupName })
}

fn an_id(name: &str) -> GroupId {
    GroupId::new(uuid_of("another group", name))
}

async fn update(s: &Setting, groups: &[Recorded<Group>]) -> Result<(), StoreError> {
    let groups = groups.to_vec();
    let ids: Vec<_> = groups.iter().map(|group| group.record().id).collect();
    s.write(move |here| {
        here.groups().find_all_for_update(&ids)?;
        here.groups().update_all(&groups)
    })
    .await
}

async fn remove(s: &Setting, groups: &[Recorded<Group>]) -> Result<(), StoreError> {
    let groups = groups.to_vec();
    s.write(move |here| here.groups().remove_all(&groups)).await
}

async fn assert_stored(s: &Setting, group: &Recorded<Group>) {
    assert_eq!(s.group(group.record().id).await.as_ref(), Some(group.record()));
    s.assert_logged(group).await;
}

/// With the version of its entry.
pub async fn a_group_is_found_as_it_was_inserted(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    assert_eq!(s.group(a_group("Staff").build().id).await, None);
    let staff = s.added(a_group("Staff").build()).await;
    assert_eq!(s.insert_groups(slice::from_ref(&staff)).await, [Ok(())]);
    assert_stored(&s, &staff).await;
    assert_eq!(staff.record().version, Version::of(staff.entry().id));
}

/// By id and by name ignoring case, the first of the two; the free ones are inserted. The first of
/// two alike in one set has what the second asks for.
pub async fn of_each_taken_group_it_is_said_what_is_taken(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let set = vec![
        a_group("free 1").build(),
        a_group("same id").id(staff.id).build(),
        a_group("STAFF").id(staff.id).build(),
        a_group("STAFF").id(an_id("1")).build(),
        a_group("FREE 1").id(an_id("2")).build(),
        a_group("free 2").build(),
        a_group("free 3").id(a_group("free 2").build().id).build(),
    ];
    let set = s.all_added(set).await;
    let taken = |what| Err(Taken { what });
    let expected = [
        Ok(()),
        taken(Unique::GroupId),
        taken(Unique::GroupId),
        taken(Unique::GroupName),
        taken(Unique::GroupName),
        Ok(()),
        taken(Unique::GroupId),
    ];
    assert_eq!(s.insert_groups(&set).await, expected);
    for (group, outcome) in set.iter().zip(expected) {
        if outcome.is_ok() {
            assert_stored(&s, group).await;
        } else {
            s.assert_not_logged(group).await;
        }
    }
    assert_eq!(s.group(staff.id).await, Some(staff));
    assert_eq!(s.insert_groups(&[]).await, []);
}

/// More values than a statement takes in any database, with a taken name in every hundred.
pub async fn a_large_set_of_groups_is_inserted_but_for_those_taken(harness: &dyn Harness) {
    const SIZE: usize = 3_500;
    let s = Setting::of(harness).await;
    let held = (99..SIZE).step_by(100).map(|n| a_group(&format!("GROUP {n}")).build()).collect();
    let held = s.all_added(held).await;
    s.insert_groups(&held).await;
    let set = (0..SIZE).map(|n| a_group(&format!("group {n}")).build()).collect();
    let set = s.all_added(set).await;
    for (n, outcome) in s.insert_groups(&set).await.into_iter().enumerate() {
        let taken = Err(Taken { what: Unique::GroupName });
        assert_eq!(outcome, if n % 100 == 99 { taken } else { Ok(()) }, "group {n}");
    }
    assert_eq!(s.entries().await.len(), 1 + SIZE);
}

/// To look at and to lock: asked for out of order, twice, and among more that are not there than a
/// statement takes values in any database.
pub async fn groups_that_are_asked_for_come_once_each_in_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let mut groups = s.has_groups(["a", "b", "c", "d"]).await;
    groups.sort_by_key(|group| group.id);
    let mut asked: Vec<_> = groups.iter().rev().skip(1).map(|group| group.id).collect();
    asked.push(asked[0]);
    asked.extend((0..70_000).map(nobody::<GroupId>));
    asked.push(asked[1]);
    let seen = asked.clone();
    assert_eq!(s.read(move |here| here.groups().find_all(&seen)).await, groups[..3]);
    let found = s.write(move |here| here.groups().find_all_for_update(&asked)).await;
    assert_eq!(found, Ok(groups[..3].to_vec()));
    assert_eq!(s.read(|here| here.groups().find_all(&[])).await, []);
    assert_eq!(s.write(|here| here.groups().find_all_for_update(&[])).await, Ok(Vec::new()));
}

/// Every spelling that folds alike finds the group, once.
pub async fn groups_are_found_by_their_folded_names(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let mut groups = s.has_groups(["Ärzte", "staff", "guests"]).await;
    groups[..2].sort_by_key(|group| group.id);
    let found = async |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| Folded::of(name)).collect();
        s.read(move |here| here.groups().find_by_names(&names)).await
    };
    assert_eq!(found(&["STAFF", "ärzte", "A\u{308}RZTE", "nothing"]).await, groups[..2]);
    assert_eq!(found(&["staf", "staff%", "st_ff"]).await, []);
    assert_eq!(found(&[]).await, []);
    let many = (0..70_000).map(|n| Folded::of(&format!("group {n}")));
    let many: Vec<_> = many.chain([Folded::of("guests")]).collect();
    assert_eq!(s.read(move |here| here.groups().find_by_names(&many)).await, groups[2..]);
}

/// What an update frees, a later one may take; a group is not in its own way.
pub async fn updates_of_many_groups_happen_in_their_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [one, two, three] = s.has_groups(["a", "b", "x"]).await;
    let frees = s.modified(&two, a_group("c").id(two.id).build()).await;
    let takes = s.modified(&one, a_group("B").id(one.id).build()).await;
    let respells = s.modified(&three, a_group("X").id(three.id).build()).await;
    assert_eq!(update(&s, &[takes.clone(), frees.clone()]).await, conflict());
    assert_eq!(s.group(one.id).await, Some(one));
    s.assert_not_logged(&takes).await;
    let in_order = [respells, frees, takes];
    assert_eq!(update(&s, &in_order).await, Ok(()));
    for change in &in_order {
        assert_stored(&s, change).await;
    }
    assert_eq!(update(&s, &[]).await, Ok(()));
}

/// A change needs a group to change, and cannot take what another is called.
pub async fn an_update_of_a_missing_group_is_stale_and_of_a_taken_name_a_conflict(
    harness: &dyn Harness,
) {
    let s = Setting::of(harness).await;
    let [staff, guests] = s.has_groups(["staff", "guests"]).await;
    let sound = s.modified(&staff, a_group("crew").id(staff.id).build()).await;
    let nothing = a_group("nothing").build();
    let missing = s.modified(&nothing, a_group("something").id(nothing.id).build()).await;
    assert_eq!(update(&s, &[sound.clone(), missing.clone()]).await, Err(StoreError::Stale));
    let taken = s.modified(&guests, a_group("STAFF").id(guests.id).build()).await;
    assert_eq!(update(&s, slice::from_ref(&taken)).await, conflict());
    for change in [&sound, &missing, &taken] {
        s.assert_not_logged(change).await;
    }
    assert_eq!(s.group(staff.id).await, Some(staff));
    assert_eq!(s.group(guests.id).await, Some(guests));
}

/// Their entries stay, their names and ids may be used again.
pub async fn removed_groups_are_gone_and_their_names_are_free(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [staff, guests, others] = s.has_groups(["staff", "guests", "others"]).await;
    let removals = s.all_deleted(vec![staff.clone(), guests.clone()]).await;
    assert_eq!(remove(&s, &removals).await, Ok(()));
    assert_eq!((s.group(staff.id).await, s.group(guests.id).await), (None, None));
    for removal in &removals {
        s.assert_logged(removal).await;
    }
    let again = s.has_group(a_group("STAFF").id(guests.id).build()).await;
    assert_ne!(again.version, guests.version, "a version came back");
    assert_eq!(s.group(others.id).await.as_ref(), Some(&others));
    let stale = s.all_deleted(vec![others.clone(), staff]).await;
    assert_eq!(remove(&s, &stale).await, Err(StoreError::Stale));
    assert_eq!(s.group(others.id).await, Some(others));
    s.assert_not_logged(&stale[0]).await;
    assert_eq!(remove(&s, &[]).await, Ok(()));
}

/// No relation goes silently: each has an entry of its own. How the store names its refusal is left
/// to the adapter.
pub async fn a_group_with_relations_is_not_removed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let groups = s.has_groups(["members", "metadata", "above", "below"]).await;
    let [members, with_metadata, above, below] = &groups;
    s.has_member(members, &ada).await;
    let color = s.has_attribute(metadata(with_metadata.id, "color", "red")).await;
    let nestings = s.has_nestings(&[(above, below)]).await;
    for group in &groups {
        let removal = s.deleted(group).await;
        assert!(remove(&s, slice::from_ref(&removal)).await.is_err(), "{}", group.name);
        s.assert_not_logged(&removal).await;
        assert_eq!(s.group(group.id).await.as_ref(), Some(group));
    }
    assert_eq!(s.groups_of(ada.id).await, slice::from_ref(members));
    assert_eq!(s.attributes(with_metadata.id).await, [color]);
    let above = above.id;
    assert_eq!(s.read(move |here| here.nestings().below(&[above])).await, nestings);
}

/// Of those that are named, and of no other.
pub async fn a_touch_changes_the_version_of_each_group(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [one, two, three] = s.has_groups(["one", "two", "three"]).await;
    let stamp = s.added(a_user("ada").build()).await.stamp();
    let ids = [one.id, two.id];
    assert_eq!(s.write(move |here| here.groups().touch(&ids, stamp)).await, Ok(()));
    assert_eq!(s.group(one.id).await, Some(Group { version: stamp.version(), ..one }));
    assert_eq!(s.group(two.id).await, Some(Group { version: stamp.version(), ..two }));
    assert_eq!(s.group(three.id).await, Some(three));
    assert_eq!(s.write(move |here| here.groups().touch(&[], stamp)).await, Ok(()));
}

/// In pages of ids; what the type accepts is told to be sound.
pub async fn groups_are_checked_in_order_of_their_ids(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let mut ids = s.has_groups(["a", "b", "c"]).await.map(|group| (group.id, true));
    ids.sort_unstable();
    let check = async |after: Option<GroupId>, limit| {
        s.read(move |here| here.groups().check(after, limit)).await
    };
    assert_eq!(check(None, 10).await, ids);
    assert_eq!(check(None, 2).await, ids[..2]);
    assert_eq!(check(Some(ids[0].0), 1).await, ids[1..2]);
    assert_eq!(check(Some(ids[2].0), 10).await, []);
}
