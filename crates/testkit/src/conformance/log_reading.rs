//! What is sealed, read in its order.

use std::sync::Arc;

use domain::audit::log::{Event, SealedEntry, StoredCheckpoint};
use domain::audit::{EntryOrder, EntryProperty, EntryQuery};
use domain::filter::Filter;
use domain::page::{Order, Place};
use jiff::SignedDuration;

use super::trail::ALL;
use super::{Harness, Setting};
use crate::builders::a_user;

/// A log of 16 leaves, which are not in order of their numbers, a minute apart from sealing to
/// sealing; another entry waits.
async fn a_log(harness: &dyn Harness) -> Setting {
    let s = Setting::of(harness).await;
    let early = (0..3).map(|n| a_user(&format!("early {n}")).build()).collect();
    let early = s.all_added(early).await;
    for n in 0..6 {
        let user = s.has_user(a_user(&format!("user {n}")).build()).await;
        let gone = s.deleted(&user).await;
        s.remove(&gone).await.unwrap();
        s.seal(ALL as usize).await;
        s.world.clock.advance(SignedDuration::from_mins(1));
    }
    s.insert_new(&early).await;
    s.seal(ALL as usize).await;
    s.has_user(a_user("waiting").build()).await;
    s
}

/// What a query gives of all there is, in order of the leaves.
fn expected(all: &[SealedEntry], query: &EntryQuery) -> Vec<SealedEntry> {
    let descending = query.order.descending;
    let mut ordered = all.to_vec();
    if descending {
        ordered.reverse();
    }
    let after = query.after.as_ref().map(|place| place.sort.parse::<u64>().unwrap());
    let behind = |leaf: u64| match after {
        None => true,
        Some(after) => {
            if descending {
                leaf < after
            } else {
                leaf > after
            }
        }
    };
    let passes = |sealed: &SealedEntry| match &query.filter {
        Some(filter) => filter.matches(&|property: EntryProperty| property.value(&sealed.entry)),
        None => true,
    };
    let limit = usize::try_from(query.limit).unwrap();
    ordered.into_iter().filter(|it| behind(it.leaf) && passes(it)).take(limit).collect()
}

/// Both ways, in pages, and through a filter; never what waits. A place is that of a leaf, and
/// leaves are counted, not compared as text.
pub async fn sealed_entries_come_in_order_of_their_leaves(harness: &dyn Harness) {
    let s = a_log(harness).await;
    let all = s.log().await.sealed;
    assert!(all.iter().map(|sealed| sealed.leaf).eq(0..16));
    assert!(!all.is_sorted_by_key(|sealed| sealed.entry.id));
    let by_number = s.entries().await;
    for sealed in &all {
        assert!(by_number.contains(&sealed.entry), "another entry than that of the number");
    }

    let places = all.iter().map(|it| (it.leaf, it.entry.id)).chain([(99, all[0].entry.id)]);
    let places = places.map(|(leaf, id)| Some(Place { sort: leaf.to_string(), id }));
    let places: Vec<_> = places.chain([None]).collect();
    let filters = [None, Some(r#"action eq "Added" and area eq "User""#), Some("id lt 1")];
    for filter in filters.map(|text| text.map(|text| Arc::new(Filter::parse(text).unwrap()))) {
        for descending in [false, true] {
            for (by, limit) in
                [(EntryOrder::Commit, 3), (EntryOrder::Commit, ALL), (EntryOrder::Id, 3)]
            {
                for after in &places {
                    let order = Order { by, descending };
                    let query =
                        EntryQuery { filter: filter.clone(), order, after: after.clone(), limit };
                    let (expected, asked) = (expected(&all, &query), query.clone());
                    let found = s.read(move |here| here.log().entries(&asked)).await;
                    assert_eq!(found, expected, "{query:?}");
                }
            }
        }
    }
}

/// Who follows a log sees each entry once, without a gap, and of what waits nothing.
pub async fn events_come_from_any_leaf_on(harness: &dyn Harness) {
    let s = a_log(harness).await;
    let all: Vec<_> = s
        .log()
        .await
        .sealed
        .into_iter()
        .map(|SealedEntry { leaf, entry }| {
            let (area, action, timestamp) = (entry.area, entry.action, entry.timestamp);
            Event { leaf, area, action, primary_key: entry.primary_key, timestamp }
        })
        .collect();
    assert_eq!(all.len(), 16);
    for from in 0..=17 {
        for limit in [0, 1, 5, ALL] {
            let expected: Vec<_> = all.iter().skip(from).take(limit as usize).cloned().collect();
            let from = from as u64;
            assert_eq!(s.read(move |here| here.log().events(from, limit)).await, expected);
        }
    }
    let beyond = s.read(|here| here.log().events(u64::MAX, 1)).await;
    assert_eq!(beyond, []);
}

/// By their sizes.
pub async fn checkpoints_are_found_and_counted(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    assert_eq!(s.read(|here| here.log().latest_checkpoint()).await, None);
    assert_eq!(s.read(|here| here.log().count_checkpoints(0, 99)).await, 0);
    let mut all: Vec<StoredCheckpoint> = Vec::new();
    for n in 0..6 {
        s.has_users((0..=n).map(|m| a_user(&format!("user {n} {m}")).build()).collect()).await;
        all.push(s.growth(ALL as usize).await.checkpoint);
        s.seal(ALL as usize).await;
        assert_eq!(s.read(|here| here.log().latest_checkpoint()).await.as_ref(), all.last());
    }
    let sizes: Vec<_> = all.iter().map(|checkpoint| checkpoint.size).collect();
    assert_eq!(sizes, [2, 4, 7, 11, 16, 22]);
    for size in 0..=23 {
        let expected = all.iter().find(|checkpoint| checkpoint.size == size);
        assert_eq!(s.read(move |here| here.log().checkpoint(size)).await.as_ref(), expected);
    }
    for after in [0, 1, 2, 7, 8, 22, 99] {
        for size in [0, 2, 11, 12, 22, 99] {
            let within = |it: &&StoredCheckpoint| after < it.size && it.size <= size;
            let expected: Vec<_> = all.iter().filter(within).cloned().collect();
            let count = s.read(move |here| here.log().count_checkpoints(after, size)).await;
            assert_eq!(count, expected.len() as u64, "{after} to {size}");
            for limit in [0, 2, ALL] {
                let found = s.read(move |here| here.log().checkpoints(after, size, limit)).await;
                let expected: Vec<_> = expected.iter().take(limit as usize).cloned().collect();
                assert_eq!(found, expected, "{after} to {size}, {limit}");
            }
        }
    }
}

/// Before, not at that time; of several the largest.
pub async fn the_largest_checkpoint_before_a_time_is_found(harness: &dyn Harness) {
    let s = a_log(harness).await;
    let all = s.log().await.checkpoints;
    assert_eq!(all.len(), 7);
    let moment = SignedDuration::from_micros(1);
    for (n, checkpoint) in all.iter().enumerate() {
        let at = checkpoint.sealed_at;
        let before = n.checked_sub(1).map(|n| &all[n]);
        assert_eq!(s.read(move |here| here.log().sealed_before(at)).await.as_ref(), before);
        let later = at.saturating_add(moment);
        let found = s.read(move |here| here.log().sealed_before(later)).await;
        assert_eq!(found.as_ref(), Some(checkpoint));
    }
    s.world.clock.set(all[6].sealed_at);
    s.seal(ALL as usize).await;
    let late = all[6].sealed_at.saturating_add(moment);
    let found = s.read(move |here| here.log().sealed_before(late)).await;
    assert_eq!(found.map(|checkpoint| checkpoint.size), Some(17), "of two of one time the larger");
}

/// Of each entry in each checkpoint, and of each checkpoint to each later one.
pub async fn the_stored_log_proves_what_it_says(harness: &dyn Harness) {
    let s = a_log(harness).await;
    let (log, service, context) = (s.log().await, s.world.log(), s.context());
    let sizes: Vec<_> = log.checkpoints.iter().map(|checkpoint| checkpoint.size).collect();
    for size in &sizes {
        for SealedEntry { leaf, entry } in &log.sealed {
            // The service checks each proof that it gives.
            let proof = service.inclusion(&context, entry.id, Some(*size)).await;
            assert_eq!(proof.is_ok(), leaf < size, "leaf {leaf} of {size}: {proof:?}");
        }
        for from in 1..=*size {
            let proof = service.consistency(&context, from, Some(*size)).await;
            assert!(proof.is_ok(), "{from} to {size}: {proof:?}");
        }
    }
}
