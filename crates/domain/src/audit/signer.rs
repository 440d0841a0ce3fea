use std::fmt;

/// An Ed25519 signature (RFC 8032): 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

/// A public Ed25519 key as DER `SubjectPublicKeyInfo` (RFC 8410 §4): 44 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PublicKeyInfo(pub [u8; 44]);

impl PublicKeyInfo {
    /// What stands before the 32 bytes of the key (RFC 8410 §4).
    pub const HEAD: [u8; 12] =
        [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];

    /// The 32 bytes of the key; `None` when they do not stand behind [`Self::HEAD`].
    pub fn point(&self) -> Option<&[u8; 32]> {
        self.0.strip_prefix(&Self::HEAD)?.try_into().ok()
    }
}

/// Signs audit entries with a private key that never leaves the adapter. One signer has one key for
/// its life, so that a signature and the public key beside it belong together.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Signer: Send + Sync + 'static {
    /// The Ed25519 signature of `message`.
    fn sign(&self, message: &[u8]) -> Signature;

    /// The public key that checks it.
    fn public_key(&self) -> PublicKeyInfo;
}
