use std::collections::HashMap;

use ct_merkle::{RootHash, indices_for_consistency_proof, indices_for_inclusion_proof};
use sha2::Sha256;
use thiserror::Error;

use super::tile::complete_root;
use super::{Tile, TileId, TreeHash};
use crate::unit_of_work::StoreError;

/// A subtree: the leaves from `index` × 2^`level` on, 2^`level` of them or as many as there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree {
    level: u32,
    index: u64,
}

impl Subtree {
    /// The subtree at a position of the array that `ct_merkle` counts in (RFC 9420 Appendix C): a
    /// node's level is the number of ones at the end of its position.
    fn at(position: u64) -> Self {
        let level = position.trailing_ones();
        Self { level, index: position.checked_shr(level + 1).unwrap_or(0) }
    }

    /// The complete subtrees that it consists of in a tree of `size` leaves, the largest first.
    fn complete_parts(self, size: u64) -> Vec<Self> {
        let first = self.index << self.level;
        let mut rest = (size.saturating_sub(first)).min(1 << self.level);
        let (mut parts, mut from) = (Vec::new(), first);
        while let Some(level) = rest.checked_ilog2() {
            parts.push(Self { level, index: from >> level });
            from += 1 << level;
            rest -= 1 << level;
        }
        parts
    }

    /// The tile that holds what its root is made from, and which hashes of it.
    fn place(self) -> (TileId, std::ops::Range<usize>) {
        let level = self.level / Tile::HEIGHT;
        let within = self.level % Tile::HEIGHT;
        let first = self.index << within;
        let start = usize::from(first.to_le_bytes()[0]);
        let id =
            TileId { level: u8::try_from(level).unwrap_or(u8::MAX), number: first >> Tile::HEIGHT };
        (id, start..start + (1 << within))
    }
}

/// What a proof consists of: subtrees of a tree of a certain size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    size: u64,
    subtrees: Vec<Subtree>,
}

/// There is no such proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the log has no such leaf or size")]
pub struct ProofError;

impl Proof {
    /// That leaf `index` is in the tree of `size` leaves (RFC 9162 §2.1.3).
    ///
    /// # Errors
    /// The tree has no such leaf.
    pub fn of_inclusion(index: u64, size: u64) -> Result<Self, ProofError> {
        if index >= size || size > MOST_LEAVES {
            return Err(ProofError);
        }
        Ok(Self::at(size, indices_for_inclusion_proof(size, index)))
    }

    /// That the tree of `from` leaves is the beginning of that of `size` (RFC 9162 §2.1.4).
    ///
    /// # Errors
    /// `from` is 0 or more than `size`.
    pub fn of_consistency(from: u64, size: u64) -> Result<Self, ProofError> {
        if from == 0 || from > size || size > MOST_LEAVES {
            return Err(ProofError);
        }
        Ok(Self::at(size, indices_for_consistency_proof(from, size - from)))
    }

    /// The root of the tree of `size` leaves itself, as a proof of one hash.
    pub fn of_root(size: u64) -> Self {
        let level = size.saturating_sub(1).checked_ilog2().map_or(0, |bits| bits + 1);
        Self { size, subtrees: vec![Subtree { level, index: 0 }] }
    }

    /// The complete subtrees that cover the first `size` leaves, as [`super::Frontier`] has them.
    pub fn of_frontier(size: u64) -> Self {
        let parts = (0..u64::BITS).rev().filter(|bit| size & (1 << bit) != 0);
        let subtrees = parts.map(|level| Subtree { level, index: (size >> level) - 1 });
        Self { size, subtrees: subtrees.collect() }
    }

    fn at(size: u64, positions: Vec<u64>) -> Self {
        Self { size, subtrees: positions.into_iter().map(Subtree::at).collect() }
    }

    /// The tiles that it is made from.
    pub fn tiles(&self) -> Vec<TileId> {
        let parts = self.subtrees.iter().flat_map(|subtree| subtree.complete_parts(self.size));
        let mut ids: Vec<_> = parts.map(|part| part.place().0).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Its hashes, from the bottom up.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`]: a hash is not there.
    pub fn hashes(&self, tiles: &Tiles) -> Result<Vec<TreeHash>, StoreError> {
        let hash = |subtree: &Subtree| {
            let parts = subtree.complete_parts(self.size);
            let roots: Option<Vec<_>> = parts.iter().map(|part| tiles.root(*part)).collect();
            roots?.into_iter().rev().reduce(|right, left| TreeHash::node(left, right))
        };
        let hashes: Option<Vec<_>> = self.subtrees.iter().map(hash).collect();
        hashes.ok_or_else(|| StoreError::Corrupt("audit_tiles: a hash is missing".into()))
    }
}

/// What `ct_merkle` counts up to, and far more than numbers of entries there are.
const MOST_LEAVES: u64 = 1 << 53;

/// Tiles, to look hashes up in.
#[derive(Clone, Debug, Default)]
pub struct Tiles(HashMap<TileId, Vec<TreeHash>>);

impl From<Vec<Tile>> for Tiles {
    fn from(tiles: Vec<Tile>) -> Self {
        Self(tiles.into_iter().map(|tile| (tile.id, tile.hashes)).collect())
    }
}

impl Tiles {
    /// The root of a complete subtree.
    fn root(&self, subtree: Subtree) -> Option<TreeHash> {
        let (id, range) = subtree.place();
        complete_root(self.0.get(&id)?.get(range)?)
    }
}

type Root = RootHash<Sha256>;

fn root(hash: TreeHash, size: u64) -> Root {
    RootHash::new(hash.0.into(), size)
}

/// Whether the proof shows that `leaf` is leaf `index` of the tree of that size and root.
pub(super) fn shows_inclusion(
    leaf: &[u8],
    index: u64,
    proof: &[TreeHash],
    (hash, size): (TreeHash, u64),
) -> bool {
    let proof = proof.iter().flat_map(|hash| hash.0).collect();
    let Ok(proof) = ct_merkle::InclusionProof::try_from_bytes(proof) else { return false };
    root(hash, size).verify_inclusion(&leaf, index, &proof).is_ok()
}

/// Whether the proof shows that the tree of `from` is the beginning of that of `to`, each a root and a
/// size.
pub(super) fn shows_consistency(
    from: (TreeHash, u64),
    proof: &[TreeHash],
    to: (TreeHash, u64),
) -> bool {
    let proof = proof.iter().flat_map(|hash| hash.0).collect();
    let Ok(proof) = ct_merkle::ConsistencyProof::try_from_bytes(proof) else { return false };
    root(to.0, to.1).verify_consistency(&root(from.0, from.1), &proof).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit::log::{Edge, Frontier};

    fn data(n: u64) -> [u8; 8] {
        n.to_be_bytes()
    }

    fn tiles(size: u64) -> Tiles {
        let leaves: Vec<_> = (0..size).map(|n| TreeHash::leaf(&data(n))).collect();
        Edge::default().append(&leaves).into()
    }

    fn root_of(size: u64) -> TreeHash {
        let mut frontier = Frontier::default();
        (0..size).for_each(|n| frontier.push(TreeHash::leaf(&data(n))));
        frontier.root()
    }

    #[test]
    fn every_leaf_of_small_trees_is_proved_and_no_other() {
        for size in 1..40 {
            let (tiles, tree) = (tiles(size), (root_of(size), size));
            for index in 0..size {
                let proof = Proof::of_inclusion(index, size).unwrap().hashes(&tiles).unwrap();
                assert!(shows_inclusion(&data(index), index, &proof, tree), "{index} of {size}");
                assert!(!shows_inclusion(&data(index + 1), index, &proof, tree));
            }
            assert_eq!(Proof::of_inclusion(size, size), Err(ProofError));
        }
    }

    #[test]
    fn every_beginning_of_small_trees_is_proved() {
        for size in 1..40 {
            let (tiles, tree) = (tiles(size), (root_of(size), size));
            for from in 1..=size {
                let proof = Proof::of_consistency(from, size).unwrap().hashes(&tiles).unwrap();
                assert!(shows_consistency((root_of(from), from), &proof, tree), "{from} of {size}");
                let forged = (TreeHash([9; 32]), from);
                assert!(!shows_consistency(forged, &proof, tree), "{from} of {size}");
            }
        }
        assert_eq!(Proof::of_consistency(0, 5), Err(ProofError));
        assert_eq!(Proof::of_consistency(6, 5), Err(ProofError));
    }

    #[test]
    fn a_missing_tile_is_told() {
        let proof = Proof::of_inclusion(3, 300).unwrap();
        assert!(proof.hashes(&Tiles::default()).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn large_trees_are_proved_from_few_tiles(size in 1_u64..70_000, at in any::<u64>()) {
            let (tiles, tree, at) = (tiles(size), (root_of(size), size), at % size);
            let proof = Proof::of_inclusion(at, size).unwrap();
            prop_assert!(proof.tiles().len() <= 6);
            let hashes = proof.hashes(&tiles).unwrap();
            prop_assert!(shows_inclusion(&data(at), at, &hashes, tree));
            let proof = Proof::of_consistency(at + 1, size).unwrap();
            let hashes = proof.hashes(&tiles).unwrap();
            prop_assert!(shows_consistency((root_of(at + 1), at + 1), &hashes, tree));
            prop_assert_eq!(Proof::of_root(size).hashes(&tiles).unwrap(), [tree.0]);
            let roots = Proof::of_frontier(at + 1).hashes(&tiles).unwrap();
            prop_assert_eq!(Frontier::of(at + 1, roots).unwrap().root(), root_of(at + 1));
        }
    }
}
