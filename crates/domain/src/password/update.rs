//! Setting a password by one's own: for oneself, or for somebody else as an administrator.

use super::change::{NEW_PASSWORD, allowed};
use super::record::{deadline, guarded, refuse_read_only, store_password};
use super::rules::refuse_broken;
use super::service::MANAGE;
use super::{HashTicket, Password, PasswordService};
use crate::access::{Context, Due, Needs, Room, refuse_upward};
use crate::attempt::{Aim, Proven, Subject};
use crate::error::{Invalid, Missing, UseCaseError};
use crate::id::UserId;
use crate::store::Settings;
use crate::text::Folded;
use crate::time::Instant;
use crate::unit_of_work::Access;
use crate::user::{User, find_by_login_name};
use crate::version::Precondition;

/// Of whom a change of their password is due may make that change.
const NEEDS: Needs = Needs::own_or(MANAGE).while_due(Due::PasswordChange);

impl PasswordService {
    /// Sets the password of the user of that name. `current` is the caller's own password, whoever it
    /// is set for; not knowing it counts as a failed attempt of the caller. A caller who has none, being
    /// no user, sends none. What is set for somebody else has to be changed until the deadline of the
    /// store.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] naming `newPassword` with every broken rule, or `currentPassword` when
    /// it is missing; [`UseCaseError::WrongPassword`]; [`UseCaseError::Locked`];
    /// [`UseCaseError::PasswordExpired`]; [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`];
    /// [`Missing::User`]; [`UseCaseError::Upward`]; what the gate refuses.
    pub async fn update(
        &self,
        context: &Context,
        login_name: Folded,
        current: Option<Password>,
        new: Password,
    ) -> Result<(), UseCaseError> {
        let ticket = self.attempt.admit()?;
        let look = move |room: &mut Room<'_>| look(room, &login_name);
        let target = self.gate().read(context, NEEDS, look).await?;
        let Some(caller) = target.caller else {
            return self.set_for(&*ticket, context, target.id, &new).await;
        };
        let missing = || Invalid::one("currentPassword", "must be present: your own password");
        let current = current.ok_or_else(missing)?;
        let subject = (Subject::User(caller), Aim::Change);
        let proof = self.attempt.run(&*ticket, context, NEEDS, subject, &current).await?;
        let proven: Proven = allowed(proof)?;
        if caller != target.id {
            return self.set_for(&*ticket, context, target.id, &new).await;
        }
        let anyway = Precondition::None;
        let changed = self.replace(&*ticket, context, NEEDS, proven, anyway, &current, &new);
        changed.await.map(drop)
    }

    /// Sets the password of somebody else.
    async fn set_for(
        &self,
        ticket: &dyn HashTicket,
        context: &Context,
        id: UserId,
        new: &Password,
    ) -> Result<(), UseCaseError> {
        let look = move |room: &mut Room<'_>| {
            let user = room.here().users().find(id)?;
            let user = user.ok_or(UseCaseError::NotFound(Missing::User))?;
            Ok((user, room.store.name.clone(), room.settings))
        };
        let (user, store, settings) = self.gate().read(context, MANAGE, look).await?;
        refuse_broken(NEW_PASSWORD, &self.broken(&store, &user, &settings, new))?;
        let hash = ticket.hash(new).await?;
        let write = move |room: &mut Room<'_>| {
            let user = guarded(room, id, &Precondition::None)?;
            let after = given(&user, &room.settings, room.journal.now());
            store_password(room, &user, after, &hash).map(drop)
        };
        self.gate().change(Access::Write, context, MANAGE, 1, write).await
    }
}

/// The user, with a password that an administrator has chosen, and that is to be changed.
pub(super) fn given(user: &User, settings: &Settings, now: Instant) -> User {
    User {
        initial_password: false,
        password_change_required: true,
        password_expires: Some(deadline(settings, now)),
        ..user.clone()
    }
}

/// Whose password it is, and who sets it.
struct Target {
    id: UserId,
    /// The user who acts; `None` when it is no user of the store.
    caller: Option<UserId>,
}

fn look(room: &mut Room<'_>, login_name: &Folded) -> Result<Target, UseCaseError> {
    refuse_read_only(room)?;
    let user = find_by_login_name(room, login_name)?;
    let caller = room.caller().user_of(room.store.id);
    let own = user.as_ref().filter(|user| Some(user.id) == caller);
    if let Some(user) = own {
        return Ok(Target { id: user.id, caller });
    }
    if room.caller().due() != Due::Nothing {
        return Err(UseCaseError::PasswordChangeDue);
    }
    room.require(MANAGE)?;
    let id = user.ok_or(UseCaseError::NotFound(Missing::User))?.id;
    refuse_upward(room, id)?;
    Ok(Target { id, caller })
}
