//! Questions on the graph of groups, which has no cycle. Nothing here recurses: a chain of groups
//! may be as long as the store has groups.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::iter;

use super::Nesting;
use crate::id::GroupId;

/// Along which way of a nesting one goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From a group to those it lies in.
    Up,
    /// From a group to those that lie in it.
    Down,
}

impl Direction {
    /// The beginning and the end of a step along `edge`.
    fn step(self, edge: &Nesting) -> (GroupId, GroupId) {
        match self {
            Self::Up => (edge.child, edge.parent),
            Self::Down => (edge.parent, edge.child),
        }
    }
}

/// Which groups lie in which, without a cycle: nestings come and go, and those that would close a
/// cycle do not come.
pub(crate) struct Graph {
    children: HashMap<GroupId, BTreeSet<GroupId>>,
}

impl Graph {
    /// The graph of nestings that are there.
    pub(crate) fn of(present: &[Nesting]) -> Self {
        let mut graph = Self { children: HashMap::new() };
        graph.restore(present);
        graph
    }

    /// Adds all of these, or none when one of them would close a cycle with the graph and those
    /// before it. A group in itself is a cycle. Whether they are added.
    pub(crate) fn add(&mut self, added: &[Nesting]) -> bool {
        let mut new = Vec::with_capacity(added.len());
        for edge in added {
            if self.leads(edge.child, edge.parent) {
                self.remove(&new);
                return false;
            }
            if self.children.entry(edge.parent).or_default().insert(edge.child) {
                new.push(*edge);
            }
        }
        true
    }

    /// Takes nestings out.
    pub(crate) fn remove(&mut self, removed: &[Nesting]) {
        for Nesting { parent, child } in removed {
            if let Some(children) = self.children.get_mut(parent) {
                children.remove(child);
            }
        }
    }

    /// Puts nestings in that close no cycle, having been there before.
    pub(crate) fn restore(&mut self, nestings: &[Nesting]) {
        for Nesting { parent, child } in nestings {
            self.children.entry(*parent).or_default().insert(*child);
        }
    }

    /// Whether `below` lies in `above`, or is it.
    fn leads(&self, above: GroupId, below: GroupId) -> bool {
        let mut seen = HashSet::from([above]);
        let mut open = vec![above];
        while let Some(group) = open.pop() {
            if group == below {
                return true;
            }
            let children = self.children.get(&group).into_iter().flatten();
            open.extend(children.copied().filter(|child| seen.insert(*child)));
        }
        false
    }
}

/// A shortest path to every group that can be reached from some groups: one path at a time, since
/// all of them take far more memory than the steps they are made of.
pub(crate) struct ShortestPaths {
    came_from: HashMap<GroupId, Option<GroupId>>,
}

impl ShortestPaths {
    /// The paths that begin with the groups `from`. Of several shortest ones to a group it is the
    /// one with the smaller id where they first differ, so the answer is the same every time.
    pub(crate) fn of(from: &[GroupId], edges: &[Nesting], direction: Direction) -> Self {
        Self { came_from: predecessors(from, edges, direction) }
    }

    /// The path that ends with `end`; empty when no path does.
    pub(crate) fn to(&self, end: GroupId) -> Vec<GroupId> {
        let end = Some(end).filter(|end| self.came_from.contains_key(end));
        let before = |group: &GroupId| self.came_from.get(group).copied().flatten();
        let mut path: Vec<_> = iter::successors(end, before).collect();
        path.reverse();
        path
    }
}

/// The group before each on its path; `None` where the path begins.
///
/// Breadth first. As long as the beginnings and the steps from each group are in order of ids, the
/// groups come out of the queue in the order of their paths, so the first to reach a group is on
/// the path to keep.
fn predecessors(
    from: &[GroupId],
    edges: &[Nesting],
    direction: Direction,
) -> HashMap<GroupId, Option<GroupId>> {
    let mut steps: Vec<_> = edges.iter().map(|edge| direction.step(edge)).collect();
    steps.sort_unstable();
    let mut ends: HashMap<GroupId, Vec<GroupId>> = HashMap::new();
    for (begin, end) in steps {
        ends.entry(begin).or_default().push(end);
    }
    let mut queue: Vec<GroupId> = from.to_vec();
    queue.sort_unstable();
    let mut came_from: HashMap<_, _> = queue.iter().map(|&group| (group, None)).collect();
    let mut queue = VecDeque::from(queue);
    while let Some(group) = queue.pop_front() {
        for end in ends.remove(&group).into_iter().flatten() {
            came_from.entry(end).or_insert_with(|| {
                queue.push_back(end);
                Some(group)
            });
        }
    }
    came_from
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn group(number: u32) -> GroupId {
        GroupId::new(Uuid::from_u128(number.into()))
    }

    fn nestings(pairs: &[(u32, u32)]) -> Vec<Nesting> {
        pairs
            .iter()
            .map(|&(parent, child)| Nesting { parent: group(parent), child: group(child) })
            .collect()
    }

    fn first(present: &[(u32, u32)], added: &[(u32, u32)]) -> Option<usize> {
        let mut graph = Graph::of(&nestings(present));
        nestings(added).iter().position(|edge| !graph.add(&[*edge]))
    }

    #[test]
    fn of_several_that_come_together_all_or_none_do() {
        let mut graph = Graph::of(&nestings(&[(1, 2)]));
        assert!(!graph.add(&nestings(&[(1, 2), (2, 3), (3, 1)])));
        // What was there stays, what came is gone.
        assert!(!graph.add(&nestings(&[(2, 1)])));
        assert!(graph.add(&nestings(&[(3, 2)])));
    }

    #[test]
    fn what_goes_lets_others_come_and_what_comes_back_does_not() {
        let mut graph = Graph::of(&nestings(&[(1, 2)]));
        graph.remove(&nestings(&[(1, 2), (7, 8)]));
        assert!(graph.add(&nestings(&[(2, 1)])));
        graph.remove(&nestings(&[(2, 1)]));
        graph.restore(&nestings(&[(1, 2)]));
        assert!(!graph.add(&nestings(&[(2, 1)])));
    }

    fn paths(from: &[u32], edges: &[(u32, u32)], direction: Direction) -> Vec<Vec<u32>> {
        let from: Vec<_> = from.iter().copied().map(group).collect();
        let found = ShortestPaths::of(&from, &nestings(edges), direction);
        assert_eq!(found.to(group(u32::MAX)), []);
        let found: Vec<_> = found.came_from.keys().map(|end| (*end, found.to(*end))).collect();
        assert!(found.iter().all(|(end, path)| path.last() == Some(end)));
        let number = |group: GroupId| u32::try_from(group.as_uuid().as_u128()).expect("small");
        let mut found: Vec<Vec<u32>> =
            found.into_iter().map(|(_, path)| path.into_iter().map(number).collect()).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn a_group_in_itself_closes_a_cycle() {
        assert_eq!(first(&[], &[(1, 1)]), Some(0));
        assert_eq!(first(&[(1, 2)], &[(2, 3), (3, 3), (3, 1)]), Some(1));
    }

    #[test]
    fn the_first_to_close_a_cycle_is_found_at_either_end() {
        assert_eq!(first(&[(1, 2), (2, 3)], &[(3, 1), (4, 5), (5, 4)]), Some(0));
        assert_eq!(first(&[(1, 2), (2, 3)], &[(1, 3), (4, 5), (3, 1)]), Some(2));
        assert_eq!(first(&[], &[(1, 2), (2, 1)]), Some(1));
    }

    #[test]
    fn diamonds_repetitions_and_nothing_close_no_cycle() {
        assert_eq!(first(&[(1, 2), (1, 3)], &[(2, 4), (3, 4), (1, 2), (1, 4)]), None);
        assert_eq!(first(&[(1, 2)], &[]), None);
        assert_eq!(first(&[], &[]), None);
    }

    #[test]
    fn a_chain_of_100_000_groups_neither_recurses_nor_takes_long() {
        let chain: Vec<_> = (0..100_000).map(|parent| (parent, parent + 1)).collect();
        assert_eq!(first(&chain, &[(0, 100_000)]), None);
        assert_eq!(first(&chain, &[(0, 50_000), (100_000, 0)]), Some(1));
        let bottom = predecessors(&[group(0)], &nestings(&chain), Direction::Down);
        assert_eq!(bottom.get(&group(100_000)), Some(&Some(group(99_999))));
    }

    #[test]
    fn paths_go_up_to_the_parents_and_down_to_the_children() {
        let edges = [(1, 2), (2, 3), (4, 3), (5, 6)];
        assert_eq!(
            paths(&[3], &edges, Direction::Up),
            [vec![3], vec![3, 2], vec![3, 2, 1], vec![3, 4]]
        );
        assert_eq!(paths(&[2], &edges, Direction::Down), [vec![2], vec![2, 3]]);
    }

    #[test]
    fn a_path_begins_with_the_nearest_of_several_groups() {
        let edges = [(1, 2), (2, 3), (3, 4)];
        let found = paths(&[3, 1, 1], &edges, Direction::Down);
        assert_eq!(found, [vec![1], vec![1, 2], vec![3], vec![3, 4]]);
        assert_eq!(paths(&[9], &edges, Direction::Up), [vec![9]]);
        assert!(paths(&[], &edges, Direction::Up).is_empty());
    }

    #[test]
    fn of_several_shortest_paths_the_one_with_the_smaller_id_is_kept() {
        // To 9 through 2 and 8, or through 3 and 7: the first difference decides, not the last.
        let edges = [(3, 7), (7, 9), (2, 8), (8, 9), (1, 3), (1, 2)];
        assert!(paths(&[1], &edges, Direction::Down).contains(&vec![1, 2, 8, 9]));
    }

    const SIZE: u32 = 6;

    fn edges() -> impl Strategy<Value = Vec<(u32, u32)>> {
        prop::collection::vec((0..SIZE, 0..SIZE), 0..12)
    }

    /// Every group that a step along one of the edges leads to, transitively.
    fn reachable(from: u32, edges: &[(u32, u32)]) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        for _ in 0..SIZE {
            let next = |&&(begin, _): &&(u32, u32)| begin == from || found.contains(&begin);
            let ends: Vec<u32> = edges.iter().filter(next).map(|edge| edge.1).collect();
            found.extend(ends);
        }
        found
    }

    /// The smallest of all shortest walks from `from`, one for each end.
    fn walks(from: &[u32], edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
        let mut kept: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut layer: BTreeSet<Vec<u32>> = from.iter().map(|&begin| vec![begin]).collect();
        for _ in 0..=SIZE {
            for walk in &layer {
                kept.entry(walk[walk.len() - 1]).or_insert_with(|| walk.clone());
            }
            let longer = |walk: &Vec<u32>| {
                let end = walk[walk.len() - 1];
                let walk = walk.clone();
                edges
                    .iter()
                    .filter(move |edge| edge.0 == end)
                    .map(move |edge| [walk.clone(), vec![edge.1]].concat())
            };
            layer = layer.iter().flat_map(longer).collect();
        }
        let mut kept: Vec<_> = kept.into_values().collect();
        kept.sort_unstable();
        kept
    }

    proptest! {
        #[test]
        fn the_first_to_close_a_cycle_is_the_first_whose_parent_is_below_its_child(all in edges()) {
            let closes = |edges: &[(u32, u32)]| {
                edges.iter().any(|&(_, child)| reachable(child, edges).contains(&child))
            };
            let expected = (0..all.len()).find(|&last| closes(&all[..=last]));
            // Whatever stands before the cycle may be present already.
            for split in 0..=expected.unwrap_or(all.len()) {
                let found = first(&all[..split], &all[split..]);
                prop_assert_eq!(found, expected.map(|index| index - split));
            }
        }

        #[test]
        fn paths_are_the_smallest_of_all_shortest_walks(
            edges in edges(),
            from in prop::collection::vec(0..SIZE, 0..3),
        ) {
            prop_assert_eq!(paths(&from, &edges, Direction::Down), walks(&from, &edges));
            let turned: Vec<_> = edges.iter().map(|&(parent, child)| (child, parent)).collect();
            prop_assert_eq!(paths(&from, &turned, Direction::Up), walks(&from, &edges));
        }
    }
}
