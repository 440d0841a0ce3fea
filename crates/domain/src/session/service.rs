use std::sync::Arc;

use super::tokens::NewTokens;
use super::{Identity, Session, SessionTokens, identity};
use crate::access::{
    Caller, Context, Due, Gate, Needs, Permission, PermissionSet, Room, refuse_upward,
};
use crate::attempt::{Aim, Attempt, AttemptEvent, Outcome, Proof, Proven, Shown, Subject, refusal};
use crate::error::{Missing, UseCaseError};
use crate::id::SessionId;
use crate::password::{Blocklist, Password, PasswordHasher};
use crate::store::StoreRef;
use crate::text::Folded;
use crate::time::Instant;
use crate::token::Token;
use crate::unit_of_work::{Access, StoreError};
use crate::user::{User, find_by_login_name};

/// How somebody came in.
#[derive(Debug)]
pub struct SignIn {
    /// Who it is; without roles while a second factor is due.
    pub identity: Identity,
    /// What the next requests show.
    pub tokens: SessionTokens,
    /// What is still due.
    pub due: Due,
}

/// The use cases on sessions.
#[derive(Clone)]
pub struct SessionService {
    attempt: Attempt,
}

/// How many sessions a user may have at once: of more, those that began first end.
const MOST_SESSIONS: u32 = 100;
/// How many tokens a session may have at once: of more, those end that were not used for longest.
const MOST_TOKENS: u32 = 20;
/// Users for what is their own; others have no session to ask for.
const OWN: Needs = Needs::own_or(Permission::UserRead);
const MANAGE: Permission = Permission::UserManage;

impl SessionService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate, hasher: Arc<dyn PasswordHasher>, blocklist: Arc<dyn Blocklist>) -> Self {
        Self { attempt: Attempt { gate, hasher, blocklist } }
    }

    /// Begins a session for whoever knows the name and the password. What else is due, the session
    /// waits for. Every refusal looks alike, and costs one hash.
    ///
    /// # Errors
    /// [`UseCaseError::Refused`]; [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`];
    /// [`Missing::Store`].
    pub async fn sign_in(
        &self,
        store: StoreRef,
        name: Folded,
        password: Password,
        remember: bool,
    ) -> Result<SignIn, UseCaseError> {
        let ticket = self.attempt.admit()?;
        let context = Context::new(Caller::public(), store);
        let tokens = NewTokens::generate(self.gate().random());
        let id = SessionId::new(self.gate().random().new_uuid());
        let begin = {
            let (gate, tokens) = (self.gate().clone(), tokens.clone());
            move |room: &mut Room<'_>, proven: &Proven, outcome| {
                if outcome == Outcome::Expired {
                    return Ok(None);
                }
                let begun = session(&gate, id, &proven.user, remember, room.journal.now());
                begin(room, &proven.user, &begun, &tokens).map(Some)
            }
        };
        let subject = (Subject::Name(name), Aim::SignIn);
        let (proof, session) =
            self.attempt.run_then(&*ticket, &context, MANAGE, subject, &password, begin).await?;
        let Proof { outcome, proven } = proof;
        let (Some(Proven { user, .. }), Some(Some((session, identity)))) = (proven, session) else {
            return Err(UseCaseError::Refused);
        };
        let due = match outcome {
            _ if user.two_factor_required => Due::SecondFactor,
            Outcome::PasswordChangeRequired => Due::PasswordChange,
            _ => Due::Nothing,
        };
        let tokens = tokens.of(&session, due != Due::SecondFactor);
        Ok(SignIn { identity: Identity { user, ..identity }, tokens, due })
    }

    /// Ends the caller's session.
    ///
    /// # Errors
    /// [`UseCaseError::Refused`] when the caller has none in this store; what the gate refuses.
    pub async fn sign_out(&self, context: &Context) -> Result<(), UseCaseError> {
        let end = |room: &mut Room<'_>| {
            let by = room.caller().session().filter(|by| by.store == room.store.id);
            let by = by.ok_or(UseCaseError::Refused)?;
            Ok(room.here().sessions().end(by.session).map(drop)?)
        };
        let whatever = OWN.while_due(Due::PasswordChange).while_due(Due::SecondFactor);
        self.gate().attempt(context, whatever, 0, end).await
    }

    /// Gives a further token of a session to whoever has its refresh token. Every refusal looks alike.
    ///
    /// # Errors
    /// [`UseCaseError::Refused`]; [`Missing::Store`].
    pub async fn refresh(
        &self,
        store: StoreRef,
        refresh: Option<Token>,
    ) -> Result<SessionTokens, UseCaseError> {
        let context = Context::new(Caller::public(), store);
        let tokens = NewTokens::generate(self.gate().random());
        let shown = refresh.ok_or(UseCaseError::Refused)?.hash();
        let further = {
            let (tokens, idle) = (tokens.clone(), self.gate().rules().sessions.idle);
            move |room: &mut Room<'_>| {
                let now = room.journal.now();
                let found = room.session_directory().find_by_refresh(&shown)?;
                let found = found.filter(|(store, _)| *store == room.store.id);
                let Some((_, session)) = found.filter(|(_, it)| now < it.expires) else {
                    return Ok(None);
                };
                let user = room.here().users().find(session.user)?;
                if user.is_none_or(|user| !may_go_on(&user, &session, now)) {
                    return Ok(None);
                }
                // A session before its tokens: so does whoever ends it, and nobody waits in a circle.
                if room.here().sessions().find_for_update(session.id)?.is_none() {
                    return Ok(None);
                }
                let unused_since = now.saturating_add(-idle);
                tokens.add(room, session.id, unused_since, MOST_TOKENS)?;
                Ok(Some(session))
            }
        };
        let session = match self.gate().attempt(&context, MANAGE, 0, further).await {
            // It ended between two looks.
            Err(UseCaseError::Store(StoreError::DanglingReference)) => None,
            done => done?,
        };
        let user = session.as_ref().map(|session| session.user);
        let ended = if user.is_some() { Outcome::Succeeded } else { Outcome::Failed };
        let event = AttemptEvent::new(&context, Shown::RefreshToken, user, ended.name());
        self.gate().attempts().ended(&event);
        Ok(tokens.of(&session.ok_or(UseCaseError::Refused)?, false))
    }

    /// Who the caller is.
    ///
    /// # Errors
    /// [`UseCaseError::Refused`] when the caller is no user of this store; what the gate refuses.
    pub async fn whoami(&self, context: &Context) -> Result<Identity, UseCaseError> {
        let look = |room: &mut Room<'_>| {
            let id = room.caller().user_of(room.store.id).ok_or(UseCaseError::Refused)?;
            let user = room.here().users().find(id)?.ok_or(UseCaseError::Refused)?;
            identity(room, user)
        };
        self.gate().point(context, OWN, look).await
    }

    /// Ends every session of the user of that name, but the caller's own.
    ///
    /// # Errors
    /// [`Missing::User`]; [`UseCaseError::Upward`]; what the gate refuses.
    pub async fn end_all(&self, context: &Context, login_name: Folded) -> Result<(), UseCaseError> {
        let end = move |room: &mut Room<'_>| {
            let user = find_by_login_name(room, &login_name)?;
            let id = user.ok_or(UseCaseError::NotFound(Missing::User))?.id;
            refuse_upward(room, id)?;
            let except = room.caller().session().map(|by| by.session);
            Ok(room.here().sessions().end_all(&[id], except)?)
        };
        self.gate().change(Access::Write, context, MANAGE, 0, end).await
    }

    fn gate(&self) -> &Gate {
        &self.attempt.gate
    }
}

/// A session that begins now.
fn session(gate: &Gate, id: SessionId, user: &User, remembered: bool, now: Instant) -> Session {
    let rules = gate.rules().sessions;
    let lasts = if remembered { rules.remembered } else { rules.lifetime };
    let expires = now.saturating_add(lasts);
    Session { id, user: user.id, second_factor: false, remembered, started: now, expires }
}

/// Stores a session in the unit that has found the password right.
fn begin(
    room: &mut Room<'_>,
    user: &User,
    session: &Session,
    tokens: &NewTokens,
) -> Result<(Session, Identity), UseCaseError> {
    room.here().sessions().tidy(user.id, session.started, MOST_SESSIONS - 1)?;
    tokens.begin(room, session, !user.two_factor_required)?;
    let identity = if user.two_factor_required {
        Identity { user: user.clone(), roles: Vec::new(), permissions: PermissionSet::EMPTY }
    } else {
        identity(room, user.clone())?
    };
    Ok((session.clone(), identity))
}

/// Whether a session may be given a further token: as its user is now, and when nothing but another
/// password is due.
fn may_go_on(user: &User, session: &Session, now: Instant) -> bool {
    refusal(user, now).is_none()
        && Outcome::of_right(user, now) != Outcome::Expired
        && (session.second_factor || !user.two_factor_required)
}
