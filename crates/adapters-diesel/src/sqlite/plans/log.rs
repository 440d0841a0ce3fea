//! The same of the audit log.

use domain::audit::log::{Growth, KeyTerm, Run, StoredCheckpoint, Tile, TileId, TreeHash};
use domain::audit::{Erased, PublicKeyInfo};
use domain::id::StoreId;
use jiff::SignedDuration;
use testkit::World;
use testkit::conformance::Setting;
use uuid::Uuid;

use super::{Planner, instant, number, user, walks_a_table};

/// However long a log is, and however much of it is sealed: what waits is found by the runs, and what
/// is asked for by its leaf or its number.
#[test]
fn logs_are_looked_up() {
    let mut planner = Planner::new();
    planner.assert_looks_up("look-ups of a log", |here| {
        let log = here.log();
        log.head().expect("a look-up");
        log.lock().expect("a lock");
        log.tiles(&[0, 1].map(|number| TileId { level: 1, number })).expect("a look-up");
        log.leaf_of(number(7)).expect("a look-up");
        log.checkpoint(7).expect("a look-up");
        log.sealed_before(instant(7)).expect("a look-up");
        log.count_checkpoints(7, 9).expect("a look-up");
        log.events(7, 100).expect("a page");
        log.checkpoints(7, 9, 100).expect("a page");
    });
    planner.assert_goes_along("pages of a log", |here| {
        let log = here.log();
        log.terms().expect("a list");
        log.runs(100).expect("a page");
        log.waiting(100).expect("a page");
        log.events(7, 100).expect("a page");
        log.latest_checkpoint().expect("a look-up");
        log.checkpoints(7, 9, 100).expect("a page");
        log.sealed_before(instant(7)).expect("a look-up");
    });
    let plans = planner.here(|here| {
        here.log().waiting(100).expect("a page");
    });
    let entries = "audit_entries USING INDEX sqlite_autoindex_audit_entries_1 \
        (store_id=? AND id>? AND id<?)";
    assert!(plans.iter().any(|line| line.contains(entries)), "{plans:#?}");
}

/// A log that was begun, with an entry in it and one that waits.
fn growth() -> Growth {
    let run = |n| Run { first: number(n), last: number(n + 1) };
    let tile = |number| Tile { id: TileId { level: 0, number }, hashes: vec![TreeHash([7; 32])] };
    Growth {
        from: 0,
        entries: vec![number(1), number(2)],
        tiles: vec![tile(0), tile(1)],
        checkpoint: StoredCheckpoint { size: 2, sealed_at: instant(1), note: "signed".into() },
        taken: vec![run(1), run(5)],
        rest: Some(run(6)),
    }
}

#[test]
fn what_a_log_takes_and_drops_is_looked_up() {
    let mut planner = Planner::new();
    let key = PublicKeyInfo([7; 44]);
    planner.assert_looks_up("growing", move |here| {
        here.log().begin(&key).expect("begun");
        here.log().appoint(&KeyTerm::first(key)).expect("appointed");
        // Those runs are not there.
        here.log().grow(&growth()).expect_err("stale");
    });
    planner.assert_looks_up("grown", move |here| {
        here.log().begin(&key).expect("begun");
        let growth = Growth { taken: Vec::new(), ..growth() };
        here.log().grow(&growth).expect("grown");
        here.log().drop_before(2, 1).expect("dropped");
    });
}

/// What is looked at four times a second, of all stores.
#[test]
fn stores_that_wait_are_looked_up_one_after_the_other() {
    let mut planner = Planner::new();
    let plans = planner.plans(|tx| {
        let after = Some(StoreId::new(Uuid::from_u128(1)));
        tx.logs().waiting(after, 100).expect("a page");
        tx.logs().heads(after, 100).expect("a page");
        tx.logs().stores(after, 100).expect("a page");
        let length = SignedDuration::from_secs(10);
        tx.logs().lease("sealing", Uuid::from_u128(1), instant(1), length).expect("a lease");
    });
    for line in &plans {
        assert!(!walks_a_table(line) && !line.contains("TEMP B-TREE"), "{plans:#?}");
    }
    let next = "audit_pending USING PRIMARY KEY (store_id>?)";
    assert_eq!(plans.iter().filter(|line| line.contains(next)).count(), 4, "{plans:#?}");
}

/// It looks at every entry of the store, and at nothing else but by its key.
#[test]
fn strays_are_looked_for_in_one_walk_along_the_store() {
    let mut planner = Planner::new();
    let plans = planner.here(|here| {
        here.log().walk(Some(number(7)), 100).expect("a walk");
    });
    for line in &plans {
        assert!(!walks_a_table(line) && !line.contains("TEMP B-TREE"), "{plans:#?}");
    }
    for look_up in ["leaf USING ", "run USING "] {
        let found = plans.iter().find(|line| line.contains(look_up)).expect(look_up);
        assert!(!found.contains("(store_id=?)"), "{plans:#?}");
    }
}

#[test]
fn whose_entries_are_erased_are_looked_up() {
    let erased = testkit::block_on(async {
        let s = Setting::on(World::new(), "shop").await;
        s.recorded(1, |journal| journal.noted(Erased { user: user(1) })).await
    });
    let mut planner = Planner::new();
    let plans = planner.here(move |here| {
        here.audit().erase(&erased).expect("erased");
    });
    let range = "audit_entries_primary_key_index (store_id=? AND primary_key>? AND primary_key<?)";
    assert!(plans.iter().any(|line| line.contains(range)), "{plans:#?}");
}
