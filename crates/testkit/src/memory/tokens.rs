use domain::id::UserId;
use domain::token::{Purpose, StoredToken, TokenHash, TokenRepository};
use domain::unit_of_work::StoreError;

use super::image::Tenant;
use super::unit::OpenStore;

impl Tenant {
    pub(super) fn remove_tokens(&mut self, user: UserId) {
        for purpose in Purpose::ALL {
            self.tokens.remove(&(user, purpose));
        }
    }

    fn take_token(&mut self, user: UserId, purpose: Purpose, hash: &TokenHash) -> bool {
        let key = (user, purpose);
        let is_there = self.tokens.get(&key).is_some_and(|token| token.hash == *hash);
        is_there && self.tokens.remove(&key).is_some()
    }
}

impl TokenRepository for OpenStore<'_, '_> {
    fn put(
        &mut self,
        user: UserId,
        purpose: Purpose,
        token: &StoredToken,
    ) -> Result<(), StoreError> {
        self.write(|tenant| {
            tenant.require_user(user)?;
            tenant.tokens.put((user, purpose), *token);
            Ok(())
        })
    }

    fn find(&mut self, user: UserId, purpose: Purpose) -> Result<Option<StoredToken>, StoreError> {
        self.read(|tenant| tenant.tokens.get(&(user, purpose)).copied())
    }

    fn take(
        &mut self,
        user: UserId,
        purpose: Purpose,
        hash: &TokenHash,
    ) -> Result<bool, StoreError> {
        self.write(|tenant| Ok(tenant.take_token(user, purpose, hash)))
    }

    fn clear(&mut self, users: &[UserId]) -> Result<(), StoreError> {
        self.write(|tenant| {
            for user in users {
                tenant.remove_tokens(*user);
            }
            Ok(())
        })
    }
}
