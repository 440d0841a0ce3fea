use std::sync::Arc;

use domain::attempt::Attempts;
use domain::id::UserId;
use domain::second_factor::{RecoveryHash, SecondFactor, SecondFactorRepository};
use domain::unit_of_work::StoreError;

use super::image::Tenant;
use super::unit::OpenStore;

/// What is kept of wrong codes: nothing of them is in flight between two units.
fn settled(attempts: Attempts) -> Attempts {
    let Attempts { failures, window, locked_until, .. } = attempts;
    Attempts { failures, window, locked_until, ..Attempts::default() }
}

impl Tenant {
    fn remove_recovery_codes(&mut self, user: UserId) {
        self.recovery_codes.retain(|(owner, _), ()| *owner != user);
    }

    fn forget_wrong_codes(&mut self, user: UserId) {
        let Some(factor) = self.second_factors.get(&user) else { return };
        let factor = SecondFactor { attempts: Attempts::default(), ..SecondFactor::clone(factor) };
        self.second_factors.put(user, Arc::new(factor));
    }

    pub(super) fn remove_second_factor(&mut self, user: UserId) {
        self.second_factors.remove(&user);
        self.remove_recovery_codes(user);
    }
}

/// Writers take turns, so what is found is locked until the unit ends.
impl SecondFactorRepository for OpenStore<'_, '_> {
    fn lock(&mut self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        self.read_locked(|tenant| {
            tenant.second_factors.get(&user).map(|factor| SecondFactor::clone(factor))
        })
    }

    fn put(&mut self, user: UserId, factor: &SecondFactor) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.require_user(user)?;
            let factor = SecondFactor { attempts: settled(factor.attempts), ..factor.clone() };
            tenant.second_factors.put(user, Arc::new(factor));
            Ok(())
        })
    }

    fn remove(&mut self, user: UserId) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.remove_second_factor(user);
            Ok(())
        })
    }

    fn clear_attempts(&mut self, users: &[UserId]) -> Result<(), StoreError> {
        self.write(|tenant| {
            for user in users {
                tenant.forget_wrong_codes(*user);
            }
            Ok(())
        })
    }

    fn set_recovery_codes(
        &mut self,
        user: UserId,
        codes: &[RecoveryHash],
    ) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.require_user(user)?;
            tenant.remove_recovery_codes(user);
            for code in codes {
                tenant.recovery_codes.put((user, *code.as_bytes()), ());
            }
            Ok(())
        })
    }

    fn take_recovery_code(
        &mut self,
        user: UserId,
        code: &RecoveryHash,
    ) -> Result<bool, StoreError> {
        self.write(|tenant| Ok(tenant.recovery_codes.remove(&(user, *code.as_bytes())).is_some()))
    }
}
