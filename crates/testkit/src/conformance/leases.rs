//! Workers that claim what is to be delivered, and what becomes of their claims.

use std::collections::BTreeMap;
use std::slice;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::delivery::{Claimed, DeliveryId};
use domain::unit_of_work::Verdict;
use jiff::SignedDuration;
use uuid::Uuid;

use super::outbox::{a_delivery, after, bury, claim, deliver, delivered, postpone, put};
use super::waiting::beside;
use super::{Harness, Setting};

/// More than any case puts.
const ALL: u32 = 10_000;

/// A delivery that is claimed at the beginning of the case, for a minute.
async fn held(s: &Setting) -> Claimed {
    put(s, &[a_delivery(s, "ada", 1)]).await;
    let mut claimed = claim(s, 0, ALL).await;
    assert_eq!(claimed.len(), 1);
    claimed.pop().unwrap()
}

/// From that very moment on, with one try more.
pub async fn what_is_leased_is_claimable_again_when_the_lease_ends(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let first = held(&s).await;
    assert_eq!(first.tries, 1);
    for tries in 2..5 {
        let end = after(&s, i64::from(tries - 1) * 60);
        let (before, until) = (end.saturating_add(SignedDuration::from_micros(-1)), after(&s, 999));
        let early = deliver(&s, move |tx| tx.deliveries().claim(before, until, ALL)).await;
        assert_eq!(early, [], "before the lease has ended");
        let again = claim(&s, i64::from(tries - 1) * 60, ALL).await;
        assert_eq!(again, [Claimed { tries, ..first.clone() }]);
    }
}

/// Whoever was too slow is told that somebody else has it, and changes nothing.
pub async fn who_had_a_claim_before_has_it_no_more(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let former = held(&s).await;
    let latter = claim(&s, 60, ALL).await.pop().unwrap();
    assert!(!delivered(&s, &former).await);
    assert!(!postpone(&s, &former, after(&s, 60)).await);
    assert!(!bury(&s, &former, after(&s, 60)).await);
    assert_eq!(claim(&s, 61, ALL).await, [], "the latter has it still");
    let third = claim(&s, 120, ALL).await;
    assert_eq!(third, [Claimed { tries: 3, ..latter.clone() }]);
    assert!(!delivered(&s, &latter).await);
    assert!(delivered(&s, &third[0]).await);
}

/// A worker that was slow has delivered it all the same.
pub async fn a_lease_that_ended_and_is_nobody_elses_still_counts(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let first = held(&s).await;
    s.world.clock.advance(SignedDuration::from_hours(1));
    assert!(delivered(&s, &first).await);
    assert_eq!(claim(&s, 0, ALL).await, []);
}

/// What was delivered, put back or given up is no longer claimed as it was.
pub async fn a_claim_is_settled_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let settled_again = async |claimed: &Claimed, way: &str| {
        assert!(!delivered(&s, claimed).await, "delivered after {way}");
        assert!(!postpone(&s, claimed, after(&s, 0)).await, "put back after {way}");
        assert!(!bury(&s, claimed, after(&s, 0)).await, "given up after {way}");
    };
    let first = held(&s).await;
    assert!(delivered(&s, &first).await);
    settled_again(&first, "it was delivered").await;

    let second = held(&s).await;
    assert!(postpone(&s, &second, after(&s, 10)).await);
    settled_again(&second, "it was put back").await;
    assert_eq!(claim(&s, 9, ALL).await, [], "it was put back to another time");
    let third = claim(&s, 10, ALL).await.pop().unwrap();
    assert_eq!(third.tries, 2);
    assert!(bury(&s, &third, after(&s, 10)).await);
    settled_again(&third, "it was given up").await;
    assert_eq!(claim(&s, 999, ALL).await, []);
}

/// Those given up before, as many as are wanted; what lives stays, whatever its age.
pub async fn dead_letters_are_forgotten_by_their_age(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    let buried = |n: i64| (if n % 2 == 0 { &s } else { &other }, u128::from(n.unsigned_abs()));
    for n in 0..4 {
        let (of, number) = buried(n);
        put(of, &[a_delivery(of, &format!("dead {n}"), number)]).await;
        let claimed = claim(of, 0, ALL).await.pop().unwrap();
        assert!(bury(of, &claimed, after(&s, n)).await);
    }
    let living = a_delivery(&s, "living", 99);
    put(&s, slice::from_ref(&living)).await;

    // What is forgotten can be put again, under its own id: that shows it.
    let forgotten = async |from: i64| {
        for n in 0..4 {
            let (of, number) = buried(n);
            put(of, &[a_delivery(of, &format!("dead {n}"), number)]).await;
        }
        let claimed = claim(&s, from, ALL).await;
        let mut ids: Vec<_> = claimed.iter().map(|claimed| claimed.delivery.id).collect();
        ids.sort_unstable();
        ids
    };
    let forget = async |oldest: i64, limit: u32| {
        let oldest = after(&s, oldest);
        deliver(&s, move |tx| tx.deliveries().forget_dead(oldest, limit)).await;
    };
    let ids = |numbers: &[u128]| -> Vec<DeliveryId> {
        numbers.iter().map(|number| a_delivery(&s, "any", *number).id).collect()
    };
    forget(0, ALL).await;
    assert_eq!(forgotten(0).await, ids(&[99]));
    forget(2, 0).await;
    assert_eq!(forgotten(100).await, ids(&[99]));
    forget(2, ALL).await;
    assert_eq!(forgotten(200).await, ids(&[0, 1, 99]));
    forget(9, 1).await;
    assert_eq!(forgotten(300).await.len(), 4, "one more");
    forget(9, 1).await;
    assert_eq!(forgotten(400).await, ids(&[0, 1, 2, 3, 99]));
}

/// The second may wait or not; it gets what the first does not have, and not what comes behind it.
pub async fn of_two_workers_that_claim_at_once_none_gets_what_the_other_has(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let [first, behind] = [1, 2].map(|number| a_delivery(&s, "ada", number));
    let last = a_delivery(&s, "bob", 3);
    for nodes in [[&s, &other], [&other, &s], [&s, &s]] {
        put(&s, &[first.clone(), behind.clone(), last.clone()]).await;
        let (now, until) = (after(&s, 0), after(&s, 60));
        let outcome = beside(
            nodes,
            move |tx| {
                assert_eq!(tx.deliveries().claim(now, until, 1)?.len(), 1);
                Ok(())
            },
            |_| Ok(Verdict::Commit),
            move |tx| tx.deliveries().claim(now, until, ALL),
        )
        .await;
        assert_eq!(outcome.seen.len(), 1, "{:?}", outcome.seen);
        assert!([first.id, last.id].contains(&outcome.seen[0].delivery.id));
        // At the end of all leases whatever is the first of a line is claimed again.
        for _ in 0..2 {
            for claimed in claim(&s, 60, ALL).await {
                assert!(delivered(&s, &claimed).await);
            }
        }
        assert_eq!(claim(&s, 999, ALL).await, []);
    }
}

/// Takes what is to be delivered, a few at a time, and writes down what it delivered, until `count`
/// are away.
async fn work(s: Setting, log: Arc<Mutex<Vec<Claimed>>>, count: usize) {
    while log.lock().unwrap().len() < count {
        for claimed in claim(&s, 0, 3).await {
            log.lock().unwrap().push(claimed.clone());
            assert!(delivered(&s, &claimed).await);
        }
        tokio::task::yield_now().await;
    }
}

/// On two nodes: every delivery once, and those of each line in order.
pub async fn of_8_workers_each_delivery_has_one_and_lines_stay_in_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nodes = [s.by_second_node(harness).await, s.clone()];
    let all: Vec<_> =
        (0..60).map(|number| a_delivery(&s, &format!("line {}", number % 7), number)).collect();
    put(&s, &all).await;
    let log = Arc::new(Mutex::new(Vec::new()));
    let working: Vec<_> = (0..8)
        .map(|n| tokio::spawn(work(nodes[n % 2].clone(), Arc::clone(&log), all.len())))
        .collect();
    let working = async {
        for worker in working {
            worker.await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), working).await.unwrap();

    let mut lines: BTreeMap<Uuid, Vec<DeliveryId>> = BTreeMap::new();
    for claimed in log.lock().unwrap().iter() {
        assert_eq!(claimed.tries, 1);
        lines.entry(claimed.delivery.line).or_default().push(claimed.delivery.id);
    }
    assert_eq!(lines.values().map(Vec::len).sum::<usize>(), all.len());
    for line in lines.values() {
        assert!(line.is_sorted_by(|left, right| left < right), "{line:?}");
    }
}
