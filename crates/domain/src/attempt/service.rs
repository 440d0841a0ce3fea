use std::sync::Arc;

use super::log::{AttemptEvent, Shown, ended_by};
use super::reserve::{Step, Subject, reserve};
use super::settle::{Settled, settle};
use super::{Limits, NameKey, Outcome};
use crate::access::{Context, Gate, Held, Needs, Room, keep_an_administrator};
use crate::error::UseCaseError;
use crate::id::UserId;
use crate::password::{
    Blocklist, HashError, HashTicket, Password, PasswordHash, PasswordHasher, StoredPassword,
    Verified,
};
use crate::unit_of_work::StoreError;
use crate::user::{User, find_for_update, update};

/// What an attempt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// To learn who somebody is.
    SignIn,
    /// To change something then, which a read-only store refuses before anything is tried.
    Change,
}

/// What came of an attempt, with the user where the password was right.
pub(crate) struct Proof {
    pub(crate) outcome: Outcome,
    pub(crate) proven: Option<Proven>,
}

impl Proof {
    /// That the password was not right, or was not looked at.
    pub(super) fn of(outcome: Outcome) -> Self {
        Self { outcome, proven: None }
    }
}

/// Somebody who knew the password.
#[derive(Clone)]
pub(crate) struct Proven {
    pub(crate) user: User,
    /// The password that was right.
    pub(crate) password: StoredPassword,
}

/// What happens where the password is right.
pub(crate) trait Then<T>:
    Fn(&mut Room<'_>, &Proven, Outcome) -> Result<T, UseCaseError> + Send + Sync + 'static
{
}

impl<T, F> Then<T> for F where
    F: Fn(&mut Room<'_>, &Proven, Outcome) -> Result<T, UseCaseError> + Send + Sync + 'static
{
}

/// Makes attempts.
#[derive(Clone)]
pub(crate) struct Attempt {
    pub(crate) gate: Gate,
    pub(crate) hasher: Arc<dyn PasswordHasher>,
    pub(crate) blocklist: Arc<dyn Blocklist>,
}

impl Attempt {
    /// A place among those who wait for a hash: taken before anything is counted, so that overload
    /// counts no attempt that is never verified.
    pub(crate) fn admit(&self) -> Result<Box<dyn HashTicket>, UseCaseError> {
        self.hasher.admit().map_err(|_| UseCaseError::Overloaded)
    }

    /// Makes one attempt. Callers without a credential are refused at the cost of one hash, whatever
    /// the reason; others at none, unless there is no such user or password.
    ///
    /// # Errors
    /// [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`]; [`UseCaseError::Unverifiable`];
    /// [`Missing::User`] where the account is named by id; what the gate refuses.
    pub(crate) async fn run(
        &self,
        ticket: &dyn HashTicket,
        context: &Context,
        needs: impl Into<Needs>,
        target: (Subject, Aim),
        password: &Password,
    ) -> Result<Proof, UseCaseError> {
        let nothing = |_: &mut Room<'_>, _: &Proven, _| Ok(());
        self.run_then(ticket, context, needs, target, password, nothing)
            .await
            .map(|(proof, _)| proof)
    }

    /// The same. `then` happens in the unit that finds the password right, and only if that is stored.
    ///
    /// # Errors
    /// Those of [`Self::run`]; what `then` refuses.
    pub(crate) async fn run_then<T: Send + 'static>(
        &self,
        ticket: &dyn HashTicket,
        context: &Context,
        needs: impl Into<Needs>,
        target: (Subject, Aim),
        password: &Password,
        then: impl Then<T>,
    ) -> Result<(Proof, Option<T>), UseCaseError> {
        let (mut user, needs) = (None, needs.into());
        let ended = self.try_once(ticket, context, needs, target, password, &mut user, then).await;
        let name = ended.as_ref().map_or_else(ended_by, |(proof, _)| proof.outcome.name());
        let event = AttemptEvent::new(context, Shown::Password, user, name);
        self.gate.attempts().ended(&event);
        ended
    }

    /// The same, and whom it concerned as soon as that is known.
    #[expect(clippy::too_many_arguments, reason = "one call, of the function above")]
    async fn try_once<T: Send + 'static>(
        &self,
        ticket: &dyn HashTicket,
        context: &Context,
        needs: Needs,
        (subject, aim): (Subject, Aim),
        password: &Password,
        user: &mut Option<UserId>,
        then: impl Then<T>,
    ) -> Result<(Proof, Option<T>), UseCaseError> {
        let reserve = move |room: &mut Room<'_>| {
            if aim == Aim::Change && room.settings.read_only {
                return Err(UseCaseError::StoreReadOnly);
            }
            reserve(room, &subject)
        };
        let reserved = match self.gate.attempt(context, needs, 0, reserve).await {
            // The user was removed between two looks: nobody of that name is left.
            Err(UseCaseError::Store(StoreError::DanglingReference)) => {
                ticket.verify(password, None).await?;
                return Ok((Proof::of(Outcome::Failed), None));
            }
            reserved => reserved?,
        };
        *user = reserved.user;
        if let Some(user) = reserved.lock_due {
            self.lock_permanently(context, needs, user).await?;
        }
        let known = match &reserved.step {
            Step::Refused(outcome) => return Ok((Proof::of(*outcome), None)),
            Step::Decoy(..) => None,
            Step::Try(account, _) => Some(&account.password.hash),
        };
        let verified = ticket.verify(password, known).await;
        let (store_says, is_right) = (reserved.clone(), verified.clone().ok());
        let settle = move |room: &mut Room<'_>| {
            let settled = settle(room, &store_says, is_right)?;
            let Proof { outcome, proven } = &settled.proof;
            let done = proven.as_ref().map(|proven| then(room, proven, *outcome)).transpose()?;
            Ok((settled, done))
        };
        let settled = self.gate.attempt(context, needs, 0, settle).await;
        let verified = verified?;
        let (Settled { proof, lock_due, settings }, done) = settled?;
        if let Some(user) = lock_due {
            self.lock_permanently(context, needs, user).await?;
        }
        let Some(proven) = proof.proven else { return Ok((proof, None)) };
        if verified == (Verified::Right { outdated: true }) {
            self.rehash(ticket, context, needs, &proven, password).await;
        }
        if settings.breached_at_sign_in && self.blocklist.is_breached(password) {
            return Ok((self.require_change(context, needs, proven).await?, done));
        }
        Ok((Proof { proven: Some(proven), ..proof }, done))
    }

    /// Begins the permanent lock, unless an administrator has lifted it meanwhile. Nobody may keep the
    /// last holder of `SystemAdmin` out for good by guessing: their failures are counted anew.
    pub(crate) async fn lock_permanently(
        &self,
        context: &Context,
        needs: Needs,
        id: UserId,
    ) -> Result<(), UseCaseError> {
        let lock = move |room: &mut Room<'_>| {
            let Some(user) = find_for_update(room, id)? else { return Ok(()) };
            let permanent = Limits::of(&room.settings, user.lock_enabled).permanent;
            let passwords = room.here().attempts().lock(id)?.failures;
            let codes =
                room.here().second_factors().lock(id)?.map(|factor| factor.attempts.failures);
            if permanent.is_none_or(|most| passwords < most && codes.is_none_or(|it| it < most)) {
                return Ok(());
            }
            let concerned = Held::of_users(room, &[id])?.includes_system_admin();
            keep_an_administrator(room, concerned, |room| {
                update(room, &user, User { locked: true, ..user.clone() })?;
                Ok(room.here().sessions().end_all(&[id], None)?)
            })
        };
        match self.gate.attempt(context, needs, 1, lock).await {
            Err(UseCaseError::LastSystemAdmin) => {
                let forget = move |room: &mut Room<'_>| {
                    room.here().attempts().clear(&[id])?;
                    Ok(room.here().second_factors().clear_attempts(&[id])?)
                };
                self.gate.attempt(context, needs, 0, forget).await
            }
            done => done,
        }
    }

    /// Keeps a new hash of the same password. A sign-in does not fail for it: the next one tries
    /// again.
    async fn rehash(
        &self,
        ticket: &dyn HashTicket,
        context: &Context,
        needs: Needs,
        proven: &Proven,
        password: &Password,
    ) {
        let Ok(after) = ticket.hash(password).await else { return };
        let (id, before): (UserId, PasswordHash) = (proven.user.id, proven.password.hash.clone());
        let rehash = move |room: &mut Room<'_>| {
            Ok(room.here().passwords().rehash(id, &before, &after).map(drop)?)
        };
        let _ = self.gate.attempt(context, needs, 0, rehash).await;
    }

    /// A password that others know by now has to be changed.
    async fn require_change(
        &self,
        context: &Context,
        needs: Needs,
        proven: Proven,
    ) -> Result<Proof, UseCaseError> {
        let Proven { user, password } = proven;
        let id = user.id;
        let demand = move |room: &mut Room<'_>| {
            let Some(user) = find_for_update(room, id)? else { return Ok(None) };
            update(room, &user, User { password_change_required: true, ..user.clone() }).map(Some)
        };
        let user = self.gate.attempt(context, needs, 1, demand).await?.unwrap_or(user);
        let outcome = Outcome::of_right(&user, self.gate.now());
        Ok(Proof { outcome, proven: Some(Proven { user, password }) })
    }
}

impl From<HashError> for UseCaseError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded => Self::Overloaded,
            HashError::UnknownPepper { .. } => Self::Unverifiable(error.to_string()),
        }
    }
}

/// Forgets what is counted for these users: on their accounts, and under the names by which they
/// sign in.
pub(crate) fn forget_attempts(room: &mut Room<'_>, users: &[User]) -> Result<(), UseCaseError> {
    if users.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    room.here().attempts().clear(&ids)?;
    let (secrets, store) = (room.secrets(), room.store.id);
    let mut names = Vec::with_capacity(users.len());
    for user in users {
        names.push(NameKey::of(secrets, store, &user.login_name.folded()));
        names.extend(user.claimed_address().map(|it| NameKey::of(secrets, store, &it.folded())));
    }
    // In one order for every unit, so that no two of them wait for each other.
    names.sort_unstable_by_key(|name| *name.as_bytes());
    room.here().throttle().clear(&names)?;
    Ok(room.here().second_factors().clear_attempts(&ids)?)
}
