//! Keyset pages: the cost of page N is that of page 1.

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    /// The part.
    pub items: Vec<T>,
    /// The key of its last item when more follow.
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
