use std::fmt;

use sha2::{Digest as _, Sha256};

/// A hash of the Merkle tree (RFC 9162 §2.1.1 with SHA-256): 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeHash(pub [u8; 32]);

impl TreeHash {
    /// Of a leaf: SHA-256(0x00 ‖ data).
    pub fn leaf(data: &[u8]) -> Self {
        Self(Sha256::new().chain_update([0]).chain_update(data).finalize().into())
    }

    /// Of two subtrees: SHA-256(0x01 ‖ left ‖ right).
    pub fn node(left: Self, right: Self) -> Self {
        let hasher = Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0);
        Self(hasher.finalize().into())
    }

    /// Of the tree without leaves: SHA-256 of nothing.
    pub fn empty() -> Self {
        Self(Sha256::digest([]).into())
    }
}

impl fmt::Debug for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(4).try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("…")
    }
}
