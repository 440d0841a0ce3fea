//! The repository of nestings: which group lies directly in which, and all above and below.

use domain::group::{Group, Nesting};
use domain::id::GroupId;
use domain::unit_of_work::{StoreError, Unique};

use super::attributes::nobody;
use super::{Harness, Setting};
use crate::builders::a_group;

async fn below(s: &Setting, groups: &[&Group]) -> Vec<Nesting> {
    let ids: Vec<_> = groups.iter().map(|group| group.id).collect();
    s.read(move |here| here.nestings().below(&ids)).await
}

async fn above(s: &Setting, groups: &[&Group]) -> Vec<Nesting> {
    let ids: Vec<_> = groups.iter().map(|group| group.id).collect();
    s.read(move |here| here.nestings().above(&ids)).await
}

fn sorted(mut nestings: Vec<Nesting>) -> Vec<Nesting> {
    nestings.sort_unstable();
    nestings
}

/// One call adds and removes, with an entry for each.
pub async fn nestings_are_added_and_removed_with_their_entries(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [all, staff, guests] = s.has_groups(["all", "staff", "guests"]).await;
    let staff_in_all = s.has_nestings(&[(&all, &staff)]).await[0];
    assert_eq!(below(&s, &[&all]).await, [staff_in_all]);
    let guests_in_all = Nesting { parent: all.id, child: guests.id };
    let changes = [s.deleted(&staff_in_all).await, s.added(guests_in_all).await];
    assert_eq!(s.apply_nestings(changes.to_vec()).await, Ok(()));
    assert_eq!(below(&s, &[&all]).await, [guests_in_all]);
    for change in &changes {
        s.assert_logged(change).await;
    }
    assert_eq!(s.apply_nestings(Vec::new()).await, Ok(()));
}

/// A nesting needs both its ends.
pub async fn a_nesting_of_a_missing_group_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let (staff, nothing) =
        (s.has_group(a_group("staff").build()).await, a_group("nothing").build());
    for (parent, child) in [(staff.id, nothing.id), (nothing.id, staff.id)] {
        let orphan = s.added(Nesting { parent, child }).await;
        let outcome = s.apply_nestings(vec![orphan.clone()]).await;
        assert_eq!(outcome, Err(StoreError::DanglingReference));
        s.assert_not_logged(&orphan).await;
    }
    assert_eq!((below(&s, &[&staff]).await, above(&s, &[&staff]).await), (vec![], vec![]));
}

/// No group lies in another twice; the other way round is another nesting.
pub async fn a_nesting_that_is_there_is_a_conflict(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [all, staff] = s.has_groups(["all", "staff"]).await;
    let nesting = s.has_nestings(&[(&all, &staff)]).await[0];
    let again = s.added(nesting).await;
    let outcome = s.apply_nestings(vec![again.clone()]).await;
    assert_eq!(outcome, Err(StoreError::Conflict { what: Unique::Nesting }));
    assert_eq!(below(&s, &[&all]).await, [nesting]);
    s.assert_not_logged(&again).await;
}

/// What came before it in the set is undone.
pub async fn removing_a_missing_nesting_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [all, staff, guests] = s.has_groups(["all", "staff", "guests"]).await;
    let there = s.has_nestings(&[(&all, &staff)]).await[0];
    let adds = s.added(Nesting { parent: all.id, child: guests.id }).await;
    let turned = s.deleted(&Nesting { parent: staff.id, child: all.id }).await;
    let outcome = s.apply_nestings(vec![adds.clone(), turned.clone()]).await;
    assert_eq!(outcome, Err(StoreError::Stale));
    assert_eq!(below(&s, &[&all]).await, [there]);
    s.assert_not_logged(&adds).await;
    s.assert_not_logged(&turned).await;
}

/// Direct ones only, of groups asked for out of order, twice, and among more that are not there
/// than a statement takes values in any database.
pub async fn parents_and_children_of_many_groups_come_in_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let groups = s.has_groups(["a", "b", "c", "d", "e"]).await;
    let [top, left, right, waist, end] = &groups;
    let upper = [(top, left), (top, right), (left, waist), (right, waist)];
    s.has_nestings(&upper).await;
    s.has_nestings(&[(waist, end), (top, end)]).await;
    let mut asked: Vec<_> = [end, waist, top, left, end].iter().map(|group| group.id).collect();
    asked.extend((0..70_000).map(nobody::<GroupId>));
    let in_order = |pairs: &[(&Group, &Group)]| {
        let mut pairs: Vec<_> = pairs.iter().map(|(of, group)| (of.id, (*group).clone())).collect();
        pairs.sort_by_key(|(of, group)| (*of, group.id));
        pairs
    };
    let found = asked.clone();
    let parents = s.read(move |here| here.nestings().parents_of_all(&found)).await;
    assert_eq!(
        parents,
        in_order(&[(end, waist), (end, top), (waist, left), (waist, right), (left, top)])
    );
    let children = s.read(move |here| here.nestings().children_of_all(&asked)).await;
    assert_eq!(
        children,
        in_order(&[(waist, end), (top, left), (top, right), (top, end), (left, waist)])
    );
    assert_eq!(s.read(|here| here.nestings().parents_of_all(&[])).await, []);
    assert_eq!(s.read(|here| here.nestings().children_of_all(&[])).await, []);
}

/// Two diamonds, one on top of the other, and a graph beside them that nobody asks for.
pub async fn each_nesting_above_or_below_comes_once_also_in_diamonds(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let groups = s.has_groups(["top", "l1", "r1", "waist", "l2", "r2", "bottom"]).await;
    let [top, l1, r1, waist, l2, r2, bottom] = &groups;
    let upper = s.has_nestings(&[(top, l1), (top, r1), (l1, waist), (r1, waist)]).await;
    let lower = s.has_nestings(&[(waist, l2), (waist, r2), (l2, bottom), (r2, bottom)]).await;
    let short_cut = s.has_nestings(&[(top, bottom)]).await;
    let beside = s.has_groups(["x", "y"]).await;
    s.has_nestings(&[(&beside[0], &beside[1])]).await;
    let everything = sorted([upper.clone(), lower.clone(), short_cut].concat());

    assert_eq!(below(&s, &[top]).await, everything);
    assert_eq!(above(&s, &[bottom]).await, everything);
    assert_eq!(below(&s, &[waist]).await, sorted(lower.clone()));
    assert_eq!(above(&s, &[waist]).await, sorted(upper.clone()));
    assert_eq!(below(&s, &[l1]).await, sorted([vec![upper[2]], lower.clone()].concat()));
    assert_eq!(below(&s, &[bottom]).await, []);
    assert_eq!(above(&s, &[top]).await, []);
    assert_eq!(below(&s, &[r2, l1, waist, l1, bottom]).await, below(&s, &[l1]).await);
    assert_eq!(above(&s, &[l1, r1, top]).await, sorted(upper[..2].to_vec()));
    assert_eq!((below(&s, &[]).await, above(&s, &[]).await), (vec![], vec![]));
}

/// Longer than any recursion of a careless adapter.
pub async fn a_chain_of_groups_is_followed_to_its_end(harness: &dyn Harness) {
    const LENGTH: usize = 1_500;
    let s = Setting::of(harness).await;
    let groups = (0..LENGTH).map(|n| a_group(&format!("group {n}")).build()).collect();
    let groups = s.has_all_groups(groups).await;
    let pairs: Vec<_> = groups.iter().zip(&groups[1..]).collect();
    let chain = sorted(s.has_nestings(&pairs).await);
    assert_eq!(chain.len(), LENGTH - 1);
    assert_eq!(below(&s, &[&groups[0]]).await, chain);
    assert_eq!(above(&s, &[&groups[LENGTH - 1]]).await, chain);
    assert_eq!(below(&s, &[&groups[LENGTH - 2]]).await.len(), 1);
    let removed = s.all_deleted(chain).await;
    assert_eq!(s.apply_nestings(removed).await, Ok(()));
    assert_eq!(below(&s, &[&groups[0]]).await, []);
}

/// Of more groups than a statement takes values in any database.
pub async fn what_lies_above_and_below_many_groups_is_found(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [a, b, c] = s.has_groups(["a", "b", "c"]).await;
    let all = sorted(s.has_nestings(&[(&a, &b), (&b, &c)]).await);
    let mut ids: Vec<_> = (0..70_000).map(nobody::<GroupId>).collect();
    ids.insert(0, a.id);
    ids.push(b.id);
    let asked = ids.clone();
    assert_eq!(s.read(move |here| here.nestings().below(&asked)).await, all);
    let expected = all.iter().filter(|nesting| nesting.child == b.id).copied();
    let expected: Vec<_> = expected.collect();
    assert_eq!(s.read(move |here| here.nestings().above(&ids)).await, expected);
}
