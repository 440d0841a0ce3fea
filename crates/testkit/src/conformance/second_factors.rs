//! Second factors of users and their recovery codes.

use domain::attempt::Attempts;
use domain::id::UserId;
use domain::second_factor::{RecoveryHash, SecondFactor, TimeStep};
use domain::unit_of_work::{InStore, StoreError, Verdict};

use super::attempts::some_attempts;
use super::waiting::beside;
use super::{Harness, Setting};
use crate::builders::a_user;

/// The highest number that every adapter keeps.
const MOST: u32 = i32::MAX.unsigned_abs();

fn code(byte: u8) -> RecoveryHash {
    RecoveryHash::from_bytes([byte; 32])
}

/// One of which everything differs from a new one.
fn some_factor() -> SecondFactor {
    SecondFactor {
        sealed: b"sealed".to_vec(),
        registered: true,
        last_step: Some(TimeStep::new(58_000_000)),
        attempts: kept_of(some_attempts()),
    }
}

/// What is kept of wrong codes.
fn kept_of(attempts: Attempts) -> Attempts {
    let Attempts { failures, window, locked_until, .. } = attempts;
    Attempts { failures, window, locked_until, ..Attempts::default() }
}

async fn user(s: &Setting, name: &str) -> UserId {
    s.has_user(a_user(name).build()).await.id
}

async fn put(s: &Setting, user: UserId, factor: &SecondFactor) {
    let factor = factor.clone();
    s.write(move |here| here.second_factors().put(user, &factor)).await.unwrap();
}

async fn find(s: &Setting, user: UserId) -> Option<SecondFactor> {
    s.write(move |here| here.second_factors().lock(user)).await.unwrap()
}

async fn set_codes(s: &Setting, user: UserId, codes: impl IntoIterator<Item = u8>) {
    let codes: Vec<_> = codes.into_iter().map(code).collect();
    s.write(move |here| here.second_factors().set_recovery_codes(user, &codes)).await.unwrap();
}

async fn take(s: &Setting, user: UserId, byte: u8) -> bool {
    s.write(move |here| here.second_factors().take_recovery_code(user, &code(byte))).await.unwrap()
}

async fn remove(s: &Setting, user: UserId) {
    s.write(move |here| here.second_factors().remove(user)).await.unwrap();
}

/// None at first; then the one that was put last, proved or not, at the edges too.
pub async fn a_second_factor_comes_back_as_it_was_put(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    assert_eq!(find(&s, ada).await, None);
    assert_eq!(find(&s, a_user("nobody").build().id).await, None);
    let counted = |failures, window| Attempts { failures, window, ..Attempts::default() };
    let last_moment = "9999-12-31T23:59:59.999999Z".parse().ok();
    let stepped = |step| SecondFactor { last_step: Some(TimeStep::new(step)), ..some_factor() };
    let factors = [
        SecondFactor::pending((0..=255).collect()),
        some_factor(),
        SecondFactor { registered: false, ..some_factor() },
        SecondFactor { last_step: None, ..some_factor() },
        stepped(0),
        stepped(i64::MAX.unsigned_abs()),
        SecondFactor { attempts: counted(1, 2), ..some_factor() },
        SecondFactor { attempts: counted(MOST, MOST), ..some_factor() },
        SecondFactor {
            attempts: Attempts { locked_until: last_moment, ..Attempts::default() },
            ..SecondFactor::pending(vec![0; 1_000])
        },
    ];
    for factor in &factors {
        put(&s, ada, factor).await;
        assert_eq!(find(&s, ada).await.as_ref(), Some(factor));
    }
    let version = s.user(ada).await.map(|user| user.version);
    assert_eq!(version.map(|version| version.get().get()), Some(2), "the user is as before");
}

/// Nothing of them is in flight between two units, and they are no attempts to sign in.
pub async fn of_wrong_codes_no_more_is_kept_than_counts(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    put(&s, ada, &SecondFactor { attempts: some_attempts(), ..some_factor() }).await;
    assert_eq!(find(&s, ada).await, Some(some_factor()));
    assert_eq!(s.attempts(ada).await, Attempts::default());
    let user = s.user(ada).await.unwrap();
    assert_eq!((user.failed_sign_ins, user.last_attempt), (0, None));
}

/// Whoever is not in this store has neither a second factor nor recovery codes here.
pub async fn a_second_factor_of_nobody_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let elsewhere = Setting::on(s.world.clone(), "elsewhere").await;
    let bob = user(&elsewhere, "bob").await;
    for id in [bob, a_user("nobody").build().id] {
        let putting = s.write(move |here| here.second_factors().put(id, &some_factor()));
        assert_eq!(putting.await, Err(StoreError::DanglingReference));
        let setting = s.write(move |here| here.second_factors().set_recovery_codes(id, &[code(1)]));
        assert_eq!(setting.await, Err(StoreError::DanglingReference));
    }
}

/// Where there is none, nothing happens; another user's stays.
pub async fn a_removed_second_factor_is_gone_with_its_codes(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = [user(&s, "ada").await, user(&s, "bob").await];
    for id in [ada, bob] {
        put(&s, id, &some_factor()).await;
        set_codes(&s, id, [1, 2]).await;
    }
    for _ in 0..2 {
        remove(&s, ada).await;
        assert_eq!(find(&s, ada).await, None);
        assert!(!take(&s, ada, 1).await);
    }
    remove(&s, a_user("nobody").build().id).await;
    put(&s, ada, &some_factor()).await;
    assert!(!take(&s, ada, 2).await, "a code came back");
    assert_eq!(find(&s, bob).await, Some(some_factor()));
    assert!(take(&s, bob, 1).await);
}

/// Of many at once, and nothing else of them; whoever has none, or is not there, is passed by.
pub async fn cleared_wrong_codes_no_longer_count(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let users = (0..1_200).map(|n| a_user(&format!("user {n}")).build()).collect();
    let users: Vec<_> = s.has_users(users).await.iter().map(|user| user.id).collect();
    let bob = user(&s, "bob").await;
    let tried = [users[0], users[600], users[1_199]];
    for id in tried.into_iter().chain([bob]) {
        put(&s, id, &some_factor()).await;
        set_codes(&s, id, [1]).await;
    }
    let nobody = a_user("nobody").build().id;
    let ids: Vec<_> = users.iter().copied().chain([nobody]).collect();
    s.write(move |here| here.second_factors().clear_attempts(&ids)).await.unwrap();
    let cleared = SecondFactor { attempts: Attempts::default(), ..some_factor() };
    for id in tried {
        assert_eq!(find(&s, id).await.as_ref(), Some(&cleared));
        assert!(take(&s, id, 1).await);
    }
    assert_eq!(find(&s, users[1]).await, None);
    assert_eq!(find(&s, bob).await, Some(some_factor()));
    assert_eq!(s.write(|here| here.second_factors().clear_attempts(&[])).await, Ok(()));
}

/// They are set by themselves.
pub async fn a_second_factor_that_is_put_leaves_the_recovery_codes(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = user(&s, "ada").await;
    put(&s, ada, &some_factor()).await;
    set_codes(&s, ada, [1]).await;
    put(&s, ada, &SecondFactor::pending(b"another".to_vec())).await;
    assert!(take(&s, ada, 1).await);
    set_codes(&s, ada, [2]).await;
    assert_eq!(find(&s, ada).await, Some(SecondFactor::pending(b"another".to_vec())));
}

/// Those of the user alone; none may take their place, and one that was taken may come back.
pub async fn recovery_codes_take_the_place_of_those_before(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = [user(&s, "ada").await, user(&s, "bob").await];
    set_codes(&s, ada, 0..10).await;
    set_codes(&s, bob, 0..10).await;
    assert!(take(&s, ada, 3).await);
    set_codes(&s, ada, 3..6).await;
    for byte in 0..10 {
        assert_eq!(take(&s, ada, byte).await, (3..6).contains(&byte), "{byte}");
    }
    set_codes(&s, bob, []).await;
    assert!(!take(&s, bob, 1).await);
}

/// By whoever shows it, for the user whose it is.
pub async fn a_recovery_code_is_taken_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = [user(&s, "ada").await, user(&s, "bob").await];
    set_codes(&s, ada, [1, 2]).await;
    set_codes(&s, bob, [2, 3]).await;
    assert!(!take(&s, ada, 3).await, "another user's");
    assert!(!take(&s, ada, 4).await, "nobody's");
    assert!(!take(&s, a_user("nobody").build().id, 1).await);
    assert!(take(&s, ada, 2).await);
    assert!(!take(&s, ada, 2).await, "taken twice");
    assert!(take(&s, ada, 1).await);
    assert!(take(&s, bob, 2).await);
}

/// The second is told so when the first has ended, and gets the code if that was rolled back.
pub async fn of_two_units_that_take_a_recovery_code_one_gets_it(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let (ada, store) = (user(&s, "ada").await, s.store.id);
    for (verdict, second_gets_it) in [(Verdict::Commit, false), (Verdict::Rollback, true)] {
        for nodes in [[&s, &other], [&other, &s], [&s, &s]] {
            set_codes(&s, ada, [1]).await;
            let outcome = beside(
                nodes,
                move |tx| {
                    assert!(tx.store(store).second_factors().take_recovery_code(ada, &code(1))?);
                    Ok(())
                },
                move |_| Ok(verdict),
                move |tx| tx.store(store).second_factors().take_recovery_code(ada, &code(1)),
            )
            .await;
            assert!(!outcome.passed, "the second knew before the first had ended");
            assert_eq!(outcome.seen, second_gets_it, "{verdict:?}");
            assert!(!take(&s, ada, 1).await);
        }
    }
}

/// How many of 50 units of two nodes it works for.
async fn count_of_50(
    nodes: [Setting; 2],
    work: impl Fn(&mut dyn InStore) -> Result<bool, StoreError> + Clone + Send + 'static,
) -> u32 {
    let working: Vec<_> = (0..50)
        .zip(nodes.iter().cycle())
        .map(|(_, node)| {
            let (node, work) = (node.clone(), work.clone());
            tokio::spawn(async move { node.write(work).await.unwrap() })
        })
        .collect();
    let mut worked = 0;
    for outcome in working {
        worked += u32::from(outcome.await.unwrap());
    }
    worked
}

/// From two nodes.
pub async fn of_50_units_that_take_a_recovery_code_one_gets_it(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nodes = [s.by_second_node(harness).await, s.clone()];
    let ada = user(&s, "ada").await;
    set_codes(&s, ada, [1, 2]).await;
    let taken =
        count_of_50(nodes, move |here| here.second_factors().take_recovery_code(ada, &code(1)));
    assert_eq!(taken.await, 1);
    assert!(take(&s, ada, 2).await);
}

/// Each locks the second factor and looks whether the step is used.
pub async fn of_50_units_that_use_a_step_one_does(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nodes = [s.by_second_node(harness).await, s.clone()];
    let ada = user(&s, "ada").await;
    put(&s, ada, &some_factor()).await;
    let step = some_factor().last_step.map(|step| TimeStep::new(step.get() + 1)).unwrap();
    let used = count_of_50(nodes, move |here| {
        let factor = here.second_factors().lock(ada)?.ok_or(StoreError::Stale)?;
        if !factor.is_fresh(step) {
            return Ok(false);
        }
        let used = SecondFactor { last_step: Some(step), ..factor };
        here.second_factors().put(ada, &used)?;
        Ok(true)
    });
    assert_eq!(used.await, 1);
    let expected = SecondFactor { last_step: Some(step), ..some_factor() };
    assert_eq!(find(&s, ada).await, Some(expected));
}

/// The second sees what the first put.
pub async fn who_locks_a_second_factor_is_waited_for(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let (ada, store) = (user(&s, "ada").await, s.store.id);
    for nodes in [[&s, &other], [&other, &s], [&s, &s]] {
        put(&s, ada, &SecondFactor::pending(b"pending".to_vec())).await;
        let outcome = beside(
            nodes,
            move |tx| tx.store(store).second_factors().lock(ada).map(drop),
            move |tx| {
                tx.store(store).second_factors().put(ada, &some_factor())?;
                Ok(Verdict::Commit)
            },
            move |tx| tx.store(store).second_factors().lock(ada),
        )
        .await;
        assert!(!outcome.passed, "two units locked one second factor");
        assert_eq!(outcome.seen, Some(some_factor()));
    }
}

/// Whoever puts the first one has the user locked, and sees what another did meanwhile.
pub async fn of_two_that_put_a_first_second_factor_the_later_sees_the_other(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let store = s.store.id;
    for (n, nodes) in [[&s, &other], [&other, &s], [&s, &s]].into_iter().enumerate() {
        let id = user(&s, &format!("user {n}")).await;
        let outcome = beside(
            nodes,
            move |tx| {
                tx.store(store).users().find_all_for_update(&[id])?;
                assert_eq!(tx.store(store).second_factors().lock(id)?, None);
                Ok(())
            },
            move |tx| {
                tx.store(store).second_factors().put(id, &some_factor())?;
                Ok(Verdict::Commit)
            },
            move |tx| {
                tx.store(store).users().find_all_for_update(&[id])?;
                tx.store(store).second_factors().lock(id)
            },
        )
        .await;
        assert!(!outcome.passed);
        assert_eq!(outcome.seen, Some(some_factor()));
    }
}

/// Whatever was done to it.
pub async fn a_second_factor_of_a_unit_that_is_rolled_back_is_as_before(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [ada, bob] = [user(&s, "ada").await, user(&s, "bob").await];
    put(&s, ada, &some_factor()).await;
    set_codes(&s, ada, [1, 2]).await;
    let failing: Result<(), _> = s
        .write(move |here| {
            assert!(here.second_factors().take_recovery_code(ada, &code(1))?);
            here.second_factors().put(ada, &SecondFactor::pending(Vec::new()))?;
            here.second_factors().set_recovery_codes(ada, &[code(3)])?;
            here.second_factors().clear_attempts(&[ada])?;
            here.second_factors().remove(ada)?;
            here.second_factors().put(bob, &some_factor())?;
            here.second_factors().set_recovery_codes(bob, &[code(4)])?;
            Err(StoreError::Stale)
        })
        .await;
    assert_eq!(failing, Err(StoreError::Stale));
    assert_eq!(find(&s, ada).await, Some(some_factor()));
    assert!(take(&s, ada, 1).await && take(&s, ada, 2).await && !take(&s, ada, 3).await);
    assert_eq!(find(&s, bob).await, None);
    assert!(!take(&s, bob, 4).await);
}

/// They are in nobody's way, and whoever has the id next has none.
pub async fn second_factors_go_with_their_user(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    put(&s, ada.id, &some_factor()).await;
    set_codes(&s, ada.id, [1]).await;
    let gone = s.deleted(&ada).await;
    assert_eq!(s.remove(&gone).await, Ok(()));
    assert_eq!(find(&s, ada.id).await, None);
    let again = user(&s, "ada").await;
    assert_eq!(find(&s, again).await, None);
    assert!(!take(&s, again, 1).await);
}

/// Also where two users have one id.
pub async fn each_store_has_second_factors_of_its_own(harness: &dyn Harness) {
    let here = Setting::of(harness).await;
    let there = Setting::on(here.world.clone(), "elsewhere").await;
    let [ada, _] = [user(&here, "ada").await, user(&there, "ada").await];
    put(&here, ada, &some_factor()).await;
    set_codes(&here, ada, [1, 2]).await;
    assert_eq!(find(&there, ada).await, None);
    assert!(!take(&there, ada, 1).await);
    put(&there, ada, &SecondFactor::pending(b"there".to_vec())).await;
    set_codes(&there, ada, [1]).await;
    assert!(take(&there, ada, 1).await);
    there.write(move |there| there.second_factors().clear_attempts(&[ada])).await.unwrap();
    remove(&there, ada).await;
    assert_eq!(find(&here, ada).await, Some(some_factor()));
    assert!(take(&here, ada, 1).await && take(&here, ada, 2).await);
}
