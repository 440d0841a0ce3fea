//! Whether a password is right: for trusted front ends.

use super::record::show;
use super::{Password, PasswordService};
use crate::access::{Context, Permission, Room};
use crate::attempt::{Aim, Outcome, Proof, Proven, Subject};
use crate::error::UseCaseError;
use crate::second_factor::{Checked, Code};
use crate::text::Folded;
use crate::user::UserWithRelations;

/// What is known of somebody after an attempt to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// What came of it.
    pub outcome: Outcome,
    /// The user, where the password was right and may be used, and the caller may read users.
    pub user: Option<UserWithRelations>,
}

impl PasswordService {
    /// Says whether this is the password of the user of that name, and whether the code is right where
    /// a second factor is asked of the user.
    ///
    /// # Errors
    /// [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`]; what the gate refuses.
    pub async fn verify(
        &self,
        context: &Context,
        name: Folded,
        password: Password,
        code: Option<Code>,
    ) -> Result<Verification, UseCaseError> {
        let ticket = self.attempt.admit()?;
        let subject = (Subject::Name(name), Aim::SignIn);
        let Proof { outcome, proven } =
            self.attempt.run(&*ticket, context, NEEDS, subject, &password).await?;
        drop(ticket);
        let outcome = match &proven {
            Some(proven) if proven.user.two_factor_required => {
                self.of_second_factor(context, proven, code, outcome).await?
            }
            _ => outcome,
        };
        let proven = proven.filter(|_| outcome.is_let_in());
        let Some(Proven { user, .. }) = proven else {
            return Ok(Verification { outcome, user: None });
        };
        let shown = move |room: &mut Room<'_>| {
            if !room.allows(Permission::UserRead) {
                return Ok(None);
            }
            show(room, user.clone()).map(Some)
        };
        let user = self.gate().point(context, NEEDS, shown).await?;
        Ok(Verification { outcome, user })
    }

    /// What an attempt comes to, the password of which was right, by the second factor.
    async fn of_second_factor(
        &self,
        context: &Context,
        proven: &Proven,
        code: Option<Code>,
        outcome: Outcome,
    ) -> Result<Outcome, UseCaseError> {
        let code = code.filter(|_| proven.user.two_factor_registered);
        let Some(code) = code else { return Ok(Outcome::TwoFactorRequired) };
        Ok(match self.attempt.confirm(context, NEEDS, proven.user.id, &code).await? {
            Checked::Right | Checked::First => outcome,
            Checked::Wrong => Outcome::Failed,
            Checked::Locked => Outcome::Locked,
        })
    }
}

const NEEDS: Permission = Permission::PasswordVerify;
