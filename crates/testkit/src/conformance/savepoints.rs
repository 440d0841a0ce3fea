//! Rule 2 of the unit of work: what a savepoint keeps, undoes and tells.

use domain::audit::Recorded;
use domain::unit_of_work::{Access, StoreError, Transaction, Unique, Verdict};
use domain::user::User;

use super::units::inserts;
use super::{Harness, Setting};
use crate::builders::a_user;

/// Three users to insert, none of them stored.
async fn three(s: &Setting) -> [Recorded<User>; 3] {
    [
        s.added(a_user("outside").build()).await,
        s.added(a_user("inside").build()).await,
        s.added(a_user("afterwards").build()).await,
    ]
}

/// What a savepoint commits goes with its unit.
pub async fn what_a_savepoint_keeps_is_committed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (users, store) = (three(&s).await, s.store.id);
    let [outside, inside, afterwards] = users.clone();
    let outcome = s
        .run(Access::Write, move |tx| {
            assert!(inserts(tx, store, &outside));
            let kept = tx.nested(&mut |tx| {
                assert!(inserts(tx, store, &inside));
                Verdict::Commit
            });
            assert_eq!(kept, Ok(()));
            assert!(inserts(tx, store, &afterwards));
            Verdict::Commit
        })
        .await;
    assert_eq!(outcome, Ok(()));
    for user in &users {
        s.assert_stored(user).await;
    }
}

/// What a savepoint rolls back is gone, what stands around it stays.
pub async fn a_savepoint_is_undone_alone(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (users, store) = (three(&s).await, s.store.id);
    let [outside, inside, afterwards] = users.clone();
    let outcome = s
        .run(Access::Write, move |tx| {
            assert!(inserts(tx, store, &outside));
            let undone = tx.nested(&mut |tx| {
                assert!(inserts(tx, store, &inside));
                Verdict::Rollback
            });
            assert_eq!(undone, Ok(()));
            assert!(inserts(tx, store, &afterwards));
            Verdict::Commit
        })
        .await;
    assert_eq!(outcome, Ok(()));
    s.assert_stored(&users[0]).await;
    s.assert_absent(&users[1]).await;
    s.assert_stored(&users[2]).await;
}

/// Swallowed inside, told by `nested`: then the unit may go on.
pub async fn a_failure_swallowed_in_a_savepoint_undoes_it_and_is_told(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (users, store) = (three(&s).await, s.store.id);
    let taken = s.added(a_user("OUTSIDE").build()).await;
    let [outside, inside, afterwards] = users.clone();
    let outcome = s
        .run(Access::Write, move |tx| {
            assert!(inserts(tx, store, &outside));
            let told = tx.nested(&mut |tx| {
                assert!(inserts(tx, store, &inside));
                assert!(!inserts(tx, store, &taken));
                Verdict::Commit
            });
            assert_eq!(told, Err(StoreError::Conflict { what: Unique::LoginName }));
            assert!(inserts(tx, store, &afterwards));
            Verdict::Commit
        })
        .await;
    assert_eq!(outcome, Ok(()));
    s.assert_stored(&users[0]).await;
    s.assert_absent(&users[1]).await;
    s.assert_stored(&users[2]).await;
}

/// A savepoint that rolls its own failure back has dealt with it.
pub async fn a_failure_that_a_savepoint_rolls_back_leaves_the_unit_usable(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (users, store) = (three(&s).await, s.store.id);
    let taken = s.added(a_user("OUTSIDE").build()).await;
    let [outside, _, afterwards] = users.clone();
    let outcome = s
        .run(Access::Write, move |tx| {
            assert!(inserts(tx, store, &outside));
            let undone = tx.nested(&mut |tx| {
                assert!(!inserts(tx, store, &taken));
                Verdict::Rollback
            });
            assert_eq!(undone, Ok(()));
            assert!(inserts(tx, store, &afterwards));
            Verdict::Commit
        })
        .await;
    assert_eq!(outcome, Ok(()));
    s.assert_stored(&users[0]).await;
    s.assert_stored(&users[2]).await;
}

/// Kept inside, undone outside: gone.
pub async fn an_undone_savepoint_takes_those_inside_along(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (users, store) = (three(&s).await, s.store.id);
    let [outside, inside, _] = users.clone();
    let outcome = s
        .run(Access::Write, move |tx| {
            assert!(inserts(tx, store, &outside));
            let undone = tx.nested(&mut |tx| {
                let kept = tx.nested(&mut |tx| {
                    assert!(inserts(tx, store, &inside));
                    Verdict::Commit
                });
                assert_eq!(kept, Ok(()));
                Verdict::Rollback
            });
            assert_eq!(undone, Ok(()));
            Verdict::Commit
        })
        .await;
    assert_eq!(outcome, Ok(()));
    s.assert_stored(&users[0]).await;
    s.assert_absent(&users[1]).await;
}

/// Undone inside, kept outside: only what was inside is gone.
pub async fn a_savepoint_inside_another_is_undone_alone(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (users, store) = (three(&s).await, s.store.id);
    let taken = s.added(a_user("OUTSIDE").build()).await;
    let [outside, inside, afterwards] = users.clone();
    let outcome = s
        .run(Access::Write, move |tx| {
            let kept = tx.nested(&mut |tx| {
                assert!(inserts(tx, store, &outside));
                let told = tx.nested(&mut |tx| {
                    assert!(inserts(tx, store, &inside));
                    assert!(!inserts(tx, store, &taken));
                    Verdict::Commit
                });
                assert_eq!(told, Err(StoreError::Conflict { what: Unique::LoginName }));
                assert!(inserts(tx, store, &afterwards));
                Verdict::Commit
            });
            assert_eq!(kept, Ok(()));
            Verdict::Commit
        })
        .await;
    assert_eq!(outcome, Ok(()));
    s.assert_stored(&users[0]).await;
    s.assert_absent(&users[1]).await;
    s.assert_stored(&users[2]).await;
}

/// A savepoint is no commit of its own.
pub async fn a_savepoint_of_a_rolled_back_unit_is_not_kept(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (users, store) = (three(&s).await, s.store.id);
    let inside = users[1].clone();
    let outcome = s
        .run(Access::Write, move |tx| {
            let kept = tx.nested(&mut |tx| {
                assert!(inserts(tx, store, &inside));
                Verdict::Commit
            });
            assert_eq!(kept, Ok(()));
            Verdict::Rollback
        })
        .await;
    assert_eq!(outcome, Ok(()));
    s.assert_absent(&users[1]).await;
}

/// Every other one is undone, and none disturbs the next.
pub async fn many_savepoints_follow_one_another(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let store = s.store.id;
    let users = (0..40).map(|n| a_user(&format!("user {n}")).build()).collect();
    let users = s.all_added(users).await;
    let inserted = users.clone();
    let outcome = s
        .run(Access::Bulk, move |tx| {
            for (user, verdict) in
                inserted.iter().zip([Verdict::Commit, Verdict::Rollback].iter().cycle())
            {
                let ended = tx.nested(&mut |tx: &mut dyn Transaction| {
                    assert!(inserts(tx, store, user));
                    *verdict
                });
                assert_eq!(ended, Ok(()));
            }
            Verdict::Commit
        })
        .await;
    assert_eq!(outcome, Ok(()));
    for pair in users.chunks(2) {
        s.assert_stored(&pair[0]).await;
        s.assert_absent(&pair[1]).await;
    }
}

/// A panic two levels down rolls everything back.
pub async fn a_panic_in_a_savepoint_stores_nothing(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (users, store) = (three(&s).await, s.store.id);
    let [outside, inside, _] = users.clone();
    let outcome = s
        .run(Access::Write, move |tx| {
            assert!(inserts(tx, store, &outside));
            let _ = tx.nested(&mut |tx| {
                assert!(inserts(tx, store, &inside));
                panic!("on purpose")
            });
            Verdict::Commit
        })
        .await;
    assert!(matches!(outcome, Err(StoreError::Other(_))), "{outcome:?}");
    for user in &users {
        s.assert_absent(user).await;
        assert_eq!(s.insert(user).await, Ok(()));
    }
}
