use crate::access::{Context, Principal};
use crate::error::UseCaseError;
use crate::id::UserId;
use crate::store::StoreRef;

/// Told of every attempt to prove who somebody is, however it ended: for the log of the operator
/// (OWASP ASVS 16.3.1).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AttemptLog: Send + Sync + 'static {
    /// An attempt has ended. Called outside of units of work, in the request that made it.
    fn ended(&self, event: &AttemptEvent);
}

/// An attempt that has ended. Names are left out: people type passwords in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptEvent {
    /// In which store.
    pub store: StoreRef,
    /// Who asked.
    pub principal: Principal,
    /// Whom it concerned; `None` where the name is nobody's, or was not looked at.
    pub user: Option<UserId>,
    /// What was shown.
    pub shown: Shown,
    /// How it ended: the name of an [`super::Outcome`], or why there was none.
    pub ended: &'static str,
}

/// What somebody shows to prove who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shown {
    /// A password.
    Password,
    /// A one-time token.
    Token,
    /// A code of an authenticator.
    OneTimePassword,
    /// A recovery code.
    RecoveryCode,
    /// The refresh token of a session.
    RefreshToken,
}

impl AttemptEvent {
    pub(crate) fn new(
        context: &Context,
        shown: Shown,
        user: Option<UserId>,
        ended: &'static str,
    ) -> Self {
        let (store, principal) = (context.store.clone(), context.caller.principal());
        Self { store, principal, user, shown, ended }
    }
}

/// Why an attempt did not come to an outcome.
pub(super) fn ended_by(error: &UseCaseError) -> &'static str {
    match error {
        UseCaseError::Throttled { .. } => "Throttled",
        UseCaseError::Overloaded => "Overloaded",
        UseCaseError::Unverifiable(_) => "Unverifiable",
        UseCaseError::Forbidden(_) | UseCaseError::NotFound(_) => "NotAllowed",
        _ => "Error",
    }
}
