//! What the in-memory adapter does beyond the conformance suite: the failures that can be ordered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::error::UseCaseError;
use domain::resource::Change;
use domain::unit_of_work::{Access, StoreError, Verdict};
use domain::user::UserWithRelations;
use testkit::builders::a_user;
use testkit::conformance::Setting;
use testkit::{MemoryStore, World, block_on};

fn gone() -> StoreError {
    StoreError::Unavailable("gone".into())
}

/// A store with a user `ada` to insert, and a counter of how often a unit ran.
async fn scene() -> (MemoryStore, Setting) {
    let store = MemoryStore::new();
    let setting = Setting::on(World::on(Arc::new(store.clone())), "shop").await;
    (store, setting)
}

/// Makes a user by the use case.
async fn create(s: &Setting, name: &str) -> Result<Option<UserWithRelations>, UseCaseError> {
    let create = Change::Create { id: None, draft: a_user(name).draft() };
    s.world.users().apply(&s.context(), (), create).await
}

#[test]
fn a_retryable_failure_runs_the_unit_again() {
    block_on(async {
        let (memory, s) = scene().await;
        let (ada, runs) = (s.added(a_user("ada").build()).await, Arc::new(AtomicU32::new(0)));
        memory.fail_next_call(StoreError::Retryable);
        memory.fail_next_commit(StoreError::Retryable);
        let (inserted, counted) = (ada.clone(), Arc::clone(&runs));
        let outcome = s
            .write(move |here| {
                counted.fetch_add(1, Ordering::SeqCst);
                here.users().insert(&inserted)
            })
            .await;
        assert_eq!((outcome, runs.load(Ordering::SeqCst)), (Ok(()), 3));
        s.assert_stored(&ada).await;
    });
}

#[test]
fn a_retryable_failure_that_comes_back_every_time_reaches_the_caller() {
    block_on(async {
        let (memory, s) = scene().await;
        let ada = s.added(a_user("ada").build()).await;
        for _ in 0..5 {
            memory.fail_next_commit(StoreError::Retryable);
        }
        assert_eq!(s.insert(&ada).await, Err(StoreError::Retryable));
        s.assert_absent(&ada).await;
        assert_eq!(s.insert(&ada).await, Ok(()));
    });
}

#[test]
fn a_lost_connection_ends_the_whole_unit_not_only_the_savepoint() {
    block_on(async {
        let (memory, s) = scene().await;
        let store = s.store.id;
        let [ada, bob] = ["ada", "bob"].map(|name| a_user(name).build());
        let [ada, bob] = [s.added(ada).await, s.added(bob).await];
        memory.fail_next_call(gone());
        let inserted = [ada.clone(), bob.clone()];
        let outcome = s
            .run(Access::Write, move |tx| {
                let inside = tx.nested(&mut |tx| {
                    assert_eq!(tx.store(store).users().insert(&inserted[0]), Err(gone()));
                    Verdict::Rollback
                });
                assert_eq!(inside, Ok(()));
                assert_eq!(tx.store(store).users().insert(&inserted[1]), Err(gone()));
                Verdict::Commit
            })
            .await;
        assert_eq!(outcome, Err(gone()));
        s.assert_absent(&ada).await;
        s.assert_absent(&bob).await;
    });
}

#[test]
fn a_use_case_tells_that_the_store_is_not_available() {
    block_on(async {
        let (memory, s) = scene().await;
        // The first user takes the numbers for the entries of the others, in a unit of its own.
        let eve = s.world.make_user(&s.store, a_user("eve").draft()).await;
        memory.fail_next_commit(StoreError::OutcomeUnknown);
        let creating = create(&s, "ada").await;
        assert_eq!(creating, Err(UseCaseError::Store(StoreError::OutcomeUnknown)));
        memory.fail_next_call(gone());
        let creating = create(&s, "ada").await;
        assert_eq!(creating, Err(UseCaseError::Store(gone())));
        assert_eq!(s.users().await, [eve.user]);
    });
}

#[test]
fn a_handle_on_the_same_store_sees_the_same() {
    block_on(async {
        let (memory, s) = scene().await;
        let ada = s.added(a_user("ada").build()).await;
        s.insert(&ada).await.unwrap();
        let world = World::on(Arc::new(memory.clone()));
        Setting { world, store: s.store.clone() }.assert_stored(&ada).await;
    });
}
