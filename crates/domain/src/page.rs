//! Lists: what of them is asked for, and keyset pages, where the cost of page N is that of page 1.

use std::sync::Arc;

use crate::filter::Filter;

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    /// The part.
    pub items: Vec<T>,
    /// The place of its last item when more follow.
    pub next: Option<K>,
}

impl<T, K> Page<T, K> {
    /// The page of `limit` items out of `found`, which was asked for with one item more.
    pub(crate) fn cut(mut found: Vec<T>, limit: u32, key: impl Fn(&T) -> K) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = if more { found.last().map(key) } else { None };
        Self { items: found, next }
    }
}

/// A key that a list can be ordered by: each has an index, so that no page costs more than another.
pub trait SortKey: Copy + Eq + std::fmt::Debug + Send + Sync + 'static {
    /// Every key; the first is the usual order.
    const ALL: &'static [Self];

    /// The property, as the API prints it.
    fn name(self) -> &'static str;
}

/// In which order a list comes: by a key, and where that is equal by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order<S> {
    /// The key.
    pub by: S,
    /// From the greatest to the least, ids too.
    pub descending: bool,
}

/// A place in an ordered list: that of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<K> {
    /// The item's value of the order's key, as it is compared: folded, and empty where it is unset
    /// or the order is by id.
    pub sort: String,
    /// The item's id.
    pub id: K,
}

/// What of a list is asked for.
#[derive(Clone, Debug)]
pub struct Query<P, S, K> {
    /// Which items; all without it.
    pub filter: Option<Arc<Filter<P>>>,
    /// In which order.
    pub order: Order<S>,
    /// Behind which place; from the first on without it.
    pub after: Option<Place<K>>,
    /// At most how many.
    pub limit: u32,
}

impl<P: Clone, S: SortKey, K: Clone> Query<P, S, K> {
    /// The first `limit` items in order of id.
    pub fn first(by: S, limit: u32) -> Self {
        Self { filter: None, order: Order { by, descending: false }, after: None, limit }
    }

    /// The same with one item more, which tells whether a page follows.
    pub(crate) fn and_one_more(&self) -> Self {
        Self { limit: self.limit.saturating_add(1), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_item_too_many_tells_that_more_follow() {
        let page = Page::cut(vec![1, 2, 3], 2, |n| *n);
        assert_eq!(page, Page { items: vec![1, 2], next: Some(2) });
        assert_eq!(Page::cut(vec![1, 2], 2, |n| *n).next, None);
        assert_eq!(Page::<i32, i32>::cut(vec![], 2, |n| *n).next, None);
    }
}
