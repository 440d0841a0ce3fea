//! Secrets at rest as a port: what the database holds of them is useless without keys that it does
//! not hold.

use thiserror::Error;
use zeroize::Zeroizing;

/// What a keyed hash or a sealed text is for. Keys of different purposes have nothing in common, so
/// what is made for one is worthless for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretPurpose {
    /// Names under which attempts to sign in are counted.
    NameKey,
    /// Deliveries that wait in the outbox: they may carry a token.
    Delivery,
    /// Seeds of second factors.
    TotpSeed,
    /// Passwords that somebody is shown before they are set.
    PreviewedPassword,
}

impl SecretPurpose {
    /// The name from which keys are derived; never changes.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NameKey => "name key",
            Self::Delivery => "delivery",
            Self::TotpSeed => "totp seed",
            Self::PreviewedPassword => "previewed password",
        }
    }
}

/// What was sealed cannot be opened: it is damaged, was sealed for another purpose or place, or its
/// key is not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a sealed text cannot be opened with the keys that are here")]
pub struct OpenError;

/// Hashes and seals with keys that are kept outside of the database.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Secrets: Send + Sync + 'static {
    /// HMAC-SHA256 of `text`: the same on every node and after every start, until the keys are
    /// rotated.
    fn keyed_hash(&self, purpose: SecretPurpose, text: &[u8]) -> [u8; 32];

    /// Encrypts `plain`, bound to its purpose and to `place`, which must be told again to open it.
    fn seal(&self, purpose: SecretPurpose, place: &[u8], plain: &[u8]) -> Vec<u8>;

    /// What was sealed, also under a key that has been replaced since.
    ///
    /// # Errors
    /// [`OpenError`].
    fn open(
        &self,
        purpose: SecretPurpose,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError>;
}
