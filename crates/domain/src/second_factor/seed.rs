use std::fmt;

use zeroize::Zeroizing;

use crate::random::Random;

/// The secret that an authenticator and we share: 160 random bits (RFC 4226 §4 R6). Wiped from memory
/// when dropped, and never printed.
#[derive(Clone)]
pub struct Seed(Zeroizing<Vec<u8>>);

impl Seed {
    /// Its length in bytes.
    pub const BYTES: usize = 20;

    /// A new seed.
    pub fn generate(random: &dyn Random) -> Self {
        let mut secret = Zeroizing::new(vec![0_u8; Self::BYTES]);
        random.fill(secret.as_mut_slice());
        Self(secret)
    }

    /// A seed that was kept. `None` when it has another length.
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        (bytes.len() == Self::BYTES).then_some(Self(bytes))
    }

    /// The bytes, to be sealed or to make codes of.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The seed as people type it into an authenticator: base32 (RFC 4648 §6) without padding.
    pub fn base32(&self) -> Zeroizing<String> {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        Zeroizing::new(super::code::letters(ALPHABET, &self.0))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_typed_in_base32_and_printed_as_nothing() {
        let seed =
            Seed::from_bytes(Zeroizing::new(b"12345678901234567890".to_vec())).expect("a seed");
        assert_eq!(seed.base32().as_str(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert_eq!(format!("{seed:?}"), "Seed(..)");
        assert!(Seed::from_bytes(Zeroizing::new(vec![0; 19])).is_none());
    }
}
