use super::{Frontier, TreeHash};
use crate::unit_of_work::StoreError;

/// Which tile: `number` 0 holds the first 256 hashes of its level. Level 0 are the leaves; a hash of
/// the next level stands for a whole tile (C2SP `tlog-tiles`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 to 7.
    pub level: u8,
    /// From 0 on.
    pub number: u64,
}

impl TileId {
    /// The first leaf that its first hash stands for.
    pub(crate) fn first_leaf(self) -> u64 {
        let bits = Tile::HEIGHT * (u32::from(self.level) + 1);
        self.number.checked_shl(bits).unwrap_or(0)
    }
}

/// Up to 256 neighbouring hashes of one level: how the tree is stored. Only the last one of a level
/// is not full, and grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Which.
    pub id: TileId,
    /// Its hashes, 1 to [`Tile::WIDTH`].
    pub hashes: Vec<TreeHash>,
}

impl Tile {
    /// How many hashes a full tile has.
    pub const WIDTH: usize = 256;
    /// How many levels of the tree one level of tiles spans.
    pub(super) const HEIGHT: u32 = 8;
}

/// The root of the complete subtree over these hashes, a power of two of them.
pub(super) fn complete_root(hashes: &[TreeHash]) -> Option<TreeHash> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(TreeHash::node(*left, *right)),
                _ => None,
            })
            .collect();
    }
    level.first().copied()
}

/// Where a log grows: the last tile of each level, as far as it is not full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// By level; 0 to 255 hashes each.
    levels: Vec<Vec<TreeHash>>,
}

impl Edge {
    /// The tiles that the edge of a log of `size` leaves is made from.
    pub fn tiles(size: u64) -> Vec<TileId> {
        levels(size)
            .filter(|(_, _, held)| *held > 0)
            .map(|(level, number, _)| TileId { level, number })
            .collect()
    }

    /// The edge of a log of `size` leaves, from the tiles that [`Self::tiles`] names, in any order.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when they are not those.
    pub fn of(size: u64, tiles: Vec<Tile>) -> Result<Self, StoreError> {
        let mut edge = Self { size, levels: levels(size).map(|_| Vec::new()).collect() };
        let mut missing = Self::tiles(size);
        for tile in tiles {
            let level = edge.levels.get_mut(usize::from(tile.id.level)).ok_or_else(corrupt)?;
            missing.retain(|id| *id != tile.id);
            *level = tile.hashes;
        }
        let fits = levels(size).zip(&edge.levels).all(|((.., held), hashes)| hashes.len() == held);
        if missing.is_empty() && fits { Ok(edge) } else { Err(corrupt()) }
    }

    /// How many leaves the log has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends leaves, and gives the tiles to store: those that were filled, and those that were begun
    /// or have grown.
    pub fn append(&mut self, leaves: &[TreeHash]) -> Vec<Tile> {
        let mut full = Vec::new();
        for leaf in leaves {
            self.size += 1;
            let mut carried = Some(*leaf);
            let mut level = 0;
            while let Some(hash) = carried {
                carried = self.put(level, hash, &mut full);
                level += 1;
            }
        }
        if leaves.is_empty() { full } else { [full, self.partial()].concat() }
    }

    /// Puts a hash at the end of a level, and gives the one that goes to the level above when that
    /// fills the tile.
    fn put(&mut self, level: u8, hash: TreeHash, full: &mut Vec<Tile>) -> Option<TreeHash> {
        let at = usize::from(level);
        if self.levels.len() <= at {
            self.levels.resize(at + 1, Vec::new());
        }
        let hashes = self.levels.get_mut(at)?;
        hashes.push(hash);
        if hashes.len() < Tile::WIDTH {
            return None;
        }
        let hashes = std::mem::take(hashes);
        let above = complete_root(&hashes);
        let number = (self.size >> (Tile::HEIGHT * u32::from(level + 1))).saturating_sub(1);
        full.push(Tile { id: TileId { level, number }, hashes });
        above
    }

    fn partial(&self) -> Vec<Tile> {
        levels(self.size)
            .zip(&self.levels)
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|((level, number, _), hashes)| Tile {
                id: TileId { level, number },
                hashes: hashes.clone(),
            })
            .collect()
    }

    /// The same as a frontier.
    pub fn frontier(&self) -> Frontier {
        let mut roots = Vec::new();
        for hashes in self.levels.iter().rev() {
            let mut rest = hashes.as_slice();
            while let Some(bits) = rest.len().checked_ilog2() {
                let (complete, later) = rest.split_at(1 << bits);
                roots.extend(complete_root(complete));
                rest = later;
            }
        }
        Frontier::of(self.size, roots).unwrap_or_default()
    }
}

/// Of each level of a log of `size` leaves: its last tile that is not full, and how much that holds.
fn levels(size: u64) -> impl Iterator<Item = (u8, u64, usize)> {
    let of = move |level: u8| {
        let hashes = size.checked_shr(Tile::HEIGHT * u32::from(level)).filter(|n| *n > 0)?;
        let held = usize::from(hashes.to_le_bytes()[0]);
        Some((level, hashes >> Tile::HEIGHT, held))
    };
    (0..8).map_while(of)
}

fn corrupt() -> StoreError {
    StoreError::Corrupt("audit_tiles: not the edge of a log of that size".into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn leaves(count: u64) -> Vec<TreeHash> {
        (0..count).map(|n| TreeHash::leaf(&n.to_be_bytes())).collect()
    }

    fn root(leaves: &[TreeHash]) -> TreeHash {
        let mut frontier = Frontier::default();
        for leaf in leaves {
            frontier.push(*leaf);
        }
        frontier.root()
    }

    /// What a database would hold after these appends.
    fn stored(parts: &[usize]) -> (BTreeMap<TileId, Tile>, u64) {
        let (mut tiles, mut size) = (BTreeMap::new(), 0);
        let all = leaves(parts.iter().map(|part| *part as u64).sum());
        let mut rest = all.as_slice();
        for part in parts {
            let there =
                Edge::tiles(size).iter().map(|id| tiles.get(id).cloned().unwrap()).collect();
            let mut edge = Edge::of(size, there).unwrap();
            let (now, later) = rest.split_at(*part);
            for tile in edge.append(now) {
                tiles.insert(tile.id, tile);
            }
            (rest, size) = (later, edge.size());
        }
        (tiles, size)
    }

    #[test]
    fn an_edge_names_the_last_tile_of_each_level() {
        assert_eq!(Edge::tiles(0), []);
        assert_eq!(Edge::tiles(1), [TileId { level: 0, number: 0 }]);
        assert_eq!(Edge::tiles(256), [TileId { level: 1, number: 0 }]);
        let of_70_000 = [(0, 273), (1, 1), (2, 0)].map(|(level, number)| TileId { level, number });
        assert_eq!(Edge::tiles(70_000), of_70_000);
        assert!(Edge::tiles(u64::MAX).len() <= 8);
    }

    #[test]
    fn tiles_that_do_not_fit_are_no_edge() {
        let tile = |held| Tile { id: TileId { level: 0, number: 0 }, hashes: leaves(held) };
        assert!(Edge::of(2, vec![tile(2)]).is_ok());
        for wrong in [vec![], vec![tile(1)], vec![tile(3)]] {
            assert!(Edge::of(2, wrong).is_err());
        }
        let elsewhere = Tile { id: TileId { level: 0, number: 7 }, hashes: leaves(2) };
        assert!(Edge::of(2, vec![elsewhere]).is_err());
    }

    #[test]
    fn full_tiles_are_stored_once_and_whole() {
        let (tiles, size) = stored(&[70_000]);
        assert_eq!(size, 70_000);
        let shape: Vec<_> = tiles.values().map(|tile| (tile.id.level, tile.hashes.len())).collect();
        assert_eq!(shape.iter().filter(|(level, len)| (*level, *len) == (0, 256)).count(), 273);
        assert_eq!(
            shape.iter().filter(|(level, _)| *level == 1).map(|(_, len)| *len).sum::<usize>(),
            273
        );
        assert_eq!(shape.last(), Some(&(2, 1)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn however_it_grows_the_root_is_the_same(parts in prop::collection::vec(0_usize..700, 1..8)) {
            let (tiles, size) = stored(&parts);
            let edge = Edge::tiles(size).iter().map(|id| tiles[id].clone()).collect();
            let edge = Edge::of(size, edge).unwrap();
            prop_assert_eq!(edge.frontier().root(), root(&leaves(size)));
            let (at_once, _) = stored(&[usize::try_from(size).unwrap()]);
            prop_assert_eq!(at_once, tiles);
        }
    }
}
