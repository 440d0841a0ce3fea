//! Whether a password is somebody's, and another one could replace it: nothing is changed, and nobody
//! signs in.

use super::change::NEW_PASSWORD;
use super::rules::refuse_broken;
use super::service::MANAGE;
use super::{HashTicket, Password, PasswordService};
use crate::access::{Caller, Context};
use crate::attempt::{Aim, Proven, Subject};
use crate::error::UseCaseError;
use crate::store::StoreRef;
use crate::text::Folded;

impl PasswordService {
    /// Says whether this is the password of the user of that name. What else may be due is not looked
    /// at. Every refusal looks alike, and costs one hash.
    ///
    /// # Errors
    /// [`UseCaseError::Refused`]; [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`];
    /// [`UseCaseError::NotFound`] for the store.
    pub async fn validate(
        &self,
        store: StoreRef,
        name: Folded,
        password: Password,
    ) -> Result<(), UseCaseError> {
        let ticket = self.attempt.admit()?;
        let context = Context::new(Caller::public(), store);
        self.prove(&*ticket, &context, name, &password).await.map(drop)
    }

    /// The same of `current`, and whether `new` could replace it.
    ///
    /// # Errors
    /// Those of [`Self::validate`]; [`UseCaseError::Invalid`] naming `newPassword` with every broken
    /// rule.
    pub async fn validate_change(
        &self,
        store: StoreRef,
        name: Folded,
        current: Password,
        new: Password,
    ) -> Result<(), UseCaseError> {
        let ticket = self.attempt.admit()?;
        let context = Context::new(Caller::public(), store);
        let proven = self.prove(&*ticket, &context, name, &current).await?;
        let needs = MANAGE.into();
        let broken =
            self.broken_replacement(&*ticket, &context, needs, proven, &current, &new).await?;
        refuse_broken(NEW_PASSWORD, &broken)
    }

    async fn prove(
        &self,
        ticket: &dyn HashTicket,
        context: &Context,
        name: Folded,
        password: &Password,
    ) -> Result<Proven, UseCaseError> {
        let subject = (Subject::Name(name), Aim::SignIn);
        let proof = self.attempt.run(ticket, context, MANAGE, subject, password).await?;
        proof.proven.ok_or(UseCaseError::Refused)
    }
}
