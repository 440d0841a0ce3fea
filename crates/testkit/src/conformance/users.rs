//! The repository of users, one at a time.

use domain::attribute::{AttributeKey, Profile};
use domain::id::UserId;
use domain::unit_of_work::{StoreError, Unique};
use domain::user::User;
use domain::version::Version;

use super::values::every_property;
use super::{Harness, Setting};
use crate::builders::{a_group, a_user, uuid_of};

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
    assert_eq!(s.write(move |here| here.users().find_for_update(id)).await, Ok(None));
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
    assert_eq!(s.write(move |here| here.users().find_for_update(id)).await, Ok(Some(user)));
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
    let full = s.modified(&plain, every_property(plain.id)).await;
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
    let after = a_user("Ada").id(ada.id).external_id("x").build();
    let renamed = s.modified(&ada, after).await;
    assert_eq!(s.update(&renamed).await, Ok(()));
    s.assert_stored(&renamed).await;
}

/// What a user had before a change is free for others after it.
pub async fn an_update_frees_what_the_user_held(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").external_id("x").build()).await;
    let renamed = s.modified(&ada, a_user("eve").id(ada.id).build()).await;
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
    let name = s.modified(&bob, a_user("ADA").id(bob.id).external_id("y").build()).await;
    assert_eq!(s.update(&name).await, conflict(Unique::LoginName));
    let external = s.modified(&bob, a_user("bob").id(bob.id).external_id("x").build()).await;
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
    let key = AttributeKey::parse("color").unwrap();
    let profile = s.has_profile(Profile { user: ada.id, key, value: None }).await;
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

/// The version of a change of relations, and nothing else.
pub async fn a_touch_changes_the_version_alone(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, bob) =
        (s.has_user(every_property(an_id("ada"))).await, s.has_user(a_user("bob").build()).await);
    let entries = s.entries().await;
    let stamp = s.added(a_group("staff").build()).await.stamp();
    let id = ada.id;
    assert_eq!(s.write(move |here| here.users().touch(id, stamp)).await, Ok(()));
    assert_eq!(s.user(ada.id).await, Some(User { version: stamp.version(), ..ada }));
    assert_eq!(s.user(bob.id).await, Some(bob));
    assert_eq!(s.entries().await, entries, "a touch has no entry of its own");
}
