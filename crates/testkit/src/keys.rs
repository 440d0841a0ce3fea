use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::audit::{AuditKeys, PublicKey, PublicKeyInfo, PublicKeys, Signature, Signer};
use ed25519_dalek::VerifyingKey;

use crate::TestSigner;

/// The private keys of the audit trail on a node: any number of [`TestSigner`]s, of which the first is
/// the node's own.
#[derive(Debug)]
pub struct TestKeys {
    at_hand: Mutex<Vec<Arc<TestSigner>>>,
}

impl Default for TestKeys {
    fn default() -> Self {
        Self::of(Arc::default())
    }
}

impl TestKeys {
    /// The keys of a node that has this one.
    pub fn of(own: Arc<TestSigner>) -> Self {
        Self { at_hand: Mutex::new(vec![own]) }
    }

    /// Puts a further key at hand, and gives its public part.
    pub fn add(&self, signer: TestSigner) -> PublicKeyInfo {
        let key = signer.public_key();
        self.at_hand().push(Arc::new(signer));
        key
    }

    /// Takes a key away, as an operator does who deletes it: it is found no more. A node without any
    /// makes itself another one, as at its first start.
    pub fn forget(&self, key: &PublicKeyInfo) {
        let mut at_hand = self.at_hand();
        at_hand.retain(|signer| signer.public_key() != *key);
        if at_hand.is_empty() {
            at_hand.push(Arc::new(TestSigner::from_seed([0xFF; 32])));
        }
    }

    fn at_hand(&self) -> MutexGuard<'_, Vec<Arc<TestSigner>>> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuditKeys for TestKeys {
    fn own(&self) -> Arc<dyn Signer> {
        self.at_hand().first().map(Arc::clone).unwrap_or_default()
    }

    fn find(&self, key: &PublicKeyInfo) -> Option<Arc<dyn Signer>> {
        let at_hand = self.at_hand();
        let found = at_hand.iter().find(|signer| signer.public_key() == *key)?;
        Some(Arc::clone(found) as _)
    }
}

/// Checks signatures for real, and strictly.
#[derive(Clone, Copy, Debug, Default)]
pub struct TestPublicKeys;

struct StrictKey(VerifyingKey);

impl PublicKeys for TestPublicKeys {
    fn read(&self, key: &PublicKeyInfo) -> Option<Arc<dyn PublicKey>> {
        let point = key.point()?;
        let read = VerifyingKey::from_bytes(point).ok().filter(|read| !read.is_weak())?;
        // A point has one encoding, and a second one is read too.
        let canonical = read.to_edwards().compress();
        (canonical.as_bytes() == point).then(|| Arc::new(StrictKey(read)) as _)
    }
}

impl PublicKey for StrictKey {
    fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(point: [u8; 32]) -> PublicKeyInfo {
        PublicKeyInfo([&PublicKeyInfo::HEAD[..], &point].concat().try_into().unwrap())
    }

    #[test]
    fn a_key_is_found_from_when_it_is_added_until_it_is_forgotten() {
        let keys = TestKeys::default();
        let (own, other) = (keys.own().public_key(), TestSigner::from_seed([8; 32]));
        assert!(keys.find(&own).is_some_and(|signer| signer.public_key() == own));
        assert!(keys.find(&other.public_key()).is_none());
        let other = keys.add(other);
        assert!(keys.find(&other).is_some_and(|signer| signer.public_key() == other));
        keys.forget(&own);
        assert!(keys.find(&own).is_none() && keys.find(&other).is_some());
        assert_eq!(keys.own().public_key(), other);
        keys.forget(&other);
        assert!(keys.find(&other).is_none());
        assert!(![own, other].contains(&keys.own().public_key()));
    }

    #[test]
    fn a_public_key_checks_what_its_signer_signed() {
        let signer = TestSigner::default();
        let key = TestPublicKeys.read(&signer.public_key()).unwrap();
        let signature = signer.sign(b"text");
        assert!(key.verifies(b"text", &signature));
        assert!(!key.verifies(b"another", &signature));
        let another = TestPublicKeys.read(&TestSigner::from_seed([8; 32]).public_key()).unwrap();
        assert!(!another.verifies(b"text", &signature));
    }

    #[test]
    fn what_is_no_key_is_not_read() {
        let mut foreign = TestSigner::default().public_key();
        foreign.0[8] ^= 1;
        assert!(TestPublicKeys.read(&foreign).is_none(), "of another algorithm");
        let neutral = std::array::from_fn(|n| u8::from(n == 0));
        assert!(TestPublicKeys.read(&info(neutral)).is_none(), "of small order");
        // y = p + 3, where 3 is the y of a point of large order.
        let second = std::array::from_fn(|n| match n {
            0 => 0xf0,
            31 => 0x7f,
            _ => 0xff,
        });
        let first = std::array::from_fn(|n| if n == 0 { 3 } else { 0 });
        assert!(TestPublicKeys.read(&info(first)).is_some());
        assert!(TestPublicKeys.read(&info(second)).is_none(), "in a second encoding");
    }
}
