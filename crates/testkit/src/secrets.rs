use domain::secrets::{OpenError, SecretPurpose, Secrets};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Hashes and seals with a key that everybody knows.
///
/// **This is no encryption.** A seal only hides its text from a search, and shows whether it is
/// opened with the key, for the purpose and at the place that it was made for; the same text always
/// has the same seal.
#[derive(Debug)]
pub struct TestSecrets {
    key: [u8; 32],
}

impl Default for TestSecrets {
    fn default() -> Self {
        Self::with_key([9; 32])
    }
}

impl TestSecrets {
    /// How many bytes of a seal are its tag, which come first.
    const TAG: usize = 32;

    /// Another key, which opens nothing that was sealed with the usual one.
    pub fn with_key(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// SHA-256 over the key, the purpose and the parts, each with its length before it, so that no
    /// two lists of parts are one text.
    fn digest(&self, purpose: SecretPurpose, parts: &[&[u8]]) -> [u8; 32] {
        let mut digest = Sha256::new();
        for part in [&self.key[..], purpose.label().as_bytes()].iter().chain(parts) {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        digest.finalize().into()
    }

    /// Hides what is shown and shows what is hidden.
    fn mask(&self, purpose: SecretPurpose, place: &[u8], text: &[u8]) -> Vec<u8> {
        let mask = self.digest(purpose, &[place]);
        text.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
    }
}

impl Secrets for TestSecrets {
    fn keyed_hash(&self, purpose: SecretPurpose, text: &[u8]) -> [u8; 32] {
        self.digest(purpose, &[text])
    }

    fn seal(&self, purpose: SecretPurpose, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let tag = self.digest(purpose, &[place, plain]);
        [tag.to_vec(), self.mask(purpose, place, plain)].concat()
    }

    fn open(
        &self,
        purpose: SecretPurpose,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (tag, hidden) = sealed.split_at_checked(Self::TAG).ok_or(OpenError)?;
        let plain = Zeroizing::new(self.mask(purpose, place, hidden));
        let fits = self.digest(purpose, &[place, &plain]) == tag;
        if fits { Ok(plain) } else { Err(OpenError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SecretPurpose::{Delivery, NameKey};

    const PLAIN: &[u8] = b"a text that is longer than one block of the mask";

    #[test]
    fn what_is_sealed_is_opened_for_its_purpose_at_its_place_with_its_key() {
        let secrets = TestSecrets::default();
        let sealed = secrets.seal(Delivery, b"here", PLAIN);
        assert_eq!(secrets.open(Delivery, b"here", &sealed).unwrap().as_slice(), PLAIN);
        assert!(secrets.open(Delivery, b"there", &sealed).is_err());
        assert!(secrets.open(NameKey, b"here", &sealed).is_err());
        assert!(TestSecrets::with_key([1; 32]).open(Delivery, b"here", &sealed).is_err());
        let nothing = secrets.seal(Delivery, b"", b"");
        assert!(secrets.open(Delivery, b"", &nothing).unwrap().is_empty());
    }

    #[test]
    fn a_damaged_seal_is_not_opened() {
        let secrets = TestSecrets::default();
        let sealed = secrets.seal(Delivery, b"here", PLAIN);
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert!(secrets.open(Delivery, b"here", &damaged).is_err(), "byte {at}");
            assert!(secrets.open(Delivery, b"here", &sealed[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn a_seal_does_not_show_its_text() {
        let sealed = TestSecrets::default().seal(Delivery, b"here", PLAIN);
        assert!(!sealed.windows(4).any(|window| window == &PLAIN[..4]));
    }

    #[test]
    fn a_keyed_hash_follows_purpose_text_and_key() {
        let secrets = TestSecrets::default();
        let hash = secrets.keyed_hash(NameKey, b"ada");
        assert_eq!(hash, TestSecrets::default().keyed_hash(NameKey, b"ada"));
        assert_ne!(hash, secrets.keyed_hash(Delivery, b"ada"));
        assert_ne!(hash, secrets.keyed_hash(NameKey, b"bob"));
        assert_ne!(hash, TestSecrets::with_key([1; 32]).keyed_hash(NameKey, b"ada"));
    }
}
