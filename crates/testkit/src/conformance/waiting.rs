//! Units that wait for one another, on one node and on two: what a lock of a port promises.

use std::slice;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use domain::access::{Assignment, AssignmentFilter, Grant, Holder};
use domain::audit::Recorded;
use domain::group::Nesting;
use domain::id::StoreId;
use domain::idempotency::Kept;
use domain::store::{Overrides, Store, StoreRef};
use domain::time::{Clock as _, Instant};
use domain::unit_of_work::{Access, StoreError, Transaction, Verdict, transact};

use super::answers::{Question, answer, kept};
use super::{Harness, Setting};
use crate::builders::{a_client, a_group, a_user};

/// Something that one thread does and another waits for, but not longer than it takes to be sure
/// that the adapter keeps it from being done.
#[derive(Default)]
struct Sign {
    given: Mutex<bool>,
    changed: Condvar,
}

impl Sign {
    const LONGEST: Duration = Duration::from_millis(300);

    fn give(&self) {
        *self.given.lock().unwrap() = true;
        self.changed.notify_all();
    }

    /// Whether it is given by now, or soon.
    fn is_given(&self) -> bool {
        let given = self.given.lock().unwrap();
        *self.changed.wait_timeout_while(given, Self::LONGEST, |given| !*given).unwrap().0
    }
}

/// What became of two units of which the second began while the first had its locks.
pub(super) struct Beside<T> {
    /// Whether the second got its locks while the first still had its own.
    pub(super) passed: bool,
    /// What the second saw when it had its locks.
    pub(super) seen: T,
}

/// Runs `first`, which takes its locks, then beside it `second`, which takes its own and looks;
/// while the second is at it, the first waits, then does `last` and ends.
pub(super) async fn beside<T: Send + 'static>(
    nodes: [&Setting; 2],
    mut first: impl FnMut(&mut dyn Transaction) -> Result<(), StoreError> + Send + 'static,
    mut last: impl FnMut(&mut dyn Transaction) -> Result<Verdict, StoreError> + Send + 'static,
    mut second: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
) -> Beside<T> {
    let (locked, has_locked) = tokio::sync::oneshot::channel();
    let (passing, locked) = (Arc::new(Sign::default()), Mutex::new(Some(locked)));
    let passed = Arc::new(Mutex::new(false));
    let [holder, waiter] = nodes.map(Setting::unit_of_work);

    let (sign, outcome) = (Arc::clone(&passing), Arc::clone(&passed));
    let holding = tokio::spawn(async move {
        let mut work = move |tx: &mut dyn Transaction| -> Result<Verdict, StoreError> {
            first(tx)?;
            if let Some(locked) = locked.lock().unwrap().take() {
                locked.send(()).unwrap();
                *outcome.lock().unwrap() = sign.is_given();
            }
            last(tx)
        };
        // A failed call that the closure does not tell fails the unit all the same.
        holder.run(Access::Write, Box::new(move |tx| work(tx).unwrap_or(Verdict::Commit))).await
    });
    has_locked.await.unwrap();
    let seen = transact(&*waiter, Access::Write, move |tx| {
        let seen = second(tx)?;
        passing.give();
        Ok::<_, StoreError>(seen)
    });
    let seen = seen.await.unwrap();
    assert_eq!(holding.await.unwrap(), Ok(()));
    let passed = *passed.lock().unwrap();
    Beside { passed, seen }
}

/// A store, renamed by nobody: only what is set for it changes.
async fn read_only(s: &Setting) -> Recorded<Store> {
    let set = Overrides { read_only: Some(true), ..s.store.set };
    s.modified(&s.store, Store { set, ..s.store.clone() }).await
}

/// A change holds its store; whoever changes the store waits for it, and what is changed in the
/// store waits for that and sees it.
pub async fn changes_in_a_store_and_of_the_store_wait_for_each_other(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let (id, by_name) = (StoreRef::Id(s.store.id), StoreRef::Name(s.store.name.clone()));
    let nodes = [(&s, &other), (&other, &s), (&s, &s)];
    for ((one, two), store) in nodes.into_iter().zip([id.clone(), by_name, id.clone()]) {
        let (held, updated) = (store.clone(), store.clone());
        let outcome = beside(
            [one, two],
            move |tx| tx.stores().hold(&held).map(drop),
            |_| Ok(Verdict::Commit),
            move |tx| tx.stores().find_for_update(&updated),
        )
        .await;
        assert!(!outcome.passed, "the store was locked under a change that holds it");
        assert_eq!(outcome.seen, Some(s.store.clone()));
    }
    let change = read_only(&s).await;
    let (stored, locked, held) = (change.clone(), id.clone(), id);
    let outcome = beside(
        [&s, &other],
        move |tx| tx.stores().find_for_update(&locked).map(drop),
        move |tx| tx.stores().update(&stored).map(|()| Verdict::Commit),
        move |tx| tx.stores().hold(&held),
    )
    .await;
    assert!(!outcome.passed, "a change began in a store that is being changed");
    assert_eq!(outcome.seen.as_ref(), Some(change.record()));
}

/// The second sees what the first made of it.
pub async fn changes_of_one_store_wait_for_one_another(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let change = read_only(&s).await;
    let (stored, by_id) = (change.clone(), StoreRef::Id(s.store.id));
    let by_name = StoreRef::Name(s.store.name.clone());
    let outcome = beside(
        [&other, &s],
        move |tx| tx.stores().find_for_update(&by_name).map(drop),
        move |tx| tx.stores().update(&stored).map(|()| Verdict::Commit),
        move |tx| tx.stores().find_for_update(&by_id),
    )
    .await;
    assert!(!outcome.passed);
    assert_eq!(outcome.seen.as_ref(), Some(change.record()));
}

/// The second sees the nesting that the first added.
pub async fn those_who_change_the_graph_wait_for_one_another(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let [all, staff] = s.has_groups(["all", "staff"]).await;
    let adds = s.added(Nesting { parent: all.id, child: staff.id }).await;
    let (store, expected) = (s.store.id, *adds.record());
    let held = StoreRef::Id(store);
    let hold_and_lock = move |tx: &mut dyn Transaction| {
        tx.stores().hold(&held)?;
        tx.store(store).nestings().lock_graph()
    };
    let (first, second) = (hold_and_lock.clone(), hold_and_lock);
    let outcome = beside(
        [&s, &other],
        move |tx| first(tx),
        move |tx| {
            tx.store(store).nestings().apply(slice::from_ref(&adds)).map(|()| Verdict::Commit)
        },
        move |tx| {
            second(tx)?;
            tx.store(store).nestings().below(&[all.id])
        },
    )
    .await;
    assert!(!outcome.passed, "two units changed the graph at once");
    assert_eq!(outcome.seen, [expected]);
}

/// Locks the graph, looks whether the nesting would close a circle, and adds it if not.
fn add_unless_circle(
    tx: &mut dyn Transaction,
    store: StoreId,
    adds: &Recorded<Nesting>,
) -> Result<bool, StoreError> {
    tx.stores().hold(&StoreRef::Id(store))?;
    let Nesting { parent, child } = *adds.record();
    tx.store(store).nestings().lock_graph()?;
    let below = tx.store(store).nestings().below(&[child])?;
    if below.iter().any(|nesting| nesting.child == parent) {
        return Ok(false);
    }
    tx.store(store).nestings().apply(slice::from_ref(adds))?;
    Ok(true)
}

/// Every one of them puts its group into the next: all but one are let in.
pub async fn of_writers_that_build_a_ring_one_is_refused(harness: &dyn Harness) {
    const SIZE: usize = 8;
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let groups = (0..SIZE).map(|n| a_group(&format!("group {n}")).build()).collect();
    let groups = s.has_all_groups(groups).await;
    for round in 0..3 {
        let ring = groups.iter().zip(groups.iter().cycle().skip(1));
        let ring = ring.map(|(parent, child)| Nesting { parent: parent.id, child: child.id });
        let mut building = Vec::new();
        for (n, adds) in s.all_added(ring.collect()).await.into_iter().enumerate() {
            let unit_of_work = if n % 2 == 0 { s.unit_of_work() } else { other.unit_of_work() };
            let store = s.store.id;
            building.push(tokio::spawn(async move {
                let add = move |tx: &mut dyn Transaction| add_unless_circle(tx, store, &adds);
                transact(&*unit_of_work, Access::Write, add).await
            }));
        }
        let mut refused = 0;
        for outcome in building {
            refused += u32::from(!outcome.await.unwrap().unwrap());
        }
        assert_eq!(refused, 1, "in round {round}");
        let ids: Vec<_> = groups.iter().map(|group| group.id).collect();
        let chain = s.read(move |here| here.nestings().below(&ids)).await;
        assert_eq!(chain.len(), SIZE - 1);
        let removals = s.all_deleted(chain).await;
        s.apply_nestings(removals).await.unwrap();
    }
}

/// The second sees that the first took the role from somebody.
pub async fn those_who_take_system_admin_away_wait_for_one_another(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let elsewhere = Setting::on(s.world.clone(), "elsewhere").await;
    let ada = elsewhere.has_user(a_user("ada").build()).await;
    let held = elsewhere.has_role(Holder::User(ada.id), Grant::system_admin()).await;
    let boss = s.has_client(a_client("boss").system_admin().build()).await;
    let now = s.world.clock.now();
    let ends = elsewhere.deleted(&held).await;
    let there = elsewhere.store.id;
    let outcome = beside(
        [&s, &other],
        |tx| tx.administrators().lock(),
        move |tx| {
            tx.store(there).roles().remove_all(slice::from_ref(&ends)).map(|()| Verdict::Commit)
        },
        move |tx| {
            tx.administrators().lock()?;
            let left = tx.store(there).roles().of(&[held.holder])?;
            Ok((left, tx.administrators().any(now)?))
        },
    )
    .await;
    assert!(!outcome.passed, "two units took the role at once");
    assert_eq!(outcome.seen, (Vec::new(), true));
    assert_eq!(boss.grants, [Grant::system_admin()]);
}

/// Each takes the role from another one and looks whether anybody is left: one of them rolls back.
pub async fn of_units_that_take_every_system_admin_away_one_leaves_the_last(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let names = ["ada", "bob", "eve", "kim"].map(|name| a_user(name).build());
    let mut taking = Vec::new();
    for (n, user) in s.has_users(names.to_vec()).await.into_iter().enumerate() {
        let held = Assignment { holder: Holder::User(user.id), grant: Grant::system_admin() };
        s.has_role(held.holder, held.grant.clone()).await;
        let ends = s.deleted(&held).await;
        taking.push((if n % 2 == 0 { s.unit_of_work() } else { other.unit_of_work() }, ends));
    }
    let (store, now) = (s.store.id, s.world.clock.now());
    let taking: Vec<_> = taking
        .into_iter()
        .map(|(unit_of_work, ends)| {
            tokio::spawn(async move {
                transact(&*unit_of_work, Access::Write, move |tx| {
                    tx.administrators().lock()?;
                    tx.store(store).roles().remove_all(slice::from_ref(&ends))?;
                    if tx.administrators().any(now)? { Ok(()) } else { Err(StoreError::Stale) }
                })
                .await
            })
        })
        .collect();
    let mut refused = 0;
    for outcome in taking {
        refused += u32::from(outcome.await.unwrap().is_err());
    }
    assert_eq!(refused, 1);
    let left = s.read(|here| here.roles().page(&AssignmentFilter::default(), None, 9));
    assert_eq!(left.await.len(), 1);
}

/// Two units that take one key at once, of which the first ends with `verdict`.
async fn take_at_once(s: &Setting, other: &Setting, key: &str, verdict: Verdict) -> Option<Kept> {
    let (now, oldest) = (s.world.clock.now(), Instant::from_micros(0).unwrap());
    let (taken, wanted) =
        (Question::of(Some(s.store.id), key), Question::of(Some(s.store.id), key));
    let keeps = taken.clone();
    let outcome = beside(
        [s, other],
        move |tx| {
            assert_eq!(taken.take(tx, oldest)?, None);
            Ok(())
        },
        move |tx| {
            keeps.keep(tx, &kept("first"), now)?;
            Ok(verdict)
        },
        move |tx| {
            let found = wanted.take(tx, oldest)?;
            if found.is_none() {
                wanted.keep(tx, &kept("second"), now)?;
            }
            Ok(found)
        },
    )
    .await;
    assert!(!outcome.passed, "two units took one key at once");
    outcome.seen
}

/// And then sees what the first kept.
pub async fn of_two_units_that_take_one_key_the_second_waits(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let first = Some(kept("first"));
    assert_eq!(take_at_once(&s, &other, "key", Verdict::Commit).await, first);
    assert_eq!(take_at_once(&s, &s, "another", Verdict::Commit).await, first);
}

/// The first has taken nothing.
pub async fn the_second_gets_the_key_when_the_first_is_rolled_back(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    assert_eq!(take_at_once(&s, &other, "key", Verdict::Rollback).await, None);
    let question = Question::of(Some(s.store.id), "key");
    let (now, oldest) = (s.world.clock.now(), Instant::from_micros(0).unwrap());
    let found = answer(&s, &question, "third", now, oldest).await;
    assert_eq!(found, Some(kept("second")));
}

/// A request that is sent 16 times at once happens once, from two nodes.
pub async fn of_16_units_with_one_key_one_does_the_work(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let (now, oldest) = (s.world.clock.now(), Instant::from_micros(0).unwrap());
    let asking: Vec<_> = (0..16)
        .map(|n| {
            let unit_of_work = if n % 2 == 0 { s.unit_of_work() } else { other.unit_of_work() };
            let (question, mine) =
                (Question::of(Some(s.store.id), "key"), kept(&format!("by {n}")));
            tokio::spawn(async move {
                transact(&*unit_of_work, Access::Write, move |tx| {
                    let found = question.take(tx, oldest)?;
                    if found.is_none() {
                        question.keep(tx, &mine, now)?;
                    }
                    Ok::<_, StoreError>(found.map_or((true, mine.clone()), |found| (false, found)))
                })
                .await
            })
        })
        .collect();
    let mut answers = Vec::new();
    for outcome in asking {
        answers.push(outcome.await.unwrap().unwrap());
    }
    assert_eq!(answers.iter().filter(|(worked, _)| *worked).count(), 1);
    assert!(answers.iter().all(|(_, answer)| *answer == answers[0].1));
}

/// Users and groups that are found for update stay as they are until the unit ends.
pub async fn who_is_found_for_update_is_changed_by_nobody_else(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let renamed = s.modified(&ada, a_user("eve").replacing(&ada).build()).await;
    let crew = s.modified(&staff, a_group("crew").id(staff.id).build()).await;
    let (store, users, groups) = (s.store.id, [ada.id], [staff.id]);
    let (user, group) = (renamed.clone(), crew.clone());
    let outcome = beside(
        [&s, &other],
        move |tx| tx.store(store).users().find_all_for_update(&users).map(drop),
        move |tx| {
            tx.store(store).users().update_all(slice::from_ref(&user)).map(|()| Verdict::Commit)
        },
        move |tx| tx.store(store).users().find_all_for_update(&users),
    )
    .await;
    assert!(!outcome.passed);
    assert_eq!(outcome.seen, [renamed.into_record()]);
    let outcome = beside(
        [&other, &s],
        move |tx| tx.store(store).groups().find_all_for_update(&groups).map(drop),
        move |tx| {
            tx.store(store).groups().update_all(slice::from_ref(&group)).map(|()| Verdict::Commit)
        },
        move |tx| tx.store(store).groups().find_all_for_update(&groups),
    )
    .await;
    assert!(!outcome.passed);
    assert_eq!(outcome.seen, [crew.into_record()]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryStore, block_on};

    #[test]
    fn it_shows_when_a_unit_does_not_wait() {
        block_on(async {
            let [one, other] = [MemoryStore::new(), MemoryStore::new()];
            let nodes = [&Setting::of(&one).await, &Setting::of(&other).await];
            let lock = |tx: &mut dyn Transaction| tx.administrators().lock();
            let apart = beside(nodes, lock, |_| Ok(Verdict::Commit), lock).await;
            assert!(apart.passed, "the writers of two databases do not wait for one another");
            let together = beside([nodes[0]; 2], lock, |_| Ok(Verdict::Commit), lock).await;
            assert!(!together.passed);
        });
    }
}
