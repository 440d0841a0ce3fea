use super::{Answer, Fingerprint, IdempotencyKey};
use crate::access::Principal;
use crate::id::StoreId;
use crate::time::Instant;
use crate::unit_of_work::StoreError;

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Of the request that came with it.
    pub fingerprint: Fingerprint,
    /// What that request was answered.
    pub answer: Answer,
}

/// The answers to requests that came with an idempotency key, by store, caller and key.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AnswerRepository {
    /// Takes a key that is free, or whose answer is older than `oldest`: `None`, and until the unit
    /// ends everybody else who wants it waits. Else what is kept of it. Some answers of the store
    /// that are older than `oldest` are dropped on the way. `store` is `None` for what concerns the
    /// register of stores.
    fn take(
        &mut self,
        store: Option<StoreId>,
        principal: &Principal,
        key: &IdempotencyKey,
        oldest: Instant,
    ) -> Result<Option<Kept>, StoreError>;

    /// Forgets what is kept for a store: all of it. A request that is sent again is carried out again.
    fn forget(&mut self, store: StoreId) -> Result<(), StoreError>;

    /// Keeps the answer of a key that was taken in this unit.
    fn keep(
        &mut self,
        store: Option<StoreId>,
        principal: &Principal,
        key: &IdempotencyKey,
        kept: &Kept,
        now: Instant,
    ) -> Result<(), StoreError>;
}
