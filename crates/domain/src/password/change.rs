//! What somebody does who knows the present password: replace it.

use super::record::{locked, owned, show, store_password};
use super::rules::{recent, refuse_broken};
use super::service::MANAGE;
use super::{BrokenRule, HashTicket, Password, PasswordService};
use crate::access::{Caller, Context, Needs, Room};
use crate::attempt::{Aim, Outcome, Proof, Proven, Subject, refusal};
use crate::error::{Missing, UseCaseError};
use crate::id::UserId;
use crate::second_factor::Code;
use crate::store::StoreRef;
use crate::text::Folded;
use crate::user::UserWithRelations;
use crate::version::Precondition;

/// The property of a request that holds a password that replaces another one.
pub(super) const NEW_PASSWORD: &str = "newPassword";

impl PasswordService {
    /// Changes a password for somebody who knows the present one; not knowing it counts as a failed
    /// attempt to sign in.
    ///
    /// # Errors
    /// [`UseCaseError::WrongPassword`]; [`UseCaseError::Locked`]; [`UseCaseError::PasswordExpired`];
    /// [`UseCaseError::Throttled`]; [`UseCaseError::Invalid`] naming `newPassword` with every broken
    /// rule; [`Missing::User`]; [`UseCaseError::Stale`]; [`UseCaseError::Overloaded`]; what the gate
    /// refuses.
    pub async fn change(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
        old: Password,
        new: Password,
    ) -> Result<UserWithRelations, UseCaseError> {
        let ticket = self.attempt.admit()?;
        let subject = (Subject::User(id), Aim::Change);
        let proof = self.attempt.run(&*ticket, context, MANAGE, subject, &old).await?;
        let proven = allowed(proof)?;
        self.replace(&*ticket, context, MANAGE, proven, precondition, &old, &new).await
    }

    /// The same, for whoever knows the name and the password, and has a code where a second factor is
    /// asked of the user. Every refusal but that of the new password itself looks alike, and costs one
    /// hash.
    ///
    /// # Errors
    /// [`UseCaseError::Refused`]; [`UseCaseError::Invalid`] naming `newPassword`;
    /// [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`]; [`Missing::Store`];
    /// [`UseCaseError::StoreReadOnly`].
    pub async fn change_public(
        &self,
        store: StoreRef,
        login_name: Folded,
        old: Password,
        new: Password,
        code: Option<Code>,
    ) -> Result<(), UseCaseError> {
        let ticket = self.attempt.admit()?;
        let context = Context::new(Caller::public(), store);
        let subject = (Subject::Name(login_name), Aim::Change);
        let proof = self.attempt.run(&*ticket, &context, MANAGE, subject, &old).await?;
        let proven = allowed(proof).map_err(|_| UseCaseError::Refused)?;
        if proven.user.two_factor_required {
            let code = code.ok_or(UseCaseError::Refused)?;
            let checked = self.attempt.confirm(&context, MANAGE, proven.user.id, &code).await?;
            checked.required().map_err(|_| UseCaseError::Refused)?;
        }
        let anyway = Precondition::None;
        match self.replace(&*ticket, &context, MANAGE, proven, anyway, &old, &new).await {
            Ok(_) => Ok(()),
            Err(
                UseCaseError::WrongPassword
                | UseCaseError::Locked
                | UseCaseError::NotFound(Missing::User),
            ) => Err(UseCaseError::Refused),
            Err(other) => Err(other),
        }
    }

    /// Sets the new password of somebody who has just proved to know the old one.
    #[expect(clippy::too_many_arguments, reason = "who, what was proved, and the change itself")]
    pub(super) async fn replace(
        &self,
        ticket: &dyn HashTicket,
        context: &Context,
        needs: impl Into<Needs>,
        proven: Proven,
        precondition: Precondition,
        old: &Password,
        new: &Password,
    ) -> Result<UserWithRelations, UseCaseError> {
        let (id, version, needs) = (proven.user.id, proven.password.version, needs.into());
        let broken = self.broken_replacement(ticket, context, needs, proven, old, new).await?;
        refuse_broken(NEW_PASSWORD, &broken)?;
        let hash = ticket.hash(new).await?;
        let write = move |room: &mut Room<'_>| {
            let user = locked(room, id, &precondition)?;
            if refusal(&user, room.journal.now()).is_some() {
                return Err(UseCaseError::Locked);
            }
            let present = room.here().passwords().find(id)?;
            // Somebody else was faster, and what was proved is proved no longer.
            if present.is_none_or(|present| present.version != version) {
                return Err(UseCaseError::WrongPassword);
            }
            let after = owned(&user, &room.settings, room.journal.now());
            let after = store_password(room, &user, after, &hash)?;
            show(room, after)
        };
        self.gate().own(context, needs, 1, write).await
    }

    /// The rules that a password breaks as the replacement of one that was just shown.
    pub(super) async fn broken_replacement(
        &self,
        ticket: &dyn HashTicket,
        context: &Context,
        needs: Needs,
        proven: Proven,
        old: &Password,
        new: &Password,
    ) -> Result<Vec<BrokenRule>, UseCaseError> {
        let Proven { user, password } = proven;
        let look = move |room: &mut Room<'_>| recent(room, user.clone(), Some(password.clone()));
        let mut known = self.gate().attempt(context, needs, 0, look).await?;
        // What was just shown need not be hashed once more.
        known.recent.retain(|hash| Some(hash) != known.password.as_ref().map(|it| &it.hash));
        let mut broken = self.broken_by_owner(ticket, &known, new).await?;
        // Whatever the history: one that has to be replaced is not replaced by itself.
        if old.reveal() == new.reveal() {
            let last = known.settings.password_history.max(1);
            broken.push(BrokenRule::RecentlyUsed { last });
        }
        Ok(broken)
    }
}

/// Whoever may set another password by what they have shown.
pub(crate) fn allowed(proof: Proof) -> Result<Proven, UseCaseError> {
    match (proof.outcome, proof.proven) {
        (Outcome::Expired, _) => Err(UseCaseError::PasswordExpired),
        (_, Some(proven)) => Ok(proven),
        (Outcome::Locked | Outcome::NotValid, None) => Err(UseCaseError::Locked),
        (_, None) => Err(UseCaseError::WrongPassword),
    }
}
