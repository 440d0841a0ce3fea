use std::sync::Arc;

use thiserror::Error;

use super::ApiKeyHash;
use crate::access::{Authority, Caller, Ports, Principal, Rules};
use crate::time::Clock;
use crate::unit_of_work::{Access, StoreError, UnitOfWork, transact};

/// Why a credential yields no caller.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AuthenticationError {
    /// Nobody holds it, or it has expired: one answer for both.
    #[error("the credential is not valid")]
    Refused,
    /// The store failed; never an acceptance.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Turns a presented API key into a caller. The one use case without a permission: it comes before
/// them all, and yields no more than who is calling.
#[derive(Clone)]
pub struct Authenticator {
    unit_of_work: Arc<dyn UnitOfWork>,
    clock: Arc<dyn Clock>,
    rules: Arc<Rules>,
}

impl Authenticator {
    /// On these ports.
    pub fn new(ports: &Ports) -> Self {
        let Ports { unit_of_work, clock, rules, .. } = ports.clone();
        Self { unit_of_work, clock, rules }
    }

    /// The holder of the key `presented`, with the roles they have now: nothing is cached, so a
    /// revoked key or role ends with the next request.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub async fn authenticate(&self, presented: &str) -> Result<Caller, AuthenticationError> {
        let hash = ApiKeyHash::of(presented);
        let found =
            transact(&*self.unit_of_work, Access::Point, move |tx| tx.clients().find_by_key(&hash))
                .await?;
        let (_, client) = found.ok_or(AuthenticationError::Refused)?;
        if client.expires.is_some_and(|at| at <= self.clock.now()) {
            return Err(AuthenticationError::Refused);
        }
        let authority = Authority::of(&self.rules.roles, &client.grants);
        Ok(Caller::new(Principal::Client(client.id), authority))
    }
}
