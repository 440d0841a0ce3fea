//! What waits in the outboxes: which delivery is whose turn.

use std::slice;

use domain::delivery::{Claimed, Delivery, DeliveryId};
use domain::time::{Clock as _, Instant};
use domain::unit_of_work::{Access, StoreError, Transaction, transact};
use jiff::SignedDuration;
use uuid::Uuid;

use super::stores::founded_again;
use super::{Harness, Setting};
use crate::builders::uuid_of;

/// More than any case puts.
const ALL: u32 = 10_000;

/// A delivery of that number, in a line, due from the beginning of the case on.
pub(super) fn a_delivery(s: &Setting, line: &str, number: u128) -> Delivery {
    Delivery {
        id: DeliveryId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)),
        line: uuid_of("line", line),
        due: s.world.clock.now(),
        sealed: format!("{line} {number}").into_bytes(),
    }
}

/// So many seconds after the beginning of the case.
pub(super) fn after(s: &Setting, seconds: i64) -> Instant {
    s.world.clock.now().saturating_add(SignedDuration::from_secs(seconds))
}

pub(super) async fn put(s: &Setting, deliveries: &[Delivery]) {
    let deliveries = deliveries.to_vec();
    s.write(move |here| here.outbox().put(&deliveries)).await.unwrap();
}

/// Does something to the outboxes of all stores.
pub(super) async fn deliver<T: Send + 'static>(
    s: &Setting,
    mut work: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
) -> T {
    transact(&*s.world.unit_of_work, Access::Write, move |tx| work(tx)).await.unwrap()
}

/// What is claimed `seconds` after the beginning, for a minute.
pub(super) async fn claim(s: &Setting, seconds: i64, limit: u32) -> Vec<Claimed> {
    let (now, until) = (after(s, seconds), after(s, seconds + 60));
    deliver(s, move |tx| tx.deliveries().claim(now, until, limit)).await
}

/// The deliveries that are claimed, in order of their ids.
async fn claimed(s: &Setting, seconds: i64) -> Vec<Delivery> {
    let claimed = claim(s, seconds, ALL).await;
    let mut deliveries: Vec<_> = claimed.into_iter().map(|claimed| claimed.delivery).collect();
    deliveries.sort_by_key(|delivery| delivery.id);
    deliveries
}

pub(super) async fn delivered(s: &Setting, claimed: &Claimed) -> bool {
    let claimed = claimed.clone();
    deliver(s, move |tx| tx.deliveries().delivered(&claimed)).await
}

pub(super) async fn postpone(s: &Setting, claimed: &Claimed, due: Instant) -> bool {
    let (claimed, why) = (claimed.clone(), "\u{1F600}".repeat(2_000));
    deliver(s, move |tx| tx.deliveries().postpone(&claimed, due, &why)).await
}

pub(super) async fn bury(s: &Setting, claimed: &Claimed, now: Instant) -> bool {
    let (claimed, why) = (claimed.clone(), "\u{1F600}".repeat(2_000));
    deliver(s, move |tx| tx.deliveries().bury(&claimed, now, &why)).await
}

/// Byte by byte, with its first try and the store whose it is.
pub async fn a_delivery_is_claimed_as_it_was_put(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let contents = [(0..=255).collect(), Vec::new(), vec![7; 100_000]];
    for (number, sealed) in (0..).zip(contents) {
        let due = after(&s, 0).saturating_add(SignedDuration::from_micros(-1));
        let delivery = Delivery { due, sealed, ..a_delivery(&s, "ada", number) };
        put(&s, slice::from_ref(&delivery)).await;
        let expected = Claimed { store: s.store.id, delivery, tries: 1 };
        assert_eq!(claim(&s, 0, ALL).await, slice::from_ref(&expected));
        assert!(delivered(&s, &expected).await);
    }
    assert_eq!(s.write(|here| here.outbox().put(&[])).await, Ok(()));
    assert_eq!(claim(&s, 0, ALL).await, []);
}

/// The first one: what is put under its id later is not looked at, whatever became of it.
pub async fn a_delivery_that_is_put_twice_is_one(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let first = a_delivery(&s, "ada", 1);
    let second = Delivery { id: first.id, ..a_delivery(&s, "bob", 2) };
    put(&s, &[first.clone(), second.clone()]).await;
    put(&s, slice::from_ref(&second)).await;
    let claimed = claim(&s, 0, ALL).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].delivery, first);
    put(&s, slice::from_ref(&second)).await;
    assert_eq!(claim(&s, 0, ALL).await, [], "it is claimed");
    assert!(bury(&s, &claimed[0], after(&s, 0)).await);
    put(&s, slice::from_ref(&second)).await;
    assert_eq!(claim(&s, 100, ALL).await, [], "it is given up");
}

/// From the very moment on.
pub async fn a_delivery_is_claimed_from_when_it_is_due(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let due = after(&s, 10).saturating_add(SignedDuration::from_micros(1));
    let delivery = Delivery { due, ..a_delivery(&s, "ada", 1) };
    put(&s, slice::from_ref(&delivery)).await;
    assert_eq!(claimed(&s, 10).await, []);
    let until = after(&s, 60);
    let claimed = deliver(&s, move |tx| tx.deliveries().claim(due, until, ALL)).await;
    assert_eq!(claimed, [Claimed { store: s.store.id, delivery, tries: 1 }]);
}

/// As many as are asked for, of whatever store; their ids do not matter.
pub async fn the_longest_due_are_claimed_first(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    let delivery = |line: &str, number: u128, due: i64| Delivery {
        due: after(&s, due),
        ..a_delivery(&s, line, number)
    };
    let [late, middle] = [delivery("late", 1, -1), delivery("middle", 3, -2)];
    let [first, early] = [delivery("first", 4, -4), delivery("early", 2, -3)];
    put(&s, &[late.clone(), first.clone()]).await;
    put(&other, &[middle.clone(), early.clone()]).await;
    assert_eq!(claim(&s, 0, 0).await, []);
    let mut due = Vec::new();
    for limit in [1, 2, 5] {
        let claimed = claim(&s, 0, limit).await;
        due.push(claimed.into_iter().map(|claimed| claimed.delivery).collect::<Vec<_>>());
    }
    assert_eq!(due, [vec![first], vec![early, middle], vec![late]]);
}

/// In the order of their ids, whatever is due first, and each when the one before is away.
pub async fn deliveries_of_a_line_are_claimed_one_after_the_other(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let mut line: Vec<_> = (1..=5).map(|number| a_delivery(&s, "ada", number)).collect();
    for (delivery, due) in line.iter_mut().zip([0, -5, -1, -9, -3]) {
        delivery.due = after(&s, due);
    }
    let order = [3, 1, 4, 0, 2].map(|n| line[n].clone());
    put(&s, &order).await;
    put(&s, &[a_delivery(&s, "bob", 9)]).await;
    for expected in line {
        let claimed = claim(&s, 0, ALL).await;
        let of_line = claimed.iter().find(|claimed| claimed.delivery.line == expected.line);
        let of_line = of_line.unwrap();
        assert_eq!(of_line.delivery, expected);
        assert!(claimed.iter().all(|it| it == of_line || it.delivery.line != expected.line));
        assert!(delivered(&s, of_line).await);
    }
    assert_eq!(claim(&s, 0, ALL).await, []);
}

/// As long as somebody has it.
pub async fn a_leased_first_delivery_holds_up_its_line_and_no_other(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let line = [1, 2].map(|number| a_delivery(&s, "ada", number));
    put(&s, &line).await;
    let held = claim(&s, 0, ALL).await;
    assert_eq!(held[0].delivery, line[0]);
    let other = a_delivery(&s, "bob", 3);
    put(&s, slice::from_ref(&other)).await;
    assert_eq!(claimed(&s, 0).await, [other]);
    assert_eq!(claimed(&s, 0).await, []);
    assert!(delivered(&s, &held[0]).await);
    assert_eq!(claimed(&s, 0).await, [line[1].clone()]);
}

/// Until it is due again; it comes back as it is, at its next try.
pub async fn a_postponed_first_delivery_holds_up_its_line_and_no_other(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let line = [1, 2].map(|number| a_delivery(&s, "ada", number));
    put(&s, &line).await;
    for tries in 1..=3 {
        let start = i64::from(tries) * 100;
        let held = claim(&s, start, ALL).await;
        assert_eq!((held.len(), held[0].tries), (1, tries));
        assert_eq!(held[0].delivery.id, line[0].id);
        assert_eq!(held[0].delivery.sealed, line[0].sealed);
        assert!(postpone(&s, &held[0], after(&s, start + 50)).await);
        let other = a_delivery(&s, "bob", 10 + u128::from(tries));
        put(&s, slice::from_ref(&other)).await;
        let others = claim(&s, start + 49, ALL).await;
        assert_eq!((others.len(), &others[0].delivery), (1, &other));
        assert!(delivered(&s, &others[0]).await);
    }
    let due = Delivery { due: after(&s, 350), ..line[0].clone() };
    assert_eq!(claimed(&s, 350).await, [due]);
}

/// It is as if it were away.
pub async fn a_delivery_that_was_given_up_holds_up_nothing(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let line = [1, 2, 3].map(|number| a_delivery(&s, "ada", number));
    put(&s, &line).await;
    for delivery in &line[..2] {
        let held = claim(&s, 0, ALL).await;
        assert_eq!(held[0].delivery, *delivery);
        assert!(bury(&s, &held[0], after(&s, 0)).await);
    }
    assert_eq!(claimed(&s, 0).await, line[2..]);
    assert_eq!(claimed(&s, 30).await, []);
}

/// Also where two have one id: each is delivered, and neither waits for the other.
pub async fn each_store_has_lines_and_deliveries_of_its_own(harness: &dyn Harness) {
    let here = Setting::of(harness).await;
    let there = Setting::on(here.world.clone(), "elsewhere").await;
    let first = a_delivery(&here, "ada", 1);
    let same_id = Delivery { sealed: b"another".to_vec(), ..first.clone() };
    put(&here, &[first.clone(), a_delivery(&here, "ada", 2)]).await;
    put(&there, slice::from_ref(&same_id)).await;
    let mut both = claim(&here, 0, ALL).await;
    both.sort_by_key(|claimed| claimed.store != here.store.id);
    let expected = [(&here, first), (&there, same_id)];
    let expected = expected.map(|(s, delivery)| Claimed { store: s.store.id, delivery, tries: 1 });
    assert_eq!(both, expected);
    assert!(delivered(&here, &both[1]).await);
    assert!(!delivered(&here, &both[1]).await, "the one of the other store is another");
    assert!(delivered(&here, &both[0]).await);
}

/// Neither put nor claimed nor delivered.
pub async fn deliveries_of_a_unit_that_is_rolled_back_are_as_before(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let delivery = a_delivery(&s, "ada", 1);
    put(&s, slice::from_ref(&delivery)).await;
    let (store, now, until) = (s.store.id, after(&s, 0), after(&s, 60));
    let other = a_delivery(&s, "bob", 2);
    let failing: Result<(), _> = transact(&*s.unit_of_work(), Access::Write, move |tx| {
        tx.store(store).outbox().put(slice::from_ref(&other))?;
        let claimed = tx.deliveries().claim(now, until, ALL)?;
        assert_eq!(claimed.len(), 2, "a unit sees what it has put");
        assert!(tx.deliveries().delivered(&claimed[0])?);
        Err(StoreError::Stale)
    })
    .await;
    assert_eq!(failing, Err(StoreError::Stale));
    let expected = Claimed { store, delivery, tries: 1 };
    assert_eq!(claim(&s, 0, ALL).await, [expected]);
}

/// They are in nobody's way, and the store that has the id next has none.
pub async fn deliveries_go_with_their_store(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    put(&s, &[a_delivery(&s, "ada", 1), a_delivery(&s, "bob", 2)]).await;
    let held = claim(&s, 0, 1).await;
    let again = founded_again(&s).await;
    assert_eq!(claim(&again, 100, ALL).await, []);
    assert!(!delivered(&again, &held[0]).await);
}

/// More than a statement takes, put and claimed at once.
pub async fn a_large_set_of_deliveries_is_put_whole(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let all: Vec<_> =
        (0..3_000).map(|number| a_delivery(&s, &format!("line {}", number / 2), number)).collect();
    put(&s, &all).await;
    for second in 0..2 {
        let held = claim(&s, 0, ALL).await;
        let mut ids: Vec<_> = held.iter().map(|claimed| claimed.delivery.id).collect();
        ids.sort_unstable();
        let expected: Vec<_> = all.iter().skip(second).step_by(2).map(|it| it.id).collect();
        assert!(ids == expected, "{} of {} in round {second}", ids.len(), expected.len());
        deliver(&s, move |tx| {
            held.iter().try_for_each(|it| tx.deliveries().delivered(it).map(|done| assert!(done)))
        })
        .await;
    }
    assert_eq!(claim(&s, 0, ALL).await, []);
}
