use std::fmt;

use domain::audit::{PublicKeyInfo, Signature, Signer};
use domain::random::Random;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, Error};
use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::Zeroizing;

/// Signs with an Ed25519 key (RFC 8032) held in memory, which is wiped when dropped.
pub struct Ed25519Signer {
    key: SigningKey,
    public_key: PublicKeyInfo,
}

impl Ed25519Signer {
    /// A signer with a new key.
    pub fn generate(random: &dyn Random) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill(seed.as_mut_slice());
        Self::of(SigningKey::from_bytes(&seed))
    }

    /// Reads a private key in the form that OpenSSL writes: PKCS#8 in PEM.
    ///
    /// # Errors
    /// The text is no such key of Ed25519.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        SigningKey::from_pkcs8_pem(pem).map(Self::of)
    }

    /// The private key as PKCS#8 in PEM.
    ///
    /// # Errors
    /// Never for a key that this type holds; the encoder is fallible.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, Error> {
        // The form without the public key: OpenSSL before 3.2 does not read the one with it.
        let bytes = ed25519_dalek::pkcs8::KeypairBytes {
            secret_key: self.key.to_bytes(),
            public_key: None,
        };
        bytes.to_pkcs8_pem(LineEnding::LF)
    }

    fn of(key: SigningKey) -> Self {
        let mut info = [0; 44];
        let (head, rest) = info.split_at_mut(PublicKeyInfo::HEAD.len());
        head.copy_from_slice(&PublicKeyInfo::HEAD);
        rest.copy_from_slice(key.verifying_key().as_bytes());
        Self { key, public_key: PublicKeyInfo(info) }
    }
}

impl Signer for Ed25519Signer {
    fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.key.sign(message).to_bytes())
    }

    fn public_key(&self) -> PublicKeyInfo {
        self.public_key
    }
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ed25519Signer(..)")
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::pkcs8::DecodePublicKey as _;
    use ed25519_dalek::{Signature as DalekSignature, VerifyingKey};

    use super::*;
    use crate::SystemRandom;

    /// RFC 8032 §7.1, TEST 3.
    const SEED: &str = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
    const PUBLIC: &str = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    const MESSAGE: &[u8] = &[0xaf, 0x82];
    const SIGNATURE: &str = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
                             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";

    fn bytes(hex: &str) -> Vec<u8> {
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        hex.as_bytes().chunks(2).map(byte).collect()
    }

    fn of_the_rfc() -> Ed25519Signer {
        Ed25519Signer::of(SigningKey::try_from(bytes(SEED).as_slice()).unwrap())
    }

    #[test]
    fn it_signs_as_rfc_8032_prints() {
        let signer = of_the_rfc();
        assert_eq!(signer.public_key().0[12..], bytes(PUBLIC));
        assert_eq!(signer.sign(MESSAGE).0, *bytes(SIGNATURE));
    }

    #[test]
    fn the_public_key_info_is_read_by_others_and_checks_signatures() {
        let signer = Ed25519Signer::generate(&SystemRandom::new());
        let key = VerifyingKey::from_public_key_der(&signer.public_key().0).expect("valid DER");
        let signature = DalekSignature::from_bytes(&signer.sign(b"message").0);
        key.verify_strict(b"message", &signature).expect("a valid signature");
        assert!(key.verify_strict(b"another", &signature).is_err());
    }

    #[test]
    fn a_key_survives_its_text_form() {
        let signer = of_the_rfc();
        let pem = signer.to_pem().expect("encodes");
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "{}", *pem);
        let read = Ed25519Signer::from_pem(&pem).expect("reads its own form");
        assert_eq!(read.public_key(), signer.public_key());
    }

    #[test]
    fn keys_differ_and_stay_silent() {
        let random = SystemRandom::new();
        let (one, other) = (Ed25519Signer::generate(&random), Ed25519Signer::generate(&random));
        assert_ne!(one.public_key(), other.public_key());
        assert_eq!(format!("{one:?}"), "Ed25519Signer(..)");
    }
}
