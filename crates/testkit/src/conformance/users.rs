//! The repository of users, one at a time.

use std::slice;

use domain::audit::Recorded;
use domain::id::UserId;
use domain::unit_of_work::{StoreError, Unique};
use domain::user::{EmailAddress, ExternalId, Holdings, User};
use domain::version::Version;

use super::attempts::some_attempts;
use super::attributes::{a_profile, nobody};
use super::values::every_property;
use super::{Harness, Setting};
use crate::builders::{UserBuilder, a_group, a_user, uuid_of};

fn conflict(what: Unique) -> Result<(), StoreError> {
    Err(StoreError::Conflict { what })
}

fn an_id(name: &str) -> UserId {
    UserId::new(uuid_of("another user", name))
}

/// By id, for update and by name.
pub async fn who_is_not_there_is_none(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nobody = a_user("nobody").build();
    let (id, name) = (nobody.id, nobody.login_name.folded());
    assert_eq!(s.user(id).await, None);
    assert_eq!(s.write(move |here| here.users().find_all_for_update(&[id])).await, Ok(vec![]));
    assert_eq!(s.read(move |here| here.users().find_by_login_name(&name)).await, None);
}

/// Every spelling that folds alike finds the user, whole.
pub async fn a_user_is_found_by_login_name_ignoring_case(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let user = s.has_user(a_user("Ärger").email("a@example.com").build()).await;
    for spelling in ["Ärger", "äRGER", "A\u{308}rger"] {
        let name = a_user(spelling).build().login_name.folded();
        let found = s.read(move |here| here.users().find_by_login_name(&name)).await;
        assert_eq!(found.as_ref(), Some(&user), "{spelling}");
    }
    let id = user.id;
    let locked = s.write(move |here| here.users().find_all_for_update(&[id])).await;
    assert_eq!(locked, Ok(vec![user]));
}

/// An id names one user of a store.
pub async fn a_taken_id_is_a_conflict(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let bob = s.added(a_user("bob").id(ada.id).build()).await;
    assert_eq!(s.insert(&bob).await, conflict(Unique::UserId));
    assert_eq!(s.users().await, [ada]);
}

/// So does a login name, however it is written.
pub async fn a_taken_login_name_is_a_conflict_ignoring_case(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(a_user("ada").build()).await;
    let taken = s.added(a_user("ADA").build()).await;
    assert_eq!(s.insert(&taken).await, conflict(Unique::LoginName));
    s.assert_absent(&taken).await;
}

/// An external id does so as typed: another spelling is another id.
pub async fn a_taken_external_id_is_a_conflict_as_typed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(a_user("ada").external_id("x-1").build()).await;
    let taken = s.added(a_user("bob").external_id("x-1").build()).await;
    assert_eq!(s.insert(&taken).await, conflict(Unique::ExternalId));
    s.has_user(a_user("eve").external_id("X-1").build()).await;
}

/// Having none is not having the same.
pub async fn many_users_have_no_external_id(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for name in ["ada", "bob", "eve"] {
        s.has_user(a_user(name).build()).await;
    }
    assert_eq!(s.users().await.len(), 3);
}

/// From the plainest user to the fullest and back.
pub async fn an_update_replaces_every_property(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let plain = s.has_user(a_user("ada").build()).await;
    let full = s.modified(&plain, User { number: plain.number, ..every_property(plain.id) }).await;
    assert_eq!(s.update(&full).await, Ok(()));
    s.assert_stored(&full).await;
    assert_eq!(full.record().version, Version::of(full.entry().id));
    let back = s.modified(full.record(), plain).await;
    assert_eq!(s.update(&back).await, Ok(()));
    s.assert_stored(&back).await;
}

/// A user is not in its own way.
pub async fn an_update_may_change_the_case_of_a_login_name(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").external_id("x").build()).await;
    let after = a_user("Ada").replacing(&ada).external_id("x").build();
    let renamed = s.modified(&ada, after).await;
    assert_eq!(s.update(&renamed).await, Ok(()));
    s.assert_stored(&renamed).await;
}

/// What a user had before a change is free for others after it.
pub async fn an_update_frees_what_the_user_held(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").external_id("x").build()).await;
    let renamed = s.modified(&ada, a_user("eve").replacing(&ada).build()).await;
    assert_eq!(s.update(&renamed).await, Ok(()));
    let name = ada.login_name.folded();
    assert_eq!(s.read(move |here| here.users().find_by_login_name(&name)).await, None);
    s.has_user(a_user("ADA").id(an_id("ada")).external_id("x").build()).await;
}

/// A change cannot take what another holds, and leaves no entry.
pub async fn an_update_to_what_another_holds_is_a_conflict(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(a_user("ada").external_id("x").build()).await;
    let bob = s.has_user(a_user("bob").external_id("y").build()).await;
    let name = s.modified(&bob, a_user("ADA").replacing(&bob).external_id("y").build()).await;
    assert_eq!(s.update(&name).await, conflict(Unique::LoginName));
    let external = s.modified(&bob, a_user("bob").replacing(&bob).external_id("x").build()).await;
    assert_eq!(s.update(&external).await, conflict(Unique::ExternalId));
    assert_eq!(s.user(bob.id).await, Some(bob));
    assert_eq!(s.entry(name.entry().id).await, None);
    assert_eq!(s.entry(external.entry().id).await, None);
}

/// A change needs a user to change.
pub async fn an_update_of_who_is_not_there_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nobody = a_user("nobody").build();
    let change = s.modified(&nobody, User { active: false, ..nobody.clone() }).await;
    assert_eq!(s.update(&change).await, Err(StoreError::Stale));
    s.assert_absent(&change).await;
}

/// Its entry stays, its name and id may be used again.
pub async fn a_removed_user_is_gone_and_its_names_are_free(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").external_id("x").build()).await;
    let removal = s.deleted(&ada).await;
    assert_eq!(s.remove(&removal).await, Ok(()));
    assert_eq!(s.user(ada.id).await, None);
    assert_eq!(s.entry(removal.entry().id).await.as_ref(), Some(removal.entry()));
    let again = s.has_user(a_user("ADA").id(ada.id).external_id("x").build()).await;
    assert_ne!(again.version, ada.version, "a version came back");
    assert_ne!(again.number, ada.number, "a number came back");
}

/// By whatever call it is made; it is found with that number.
pub async fn a_user_has_the_number_of_the_entry_that_recorded_its_making(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.added(a_user("ada").build()).await;
    let others = ["bob", "eve"].map(|name| a_user(name).build());
    let others = s.all_added(others.to_vec()).await;
    s.insert(&ada).await.unwrap();
    assert_eq!(s.insert_new(&others).await, [Ok(()), Ok(())]);
    for made in others.iter().chain([&ada]) {
        s.assert_stored(made).await;
        let found = s.user(made.record().id).await;
        assert_eq!(found.map(|user| user.number), Some(made.entry().id.get()));
    }
}

/// Whatever a write carries, and whatever else happens to the user.
pub async fn the_number_of_a_user_never_changes(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").email("ada@example.com").build()).await;
    let carrying = User { number: ada.number + 100, active: !ada.active, ..ada.clone() };
    let change = s.modified(&ada, carrying).await;
    s.update(&change).await.unwrap();
    let stored = User { number: ada.number, ..change.into_record() };
    assert_eq!(s.user(ada.id).await.as_ref(), Some(&stored));
    let (id, stamp) = (ada.id, s.stamp().await);
    s.write(move |here| here.users().touch(&[id], stamp)).await.unwrap();
    s.write(|here| here.users().sign_in_by_email(true)).await.unwrap();
    s.has_attempts(id, some_attempts()).await;
    let found = s.user(id).await.unwrap();
    assert_ne!(found.version, stored.version);
    assert!(found.signs_in_by_email && found.failed_sign_ins > 0);
    assert_eq!(found.number, ada.number);
}

/// A removal needs a user to remove.
pub async fn removing_who_is_not_there_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let (first, second) = (s.deleted(&ada).await, s.deleted(&ada).await);
    assert_eq!(s.remove(&first).await, Ok(()));
    assert_eq!(s.remove(&second).await, Err(StoreError::Stale));
    assert_eq!(s.entry(second.entry().id).await, None);
}

/// No relation goes silently: each has an entry of its own. How the store names its refusal is left
/// to the adapter.
pub async fn a_user_with_relations_is_not_removed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, bob) =
        (s.has_user(a_user("ada").build()).await, s.has_user(a_user("bob").build()).await);
    let profile = s.has_profile(a_profile(ada.id, "color", "red")).await;
    let staff = s.has_group(a_group("staff").build()).await;
    s.has_member(&staff, &bob).await;
    for user in [&ada, &bob] {
        let removal = s.deleted(user).await;
        assert!(s.remove(&removal).await.is_err(), "{}", user.login_name);
        assert_eq!(s.entry(removal.entry().id).await, None);
        assert_eq!(s.user(user.id).await.as_ref(), Some(user));
    }
    assert_eq!(s.profiles(ada.id).await, [profile]);
    assert_eq!(s.groups_of(bob.id).await, [staff]);
}

/// The version of a change of relations, and nothing else; of those that are named, and of no other.
pub async fn a_touch_changes_the_version_alone(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(every_property(an_id("ada"))).await;
    let (bob, eve) =
        (s.has_user(a_user("bob").build()).await, s.has_user(a_user("eve").build()).await);
    let entries = s.entries().await;
    let stamp = s.added(a_group("staff").build()).await.stamp();
    let ids = [eve.id, ada.id];
    assert_eq!(s.write(move |here| here.users().touch(&ids, stamp)).await, Ok(()));
    assert_eq!(s.user(ada.id).await, Some(User { version: stamp.version(), ..ada }));
    assert_eq!(s.user(eve.id).await, Some(User { version: stamp.version(), ..eve }));
    assert_eq!(s.user(bob.id).await, Some(bob));
    assert_eq!(s.entries().await, entries, "a touch has no entry of its own");
    assert_eq!(s.write(move |here| here.users().touch(&[], stamp)).await, Ok(()));
}

/// Asked for out of order, twice, and among more that are not there than a statement takes values
/// in any database.
pub async fn users_to_lock_come_once_each_in_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_users(["ada", "bob", "eve", "kim"].map(|name| a_user(name).build()).to_vec()).await;
    let users = s.users().await;
    let mut asked: Vec<_> = users.iter().rev().skip(1).map(|user| user.id).collect();
    asked.push(asked[0]);
    asked.extend((0..70_000).map(nobody::<UserId>));
    asked.push(asked[1]);
    let found = s.write(move |here| here.users().find_all_for_update(&asked)).await;
    assert_eq!(found, Ok(users[..3].to_vec()));
    assert_eq!(s.write(|here| here.users().find_all_for_update(&[])).await, Ok(Vec::new()));
}

/// By login name ignoring case, by external id as typed, by address those alone that sign in by
/// theirs; each once, however much of it they hold.
pub async fn the_holders_of_anything_wanted_come_once_each_in_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let email = |name: &str| a_user(name).email(&format!("{name}@example.com"));
    s.has_users(vec![
        a_user("Ärger").build(),
        a_user("bob").external_id("x").build(),
        email("eve").signing_in_by_email().build(),
        email("kim").build(),
        email("lea").external_id("y").signing_in_by_email().build(),
        a_user("nobody asks").external_id("z").build(),
    ])
    .await;
    let wanted = Holdings {
        login_names: ["äRGER", "LEA", "not there"]
            .map(|name| a_user(name).build().login_name.folded())
            .to_vec(),
        external_ids: ["x", "y", "Z"].map(|id| ExternalId::parse(id).unwrap()).to_vec(),
        addresses: ["EVE@example.com", "kim@example.com", "Lea@Example.com"]
            .map(|address| EmailAddress::parse(address).unwrap())
            .to_vec(),
    };
    let mut expected = s.users().await;
    let holders = ["Ärger", "bob", "eve", "lea"];
    expected.retain(|user| holders.contains(&user.login_name.as_str()));
    assert_eq!(expected.len(), 4);
    assert_eq!(s.read(move |here| here.users().holders(&wanted)).await, expected);
    assert_eq!(s.read(|here| here.users().holders(&Holdings::default())).await, []);
}

/// More than a statement takes values in any database.
pub async fn the_holders_of_many_things_are_found(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").external_id("x").build()).await;
    let many = |prefix: &'static str| (0..40_000).map(move |n| format!("{prefix} {n}"));
    let wanted = Holdings {
        login_names: many("name").map(|name| a_user(&name).build().login_name.folded()).collect(),
        external_ids: many("id")
            .chain(["x".into()])
            .map(|id| ExternalId::parse(id).unwrap())
            .collect(),
        addresses: Vec::new(),
    };
    assert_eq!(s.read(move |here| here.users().holders(&wanted)).await, [ada]);
}

/// One after the other in the order of the slice: what an earlier change frees, a later one may take.
pub async fn updates_of_many_users_happen_in_their_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    in_their_order(&s, [a_user("b"), a_user("c")], a_user("B"), Unique::LoginName).await;
    let bearing = |id: &str| a_user("bearing").external_id(id);
    let wanting = a_user("wanting").external_id("x");
    in_their_order(&s, [bearing("x"), bearing("y")], wanting, Unique::ExternalId).await;
}

/// Somebody becomes the second of `releases` instead of the first; `wanted` is what somebody else
/// can become after that, and not before, since `what` is taken.
async fn in_their_order(
    s: &Setting,
    releases: [UserBuilder; 2],
    wanted: UserBuilder,
    what: Unique,
) {
    let [held, free] = releases;
    let held = s.has_user(held.id(an_id("holder")).build()).await;
    let other = s.has_user(a_user("other").build()).await;
    let frees = s.modified(&held, free.replacing(&held).build()).await;
    let takes = s.modified(&other, wanted.replacing(&other).build()).await;
    assert_eq!(s.update_all(&[takes.clone(), frees.clone()]).await, conflict(what));
    assert_eq!(s.user(held.id).await, Some(held));
    assert_eq!(s.user(other.id).await, Some(other));
    s.assert_not_logged(&takes).await;
    s.assert_not_logged(&frees).await;
    assert_eq!(s.update_all(&[frees.clone(), takes.clone()]).await, Ok(()));
    s.assert_stored(&frees).await;
    s.assert_stored(&takes).await;
    assert_eq!(s.update_all(&[]).await, Ok(()));
    let removals = s.all_deleted(s.users().await).await;
    s.write(move |here| here.users().remove_all(&removals)).await.unwrap();
}

/// More changes than an adapter puts into one statement, each user renamed to what the one before it
/// was called.
pub async fn a_long_chain_of_renamings_is_one_update(harness: &dyn Harness) {
    const SIZE: usize = 1_300;
    let s = Setting::of(harness).await;
    let name = |n: usize| format!("user {n:05}");
    let users = s.has_users((0..SIZE).map(|n| a_user(&name(n)).build()).collect()).await;
    let renamed = |(n, user): (usize, &User)| {
        let after = a_user(&name(n + 1)).replacing(user).build();
        (user.clone(), after)
    };
    let chain = s.all_modified(users.iter().enumerate().rev().map(renamed).collect()).await;
    assert_eq!(s.update_all(&chain).await, Ok(()));
    let mut expected: Vec<_> = chain.iter().map(|change| change.record().clone()).collect();
    expected.sort_by_key(|user| user.id);
    assert_eq!(s.users().await, expected);
    assert_eq!(s.entries().await.len(), 1 + 2 * SIZE);
    let mut last = chain[0].record().clone();
    last.login_name = a_user(&name(1)).build().login_name;
    let taken = s.modified(chain[0].record(), last).await;
    assert_eq!(s.update(&taken).await, conflict(Unique::LoginName));
}

/// One of many that is not there: none of them changes.
pub async fn an_update_of_many_with_one_missing_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let nobody = a_user("nobody").build();
    let changes = [ada.clone(), nobody].map(|user| (user.clone(), User { active: false, ..user }));
    for changes in [changes.to_vec(), changes.iter().rev().cloned().collect()] {
        let changes = s.all_modified(changes).await;
        assert_eq!(s.update_all(&changes).await, Err(StoreError::Stale));
        assert_eq!(s.users().await, slice::from_ref(&ada));
        assert_eq!(s.entries().await.len(), 2);
    }
}

/// More than an adapter puts into one statement; with one among them that is not there, none.
pub async fn many_users_are_removed_at_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let users = (0..1_300).map(|n| a_user(&format!("user {n}")).build()).collect();
    let users = s.has_users(users).await;
    let missing = a_user("nobody").build();
    let with_missing = s.all_deleted([users.clone(), vec![missing]].concat()).await;
    let outcome = s.write(move |here| here.users().remove_all(&with_missing)).await;
    assert_eq!(outcome, Err(StoreError::Stale));
    assert_eq!(s.users().await.len(), users.len());
    let removals = s.all_deleted(users).await;
    let removed = removals.clone();
    assert_eq!(s.write(move |here| here.users().remove_all(&removed)).await, Ok(()));
    assert_eq!(s.users().await, []);
    let entries = s.entries().await;
    let logged = entries[entries.len() - removals.len()..].iter();
    assert!(logged.eq(removals.iter().map(Recorded::entry)));
    assert_eq!(s.write(|here| here.users().remove_all(&[])).await, Ok(()));
}

/// In pages of ids; what every type accepts is told to be sound.
pub async fn users_are_checked_in_order_of_their_ids(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let full = every_property(an_id("full"));
    s.has_users(vec![full, a_user("ada").build(), a_user("bob").build()]).await;
    let ids: Vec<_> = s.users().await.into_iter().map(|user| (user.id, true)).collect();
    let check = async |after: Option<UserId>, limit| {
        s.read(move |here| here.users().check(after, limit)).await
    };
    assert_eq!(check(None, 10).await, ids);
    assert_eq!(check(None, 2).await, ids[..2]);
    assert_eq!(check(Some(ids[0].0), 1).await, ids[1..2]);
    assert_eq!(check(Some(ids[2].0), 10).await, []);
    assert_eq!(check(None, 0).await, []);
}
