//! Old entries are dropped from a log, and what is proved stays.

use domain::audit::log::Walk;
use domain::unit_of_work::{Access, Verdict};

use super::trail::{ALL, numbers};
use super::{Harness, Setting};
use crate::builders::a_user;

/// A log of 12 leaves with checkpoints of 2, 4, 6 … of them; one entry more waits.
async fn a_log(s: &Setting) {
    for n in 0..6 {
        s.has_user(a_user(&format!("user {n}")).build()).await;
        if n > 0 {
            s.has_user(a_user(&format!("user {n} more")).build()).await;
        }
        s.seal(ALL as usize).await;
    }
    s.has_user(a_user("waiting").build()).await;
}

/// Drops up to `limit` entries, and gives whether some are left.
async fn drop_before(s: &Setting, cut: u64, limit: u32) -> bool {
    s.write(move |here| here.log().drop_before(cut, limit)).await.unwrap()
}

/// Asserts that the log begins with that leaf, and which checkpoints it has.
async fn assert_begins(s: &Setting, first: u64, sizes: &[u64]) {
    let log = s.log().await;
    let head = log.head.unwrap();
    assert_eq!((head.size, head.first), (12, first));
    let leaves: Vec<_> = log.sealed.iter().map(|sealed| sealed.leaf).collect();
    assert_eq!(leaves, (first..12).collect::<Vec<_>>());
    let events = s.read(|here| here.log().events(0, ALL)).await;
    assert!(events.iter().map(|event| event.leaf).eq(first..12));
    let checkpoints: Vec<_> = log.checkpoints.iter().map(|checkpoint| checkpoint.size).collect();
    assert_eq!(checkpoints, sizes);
    let count = s.read(|here| here.log().count_checkpoints(0, 99)).await;
    assert_eq!(count, sizes.len() as u64);
}

/// The first ones first, a few at a time; the checkpoint that the log begins with stays.
pub async fn old_entries_are_dropped_in_steps(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    a_log(&s).await;
    let (before, all) = (s.log().await, s.entries().await);
    assert_begins(&s, 0, &[2, 4, 6, 8, 10, 12]).await;
    assert!(drop_before(&s, 6, 3).await);
    assert_begins(&s, 3, &[4, 6, 8, 10, 12]).await;
    assert!(drop_before(&s, 6, 1).await);
    assert_begins(&s, 4, &[6, 8, 10, 12]).await;
    assert!(!drop_before(&s, 6, 2).await);
    assert_begins(&s, 6, &[6, 8, 10, 12]).await;
    assert!(!drop_before(&s, 6, 100).await);
    assert_begins(&s, 6, &[6, 8, 10, 12]).await;
    assert!(!drop_before(&s, 10, 100).await);
    assert_begins(&s, 10, &[10, 12]).await;

    let after = s.log().await;
    assert_eq!((after.tiles, after.terms, after.runs), (before.tiles, before.terms, before.runs));
    assert_eq!(s.entries().await, all[10..], "the last ones are there, sealed or not");
    for id in numbers(&all[..10]) {
        assert_eq!(s.entry(id).await, None);
    }
    assert_eq!(s.read(|here| here.log().walk(None, 1_000)).await, Walk::default());
}

/// It grows as before, and proves what is there.
pub async fn a_log_whose_beginning_is_dropped_goes_on(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    a_log(&s).await;
    assert!(!drop_before(&s, 12, 100).await);
    s.seal_by_node().await;
    s.has_user(a_user("later").build()).await;
    s.seal_by_node().await;
    let (log, service, context) = (s.log().await, s.world.log(), s.context());
    let sizes: Vec<_> = log.checkpoints.iter().map(|checkpoint| checkpoint.size).collect();
    assert_eq!(sizes, [12, 13, 14]);
    assert_eq!(log.sealed.iter().map(|sealed| sealed.leaf).collect::<Vec<_>>(), [12, 13]);
    for sealed in &log.sealed {
        let proof = service.inclusion(&context, sealed.entry.id, None).await.unwrap();
        assert_eq!(proof.leaf, sealed.leaf);
    }
    for from in 1..=14 {
        assert!(service.consistency(&context, from, None).await.is_ok(), "from {from}");
    }
}

/// A unit that fails drops nothing; nobody drops what is another store's.
pub async fn entries_of_a_unit_that_is_rolled_back_are_not_dropped(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    for s in [&s, &other] {
        a_log(s).await;
    }
    let (before, store) = (s.log().await, s.store.id);
    let unit = s.run(Access::Write, move |tx| {
        tx.store(store).log().drop_before(6, 3).unwrap();
        Verdict::Rollback
    });
    assert_eq!(unit.await, Ok(()));
    assert_eq!(s.log().await, before);
    assert!(!drop_before(&other, 12, 100).await);
    assert_eq!(s.log().await, before);
}

/// A store that is gone has a log still, and that grows old too.
pub async fn the_log_of_a_removed_store_is_dropped_too(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (removal, store) = (s.deleted(&s.store).await, s.store.id);
    let unit = s.run(Access::Write, move |tx| {
        tx.stores().remove(&removal).unwrap();
        Verdict::Commit
    });
    assert_eq!(unit.await, Ok(()));
    s.seal(2).await;
    assert!(!s.write(move |here| here.log().drop_before(2, 100)).await.unwrap(), "{store}");
    assert_eq!((s.entries().await, s.head().await.first), (Vec::new(), 2));
}
