//! Chance as a port: randomness for secrets and salts, and new ids.

use uuid::Uuid;

/// Draws random bytes and makes ids.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes` from a cryptographically secure generator.
    fn fill(&self, bytes: &mut [u8]);

    /// A new UUID of version 7 (RFC 9562 §5.7): ordered by time, so new rows land side by side.
    fn new_uuid(&self) -> Uuid;
}
