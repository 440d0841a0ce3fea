//! A request that is sent twice happens once: the header `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header-07).

mod claim;
mod once;
mod repository;

pub(crate) use claim::{Claim, happen_once};
pub use once::{Answer, Fingerprint, IdempotencyKey, IdempotencyKeyError, Once};
#[cfg(any(test, feature = "mocks"))]
pub use repository::MockAnswerRepository;
pub use repository::{AnswerRepository, Kept};
