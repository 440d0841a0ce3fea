use std::any::Any;

use jiff::SignedDuration;

use super::{Kept, Once};
use crate::access::Principal;
use crate::error::UseCaseError;
use crate::id::StoreId;
use crate::time::Instant;
use crate::unit_of_work::{StoreError, Transaction};

/// How long an answer is kept.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The wish of one caller that a request to one store happens once.
pub(crate) struct Claim<'a> {
    /// The request.
    pub(crate) once: &'a Once,
    /// Which store it concerns; `None` for the register of stores.
    pub(crate) store: Option<StoreId>,
    /// Who sent it.
    pub(crate) principal: Principal,
    /// When.
    pub(crate) now: Instant,
}

impl Claim<'_> {
    /// Takes the key, unless a request came with it before.
    fn take(&self, tx: &mut dyn Transaction) -> Result<(), UseCaseError> {
        let oldest = self.now.saturating_add(-LIFETIME);
        let kept = tx.answers().take(self.store, &self.principal, &self.once.key, oldest)?;
        match kept {
            None => Ok(()),
            Some(kept) if kept.fingerprint == self.once.fingerprint => {
                Err(UseCaseError::Replayed(kept.answer))
            }
            Some(_) => Err(UseCaseError::KeyReused),
        }
    }

    /// Keeps what the request is answered.
    fn keep(&self, tx: &mut dyn Transaction, outcome: &dyn Any) -> Result<(), UseCaseError> {
        let answer = self.once.answer(outcome).ok_or_else(|| {
            StoreError::Other("the answer to keep is made for another use case".into())
        })?;
        let kept = Kept { fingerprint: self.once.fingerprint, answer };
        Ok(tx.answers().keep(self.store, &self.principal, &self.once.key, &kept, self.now)?)
    }
}

/// Does `work` in this unit; where there is a claim, only unless it was done before. The answer of
/// what is refused is not kept: the unit is rolled back and the key is free again.
///
/// # Errors
/// [`UseCaseError::Replayed`] with the answer of the first time; [`UseCaseError::KeyReused`] when
/// another request came with the key; what `work` refuses.
pub(crate) fn happen_once<T: 'static>(
    tx: &mut dyn Transaction,
    claim: Option<&Claim<'_>>,
    work: impl FnOnce(&mut dyn Transaction) -> Result<T, UseCaseError>,
) -> Result<T, UseCaseError> {
    let Some(claim) = claim else { return work(tx) };
    claim.take(tx)?;
    let outcome = work(tx)?;
    claim.keep(tx, &outcome)?;
    Ok(outcome)
}
