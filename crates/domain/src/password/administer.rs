//! What administrators do.

use super::record::{
    deadline, find, guarded, initial, locked, refuse_own_or_upward, refuse_read_only, show,
    store_password,
};
use super::rules::refuse_broken;
use super::service::{MANAGE, PASSWORD};
use super::token::send_token;
use super::{Password, PasswordService, StartedBy};
use crate::access::{Context, Room};
use crate::attempt::forget_attempts;
use crate::error::{Invalid, UseCaseError};
use crate::id::UserId;
use crate::store::Settings;
use crate::time::Instant;
use crate::unit_of_work::Access;
use crate::user::{User, UserWithRelations, update};
use crate::version::Precondition;

/// How an administrator sets a password.
#[derive(Clone, Copy)]
enum Kind {
    /// To be replaced by then, or by the deadline of the store.
    Initial { expires: Option<Instant> },
    /// For use until the deadline of the store; it ends every lock.
    Lasting,
}

impl Kind {
    /// What becomes of the user.
    fn set_for(self, user: &User, settings: &Settings, now: Instant) -> Result<User, Invalid> {
        match self {
            Self::Initial { expires } if expires.is_some_and(|at| at <= now) => {
                Err(Invalid::one("expiration", "must lie in the future"))
            }
            Self::Initial { expires } => {
                Ok(initial(user, expires.unwrap_or_else(|| deadline(settings, now))))
            }
            Self::Lasting => Ok(User {
                initial_password: false,
                password_expires: Some(deadline(settings, now)),
                ..unlocked(user)
            }),
        }
    }
}

impl PasswordService {
    /// Sets the first password of a user, who has to replace it by `expires`: without it, after the
    /// days of the setting `password_deadline_days`.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] naming `password` with every broken rule, or `expiration`; those of
    /// [`Self::reset`].
    pub async fn set_initial(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
        password: Password,
        expires: Option<Instant>,
    ) -> Result<UserWithRelations, UseCaseError> {
        self.set(context, id, precondition, &password, Kind::Initial { expires }).await
    }

    /// Sets a password as an administrator, who is asked for no other one, and ends every lock.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] naming `password` with every broken rule; [`UseCaseError::NotFound`];
    /// [`UseCaseError::Stale`]; [`UseCaseError::Upward`]; [`UseCaseError::Overloaded`]; what the
    /// gate refuses.
    pub async fn reset(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
        password: Password,
    ) -> Result<UserWithRelations, UseCaseError> {
        self.set(context, id, precondition, &password, Kind::Lasting).await
    }

    async fn set(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
        password: &Password,
        kind: Kind,
    ) -> Result<UserWithRelations, UseCaseError> {
        let ticket = self.attempt.admit()?;
        let demanded = precondition.clone();
        // Who may not do it hears that before the rules, and before a hash is computed.
        let look = move |room: &mut Room<'_>| {
            refuse_read_only(room)?;
            let user = find(room, id, &demanded)?;
            refuse_own_or_upward(room, id)?;
            kind.set_for(&user, &room.settings, room.journal.now()).map(drop)?;
            Ok((user, room.store.name.clone(), room.settings))
        };
        let (user, store, settings) = self.gate().read(context, MANAGE, look).await?;
        // No history: it would let an administrator find out what the password was.
        let broken = self.broken(&store, &user, &settings, password);
        refuse_broken(PASSWORD, &broken)?;
        let hash = ticket.hash(password).await?;
        let write = move |room: &mut Room<'_>| {
            let user = guarded(room, id, &precondition)?;
            let after = kind.set_for(&user, &room.settings, room.journal.now())?;
            let after = store_password(room, &user, after, &hash)?;
            if matches!(kind, Kind::Lasting) {
                forget_attempts(room, std::slice::from_ref(&after))?;
            }
            show(room, after)
        };
        self.gate().change(Access::Write, context, MANAGE, 1, write).await
    }

    /// Gives an initial password a fresh lifetime.
    ///
    /// # Errors
    /// [`UseCaseError::NotInitial`]; [`UseCaseError::NotFound`]; [`UseCaseError::Stale`];
    /// [`UseCaseError::Upward`]; what the gate refuses.
    pub async fn renew_initial(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
    ) -> Result<UserWithRelations, UseCaseError> {
        let renew = move |room: &mut Room<'_>| {
            let user = guarded(room, id, &precondition)?;
            if !user.initial_password {
                return Err(UseCaseError::NotInitial);
            }
            let expires = deadline(&room.settings, room.journal.now());
            let after = User { password_expires: Some(expires), ..user.clone() };
            let after = update(room, &user, after)?;
            show(room, after)
        };
        self.gate().change(Access::Write, context, MANAGE, 1, renew).await
    }

    /// Ends every lock and forgets every failure: `ResetAccessFailedCount`.
    ///
    /// # Errors
    /// [`UseCaseError::NotFound`]; [`UseCaseError::Stale`]; [`UseCaseError::Upward`]; what the gate refuses.
    pub async fn unlock(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
    ) -> Result<UserWithRelations, UseCaseError> {
        let unlock = move |room: &mut Room<'_>| {
            let user = guarded(room, id, &precondition)?;
            let after = lift_locks(room, &user)?;
            show(room, after)
        };
        self.gate().change(Access::Write, context, MANAGE, 1, unlock).await
    }

    /// Mails the user a token that sets a new password, in place of the one before.
    ///
    /// # Errors
    /// [`UseCaseError::NoAddress`]; [`UseCaseError::NotFound`]; [`UseCaseError::Stale`]; what the gate
    /// refuses.
    pub async fn send_reset(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
        started_by: StartedBy,
    ) -> Result<UserWithRelations, UseCaseError> {
        let send = move |room: &mut Room<'_>| {
            let user = locked(room, id, &precondition)?;
            send_token(room, &user, started_by)?;
            show(room, user)
        };
        self.gate().change(Access::Write, context, MANAGE, 0, send).await
    }
}

/// Ends every lock of a user, whose record is locked, and forgets every failure. The user as it is then.
pub(crate) fn lift_locks(room: &mut Room<'_>, user: &User) -> Result<User, UseCaseError> {
    let after = update(room, user, unlocked(user))?;
    forget_attempts(room, std::slice::from_ref(&after))?;
    Ok(after)
}

fn unlocked(user: &User) -> User {
    User { locked: false, failed_sign_ins: 0, ..user.clone() }
}
