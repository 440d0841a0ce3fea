use std::sync::Arc;

use domain::attempt::{AttemptRepository, Attempts};
use domain::id::UserId;
use domain::unit_of_work::StoreError;
use domain::user::User;

use super::image::Tenant;
use super::unit::OpenStore;

/// A user as it is after these attempts.
pub(super) fn showing(attempts: Attempts, user: &User) -> User {
    let Attempts { failures, reserved_at, .. } = attempts;
    User { failed_sign_ins: failures, last_attempt: reserved_at, ..user.clone() }
}

impl Tenant {
    pub(super) fn attempts_on(&self, user: UserId) -> Attempts {
        self.attempts.get(&user).copied().unwrap_or_default()
    }

    /// Keeps the attempts on an account; its user shows them.
    fn save_attempts(&mut self, id: UserId, attempts: Attempts) -> Result<(), StoreError> {
        let user = self.users.get(&id).ok_or(StoreError::Stale)?;
        let user = showing(attempts, user);
        self.users.put(id, Arc::new(user));
        self.attempts.put(id, attempts);
        Ok(())
    }

    fn clear_attempts(&mut self, user: UserId) -> Result<(), StoreError> {
        let Some(mut attempts) = self.attempts.get(&user).copied() else { return Ok(()) };
        attempts.clear();
        self.save_attempts(user, attempts)
    }
}

/// Writers take turns, so what is found is locked until the unit ends.
impl AttemptRepository for OpenStore<'_, '_> {
    fn lock(&mut self, user: UserId) -> Result<Attempts, StoreError> {
        self.write(|tenant| {
            tenant.require_user(user)?;
            Ok(tenant.attempts_on(user))
        })
    }

    fn save(&mut self, user: UserId, attempts: &Attempts) -> Result<(), StoreError> {
        self.write(|tenant| tenant.save_attempts(user, *attempts))
    }

    fn clear(&mut self, users: &[UserId]) -> Result<(), StoreError> {
        self.write(|tenant| users.iter().try_for_each(|user| tenant.clear_attempts(*user)))
    }
}
