use std::sync::Arc;

use domain::access::Principal;
use domain::id::StoreId;
use domain::idempotency::{AnswerRepository, IdempotencyKey, Kept};
use domain::time::Instant;
use domain::unit_of_work::StoreError;

use super::unit::OpenUnit;

/// Whose key it is: the store, the caller as the audit trail names them, and the key.
pub(super) type Question = (Option<StoreId>, String, IdempotencyKey);

/// An answer, and since when it is kept.
pub(super) struct KeptAnswer {
    kept: Kept,
    since: Instant,
}

/// Writers take turns, so a key that nothing is kept of is free until the unit ends.
impl AnswerRepository for OpenUnit<'_> {
    fn take(
        &mut self,
        store: Option<StoreId>,
        principal: &Principal,
        key: &IdempotencyKey,
        oldest: Instant,
    ) -> Result<Option<Kept>, StoreError> {
        self.write(|image| {
            image.answers.retain(|(of, ..), answer| *of != store || answer.since >= oldest);
            let question = (store, principal.to_string(), key.clone());
            Ok(image.answers.get(&question).map(|answer| answer.kept.clone()))
        })
    }

    fn forget(&mut self, store: StoreId) -> Result<(), StoreError> {
        self.write(|image| {
            image.answers.retain(|(of, ..), _| *of != Some(store));
            Ok(())
        })
    }

    fn keep(
        &mut self,
        store: Option<StoreId>,
        principal: &Principal,
        key: &IdempotencyKey,
        kept: &Kept,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.write(|image| {
            let answer = KeptAnswer { kept: kept.clone(), since: now };
            image.answers.put((store, principal.to_string(), key.clone()), Arc::new(answer));
            Ok(())
        })
    }
}
