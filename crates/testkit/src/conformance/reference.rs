//! What a list has to give, worked out from all records with the domain's own rules.

use domain::attribute::{Attribute, AttributeProperty, AttributeQuery};
use domain::audit::{Entry, EntryProperty, EntryQuery};
use domain::filter::{Filter, Operand, Property};
use domain::group::{Group, GroupOrder, GroupProperty, GroupQuery};
use domain::page::{Place, Query};
use domain::user::{User, UserOrder, UserProperty, UserQuery};

/// The items of `all` that the query asks for.
fn listed<T: Clone, P: Property, S: Copy, K: Ord>(
    all: &[T],
    query: &Query<P, S, K>,
    look: impl Fn(P, &T) -> Option<Operand>,
    place: impl Fn(&T) -> Place<K>,
) -> Vec<T> {
    let passes = |filter: &Filter<P>, item: &T| filter.matches(&|property| look(property, item));
    let mut found: Vec<_> = all
        .iter()
        .filter(|item| query.filter.as_ref().is_none_or(|filter| passes(filter, item)))
        .map(|item| (place(item), item))
        .map(|(place, item)| ((place.sort, place.id), item))
        .collect();
    found.sort_by(|left, right| left.0.cmp(&right.0));
    if query.order.descending {
        found.reverse();
    }
    let behind = |place: &(String, K)| match &query.after {
        None => true,
        Some(Place { sort, id }) if query.order.descending => (&place.0, &place.1) < (sort, id),
        Some(Place { sort, id }) => (&place.0, &place.1) > (sort, id),
    };
    let limit = usize::try_from(query.limit).unwrap();
    let found = found.into_iter().filter(|(place, _)| behind(place)).take(limit);
    found.map(|(_, item)| item.clone()).collect()
}

/// Of all users of a store.
pub(super) fn users(all: &[User], query: &UserQuery) -> Vec<User> {
    listed(all, query, UserProperty::value, |user| UserOrder::place(query.order.by, user))
}

/// Of all groups of a scope.
pub(super) fn groups(all: &[Group], query: &GroupQuery) -> Vec<Group> {
    listed(all, query, GroupProperty::value, |group| GroupOrder::place(query.order.by, group))
}

/// Of all attributes of an owner.
pub(super) fn attributes<O: Clone>(
    all: &[Attribute<O>],
    query: &AttributeQuery,
) -> Vec<Attribute<O>> {
    let place =
        |attribute: &Attribute<O>| Place { sort: String::new(), id: attribute.key.folded() };
    listed(all, query, value_of, place)
}

/// What a filter looks at in an attribute.
pub(super) fn value_of<O>(
    property: AttributeProperty,
    attribute: &Attribute<O>,
) -> Option<Operand> {
    property.value(&attribute.key, attribute.value.as_ref())
}

/// Of all entries of a store.
pub(super) fn entries(all: &[Entry], query: &EntryQuery) -> Vec<Entry> {
    let place = |entry: &Entry| Place { sort: String::new(), id: entry.id };
    listed(all, query, EntryProperty::value, place)
}
