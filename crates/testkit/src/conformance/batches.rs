//! Sets of users: a duplicate is data, not a failed call.

use std::collections::BTreeMap;

use domain::audit::Recorded;
use domain::id::UserId;
use domain::unit_of_work::{Taken, Unique};
use domain::user::User;

use super::{Harness, Setting};
use crate::builders::{a_user, uuid_of};

fn taken(what: Unique) -> Result<(), Taken> {
    Err(Taken { what })
}

fn an_id(name: &str) -> UserId {
    UserId::new(uuid_of("another user", name))
}

/// Asserts of every user of a set that it is stored with its entry, or neither is.
async fn assert_survivors(s: &Setting, set: &[Recorded<User>], outcomes: &[Result<(), Taken>]) {
    assert_eq!(set.len(), outcomes.len());
    let (users, entries) = (s.users().await, s.entries().await);
    let users: BTreeMap<_, _> = users.iter().map(|user| (user.id, user)).collect();
    let entries: BTreeMap<_, _> = entries.iter().map(|entry| (entry.id, entry)).collect();
    for (user, outcome) in set.iter().zip(outcomes) {
        let name = &user.record().login_name;
        let stored = users.get(&user.record().id) == Some(&user.record());
        assert_eq!(stored, outcome.is_ok(), "{name}");
        let logged = entries.get(&user.entry().id) == Some(&user.entry());
        assert_eq!(logged, outcome.is_ok(), "the entry of {name}");
    }
}

/// A set without duplicates.
pub async fn all_new_users_are_inserted_with_their_entries(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let set = vec![
        a_user("ada").external_id("x").email("ada@example.com").build(),
        a_user("bob").build(),
        a_user("eve").inactive().locked().build(),
    ];
    let set = s.all_added(set).await;
    let outcomes = s.insert_new(&set).await;
    assert_eq!(outcomes, [Ok(()), Ok(()), Ok(())]);
    assert_survivors(&s, &set, &outcomes).await;
}

/// By id, by login name and by external id; the free ones are inserted.
pub async fn of_each_taken_user_it_is_said_what_is_taken(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").external_id("x").build()).await;
    let set = vec![
        a_user("free 1").build(),
        a_user("same id").id(ada.id).build(),
        a_user("ADA").build(),
        a_user("same external id").external_id("x").build(),
        a_user("free 2").external_id("X").build(),
    ];
    let set = s.all_added(set).await;
    let outcomes = s.insert_new(&set).await;
    assert_eq!(
        outcomes,
        [
            Ok(()),
            taken(Unique::UserId),
            taken(Unique::LoginName),
            taken(Unique::ExternalId),
            Ok(())
        ]
    );
    assert_survivors(&s, &set, &outcomes).await;
    assert_eq!(s.user(ada.id).await, Some(ada));
}

/// Id before login name before external id.
pub async fn of_several_things_taken_the_first_is_said(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").external_id("x").build()).await;
    let bob = s.has_user(a_user("bob").external_id("y").build()).await;
    let set = vec![
        a_user("ADA").id(ada.id).external_id("x").build(),
        a_user("BOB").id(ada.id).external_id("y").build(),
        a_user("Ada").id(an_id("1")).external_id("y").build(),
    ];
    let set = s.all_added(set).await;
    let outcomes = s.insert_new(&set).await;
    let expected = [Unique::UserId, Unique::UserId, Unique::LoginName].map(taken);
    assert_eq!(outcomes, expected);
    let mut both = vec![ada, bob];
    both.sort_by_key(|user| user.id);
    assert_eq!(s.users().await, both);
}

/// The set is not free of itself: the first of two has what the second asks for.
pub async fn of_two_alike_in_one_set_the_first_is_inserted(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let set = vec![
        a_user("ada").build(),
        a_user("ADA").id(an_id("1")).build(),
        a_user("bob").external_id("x").build(),
        a_user("eve").external_id("x").build(),
        a_user("kim").id(an_id("2")).build(),
        a_user("lea").id(an_id("2")).build(),
    ];
    let set = s.all_added(set).await;
    let outcomes = s.insert_new(&set).await;
    assert_eq!(
        outcomes,
        [
            Ok(()),
            taken(Unique::LoginName),
            Ok(()),
            taken(Unique::ExternalId),
            Ok(()),
            taken(Unique::UserId)
        ]
    );
    assert_survivors(&s, &set, &outcomes).await;
}

/// Nothing to do is done.
pub async fn an_empty_set_inserts_nothing(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let entries = s.entries().await;
    assert_eq!(s.insert_new(&[]).await, []);
    assert_eq!(s.entries().await, entries);
}

/// More values than a statement takes in any database, with a taken name in every hundred.
pub async fn a_set_larger_than_a_statement_is_inserted_but_for_those_taken(harness: &dyn Harness) {
    const SIZE: usize = 3500;
    let s = Setting::of(harness).await;
    let held = (99..SIZE).step_by(100).map(|n| a_user(&format!("USER {n}")).build()).collect();
    let held = s.all_added(held).await;
    s.insert_new(&held).await;
    let set = (0..SIZE).map(|n| a_user(&format!("user {n}")).build()).collect();
    let set = s.all_added(set).await;
    let outcomes = s.insert_new(&set).await;
    for (n, outcome) in outcomes.iter().enumerate() {
        let expected = if n % 100 == 99 { taken(Unique::LoginName) } else { Ok(()) };
        assert_eq!(*outcome, expected, "user {n}");
    }
    assert_survivors(&s, &set, &outcomes).await;
    assert_eq!(s.users().await.len(), SIZE);
}
