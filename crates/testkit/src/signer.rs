use domain::audit::{PublicKeyInfo, Signature, Signer};
use ed25519_dalek::{Signer as _, SigningKey};

/// Signs for real, with a key that everybody knows.
#[derive(Debug)]
pub struct TestSigner {
    key: SigningKey,
}

impl Default for TestSigner {
    fn default() -> Self {
        Self::from_seed([7; 32])
    }
}

impl TestSigner {
    /// The head of every Ed25519 `SubjectPublicKeyInfo` (RFC 8410 §4); the 32 bytes of the key follow.
    const DER_HEAD: [u8; 12] =
        [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    /// The key of this seed (RFC 8032 §5.1.5).
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { key: SigningKey::from_bytes(&seed) }
    }

    /// Whether `signature` is one of this key over `message`, checked strictly.
    pub fn verifies(&self, message: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.key.verifying_key().verify_strict(message, &signature).is_ok()
    }
}

impl Signer for TestSigner {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.key.sign(message).to_bytes())
    }

    fn public_key(&self) -> PublicKeyInfo {
        let key = self.key.verifying_key();
        let mut der = [0; 44];
        let whole = Self::DER_HEAD.iter().chain(key.as_bytes());
        der.iter_mut().zip(whole).for_each(|(byte, value)| *byte = *value);
        PublicKeyInfo(der)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::VerifyingKey;
    use ed25519_dalek::pkcs8::DecodePublicKey as _;

    #[test]
    fn the_public_key_is_der_and_checks_the_signature() {
        let signer = TestSigner::default();
        let key = VerifyingKey::from_public_key_der(&signer.public_key().0).unwrap();
        let signature = ed25519_dalek::Signature::from_bytes(&signer.sign(b"text").0);
        assert!(key.verify_strict(b"text", &signature).is_ok());
        assert!(signer.verifies(b"text", &signer.sign(b"text")));
        assert!(!signer.verifies(b"another", &signer.sign(b"text")));
    }
}
