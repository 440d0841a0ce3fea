use std::sync::Arc;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsBasepointTable, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::BasepointTable as _;
use domain::audit::{PublicKey, PublicKeyInfo, PublicKeys, Signature};
use sha2::{Digest as _, Sha512};

/// Reads public keys of Ed25519 that check signatures strictly.
#[derive(Clone, Copy, Debug, Default)]
pub struct StrictKeys;

impl PublicKeys for StrictKeys {
    fn read(&self, key: &PublicKeyInfo) -> Option<Arc<dyn PublicKey>> {
        StrictKey::read(key.point()?).map(|key| Arc::new(key) as Arc<dyn PublicKey>)
    }
}

/// A public key A in its one encoding, not of small order.
///
/// It takes the signatures that `VerifyingKey::verify_strict` of ed25519-dalek takes, in three
/// quarters of the time, for one key is asked about millions of entries:
///
/// - what is true of A is found out once
/// - multiples of A come from a table, as those of the base point do, instead of by doubling
/// - the first half R of a signature is never decompressed: it has to be the bytes of a point that is
///   computed anyway. So it is in its one encoding, and of small order where that point is
struct StrictKey {
    bytes: [u8; 32],
    /// Multiples of −A: 30 kB.
    negated: Box<EdwardsBasepointTable>,
}

impl StrictKey {
    fn read(bytes: &[u8; 32]) -> Option<Self> {
        let point = CompressedEdwardsY(*bytes).decompress()?;
        // Other encodings are decompressed too: y not below the prime, or a zero x with a sign.
        if point.compress().to_bytes() != *bytes || point.is_small_order() {
            return None;
        }
        Some(Self { bytes: *bytes, negated: Box::new(EdwardsBasepointTable::create(&-point)) })
    }

    /// SHA-512(R ‖ A ‖ message) as a number (RFC 8032 §5.1.7).
    fn challenge(&self, first: &[u8; 32], message: &[u8]) -> Scalar {
        let hasher = Sha512::new().chain_update(first).chain_update(self.bytes);
        Scalar::from_bytes_mod_order_wide(&hasher.chain_update(message).finalize().into())
    }
}

impl PublicKey for StrictKey {
    fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let (first, second) = halves(signature);
        // `None` for what is not less than the order of the group.
        let Some(second) = Scalar::from_canonical_bytes(second).into_option() else { return false };
        let challenge = self.challenge(&first, message);
        let expected = EdwardsPoint::mul_base(&second) + self.negated.mul_base(&challenge);
        expected.compress().to_bytes() == first && !expected.is_small_order()
    }
}

fn halves(signature: &Signature) -> ([u8; 32], [u8; 32]) {
    let [mut first, mut second] = [[0; 32]; 2];
    let (left, right) = signature.0.split_at(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    (first, second)
}

#[cfg(test)]
mod tests;
