//! Rules 1 to 3 and 6 of the unit of work.

use std::slice;

use domain::access::{Assignment, Grant, Holder};
use domain::audit::Recorded;
use domain::error::{Missing, UseCaseError};
use domain::id::{SessionId, StoreId, UserId};
use domain::second_factor::{RecoveryHash, SecondFactor};
use domain::session::Session;
use domain::store::{Overrides, Store};
use domain::time::Clock as _;
use domain::token::TokenHash;
use domain::unit_of_work::{Access, InStore, StoreError, Transaction, Unique, Verdict, transact};
use domain::user::{User, UserOrder, UserQuery};
use uuid::Uuid;

use super::answers::{Question, kept};
use super::attributes::{a_profile, metadata};
use super::full::Full;
use super::{Harness, Setting};
use crate::builders::{a_client, a_group, a_store, a_user};

/// A new user is there with its audit entry after a commit.
pub async fn a_commit_stores_the_change_and_its_entry(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.added(a_user("ada").build()).await;
    assert_eq!(s.insert(&ada).await, Ok(()));
    s.assert_stored(&ada).await;
}

/// Neither is there after a rollback, which is no failure.
pub async fn a_rollback_stores_nothing(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, store) = (s.added(a_user("ada").build()).await, s.store.id);
    let inserted = ada.clone();
    let outcome = s
        .run(Access::Write, move |tx| {
            tx.store(store).users().insert(&inserted).unwrap();
            Verdict::Rollback
        })
        .await;
    assert_eq!(outcome, Ok(()));
    s.assert_absent(&ada).await;
}

/// `transact` rolls back on `Err` and hands it on.
pub async fn an_error_of_the_work_rolls_back_and_reaches_the_caller(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, store) = (s.added(a_user("ada").build()).await, s.store.id);
    let inserted = ada.clone();
    let outcome: Result<(), _> = transact(&*s.world.unit_of_work, Access::Write, move |tx| {
        tx.store(store).users().insert(&inserted)?;
        Err(UseCaseError::NotFound(Missing::User))
    })
    .await;
    assert_eq!(outcome, Err(UseCaseError::NotFound(Missing::User)));
    s.assert_absent(&ada).await;
}

/// The second insert of a unit fails: the first is undone with it.
pub async fn a_failure_between_two_changes_leaves_neither(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let first = s.added(a_user("ada").build()).await;
    let second = s.added(a_user("ADA").build()).await;
    let inserted = (first.clone(), second.clone());
    let outcome = s
        .write(move |here| {
            here.users().insert(&inserted.0)?;
            here.users().insert(&inserted.1)
        })
        .await;
    assert_eq!(outcome, Err(StoreError::Conflict { what: Unique::LoginName }));
    s.assert_absent(&first).await;
    s.assert_absent(&second).await;
}

/// A closure that looks away from a failed call and commits gets the failure all the same.
pub async fn a_swallowed_failure_fails_the_unit_and_stores_nothing(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(a_user("ada").build()).await;
    let store = s.store.id;
    let before = s.added(a_user("before").build()).await;
    let taken = s.added(a_user("ADA").build()).await;
    let after = s.added(a_user("after").build()).await;
    let inserted = [before.clone(), taken.clone(), after.clone()];
    let outcome = s
        .run(Access::Write, move |tx| {
            for user in &inserted {
                let _ = tx.store(store).users().insert(user);
            }
            Verdict::Commit
        })
        .await;
    assert_eq!(outcome, Err(StoreError::Conflict { what: Unique::LoginName }));
    for user in [&before, &taken, &after] {
        s.assert_absent(user).await;
    }
}

/// Rule 8, more often than an adapter has threads or connections.
pub async fn a_panic_stores_nothing_and_the_adapter_lives_on(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (ada, store) = (s.added(a_user("ada").build()).await, s.store.id);
    for access in [Access::Write, Access::Bulk, Access::Rehearse].repeat(8) {
        let inserted = ada.clone();
        let outcome = s
            .run(access, move |tx| {
                tx.store(store).users().insert(&inserted).unwrap();
                panic!("on purpose")
            })
            .await;
        assert!(matches!(outcome, Err(StoreError::Other(_))), "{access:?}: {outcome:?}");
        s.assert_absent(&ada).await;
    }
    for access in [Access::Point, Access::Read].repeat(8) {
        let outcome = s.run(access, |_| panic!("on purpose")).await;
        assert!(matches!(outcome, Err(StoreError::Other(_))), "{access:?}: {outcome:?}");
    }
    assert_eq!(s.insert(&ada).await, Ok(()));
    s.assert_stored(&ada).await;
}

/// `dryRun`: everything happens, nothing stays.
pub async fn a_rehearsal_sees_its_own_changes_and_stores_nothing(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.added(a_user("ada").build()).await;
    let inserted = ada.clone();
    let seen = s
        .here(Access::Rehearse, move |here| {
            here.users().insert(&inserted)?;
            here.users().find(inserted.record().id)
        })
        .await;
    assert_eq!(seen, Ok(Some(ada.record().clone())));
    s.assert_absent(&ada).await;
}

/// `dryRun` tells what the change itself would tell.
pub async fn a_rehearsal_meets_the_conflicts_of_the_real_change(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_user(a_user("ada").build()).await;
    let taken = s.added(a_user("ADA").build()).await;
    let outcome = s.here(Access::Rehearse, move |here| here.users().insert(&taken)).await;
    assert_eq!(outcome, Err(StoreError::Conflict { what: Unique::LoginName }));
}

/// A look-up cannot write.
pub async fn a_point_refuses_writes(harness: &dyn Harness) {
    refuses_writes(harness, Access::Point).await;
}

/// A reader cannot write.
pub async fn a_read_refuses_writes(harness: &dyn Harness) {
    refuses_writes(harness, Access::Read).await;
}

async fn refuses_writes(harness: &dyn Harness, access: Access) {
    let s = Setting::of(harness).await;
    let full = Full::of(&s).await;
    let trail = s.entries().await;
    refuses_writes_of_users(&s, access, &full).await;
    refuses_writes_of_groups(&s, access, &full).await;
    refuses_writes_of_children(&s, access, &full).await;
    refuses_writes_of_sessions(&s, access, full.ada.id).await;
    refuses_writes_of_second_factors(&s, access, full.ada.id).await;
    refuses_writes_of_the_register(&s, access).await;
    assert_eq!(s.entries().await, trail);
    assert_eq!(s.users().await, [full.ada]);
}

fn assert_refused(outcomes: impl IntoIterator<Item = Result<(), StoreError>>) {
    for (n, outcome) in outcomes.into_iter().enumerate() {
        assert!(matches!(outcome, Err(StoreError::Other(_))), "{n}: {outcome:?}");
    }
}

async fn refuses_writes_of_users(s: &Setting, access: Access, full: &Full) {
    let bob = s.added(a_user("bob").build()).await;
    let changed = s.modified(&full.ada, User { active: false, ..full.ada.clone() }).await;
    let (removed, id) = (s.deleted(&full.ada).await, full.ada.id);
    let (batch, stamp) = (vec![bob.clone()], bob.stamp());
    assert_refused([
        s.here(access, move |here| here.users().insert(&bob)).await,
        s.here(access, move |here| here.users().insert_new(&batch).map(drop)).await,
        s.here(access, move |here| here.users().update_all(slice::from_ref(&changed))).await,
        s.here(access, move |here| here.users().remove_all(slice::from_ref(&removed))).await,
        s.here(access, move |here| here.users().touch(&[id], stamp)).await,
        s.here(access, |here| here.users().sign_in_by_email(false)).await,
        s.here(access, |here| here.audit().reserve_ids(1).map(drop)).await,
    ]);
}

async fn refuses_writes_of_groups(s: &Setting, access: Access, full: &Full) {
    let guests = s.added(a_group("guests").build()).await;
    let crew = a_group("crew").id(full.staff.id).build();
    let (renamed, removed) = (s.modified(&full.staff, crew).await, s.deleted(&full.staff).await);
    let (leaves, moves) = (s.deleted(&full.membership).await, s.deleted(&full.nesting).await);
    let (id, stamp) = (full.staff.id, guests.stamp());
    assert_refused([
        s.here(access, move |here| here.groups().insert_new(slice::from_ref(&guests)).map(drop))
            .await,
        s.here(access, move |here| here.groups().update_all(slice::from_ref(&renamed))).await,
        s.here(access, move |here| here.groups().remove_all(slice::from_ref(&removed))).await,
        s.here(access, move |here| here.groups().touch(&[id], stamp)).await,
        s.here(access, move |here| here.memberships().apply(slice::from_ref(&leaves))).await,
        s.here(access, move |here| here.nestings().apply(slice::from_ref(&moves))).await,
    ]);
}

async fn refuses_writes_of_children(s: &Setting, access: Access, full: &Full) {
    let profile = s.added(a_profile(full.ada.id, "new", "1")).await;
    let data = s.added(metadata(full.staff.id, "new", "1")).await;
    let role = Assignment { holder: Holder::User(full.ada.id), grant: Grant::system_admin() };
    let (holds, ends) = (s.added(role).await, s.deleted(&full.role).await);
    let (client, gone) = (s.added(a_client("new").build()).await, s.deleted(&full.import).await);
    assert_refused([
        s.here(access, move |here| here.profiles().apply(slice::from_ref(&profile))).await,
        s.here(access, move |here| here.metadata().apply(slice::from_ref(&data))).await,
        s.here(access, move |here| here.roles().insert(&holds)).await,
        s.here(access, move |here| here.roles().remove_all(slice::from_ref(&ends))).await,
        s.here(access, move |here| here.clients().insert(&client)).await,
        s.here(access, move |here| here.clients().remove(&gone)).await,
    ]);
}

async fn refuses_writes_of_sessions(s: &Setting, access: Access, user: UserId) {
    let [id, another] = [1, 2].map(|n| SessionId::new(Uuid::from_u128(n)));
    let [hash, new] = [1, 2].map(|byte| TokenHash::from_bytes([byte; 32]));
    let now = s.world.clock.now();
    let (second_factor, remembered) = (false, false);
    let session = Session { id, user, second_factor, remembered, started: now, expires: now };
    let (kept, added) = (session.clone(), Session { id: another, ..session });
    s.write(move |here| here.sessions().insert(&kept, &hash, None)).await.unwrap();
    assert_refused([
        s.here(access, move |here| here.sessions().insert(&added, &new, None)).await,
        s.here(access, move |here| here.sessions().elevate(id, &new, &new, now)).await,
        s.here(access, move |here| here.sessions().add_token(id, &new, now, now, 9)).await,
        s.here(access, move |here| here.sessions().touch(&hash, now)).await,
        s.here(access, move |here| here.sessions().end(id).map(drop)).await,
        s.here(access, move |here| here.sessions().end_all(&[user], None)).await,
        s.here(access, move |here| here.sessions().tidy(user, now, 0)).await,
    ]);
    let found = s.write(move |here| here.sessions().find_for_update(id)).await;
    assert!(matches!(found, Ok(Some(_))), "{found:?}");
    s.write(move |here| here.sessions().end(id)).await.unwrap();
}

async fn refuses_writes_of_second_factors(s: &Setting, access: Access, user: UserId) {
    let (factor, code) = (SecondFactor::pending(vec![1]), RecoveryHash::from_bytes([1; 32]));
    let (kept, another) = (factor.clone(), SecondFactor::pending(vec![2]));
    let keep = move |here: &mut dyn InStore| {
        here.second_factors().put(user, &kept)?;
        here.second_factors().set_recovery_codes(user, &[code])
    };
    s.write(keep).await.unwrap();
    assert_refused([
        s.here(access, move |here| here.second_factors().put(user, &another)).await,
        s.here(access, move |here| here.second_factors().remove(user)).await,
        s.here(access, move |here| here.second_factors().clear_attempts(&[user])).await,
        s.here(access, move |here| here.second_factors().set_recovery_codes(user, &[code])).await,
        s.here(access, move |here| here.second_factors().take_recovery_code(user, &code).map(drop))
            .await,
    ]);
    let left = s.write(move |here| {
        let left = here.second_factors().lock(user)?;
        Ok((left, here.second_factors().take_recovery_code(user, &code)?))
    });
    assert_eq!(left.await, Ok((Some(factor), true)));
}

async fn refuses_writes_of_the_register(s: &Setting, access: Access) {
    let empty = Setting::on(s.world.clone(), "empty").await;
    let set = Overrides { read_only: Some(true), ..Overrides::default() };
    let changed = empty.modified(&empty.store, Store { set, ..empty.store.clone() }).await;
    let (added, removed) = (s.added(a_store("new")).await, s.deleted(&empty.store).await);
    let (taken, now) = (Question::of(Some(s.store.id), "key"), s.world.clock.now());
    let kept_one = taken.clone();
    let unit_of_work = s.unit_of_work();
    let on = &*unit_of_work;
    assert_refused([
        transact(on, access, move |tx| tx.stores().insert_new(&added).map(drop)).await,
        transact(on, access, move |tx| tx.stores().update(&changed)).await,
        transact(on, access, move |tx| tx.stores().remove(&removed)).await,
        transact(on, access, move |tx| taken.take(tx, now).map(drop)).await,
        transact(on, access, move |tx| kept_one.keep(tx, &kept("answer"), now)).await,
    ]);
}

/// A look-up sees what others have committed.
pub async fn a_point_finds_what_is_committed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let (id, name) = (ada.id, ada.login_name.folded());
    let found = s
        .here(Access::Point, move |here| {
            Ok((here.users().find(id)?, here.users().find_by_login_name(&name)?))
        })
        .await;
    assert_eq!(found, Ok((Some(ada.clone()), Some(ada))));
}

/// A large change is stored like a small one.
pub async fn a_bulk_change_commits(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.added(a_user("ada").build()).await;
    let inserted = ada.clone();
    let outcome = s.here(Access::Bulk, move |here| here.users().insert(&inserted)).await;
    assert_eq!(outcome, Ok(()));
    s.assert_stored(&ada).await;
}

/// Within a unit, later calls see what earlier ones changed.
pub async fn a_unit_sees_its_own_changes(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ada = s.added(a_user("ada").build()).await;
    let renamed = s.modified(ada.record(), a_user("eve").replacing(ada.record()).build()).await;
    let changes = (ada.clone(), renamed.clone());
    let seen = s
        .write(move |here| {
            here.users().insert(&changes.0)?;
            here.users().update_all(slice::from_ref(&changes.1))?;
            let all = here.users().list(&UserQuery::first(UserOrder::Id, 10))?;
            Ok((all, here.audit().find(changes.1.entry().id)?))
        })
        .await;
    assert_eq!(seen, Ok((vec![renamed.record().clone()], Some(renamed.entry().clone()))));
}

/// A unit that only looked commits without a trace.
pub async fn a_unit_without_a_change_leaves_nothing(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (users, entries) = (s.users().await, s.entries().await);
    for access in [Access::Write, Access::Bulk, Access::Rehearse, Access::Read, Access::Point] {
        assert_eq!(s.run(access, |_| Verdict::Commit).await, Ok(()), "{access:?}");
        assert_eq!(s.run(access, |_| Verdict::Rollback).await, Ok(()), "{access:?}");
    }
    assert_eq!((s.users().await, s.entries().await), (users, entries));
}

/// Inserts a user and says whether that worked; for closures that may not fail.
pub(super) fn inserts(tx: &mut dyn Transaction, store: StoreId, user: &Recorded<User>) -> bool {
    tx.store(store).users().insert(user).is_ok()
}
