//! The repository of profiles.

use domain::attribute::{AttributeKey, AttributeValue, Profile};
use domain::id::UserId;
use domain::unit_of_work::{StoreError, Unique};

use uuid::Uuid;

use super::{Harness, Setting};
use crate::builders::a_user;

/// A profile of `user`.
pub(super) fn a_profile(user: UserId, key: &str, value: &str) -> Profile {
    let key = AttributeKey::parse(key).unwrap();
    Profile { user, key, value: Some(AttributeValue::parse(value).unwrap()) }
}

/// One call adds, changes and removes, and leaves one entry for each.
pub async fn profiles_are_added_changed_and_removed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    let color = s.has_profile(a_profile(ada, "color", "red")).await;
    let size = s.has_profile(a_profile(ada, "size", "M")).await;
    let (added, modified, deleted) = (
        s.added(a_profile(ada, "taste", "sweet")).await,
        s.modified(&color, a_profile(ada, "color", "blue")).await,
        s.deleted(&size).await,
    );
    let changes = vec![added.clone(), modified.clone(), deleted.clone()];
    assert_eq!(s.apply_profiles(changes.clone()).await, Ok(()));
    assert_eq!(s.profiles(ada).await, [modified.record().clone(), added.record().clone()]);
    for change in changes {
        assert_eq!(s.entry(change.entry().id).await.as_ref(), Some(change.entry()));
    }
    assert_eq!(s.apply_profiles(Vec::new()).await, Ok(()));
}

/// Byte by byte, whatever the locale of the database.
pub async fn profiles_come_in_order_of_the_folded_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    let in_order =
        ["A b", "a-b", "A.b", "a1", "a_", "AA", "ab", "Z", "ä", "Ω", "\u{FF21}", "\u{10428}"];
    for key in in_order.iter().rev() {
        s.has_profile(a_profile(ada, key, "")).await;
    }
    let keys: Vec<_> = s.profiles(ada).await.iter().map(|p| p.key.as_str().to_owned()).collect();
    assert_eq!(keys, in_order);
}

/// More users than a statement takes values in any database, most of them unknown, some twice.
pub async fn profiles_of_many_users_come_in_order_of_user_and_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let mut users: Vec<_> = (0..70_000).map(nobody).collect();
    let mut expected = Vec::new();
    for name in ["ada", "bob", "eve"] {
        let user = s.has_user(a_user(name).build()).await.id;
        expected.push(s.has_profile(a_profile(user, "b", "2")).await);
        expected.push(s.has_profile(a_profile(user, "A", "1")).await);
        users.insert(0, user);
        users.insert(35_000, user);
    }
    expected.sort_by_key(|profile| (profile.user, profile.key.folded()));
    assert_eq!(s.read(move |here| here.profiles().of_all(&users)).await, expected);
    assert_eq!(s.read(|here| here.profiles().of_all(&[])).await, []);
}

/// One of the many ids that no user has.
pub(super) fn nobody(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

/// A profile needs its user.
pub async fn a_profile_of_nobody_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nobody = a_user("nobody").build().id;
    let orphan = s.added(a_profile(nobody, "color", "red")).await;
    let outcome = s.apply_profiles(vec![orphan.clone()]).await;
    assert_eq!(outcome, Err(StoreError::DanglingReference));
    assert_eq!(s.profiles(nobody).await, []);
    assert_eq!(s.entry(orphan.entry().id).await, None);
}

/// A key names one profile of a user, however it is written; of two users it names two.
pub async fn a_taken_key_is_a_conflict_ignoring_case(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    let bob = s.has_user(a_user("bob").build()).await.id;
    let red = s.has_profile(a_profile(ada, "color", "red")).await;
    s.has_profile(a_profile(bob, "COLOR", "red")).await;
    let taken = s.added(a_profile(ada, "Color", "blue")).await;
    let outcome = s.apply_profiles(vec![taken.clone()]).await;
    assert_eq!(outcome, Err(StoreError::Conflict { what: Unique::ProfileKey }));
    assert_eq!(s.profiles(ada).await, [red]);
    assert_eq!(s.entry(taken.entry().id).await, None);
}

/// A change needs a profile to change; what came before it in the set is undone.
pub async fn changing_or_removing_a_missing_profile_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    let missing = a_profile(ada, "missing", "1");
    let changed = s.modified(&missing, a_profile(ada, "missing", "2")).await;
    let removed = s.deleted(&missing).await;
    for stale in [changed, removed] {
        let before = s.added(a_profile(ada, "before", "1")).await;
        let outcome = s.apply_profiles(vec![before, stale.clone()]).await;
        assert_eq!(outcome, Err(StoreError::Stale), "{:?}", stale.entry().action);
        assert_eq!(s.profiles(ada).await, []);
        assert_eq!(s.entry(stale.entry().id).await, None);
    }
}

/// A key is kept as typed, also when only that changes.
pub async fn the_case_of_a_key_may_change(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    let before = s.has_profile(a_profile(ada, "color", "red")).await;
    let after = s.modified(&before, a_profile(ada, "Color", "red")).await;
    assert_eq!(s.apply_profiles(vec![after.clone()]).await, Ok(()));
    assert_eq!(s.profiles(ada).await, [after.into_record()]);
}
