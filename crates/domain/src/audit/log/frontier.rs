use super::TreeHash;

/// The right side of a tree that grows: the roots of the complete subtrees that cover its leaves, the
/// largest first. At most 64 hashes, whatever the size; the root of the tree follows from them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<TreeHash>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves; `None` when so many leaves have not so many roots.
    pub fn of(size: u64, roots: Vec<TreeHash>) -> Option<Self> {
        let count = usize::try_from(size.count_ones()).ok()?;
        (roots.len() == count).then_some(Self { size, roots })
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the complete subtrees, the largest first.
    pub fn roots(&self) -> &[TreeHash] {
        &self.roots
    }

    /// Appends a leaf.
    pub fn push(&mut self, leaf: TreeHash) {
        // Every complete subtree on the right that has a neighbour as large joins it.
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                hash = TreeHash::node(left, hash);
            }
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root of the whole tree.
    pub fn root(&self) -> TreeHash {
        let whole =
            self.roots.iter().rev().copied().reduce(|right, left| TreeHash::node(left, right));
        whole.unwrap_or_else(TreeHash::empty)
    }
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;
    use sha2::Sha256;

    use super::*;

    /// The leaves of the test vectors that RFC 6962, and RFC 9162 after it, are checked with.
    const LEAVES: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[
            0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
            0x6e, 0x6f,
        ],
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    fn hex(hash: TreeHash) -> String {
        hash.0.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    #[test]
    fn the_roots_are_those_of_the_published_vectors() {
        let mut frontier = Frontier::default();
        assert_eq!(hex(frontier.root()), ROOTS[0]);
        for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
            frontier.push(TreeHash::leaf(leaf));
            assert_eq!(hex(frontier.root()), *root);
        }
    }

    #[test]
    fn a_frontier_has_as_many_roots_as_its_size_has_ones() {
        let hash = TreeHash([1; 32]);
        assert!(Frontier::of(0, vec![]).is_some());
        assert!(Frontier::of(5, vec![hash; 2]).is_some());
        assert!(Frontier::of(5, vec![hash; 3]).is_none());
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_library(leaves in prop::collection::vec(any::<[u8; 3]>(), 1..300)) {
            let (mut frontier, mut tree) = (Frontier::default(), MemoryBackedTree::<Sha256, _>::new());
            for leaf in leaves {
                frontier.push(TreeHash::leaf(&leaf));
                tree.push(leaf);
                prop_assert_eq!(frontier.root().0, <[u8; 32]>::from(*tree.root().as_bytes()));
            }
            let again = Frontier::of(frontier.size(), frontier.roots().to_vec());
            prop_assert_eq!(again, Some(frontier));
        }
    }
}
