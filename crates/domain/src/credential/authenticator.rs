use std::sync::Arc;

use jiff::SignedDuration;
use thiserror::Error;

use super::{Assertion, Issuers, IssuersError, Vouched};
use crate::access::{
    Authority, Caller, Due, Grant, Ports, Principal, Reach, RoleName, Rules, SignedIn,
};
use crate::attempt::{Outcome, refusal};
use crate::client::ApiKeyHash;
use crate::id::{StoreId, UserId};
use crate::session::Presented;
use crate::time::{Clock, Instant};
use crate::token::{Purpose, Token, TokenHash};
use crate::unit_of_work::{Access, StoreError, Transaction, UnitOfWork, transact};

/// Why a credential yields no caller.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AuthenticationError {
    /// Nobody holds it, it has expired, or its holder may not act: one answer for all.
    #[error("the credential is not valid")]
    Refused,
    /// The keys of an issuer cannot be had; the text is for the log.
    #[error("{0}")]
    Unavailable(String),
    /// The store failed; never an acceptance.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<IssuersError> for AuthenticationError {
    fn from(error: IssuersError) -> Self {
        match error {
            IssuersError::Refused => Self::Refused,
            IssuersError::Unavailable(_) => Self::Unavailable(error.to_string()),
        }
    }
}

/// How often use of a token is noted at most, so that a read does not cost a write; where tokens end
/// sooner, ten times in that time.
const NOTED: SignedDuration = SignedDuration::from_secs(60);

/// Turns a presented credential into a caller. The one use case without a permission: it comes before
/// them all, and yields no more than who is calling.
#[derive(Clone)]
pub struct Authenticator {
    unit_of_work: Arc<dyn UnitOfWork>,
    clock: Arc<dyn Clock>,
    rules: Arc<Rules>,
    issuers: Arc<dyn Issuers>,
}

impl Authenticator {
    /// On these ports.
    pub fn new(ports: &Ports, issuers: Arc<dyn Issuers>) -> Self {
        let Ports { unit_of_work, clock, rules, .. } = ports.clone();
        Self { unit_of_work, clock, rules, issuers }
    }

    /// The holder of the token of a session, of the token of an issuer, or of the API key
    /// `presented`, with the roles they have now: nothing is cached, so what is revoked ends with the
    /// next request.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub async fn authenticate(&self, presented: &str) -> Result<Caller, AuthenticationError> {
        if let Some(token) = Token::shown(Purpose::Session, presented.to_owned()) {
            return self.signed_in(token.hash()).await;
        }
        if let Some(assertion) = self.issuers.check(presented).await? {
            return self.vouched_for(assertion).await;
        }
        self.client(presented).await
    }

    /// The holder of an API key.
    async fn client(&self, presented: &str) -> Result<Caller, AuthenticationError> {
        let hash = ApiKeyHash::of(presented);
        let found = self.look(move |tx| tx.clients().find_by_key(&hash)).await?;
        let (_, client) = found.ok_or(AuthenticationError::Refused)?;
        if client.expires.is_some_and(|at| at <= self.clock.now()) {
            return Err(AuthenticationError::Refused);
        }
        let authority = Authority::of(&self.rules.roles, &client.grants);
        Ok(Caller::new(Principal::Client(client.id), authority))
    }

    /// The user whose session it is, unless that has ended or the account may not be used.
    async fn signed_in(&self, token: TokenHash) -> Result<Caller, AuthenticationError> {
        let found = self.look(move |tx| {
            let Some(presented) = tx.sessions().find_by_token(&token)? else { return Ok(None) };
            let grants = grants_of(tx, presented.store, presented.user.id)?;
            Ok(Some((presented, grants)))
        });
        let (presented, grants) = found.await?.ok_or(AuthenticationError::Refused)?;
        let now = self.clock.now();
        let due = self.due(&presented, now).ok_or(AuthenticationError::Refused)?;
        let Presented { store, session, user, used } = presented;
        if used.saturating_add(NOTED.min(self.rules.sessions.idle / 10)) <= now {
            self.note(store, token, now).await;
        }
        let by = SignedIn { store, user: user.id, session: session.id, due };
        Ok(Caller::signed_in(by, Authority::of(&self.rules.roles, &grants)))
    }

    /// What is still due in a session. `None` when it is worth nothing.
    fn due(&self, presented: &Presented, now: Instant) -> Option<Due> {
        let Presented { session, used, user, .. } = presented;
        let idle = used.saturating_add(self.rules.sessions.idle);
        if session.expires <= now || idle <= now || refusal(user, now).is_some() {
            return None;
        }
        match Outcome::of_right(user, now) {
            Outcome::Expired => None,
            _ if user.two_factor_required && !session.second_factor => Some(Due::SecondFactor),
            Outcome::PasswordChangeRequired => Some(Due::PasswordChange),
            _ => Some(Due::Nothing),
        }
    }

    /// Notes that a token is used. A request does not fail for it: the next one tries again.
    async fn note(&self, store: StoreId, token: TokenHash, now: Instant) {
        let touch = move |tx: &mut dyn Transaction| tx.store(store).sessions().touch(&token, now);
        let _ = transact(&*self.unit_of_work, Access::Write, touch).await;
    }

    /// Somebody for whom an issuer vouches, with those of the roles that there are and that can be
    /// held there.
    async fn vouched_for(&self, assertion: Assertion) -> Result<Caller, AuthenticationError> {
        let Assertion { issuer, subject, roles, vouched } = assertion;
        let reach = match vouched {
            Vouched::Everywhere => Some(Reach::Everywhere),
            Vouched::In(name) => {
                let store = self.look(move |tx| tx.stores().find_by_name(&name)).await?;
                store.map(|store| Reach::Store(store.id))
            }
        };
        let grant = |role: &String| Grant::new(RoleName::parse(role).ok()?, reach?).ok();
        let grants: Vec<_> = roles.iter().filter_map(grant).collect();
        let authority = Authority::of(&self.rules.roles, &grants);
        Ok(Caller::new(Principal::Issued { issuer, subject }, authority))
    }

    async fn look<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        transact(&*self.unit_of_work, Access::Point, work).await
    }
}

/// What a user holds, by its groups too.
fn grants_of(
    tx: &mut dyn Transaction,
    store: StoreId,
    user: UserId,
) -> Result<Vec<Grant>, StoreError> {
    let held = tx.store(store).roles().held_by_users(&[user])?;
    Ok(held.into_iter().map(|(_, grant)| grant).collect())
}
