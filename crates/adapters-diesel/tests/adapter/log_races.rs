//! Two that make one log grow: one of them does, whoever is slow and for however long.

use domain::audit::log::{Growth, LogHead, StoredCheckpoint, Walk};
use domain::id::StoreId;
use domain::time::Clock as _;
use domain::unit_of_work::{Access, StoreError, transact};
use futures_util::future::join;
use testkit::builders::a_user;
use testkit::conformance::{Harness, Setting};

use crate::places::{Postgres, Sqlite};

/// How the log of a store grows by what waits now, as somebody sees it who then does nothing for a
/// while.
async fn prepared(s: &Setting) -> Growth {
    let (head, waiting, taken) = s
        .read(|here| {
            let log = here.log();
            Ok((log.head()?.unwrap(), log.waiting(1_000)?, log.runs(1_000)?))
        })
        .await;
    let size = head.size + waiting.len() as u64;
    let note = format!("of {size} leaves");
    Growth {
        from: head.size,
        entries: waiting.into_iter().map(|entry| entry.id).collect(),
        tiles: Vec::new(),
        checkpoint: StoredCheckpoint { size, sealed_at: s.world.clock.now(), note },
        taken,
        rest: None,
    }
}

async fn grow(s: &Setting, growth: Growth) -> Result<(), StoreError> {
    let store: StoreId = s.store.id;
    let unit_of_work = s.unit_of_work();
    transact(&*unit_of_work, Access::Write, move |tx| tx.store(store).log().grow(&growth)).await
}

async fn head(s: &Setting) -> LogHead {
    s.read(|here| here.log().head()).await.unwrap()
}

/// Asserts that every entry has one leaf, and the leaves no gap.
async fn assert_whole(s: &Setting, entries: usize) {
    let leaves = s.read(|here| here.log().events(0, 10_000)).await;
    let leaves: Vec<_> = leaves.iter().map(|event| event.leaf).collect();
    assert_eq!(leaves, (0..entries as u64).collect::<Vec<_>>());
    assert_eq!(head(s).await.size, entries as u64);
    assert_eq!(s.read(|here| here.log().walk(None, 1_000)).await, Walk::default());
}

async fn one_of_two_makes_it_grow(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    for round in 0..20 {
        s.has_user(a_user(&format!("user {round}")).build()).await;
        let (mine, theirs) = join(prepared(&s), prepared(&other)).await;
        assert_eq!(mine.entries, theirs.entries);
        let (mine, theirs) = join(grow(&s, mine), grow(&other, theirs)).await;
        let (won, lost) = if mine.is_ok() { (mine, theirs) } else { (theirs, mine) };
        assert_eq!((won, lost), (Ok(()), Err(StoreError::Stale)), "round {round}");
    }
    assert_whole(&s, 21).await;
}

async fn who_was_frozen_is_refused(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let frozen = prepared(&s).await;
    let other = s.by_second_node(harness).await;
    grow(&other, prepared(&other).await).await.unwrap();
    let ada = s.has_user(a_user("ada").build()).await;
    assert_eq!(grow(&s, frozen.clone()).await, Err(StoreError::Stale));
    // Nor does it help that the log has the size again which it had for whoever was frozen: what
    // waited then waits no longer.
    let as_large = Growth { from: 1, ..frozen };
    assert_eq!(grow(&s, as_large).await, Err(StoreError::Stale));
    assert_eq!(head(&s).await.size, 1);
    let late = prepared(&s).await;
    assert_eq!(late.entries, [ada.version.get()]);
    grow(&s, late).await.unwrap();
    assert_whole(&s, 2).await;
}

#[test]
fn of_two_that_make_a_log_grow_one_does_on_sqlite() {
    testkit::block_on(async { one_of_two_makes_it_grow(&Sqlite::migrated()).await });
}

#[test]
fn of_two_that_make_a_log_grow_one_does_on_postgres() {
    testkit::block_on(async { one_of_two_makes_it_grow(&Postgres::migrated().await).await });
}

#[test]
fn who_was_frozen_makes_no_log_grow_on_sqlite() {
    testkit::block_on(async { who_was_frozen_is_refused(&Sqlite::migrated()).await });
}

#[test]
fn who_was_frozen_makes_no_log_grow_on_postgres() {
    testkit::block_on(async { who_was_frozen_is_refused(&Postgres::migrated().await).await });
}
