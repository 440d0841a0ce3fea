//! Whether a password is right: for trusted front ends.

use super::record::show;
use super::{Password, PasswordService};
use crate::access::{Context, Permission, Room};
use crate::attempt::{Aim, Outcome, Proof, Proven, Subject};
use crate::error::UseCaseError;
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
    /// Says whether this is the password of the user of that name.
    ///
    /// # Errors
    /// [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`]; what the gate refuses.
    pub async fn verify(
        &self,
        context: &Context,
        name: Folded,
        password: Password,
    ) -> Result<Verification, UseCaseError> {
        const NEEDS: Permission = Permission::PasswordVerify;
        let ticket = self.attempt.admit()?;
        let subject = (Subject::Name(name), Aim::SignIn);
        let Proof { outcome, proven } =
            self.attempt.run(&*ticket, context, NEEDS, subject, &password).await?;
        drop(ticket);
        let Some(Proven { user, .. }) = proven.filter(|_| outcome != Outcome::Expired) else {
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
}
