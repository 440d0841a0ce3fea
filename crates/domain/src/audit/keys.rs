use std::sync::Arc;

use super::{PublicKeyInfo, Signature, Signer};

/// The private keys of the audit trail that are at hand on this node.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AuditKeys: Send + Sync + 'static {
    /// The key that a trail begins with where no other was ever registered.
    fn own(&self) -> Arc<dyn Signer>;

    /// The private key that belongs to `key`; `None` when this node does not have it. A key that came
    /// to be there since the node started is found too.
    fn find(&self, key: &PublicKeyInfo) -> Option<Arc<dyn Signer>>;
}

/// Reads public keys of Ed25519, for signatures that others made.
pub trait PublicKeys: Send + Sync + 'static {
    /// The key; `None` when the bytes are no `SubjectPublicKeyInfo` of an Ed25519 key, are not the one
    /// encoding that its point has, or the point is of small order.
    fn read(&self, key: &PublicKeyInfo) -> Option<Arc<dyn PublicKey>>;
}

/// A public key.
pub trait PublicKey: Send + Sync {
    /// Whether the signature is that of this key over `message`, checked strictly: no second encoding
    /// of a signature, no component of small order (RFC 8032 §5.1.7, "Taming the many `EdDSAs`").
    fn verifies(&self, message: &[u8], signature: &Signature) -> bool;
}
