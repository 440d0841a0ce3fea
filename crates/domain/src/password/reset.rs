//! What somebody does who has forgotten the password: ask for a token, and use it.

use super::record::{find, locked, refuse_read_only, show};
use super::rules::{Known, recent, refuse_broken};
use super::service::{MANAGE, PASSWORD};
use super::token::{holds, use_token};
use super::{Password, PasswordService};
use crate::access::{Caller, Context, Room};
use crate::attempt::{AttemptEvent, NameKey, Shown, find_by_name, refusal, unthrottled};
use crate::delivery::ask_for_reset;
use crate::error::UseCaseError;
use crate::id::UserId;
use crate::store::StoreRef;
use crate::text::Folded;
use crate::token::Token;
use crate::unit_of_work::Access;
use crate::user::{User, UserWithRelations, find_for_update};
use crate::version::Precondition;

impl PasswordService {
    /// Sets a new password by a token that the user was sent. Ends a temporary lock, and no other.
    ///
    /// # Errors
    /// [`UseCaseError::InvalidToken`]; [`UseCaseError::Invalid`] naming `password` with every broken
    /// rule, which leaves the token; [`UseCaseError::NotFound`]; [`UseCaseError::Stale`];
    /// [`UseCaseError::Overloaded`]; what the gate refuses.
    pub async fn respond(
        &self,
        context: &Context,
        id: UserId,
        precondition: Precondition,
        token: Option<Token>,
        password: Password,
    ) -> Result<UserWithRelations, UseCaseError> {
        let ticket = self.attempt.admit()?;
        let (shown, demanded) = (token.clone(), precondition.clone());
        let look = move |room: &mut Room<'_>| {
            refuse_read_only(room)?;
            let user = find(room, id, &demanded)?;
            known(room, user, shown.as_ref())?.ok_or(UseCaseError::InvalidToken)
        };
        let known = self.gate().read(context, MANAGE, look).await?;
        let broken = self.broken_by_owner(&*ticket, &known, &password).await?;
        refuse_broken(PASSWORD, &broken)?;
        let hash = ticket.hash(&password).await?;
        let write = move |room: &mut Room<'_>| {
            let user = locked(room, id, &precondition)?;
            let after = use_token(room, &user, token.as_ref(), &hash)?;
            show(room, after.ok_or(UseCaseError::InvalidToken)?)
        };
        self.gate().change(Access::Write, context, MANAGE, 1, write).await
    }

    /// The same, for whoever shows the token with the name of its owner. Every refusal but that of
    /// the new password itself looks alike, and costs one hash.
    ///
    /// # Errors
    /// [`UseCaseError::Refused`]; [`UseCaseError::Invalid`] naming `password`;
    /// [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`]; [`UseCaseError::NotFound`];
    /// [`UseCaseError::StoreReadOnly`].
    pub async fn respond_public(
        &self,
        store: StoreRef,
        login_name: Folded,
        token: Option<Token>,
        password: Password,
    ) -> Result<(), UseCaseError> {
        let ticket = self.attempt.admit()?;
        let context = Context::new(Caller::public(), store);
        let (name, shown) = (login_name.clone(), token.clone());
        let look = move |room: &mut Room<'_>| known_by_name(room, &name, shown.as_ref());
        let known = self.gate().attempt(&context, MANAGE, 0, look).await?;
        let (user, ended) = match &known {
            Some(known) => (Some(known.user.id), "Succeeded"),
            None => (None, "Failed"),
        };
        let event = AttemptEvent::new(&context, Shown::Token, user, ended);
        self.gate().attempts().ended(&event);
        let Some(known) = known else {
            ticket.verify(&password, None).await?;
            return Err(UseCaseError::Refused);
        };
        let broken = self.broken_by_owner(&*ticket, &known, &password).await?;
        if !broken.is_empty() && known.recent.is_empty() {
            ticket.verify(&password, None).await?;
        }
        refuse_broken(PASSWORD, &broken)?;
        let hash = ticket.hash(&password).await?;
        let write = move |room: &mut Room<'_>| {
            let user = find_for_update(room, known.user.id)?;
            let user = user.filter(|user| refusal(user, room.journal.now()).is_none());
            let Some(user) = user else { return Err(UseCaseError::Refused) };
            let done = use_token(room, &user, token.as_ref(), &hash)?;
            done.map(drop).ok_or(UseCaseError::Refused)
        };
        self.gate().own(&context, MANAGE, 1, write).await
    }

    /// Asks for a reset for whoever has that name. What becomes of it is not told here: a worker
    /// looks the name up later, so that nobody learns by time whether there is such a user.
    ///
    /// # Errors
    /// [`UseCaseError::SwitchedOff`]; [`UseCaseError::Overloaded`]; [`UseCaseError::NotFound`];
    /// [`UseCaseError::StoreReadOnly`].
    pub async fn ask_for_reset(
        &self,
        store: StoreRef,
        login_name: Folded,
    ) -> Result<(), UseCaseError> {
        let ticket = self.attempt.admit()?;
        let context = Context::new(Caller::public(), store);
        let ask = move |room: &mut Room<'_>| {
            if !room.settings.self_service_reset {
                return Err(UseCaseError::SwitchedOff);
            }
            ask_for_reset(room, &login_name)
        };
        self.gate().own(&context, MANAGE, 0, ask).await?;
        // The work of every other anonymous operation: so nobody asks for more than they could try.
        ticket.verify(&Password::decoy(), None).await?;
        Ok(())
    }
}

/// Somebody whose token this is; `None` for everybody else.
fn known(
    room: &mut Room<'_>,
    user: User,
    token: Option<&Token>,
) -> Result<Option<Known>, UseCaseError> {
    if !holds(room, &user, token)? {
        return Ok(None);
    }
    let password = room.here().passwords().find(user.id)?;
    recent(room, user, password).map(Some)
}

/// The same for whoever comes without a credential. A wrong token counts against the name alone: an
/// account is not locked by it.
fn known_by_name(
    room: &mut Room<'_>,
    name: &Folded,
    token: Option<&Token>,
) -> Result<Option<Known>, UseCaseError> {
    refuse_read_only(room)?;
    let now = room.journal.now();
    let key = NameKey::of(room.secrets(), room.store.id, name);
    let user = find_by_name(room, name)?.filter(|user| refusal(user, now).is_none());
    let known = match user {
        Some(user) => known(room, user, token)?,
        None => None,
    };
    // Whoever has the token is kept out by nobody: a throttle is for those who guess.
    if known.is_none() {
        let mut record = unthrottled(room, &key)?;
        record.fail(now);
        room.here().throttle().save(&key, &record)?;
    }
    Ok(known)
}
