//! Entries wait to be sealed, and logs grow by them.

use std::slice;

use domain::audit::log::{Edge, Growth, Run, TileId, Walk};
use domain::audit::{Commitment, Entry};
use domain::group::Group;
use domain::id::AuditId;
use domain::unit_of_work::{Access, StoreError, Verdict, nested, transact};
use domain::user::User;

use super::attributes::a_profile;
use super::full::Full;
use super::trail::{ALL, first_tiles, leaves, numbers};
use super::waiting::beside;
use super::{Harness, Setting};
use crate::builders::{a_group, a_user};

fn run(first: AuditId, last: AuditId) -> Run {
    Run { first, last }
}

/// Users of these numbers.
fn users(numbers: std::ops::Range<u32>) -> Vec<User> {
    numbers.map(|n| a_user(&format!("user {n}")).build()).collect()
}

/// What a log was, to say that it is so still.
async fn assert_refused(s: &Setting, growth: &Growth) {
    let before = s.log().await;
    assert_eq!(s.grow(growth).await, Err(StoreError::Stale));
    assert_eq!(s.log().await, before);
}

/// From the first entry of a store on; without what their commitments are to.
pub async fn entries_wait_until_they_are_sealed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let begun = s.head().await;
    assert_eq!((begun.store, begun.size, begun.first), (s.store.id, 0, 0));
    assert_eq!(begun.key, s.store.audit_key);
    let ada = s.has_user(a_user("ada").build()).await;
    let change = s.modified(&ada, User { active: false, ..ada.clone() }).await;
    s.update(&change).await.unwrap();

    let entries = s.entries().await;
    let closed = |c: &Option<Commitment>| c.as_ref().map(|c| Commitment { opened: None, ..*c });
    let expected: Vec<_> = entries
        .iter()
        .map(|entry| {
            let (original, current) = (closed(&entry.original), closed(&entry.current));
            Entry { original, current, ..entry.clone() }
        })
        .collect();
    assert_eq!(s.waiting().await, expected);
    assert_eq!(s.read(|here| here.log().waiting(2)).await, expected[..2]);
    assert_eq!(s.read(|here| here.log().runs(2)).await, s.runs().await[..2]);
    for id in numbers(&entries) {
        assert_eq!(s.read(move |here| here.log().leaf_of(id)).await, None);
    }

    s.seal(3).await;
    assert_eq!((s.waiting().await, s.runs().await), (Vec::new(), Vec::new()));
    for (leaf, id) in (0..).zip(numbers(&entries)) {
        assert_eq!(s.read(move |here| here.log().leaf_of(id)).await, Some(leaf));
    }
    assert_eq!(s.head().await.size, 3);
    assert_eq!(s.entries().await, entries, "what is sealed keeps its contents");
    s.assert_whole().await;
}

/// However many are stored at once, successive numbers are one small row.
pub async fn entries_that_are_stored_at_once_wait_as_runs(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.seal(ALL as usize).await;
    let recorded = s.all_added(users(0..10)).await;
    assert!(s.insert_new(&recorded).await.iter().all(Result::is_ok));
    let ids: Vec<_> = recorded.iter().map(|user| user.entry().id).collect();
    assert_eq!(s.runs().await, [run(ids[0], ids[9])]);
    s.seal(10).await;

    // Whoever is refused leaves no entry.
    let mut batch = users(10..14);
    batch.insert(2, a_user("user 3").build());
    let recorded = s.all_added(batch).await;
    assert!(s.insert_new(&recorded).await[2].is_err());
    let ids: Vec<_> = recorded.iter().map(|user| user.entry().id).collect();
    assert_eq!(s.runs().await, [run(ids[0], ids[1]), run(ids[3], ids[4])]);
    assert_eq!(numbers(&s.waiting().await), [ids[0], ids[1], ids[3], ids[4]]);
    s.seal(4).await;
    s.assert_whole().await;
}

/// Whatever changes, however it is stored.
pub async fn every_kind_of_change_waits_to_be_sealed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let Full { ada, staff, all, membership, nesting, color, size, import, role } =
        Full::of(&s).await;
    let ada = s.modified(&ada, User { active: false, ..ada.clone() }).await;
    s.update(&ada).await.unwrap();
    let blue = s.modified(&color, a_profile(ada.record().id, "color", "blue")).await;
    let no_color = s.deleted(blue.record()).await;
    s.apply_attributes(vec![blue]).await.unwrap();
    s.apply_attributes(vec![no_color]).await.unwrap();
    let no_size = s.deleted(&size).await;
    s.apply_attributes(vec![no_size]).await.unwrap();
    let leaves = s.deleted(&membership).await;
    s.apply_memberships(vec![leaves]).await.unwrap();
    let lies_apart = s.deleted(&nesting).await;
    s.apply_nestings(vec![lies_apart]).await.unwrap();
    let crew = Group { name: a_group("crew").build().name, ..staff.clone() };
    let (crew, no_all) = (s.modified(&staff, crew).await, s.deleted(&all).await);
    let (no_role, no_import) = (s.deleted(&role).await, s.deleted(&import).await);
    let changing = s.write(move |here| {
        here.roles().remove_all(slice::from_ref(&no_role))?;
        here.clients().remove(&no_import)?;
        here.groups().update_all(slice::from_ref(&crew))?;
        here.groups().remove_all(slice::from_ref(&no_all))
    });
    assert_eq!(changing.await, Ok(()));
    let gone = s.deleted(ada.record()).await;
    s.remove(&gone).await.unwrap();

    let entries = s.entries().await;
    assert!(entries.len() >= 20, "{} entries", entries.len());
    assert_eq!(numbers(&s.waiting().await), numbers(&entries));
    s.seal_by_node().await;
    s.assert_whole().await;
}

/// Neither is what is not stored sealed.
pub async fn what_is_not_committed_does_not_wait(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (before, store) = (s.runs().await, s.store.id);
    let added = s.all_added(users(0..3)).await;
    for access in [Access::Write, Access::Bulk, Access::Rehearse] {
        let batch = added.clone();
        let verdict = if access == Access::Rehearse { Verdict::Commit } else { Verdict::Rollback };
        let unit = s.run(access, move |tx| {
            tx.store(store).users().insert_new(&batch).unwrap();
            assert_eq!(tx.store(store).log().runs(ALL).unwrap().len(), 2);
            verdict
        });
        assert_eq!(unit.await, Ok(()));
        assert_eq!(s.runs().await, before, "{access:?}");
    }
    let walk = s.read(|here| here.log().walk(None, ALL)).await;
    assert_eq!(walk, Walk::default());
}

/// What is kept beside it waits.
pub async fn what_is_undone_by_a_savepoint_does_not_wait(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let store = s.store.id;
    let added = s.all_added(users(0..3)).await;
    let ids: Vec<_> = added.iter().map(|user| user.entry().id).collect();
    let unit = s.run(Access::Write, move |tx| {
        tx.store(store).users().insert(&added[0]).unwrap();
        let inside = tx.nested(&mut |tx| {
            tx.store(store).users().insert(&added[1]).unwrap();
            Verdict::Rollback
        });
        assert_eq!(inside, Ok(()));
        tx.store(store).users().insert(&added[2]).unwrap();
        Verdict::Commit
    });
    assert_eq!(unit.await, Ok(()));
    let first = AuditId::new(1).unwrap();
    assert_eq!(numbers(&s.waiting().await), [first, ids[0], ids[2]]);
    s.seal_by_node().await;
    s.assert_whole().await;
}

/// Not by number: whoever was stored later comes behind what is sealed already.
pub async fn entries_are_sealed_as_they_were_committed(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let early = s.all_added(users(0..2)).await;
    let late = s.all_added(users(2..4)).await;
    assert!(early[1].entry().id < late[0].entry().id);
    s.insert_new(&late).await;
    s.seal(3).await;
    s.insert_new(&early).await;
    s.seal(2).await;
    let sealed: Vec<_> = s.log().await.sealed.into_iter().skip(1).map(|s| s.entry.id).collect();
    let expected: Vec<_> = late.iter().chain(&early).map(|user| user.entry().id).collect();
    assert_eq!(sealed, expected);
    s.assert_whole().await;
}

/// The rest waits on, and nothing of it is lost or sealed twice.
pub async fn a_log_grows_by_a_part_of_a_run(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_users(users(0..10)).await;
    let ids = numbers(&s.entries().await);
    s.seal(4).await;
    assert_eq!(s.runs().await, [run(ids[4], ids[10])]);
    assert_eq!(numbers(&s.waiting().await), ids[4..]);
    s.seal(1).await;
    s.has_user(a_user("beside").build()).await;
    let ids = numbers(&s.entries().await);
    s.seal(6).await;
    assert_eq!(s.runs().await, [run(ids[11], ids[11])]);
    s.seal(1).await;
    s.assert_whole().await;
}

/// Somebody else was faster: nothing changes.
pub async fn a_log_of_another_size_does_not_grow(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_users(users(0..4)).await;
    let all = s.growth(5).await;
    for from in [1, 4, 5, 1 << 40] {
        assert_refused(&s, &Growth { from, ..all.clone() }).await;
    }
    let first = s.growth(2).await;
    assert_eq!(s.grow(&first).await, Ok(()));
    assert_refused(&s, &first).await;
    assert_refused(&s, &all).await;
    assert_refused(&s, &Growth { from: 0, ..s.growth(3).await }).await;
    s.seal(3).await;
    s.assert_whole().await;
}

/// A run is taken as it is: not when it is shorter or longer, begins elsewhere, or is gone.
pub async fn a_run_that_waits_no_longer_as_it_was_is_not_taken(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let ids: Vec<_> = {
        s.has_users(users(0..4)).await;
        numbers(&s.entries().await)
    };
    s.seal(1).await;
    let right = s.growth(4).await;
    assert_eq!(right.taken, [run(ids[1], ids[4])]);
    let beyond = AuditId::new(ids[4].get() + 1).unwrap();
    let wrong = [
        vec![run(ids[1], ids[3])],
        vec![run(ids[1], beyond)],
        vec![run(ids[2], ids[4])],
        vec![run(ids[0], ids[0])],
        vec![run(ids[1], ids[4]), run(beyond, beyond)],
        vec![run(ids[1], ids[2]), run(ids[3], ids[4])],
    ];
    for taken in wrong {
        assert_refused(&s, &Growth { taken, ..right.clone() }).await;
    }
    assert_eq!(s.grow(&right).await, Ok(()));
    s.assert_whole().await;
}

/// Whatever somebody believes of it.
pub async fn an_entry_is_sealed_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.seal(1).await;
    s.has_users(users(0..2)).await;
    let (before, right) = (s.log().await, s.growth(2).await);
    let first = before.sealed[0].entry.id;
    for entries in [vec![first, right.entries[0]], vec![right.entries[0], right.entries[0]]] {
        assert!(s.grow(&Growth { entries, ..right.clone() }).await.is_err());
        assert_eq!(s.log().await, before);
    }
    assert_eq!(s.grow(&right).await, Ok(()));
    s.assert_whole().await;
}

/// With all that belongs to it.
pub async fn a_growth_of_a_unit_that_is_rolled_back_is_undone(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_users(users(0..4)).await;
    let (before, store) = (s.log().await, s.store.id);
    let growth = s.growth(3).await;
    let (grown, rehearsed) = (growth.clone(), growth.clone());
    let unit = s.run(Access::Write, move |tx| {
        tx.store(store).log().grow(&grown).unwrap();
        Verdict::Rollback
    });
    assert_eq!(unit.await, Ok(()));
    assert_eq!(s.log().await, before);
    let unit = s.here(Access::Rehearse, move |here| {
        here.log().grow(&rehearsed)?;
        here.log().head()
    });
    assert_eq!(unit.await.map(|head| head.map(|head| head.size)), Ok(Some(3)));
    assert_eq!(s.log().await, before);
    assert_eq!(s.grow(&growth).await, Ok(()));
}

/// The last tile of each level is replaced until it is full, whatever the steps are.
pub async fn the_tiles_of_a_log_follow_from_its_leaves(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_users(users(0..600)).await;
    for step in [1, 1, 3, 250, 1, 1, 254, 1, 88, 1] {
        s.seal(step).await;
        let log = s.log().await;
        let all = leaves(log.sealed.iter().map(|sealed| &sealed.entry));
        let mut expected = Edge::default().append(&all);
        expected.sort_unstable_by_key(|tile| tile.id);
        assert_eq!(log.tiles, expected, "of {} leaves", all.len());
    }
    s.assert_whole().await;
    // Those that are there, and those alone.
    let ids = [(1, 0), (0, 7), (0, 2), (3, 0), (0, 0), (0, 1 << 50)];
    let ids = ids.map(|(level, number)| TileId { level, number });
    let mut found = s.read(move |here| here.log().tiles(&ids)).await;
    found.sort_unstable_by_key(|tile| tile.id);
    let lengths: Vec<_> = found.iter().map(|tile| (tile.id, tile.hashes.len())).collect();
    assert_eq!(lengths, [(ids[4], 256), (ids[2], 89), (ids[0], 2)]);
    assert_eq!(s.read(|here| here.log().tiles(&[])).await, []);
}

/// More than are sealed at once, and more than a statement takes.
pub async fn a_large_set_of_entries_is_sealed_whole(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_users(users(0..4_200)).await;
    let sealed = s.world.sealer().seal(s.store.id).await.unwrap();
    assert_eq!((sealed.entries, sealed.more), (4_096, true));
    assert_eq!(s.waiting().await.len(), 105);
    let sealed = s.world.sealer().seal(s.store.id).await.unwrap();
    assert_eq!((sealed.entries, sealed.more), (105, false));
    s.assert_whole().await;
}

/// Its last entries are sealed like all others.
pub async fn a_log_outlives_its_store(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.seal(1).await;
    s.has_user(a_user("ada").build()).await;
    let gone = s.deleted(&s.users().await[0]).await;
    s.remove(&gone).await.unwrap();
    let (removal, store) = (s.deleted(&s.store).await, s.store.id);
    let unit = s.run(Access::Write, move |tx| {
        tx.stores().remove(&removal).unwrap();
        Verdict::Commit
    });
    assert_eq!(unit.await, Ok(()));
    assert_eq!(s.head().await.size, 1);
    let waits = transact(&*s.world.unit_of_work, Access::Read, |tx| tx.logs().waiting(None, ALL));
    assert_eq!(waits.await, Ok::<_, StoreError>(vec![store]));
    s.seal_by_node().await;
    assert_eq!(s.head().await.size, 4);
    s.assert_whole().await;
}

/// Neither what waits nor what is sealed.
pub async fn each_store_has_a_log_of_its_own(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    for s in [&s, &other] {
        s.has_users(users(0..4)).await;
    }
    let (waiting, growth) = (other.waiting().await, other.growth(5).await);
    s.seal(3).await;
    assert_eq!((other.waiting().await, other.growth(5).await), (waiting, growth.clone()));
    s.seal(2).await;
    let sealed = s.log().await;
    assert_eq!(other.grow(&growth).await, Ok(()));
    assert_eq!(s.log().await, sealed);
    s.assert_whole().await;
    other.assert_whole().await;
    assert_ne!(s.log().await.tiles, other.log().await.tiles);
}

/// Of a store that never was nothing is known.
pub async fn a_log_that_never_began_has_no_head(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let nowhere = crate::builders::a_store("nowhere").id;
    let looking = transact(&*s.world.unit_of_work, Access::Write, move |tx| {
        let mut inside = tx.store(nowhere);
        let log = inside.log();
        assert_eq!((log.head()?, log.lock()?), (None, None));
        assert_eq!((log.runs(ALL)?, log.waiting(ALL)?, log.terms()?), Default::default());
        assert_eq!((log.latest_checkpoint()?, first_tiles(log)?), Default::default());
        log.walk(None, ALL)
    });
    assert_eq!(looking.await, Ok::<_, StoreError>(Walk::default()));
}

/// Those that are sealed and those that wait, a few at a time.
pub async fn entries_are_looked_at_in_parts(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_users(users(0..6)).await;
    s.seal(3).await;
    let entries = numbers(&s.entries().await);
    let walk = async |after, limit| s.read(move |here| here.log().walk(after, limit)).await;
    let to = |place: usize| Walk { stray: None, next: Some(entries[place]) };
    assert_eq!(walk(None, 1).await, to(0));
    assert_eq!(walk(None, 3).await, to(2));
    assert_eq!(walk(Some(entries[2]), 3).await, to(5));
    assert_eq!(walk(Some(entries[2]), 0).await, to(3), "one at least");
    assert_eq!(walk(Some(entries[2]), ALL).await, Walk::default());
    assert_eq!(walk(entries.last().copied(), 3).await, Walk::default());
}

/// Nor is it hidden by what was sealed or waits on either side.
pub async fn an_entry_in_no_log_is_found_in_its_part(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_users(users(0..3)).await;
    s.seal(2).await;
    let before = s.growth(ALL as usize).await;
    // They wait no more, and were not sealed.
    let lost = Growth { entries: Vec::new(), rest: None, ..before.clone() };
    s.grow(&lost).await.unwrap();
    s.has_users(users(3..6)).await;
    let stray = before.entries[0];
    let walk = async |after, limit| s.read(move |here| here.log().walk(after, limit)).await.stray;
    assert_eq!(walk(None, ALL).await, Some(stray));
    assert_eq!(walk(None, 2).await, None, "it is behind them");
    assert_eq!(walk(None, 3).await, Some(stray));
    assert_eq!(walk(before.entries.last().copied(), ALL).await, None);
}

/// Of two that make it grow from one size the second finds it grown.
pub async fn who_locks_a_log_is_waited_for(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = s.by_second_node(harness).await;
    let store = s.store.id;
    for (n, nodes) in (0..).zip([[&s, &other], [&other, &s], [&s, &s]]) {
        s.has_users(users(n..n + 1)).await;
        let growth = s.growth(ALL as usize).await;
        let (size, first, second) = (growth.checkpoint.size, growth.clone(), growth);
        let outcome = beside(
            nodes,
            move |tx| tx.store(store).log().lock().map(drop),
            move |tx| tx.store(store).log().grow(&first).map(|()| Verdict::Commit),
            move |tx| {
                let grown = nested(tx, &mut |tx| tx.store(store).log().grow(&second));
                Ok((grown, tx.store(store).log().lock()?.map(|head| head.size)))
            },
        )
        .await;
        assert!(!outcome.passed, "a log grew although somebody had locked it");
        assert_eq!(outcome.seen, (Err(StoreError::Stale), Some(size)));
    }
    s.assert_whole().await;
}
