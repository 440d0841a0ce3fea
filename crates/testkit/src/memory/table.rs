use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

/// An ordered map that is cheap to clone: a clone shares the tree until one of the two changes it.
#[derive(Clone, Debug)]
pub(super) struct Table<K, V>(Arc<BTreeMap<K, V>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.0.contains_key(key)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of the greatest key.
    pub(super) fn last(&self) -> Option<&V> {
        self.0.values().next_back()
    }

    pub(super) fn put(&mut self, key: K, value: V) {
        Arc::make_mut(&mut self.0).insert(key, value);
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        Arc::make_mut(&mut self.0).remove(key)
    }

    /// The value of `key`, to change it, where there is one.
    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        Arc::make_mut(&mut self.0).get_mut(key)
    }

    /// Keeps what `keep` says.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        Arc::make_mut(&mut self.0).retain(|key, value| keep(key, value));
    }

    /// The value of `key`, to change it; made from nothing when there is none.
    pub(super) fn edit(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        Arc::make_mut(&mut self.0).entry(key).or_default()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.values()
    }

    /// What lies behind `after`, in order; everything without it.
    pub(super) fn behind(&self, after: Option<K>) -> impl Iterator<Item = (&K, &V)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.0.range((from, Bound::Unbounded))
    }

    /// What lies from `first` on, in order.
    pub(super) fn from(&self, first: K) -> impl Iterator<Item = (&K, &V)> {
        self.0.range(first..)
    }
}

/// Which of one kind belongs to which of another, found from both ends.
#[derive(Clone, Debug)]
pub(super) struct Links<A, B> {
    right: Table<A, Arc<BTreeSet<B>>>,
    left: Table<B, Arc<BTreeSet<A>>>,
}

impl<A, B> Default for Links<A, B> {
    fn default() -> Self {
        Self { right: Table::default(), left: Table::default() }
    }
}

impl<A: Copy + Ord, B: Copy + Ord> Links<A, B> {
    pub(super) fn contains(&self, a: A, b: B) -> bool {
        self.right.get(&a).is_some_and(|ends| ends.contains(&b))
    }

    pub(super) fn put(&mut self, a: A, b: B) {
        Arc::make_mut(self.right.edit(a)).insert(b);
        Arc::make_mut(self.left.edit(b)).insert(a);
    }

    pub(super) fn remove(&mut self, a: A, b: B) {
        Arc::make_mut(self.right.edit(a)).remove(&b);
        Arc::make_mut(self.left.edit(b)).remove(&a);
    }

    /// What `a` is linked to, in order.
    pub(super) fn right_of(&self, a: A) -> impl Iterator<Item = B> {
        self.right.get(&a).into_iter().flat_map(|ends| ends.iter().copied())
    }

    /// What is linked to `b`, in order.
    pub(super) fn left_of(&self, b: B) -> impl Iterator<Item = A> {
        self.left.get(&b).into_iter().flat_map(|ends| ends.iter().copied())
    }
}

/// The distinct keys of a question, in order.
pub(super) fn in_order<K: Copy + Ord>(keys: &[K]) -> BTreeSet<K> {
    keys.iter().copied().collect()
}

/// A limit as a length.
pub(super) fn length(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
