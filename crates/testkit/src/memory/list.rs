use std::cmp::Ordering;

use domain::filter::{Operand, Property};
use domain::page::{Place, Query};

use super::table::length;

/// The items that `query` asks for: those let through by its filter and behind its place, in its
/// order, up to its limit. `look` finds the value of a property, `place` where an item stands.
pub(super) fn select<'a, T, P, S, K>(
    items: impl Iterator<Item = &'a T>,
    query: &Query<P, S, K>,
    look: impl Fn(P, &T) -> Option<Operand>,
    place: impl Fn(S, &T) -> Place<K>,
) -> Vec<T>
where
    T: Clone + 'a,
    P: Property,
    S: Copy,
    K: Ord,
{
    let passes = |item: &&T| match &query.filter {
        Some(filter) => filter.matches(&|property| look(property, item)),
        None => true,
    };
    let order = |left: &Place<K>, right: &Place<K>| {
        let ascending = (&left.sort, &left.id).cmp(&(&right.sort, &right.id));
        if query.order.descending { ascending.reverse() } else { ascending }
    };
    let behind = |place: &Place<K>| match &query.after {
        Some(after) => order(place, after) == Ordering::Greater,
        None => true,
    };
    let mut placed: Vec<_> = items
        .map(|item| (place(query.order.by, item), item))
        .filter(|(place, _)| behind(place))
        .filter(|(_, item)| passes(item))
        .collect();
    placed.sort_by(|(left, _), (right, _)| order(left, right));
    placed.into_iter().take(length(query.limit)).map(|(_, item)| item.clone()).collect()
}
