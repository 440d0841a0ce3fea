//! The counted attempts on accounts, and what users show of them.

use std::sync::Arc;

use domain::attempt::Attempts;
use domain::filter::{Comparison, Filter, Operand};
use domain::id::UserId;
use domain::time::Instant;
use domain::unit_of_work::{InStore, StoreError, Verdict};
use domain::user::{Holdings, User, UserOrder, UserProperty, UserQuery};

use super::waiting::beside;
use super::{Harness, Setting};
use crate::builders::a_user;

/// The highest number that every adapter keeps.
const MOST: u32 = i32::MAX.unsigned_abs();

fn at(text: &str) -> Option<Instant> {
    text.parse().ok()
}

/// Attempts of which each number is another one.
pub(super) fn some_attempts() -> Attempts {
    Attempts {
        failures: 7,
        window: 3,
        locked_until: at("2026-06-30T12:34:56.789012Z"),
        in_flight: 2,
        reserved_at: at("2026-06-30T12:34:55.000001Z"),
        epoch: 5,
    }
}

fn failures(failures: u32) -> Attempts {
    Attempts { failures, ..Attempts::default() }
}

/// Nothing before the first; then what was saved last, at the edges too.
pub async fn attempts_come_back_as_they_were_saved(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    assert_eq!(s.attempts(ada.id).await, Attempts::default());
    let highest = Attempts {
        failures: MOST,
        window: MOST,
        locked_until: at("9999-12-31T23:59:59.999999Z"),
        in_flight: MOST,
        reserved_at: at("0001-01-01T00:00:00Z"),
        epoch: MOST,
    };
    let all = [
        some_attempts(),
        highest,
        Attempts { locked_until: None, ..some_attempts() },
        Attempts { reserved_at: None, ..some_attempts() },
        Attempts::default(),
    ];
    for attempts in all {
        s.has_attempts(ada.id, attempts).await;
        assert_eq!(s.attempts(ada.id).await, attempts);
    }
}

/// Whoever is not in this store has no attempts here.
pub async fn attempts_on_nobody_dangle(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let elsewhere = Setting::on(s.world.clone(), "elsewhere").await;
    let bob = elsewhere.has_user(a_user("bob").build()).await;
    for id in [bob.id, a_user("nobody").build().id] {
        let locking = s.write(move |here| here.attempts().lock(id));
        assert_eq!(locking.await, Err(StoreError::DanglingReference));
    }
}

/// Many at once; what is in flight belongs to an epoch that is over. Nobody else's are touched, and
/// whoever has none, or is not there, is passed by.
pub async fn cleared_attempts_no_longer_count(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let users = (0..1_200).map(|n| a_user(&format!("user {n}")).build()).collect();
    let users = s.has_users(users).await;
    let tried = [users[0].id, users[600].id, users[1_199].id];
    for id in tried {
        s.has_attempts(id, some_attempts()).await;
    }
    let other = s.has_user(a_user("other").build()).await;
    s.has_attempts(other.id, some_attempts()).await;
    let nobody = a_user("nobody").build().id;
    let ids: Vec<_> = users.iter().map(|user| user.id).chain([nobody]).collect();
    s.write(move |here| here.attempts().clear(&ids)).await.unwrap();
    let mut cleared = some_attempts();
    cleared.clear();
    for id in tried {
        assert_eq!(s.attempts(id).await, cleared);
        assert_eq!(s.user(id).await.map(|user| user.failed_sign_ins), Some(0));
    }
    assert_eq!(s.attempts(users[1].id).await, Attempts::default());
    assert_eq!(s.attempts(other.id).await, some_attempts());
    assert_eq!(s.write(|here| here.attempts().clear(&[])).await, Ok(()));
}

/// Neither what was saved nor what was cleared.
pub async fn attempts_of_a_unit_that_is_rolled_back_are_as_before(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = ["ada", "bob"].map(|name| a_user(name).build());
    let (ada, bob) = (s.has_user(ada).await.id, s.has_user(bob).await.id);
    s.has_attempts(ada, some_attempts()).await;
    let failing: Result<(), _> = s
        .write(move |here| {
            here.attempts().clear(&[ada])?;
            here.attempts().lock(bob)?;
            here.attempts().save(bob, &some_attempts())?;
            Err(StoreError::Stale)
        })
        .await;
    assert_eq!(failing, Err(StoreError::Stale));
    assert_eq!(s.attempts(ada).await, some_attempts());
    assert_eq!(s.attempts(bob).await, Attempts::default());
}

/// Counts one failure more.
fn count(here: &mut dyn InStore, user: UserId) -> Result<u32, StoreError> {
    let before = here.attempts().lock(user)?;
    let after = Attempts { failures: before.failures + 1, ..before };
    here.attempts().save(user, &after)?;
    Ok(after.failures)
}

/// Two who come first wait for each other too: there is nothing yet that they could lock.
pub async fn of_two_first_attempts_the_second_waits_and_both_count(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let nodes = [(&s, &other, Verdict::Commit, 2), (&s, &s, Verdict::Commit, 2)];
    let undone = [(&other, &s, Verdict::Rollback, 1), (&s, &s, Verdict::Rollback, 1)];
    for (n, (one, two, verdict, counted)) in nodes.into_iter().chain(undone).enumerate() {
        let id = s.has_user(a_user(&format!("user {n}")).build()).await.id;
        let store = s.store.id;
        let outcome = beside(
            [one, two],
            move |tx| tx.store(store).attempts().lock(id).map(drop),
            move |tx| count(&mut *tx.store(store), id).map(|_| verdict),
            move |tx| count(&mut *tx.store(store), id),
        )
        .await;
        assert!(!outcome.passed, "two units counted at once");
        assert_eq!(outcome.seen, counted, "in round {n}");
        assert_eq!(s.attempts(id).await, failures(counted), "in round {n}");
    }
}

/// From two nodes, on an account that nobody has tried before.
pub async fn of_32_attempts_at_once_each_is_counted(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nodes = [s.by_second_node(harness).await, s.clone()];
    let id = s.has_user(a_user("ada").build()).await.id;
    let counting: Vec<_> = (0..32)
        .zip(nodes.iter().cycle())
        .map(|(_, node)| {
            let node = node.clone();
            tokio::spawn(async move { node.write(move |here| count(here, id)).await.unwrap() })
        })
        .collect();
    let mut seen = Vec::new();
    for counted in counting {
        seen.push(counted.await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=32).collect::<Vec<_>>());
    assert_eq!(s.attempts(id).await, failures(32));
}

/// They are in nobody's way, and whoever has the id next has none.
pub async fn attempts_go_with_their_user(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    s.has_attempts(ada.id, some_attempts()).await;
    let gone = s.deleted(&ada).await;
    assert_eq!(s.remove(&gone).await, Ok(()));
    let again = s.has_user(a_user("ada").build()).await;
    assert_eq!(again.last_attempt, None);
    assert_eq!(s.user(again.id).await, Some(again.clone()));
    assert_eq!(s.attempts(again.id).await, Attempts::default());
}

/// Also where two users have one id.
pub async fn each_store_has_attempts_of_its_own(harness: &dyn Harness) {
    let here = Setting::of(harness).await;
    let there = Setting::on(here.world.clone(), "elsewhere").await;
    let ada = here.has_user(a_user("ada").build()).await.id;
    there.has_user(a_user("ada").build()).await;
    here.has_attempts(ada, some_attempts()).await;
    assert_eq!(there.attempts(ada).await, Attempts::default());
    assert_eq!(there.user(ada).await.map(|user| user.failed_sign_ins), Some(0));
    there.has_attempts(ada, failures(1)).await;
    there.write(move |there| there.attempts().clear(&[ada])).await.unwrap();
    assert_eq!(here.attempts(ada).await, some_attempts());
    assert_eq!(here.user(ada).await.map(|user| user.failed_sign_ins), Some(7));
}

/// Every way to read a user: nothing where nobody has tried, and the version stays.
pub async fn users_show_their_failures_and_their_last_attempt(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = a_user("ada").email("ada@example.com").signing_in_by_email().external_id("x");
    let ada = s.has_user(ada.build()).await;
    let bob = s.has_user(a_user("bob").build()).await;
    s.has_attempts(ada.id, some_attempts()).await;
    let last_attempt = some_attempts().reserved_at;
    let ada = User { failed_sign_ins: 7, last_attempt, ..ada };
    let mut both = [ada.clone(), bob.clone()];
    both.sort_by_key(|user| user.id);

    assert_eq!(s.user(ada.id).await.as_ref(), Some(&ada));
    assert_eq!(s.user(bob.id).await.as_ref(), Some(&bob));
    let (name, ids) = (ada.login_name.folded(), [ada.id, bob.id]);
    let named = s.read(move |here| here.users().find_by_login_name(&name)).await;
    assert_eq!(named.as_ref(), Some(&ada));
    let locked = s.write(move |here| here.users().find_all_for_update(&ids)).await;
    assert_eq!(locked.as_deref(), Ok(&both[..]));
    let wanted = Holdings {
        login_names: vec![bob.login_name.folded()],
        external_ids: ada.external_id.iter().cloned().collect(),
        addresses: ada.email.iter().cloned().collect(),
    };
    assert_eq!(s.read(move |here| here.users().holders(&wanted)).await, both);
    for order in [UserOrder::Id, UserOrder::LoginName, UserOrder::EmailAddress] {
        let query = UserQuery::first(order, 10);
        let mut listed = s.read(move |here| here.users().list(&query)).await;
        listed.sort_by_key(|user| user.id);
        assert_eq!(listed, both, "{order:?}");
    }
}

/// Those of the account count, whatever a write carries, and a new user has none.
pub async fn writes_of_users_leave_what_they_show_of_attempts(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let last_attempt = at("2026-01-01T00:00:00Z");
    let carrying = |user: User| User { failed_sign_ins: 9, last_attempt, ..user };
    let ada = s.added(carrying(a_user("ada").build())).await;
    s.insert(&ada).await.unwrap();
    let others = [carrying(a_user("bob").build()), carrying(a_user("eve").build())];
    let others = s.all_added(others.to_vec()).await;
    assert_eq!(s.insert_new(&others).await, [Ok(()), Ok(())]);
    let shown = |user: &User| (user.failed_sign_ins, user.last_attempt);
    assert!(s.users().await.iter().all(|user| shown(user) == (0, None)));

    let ada = ada.into_record();
    for (expected, tried) in [(0, None), (3, at("2026-06-30T12:34:56Z")), (2, None)] {
        let attempts = Attempts { reserved_at: tried, ..failures(expected) };
        s.has_attempts(ada.id, attempts).await;
        let before = s.user(ada.id).await.unwrap();
        let after = carrying(User { active: !before.active, ..before.clone() });
        let change = s.modified(&before, after).await;
        s.update(&change).await.unwrap();
        let shown = User { failed_sign_ins: expected, last_attempt: tried, ..change.into_record() };
        assert_eq!(s.user(ada.id).await, Some(shown));
        assert_eq!(s.attempts(ada.id).await, attempts);
    }
}

/// Whoever forgives the failures does not undo the attempt.
pub async fn the_last_attempt_outlasts_the_failures(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await.id;
    for moment in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"] {
        s.has_attempts(ada, Attempts { reserved_at: at(moment), ..some_attempts() }).await;
        s.write(move |here| here.attempts().clear(&[ada])).await.unwrap();
        let user = s.user(ada).await.unwrap();
        assert_eq!((user.failed_sign_ins, user.last_attempt), (0, at(moment)));
    }
}

/// Who was never tried has 0 of them.
pub async fn users_are_filtered_by_their_failures(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let users = ["ada", "bob", "eve", "kim"].map(|name| a_user(name).build());
    let users = s.has_users(users.to_vec()).await;
    for (user, counted) in users.iter().zip([0, 2, 5]) {
        s.has_attempts(user.id, failures(counted)).await;
    }
    let cases = [
        (Comparison::Eq, 0, vec!["ada", "kim"]),
        (Comparison::Eq, 2, vec!["bob"]),
        (Comparison::Greater, 2, vec!["eve"]),
        (Comparison::GreaterOrEqual, 2, vec!["bob", "eve"]),
        (Comparison::Less, 5, vec!["ada", "bob", "kim"]),
        (Comparison::Ne, 0, vec!["bob", "eve"]),
    ];
    for (comparison, number, expected) in cases {
        let (property, operand) = (UserProperty::FailedSignIns, Operand::Number(number));
        let filter = Some(Arc::new(Filter::Compare { property, comparison, operand }));
        let query = UserQuery { filter, ..UserQuery::first(UserOrder::LoginName, 10) };
        let found = s.read(move |here| here.users().list(&query)).await;
        let found: Vec<_> = found.iter().map(|user| user.login_name.as_str()).collect();
        assert_eq!(found, expected, "{comparison:?} {number}");
    }
    let filter = Some(Arc::new(Filter::Present(UserProperty::FailedSignIns)));
    let query = UserQuery { filter, ..UserQuery::first(UserOrder::LoginName, 10) };
    assert_eq!(s.read(move |here| here.users().list(&query)).await.len(), 4);
}
