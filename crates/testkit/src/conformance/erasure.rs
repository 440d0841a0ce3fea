//! What the audit trail holds of a person is erased, and the trail stays.

use domain::access::{Grant, Holder};
use domain::audit::{Action, Area, Commitment, Entry, Erased, Recorded};
use domain::error::UseCaseError;
use domain::id::UserId;
use domain::unit_of_work::{Access, StoreError, Verdict};
use domain::user::User;
use domain::version::Precondition;

use super::answers::{Question, answer, ever, kept, look};
use super::attributes::a_profile;
use super::trail::leaves;
use super::{Harness, Setting};
use crate::builders::a_user;
use domain::time::Clock as _;

/// A user who came, changed, had profiles and went: six entries. What is about somebody else, or
/// about the user in another area, goes on holding what it holds.
async fn a_life(s: &Setting, name: &str) -> UserId {
    let user = s.has_user(a_user(name).email("somebody@example.com").build()).await;
    let change = s.modified(&user, User { active: false, ..user.clone() }).await;
    s.update(&change).await.unwrap();
    let profile = s.has_profile(a_profile(user.id, "color", "red")).await;
    let [staff] = s.has_groups([&*format!("staff of {name}")]).await;
    let membership = s.has_member(&staff, &user).await;
    s.has_role(Holder::User(user.id), Grant::system_admin()).await;
    let blue = s.modified(&profile, a_profile(user.id, "color", "blue")).await;
    let gone = s.deleted(blue.record()).await;
    s.apply_profiles(vec![blue]).await.unwrap();
    s.apply_profiles(vec![gone]).await.unwrap();
    let leaves = s.deleted(&membership).await;
    s.apply_memberships(vec![leaves]).await.unwrap();
    user.id
}

/// Records that a user is erased.
async fn noted(s: &Setting, user: UserId) -> Recorded<Erased> {
    s.recorded(1, move |journal| journal.noted(Erased { user })).await
}

/// Erases a user, and gives how many entries there were.
async fn erase(s: &Setting, user: UserId) -> Result<u64, StoreError> {
    let erased = noted(s, user).await;
    s.write(move |here| here.audit().erase(&erased)).await
}

/// Whether the entry is about the user or a profile of theirs.
fn is_about(entry: &Entry, user: UserId) -> bool {
    match entry.area {
        Area::User => entry.primary_key == user.to_string(),
        Area::UserProfile => entry.primary_key.starts_with(&format!("{user}/")),
        _ => false,
    }
}

/// The entry without what its commitments are to.
fn closed(entry: &Entry) -> Entry {
    let closed = |c: &Option<Commitment>| c.as_ref().map(|c| Commitment { opened: None, ..*c });
    let (original, current) = (closed(&entry.original), closed(&entry.current));
    Entry { original, current, ..entry.clone() }
}

/// Contents and salts go, of the user and their profiles; everything else stays, and an entry says
/// that it happened. Sealed or not, the leaves of the log are as before.
pub async fn what_the_trail_holds_of_a_user_is_erased(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = a_life(&s, "ada").await;
    a_life(&s, "bob").await;
    s.seal_by_node().await;
    let change = s.modified(&s.user(ada).await.unwrap(), a_user("ada").build()).await;
    s.update(&change).await.unwrap();
    let before = s.entries().await;
    let erased = noted(&s, ada).await;
    let entry = erased.entry().clone();
    assert_eq!((entry.area, entry.action), (Area::User, Action::Modified));
    let outcome = s.write(move |here| here.audit().erase(&erased)).await;
    assert_eq!(outcome, Ok(6));

    let expected: Vec<_> = before
        .iter()
        .map(|entry| if is_about(entry, ada) { closed(entry) } else { entry.clone() })
        .chain([entry.clone()])
        .collect();
    let after = s.entries().await;
    assert_eq!(after, expected);
    assert_eq!(s.entry(entry.id).await.as_ref(), Some(&entry));
    let told = |entry: &Entry| entry.current.as_ref().is_some_and(|c| c.opened.is_some());
    assert!(told(&entry), "that it happened is told");
    assert_eq!(leaves(&after[..before.len()]), leaves(&before));
    assert_eq!(s.waiting().await.len(), 2, "the entry of the erasure waits as any other");
    s.seal_by_node().await;
    s.assert_whole().await;
}

/// It is as if it was done once, but that each time is told; what was written in between goes too.
pub async fn a_user_is_erased_again_and_again(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, bob) = (a_life(&s, "ada").await, a_user("bob").build().id);
    assert_eq!(erase(&s, ada).await, Ok(5));
    let once = s.entries().await;
    assert_eq!(erase(&s, ada).await, Ok(5), "erased now or before, and not what says so");
    assert_eq!(s.entries().await[..once.len()], once);
    s.has_profile(a_profile(ada, "size", "M")).await;
    assert_eq!(erase(&s, ada).await, Ok(6));
    let entries = s.entries().await;
    let opened: Vec<_> = entries
        .iter()
        .filter(|entry| is_about(entry, ada) && **entry != closed(entry))
        .map(|entry| (entry.area, entry.action, entry.original.is_some()))
        .collect();
    assert_eq!(opened, [(Area::User, Action::Modified, false); 3]);
    // Of somebody who never was there is nothing, the first time or the second.
    assert_eq!((erase(&s, bob).await, erase(&s, bob).await), (Ok(0), Ok(0)));
}

/// A unit that fails erases nothing, nor does one that only tries.
pub async fn what_a_unit_erases_that_is_rolled_back_is_there(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = a_life(&s, "ada").await;
    let (before, runs, store) = (s.entries().await, s.runs().await, s.store.id);
    for (access, verdict) in
        [(Access::Write, Verdict::Rollback), (Access::Rehearse, Verdict::Commit)]
    {
        let erased = noted(&s, ada).await;
        let unit = s.run(access, move |tx| {
            assert_eq!(tx.store(store).audit().erase(&erased), Ok(5));
            verdict
        });
        assert_eq!(unit.await, Ok(()));
        assert_eq!((s.entries().await, s.runs().await), (before.clone(), runs.clone()));
    }
}

/// The same person may live in another store.
pub async fn each_store_erases_what_is_its_own(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    for s in [&s, &other] {
        a_life(s, "ada").await;
    }
    let (ada, before) = (a_user("ada").build().id, other.entries().await);
    assert_eq!(erase(&s, ada).await, Ok(5));
    assert_eq!(other.entries().await, before);
    assert_eq!(erase(&other, ada).await, Ok(5));
}

/// However much there is.
pub async fn a_long_life_is_erased_whole(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let profiles = (0..1_200).map(|n| a_profile(ada.id, &format!("key {n}"), "value")).collect();
    let added = s.all_added(profiles).await;
    s.apply_profiles(added).await.unwrap();
    assert_eq!(erase(&s, ada.id).await, Ok(1_201));
    let entries = s.entries().await;
    let held = entries.iter().filter(|entry| **entry != closed(entry)).count();
    assert_eq!(held, 2, "of the store, and that it was erased");
    s.seal_by_node().await;
    s.assert_whole().await;
}

/// Deleted and erased in one unit, or erased when the user has gone; with what is kept of answers.
pub async fn a_person_is_deleted_and_erased(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (erasure, context, now) = (s.world.erasure(), s.context(), s.world.clock.now());
    let [ada, bob] = ["ada", "bob"].map(|name| a_user(name).build());
    for user in [&ada, &bob] {
        s.has_user(user.clone()).await;
    }
    let question = Question::of(Some(s.store.id), "key");
    answer(&s, &question, "a user named ada", now, ever()).await;
    assert_eq!(erasure.erase(&context, ada.id).await, Err(UseCaseError::NotDeleted));
    assert_eq!(look(&s, &question, ever()).await, Some(kept("a user named ada")));
    assert_eq!(erasure.delete(&context, ada.id, Precondition::None).await, Ok(()));
    assert_eq!(look(&s, &question, ever()).await, None);
    let gone = s.deleted(&s.user(bob.id).await.unwrap()).await;
    s.remove(&gone).await.unwrap();
    assert_eq!(erasure.erase(&context, bob.id).await, Ok(()));
    assert_eq!(s.users().await, []);
    for entry in s.entries().await {
        let says_so = entry.action == Action::Modified && entry.original.is_none();
        let bare = entry == closed(&entry);
        assert_eq!(bare, entry.area == Area::User && !says_so, "{entry:?}");
    }
    s.seal_by_node().await;
    s.assert_whole().await;
}
