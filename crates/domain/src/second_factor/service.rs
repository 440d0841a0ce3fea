use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::check::{Checked, Offered, Verdict, check, open, seal};
use super::{Code, RecoveryCode, SecondFactor, Seed};
use crate::access::{Caller, Context, Due, Gate, Needs, Permission, Room, refuse_upward};
use crate::attempt::{Aim, Attempt, Proof, Proven, Subject, refusal};
use crate::delivery::{Notice, Occasion, tell};
use crate::error::{Invalid, Missing, UseCaseError};
use crate::id::{SessionId, UserId};
use crate::password::{Blocklist, Password, PasswordHasher, allowed};
use crate::session::{Identity, NewTokens, Session, SessionTokens, identity};
use crate::store::StoreRef;
use crate::text::Folded;
use crate::unit_of_work::Access;
use crate::user::{User, find_by_login_name, find_for_update, update};

/// What is known of somebody's second factor before they sign in.
#[derive(Clone, Debug)]
pub struct TwoFactorStatus {
    /// The user, whose password was right.
    pub user: User,
    /// What an authenticator needs, while the user must have a second factor and has none: the same
    /// every time until a code of it is shown.
    pub enrolment: Option<Enrolment>,
}

/// What an authenticator needs.
#[derive(Clone)]
pub struct Enrolment {
    /// To be typed.
    pub seed: Seed,
    /// The `otpauth` URI, to be shown as a QR code: a secret.
    pub uri: Zeroizing<String>,
}

impl fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Enrolment(..)")
    }
}

/// A session after the second factor was shown.
#[derive(Debug)]
pub struct Elevated {
    /// Who it is.
    pub identity: Identity,
    /// The tokens of the session: those before are worth nothing any more.
    pub tokens: SessionTokens,
    /// Those of a second factor that was shown for the first time; else none.
    pub recovery_codes: Vec<RecoveryCode>,
}

/// By what somebody proves to be themselves, once more, in a session.
#[derive(Debug, Default)]
pub struct OwnProof {
    /// The present password.
    pub password: Option<Password>,
    /// A code of the second factor.
    pub code: Option<Code>,
}

/// The use cases on second factors.
#[derive(Clone)]
pub struct SecondFactorService {
    attempt: Attempt,
}

const MANAGE: Permission = Permission::UserManage;
/// Who may show a second factor: users in a session of their own.
const SHOW: Needs = Needs::own_or(Permission::UserRead).while_due(Due::SecondFactor);

/// What the unit of an elevation came to.
enum Shown {
    Counted(UserId, Verdict),
    Elevated(Box<(UserId, Verdict, Identity, Session)>),
}

impl SecondFactorService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate, hasher: Arc<dyn PasswordHasher>, blocklist: Arc<dyn Blocklist>) -> Self {
        Self { attempt: Attempt { gate, hasher, blocklist } }
    }

    /// Says whether a second factor is asked of the user of that name, to whoever knows the password,
    /// and offers one where it is due and there is none; `issuer` is what authenticators call us.
    /// Counts as an attempt to sign in; every refusal looks alike.
    ///
    /// # Errors
    /// [`UseCaseError::Refused`]; [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`];
    /// [`Missing::Store`]; [`UseCaseError::StoreReadOnly`] where one would have to be offered.
    pub async fn status(
        &self,
        store: StoreRef,
        name: Folded,
        password: Password,
        issuer: &str,
    ) -> Result<TwoFactorStatus, UseCaseError> {
        let ticket = self.attempt.admit()?;
        let context = Context::new(Caller::public(), store);
        let subject = (Subject::Name(name), Aim::SignIn);
        let Proof { proven, .. } =
            self.attempt.run(&*ticket, &context, MANAGE, subject, &password).await?;
        drop(ticket);
        let Proven { user, password } = proven.ok_or(UseCaseError::Refused)?;
        if !user.two_factor_required || user.two_factor_registered {
            return Ok(TwoFactorStatus { user, enrolment: None });
        }
        let (id, version) = (user.id, password.version);
        let offer = move |room: &mut Room<'_>| {
            let user = find_for_update(room, id)?;
            let user = user.filter(|user| refusal(user, room.journal.now()).is_none());
            let present = room.here().passwords().find(id)?;
            // Somebody else was faster, and what was proved is proved no longer.
            let is_present = present.is_some_and(|present| present.version == version);
            let user = user.filter(|_| is_present).ok_or(UseCaseError::Refused)?;
            let seed = offer(room, &user)?;
            Ok((user, seed))
        };
        let (user, seed) = self.gate().own(&context, MANAGE, 0, offer).await?;
        let enrolment = seed.map(|seed| {
            let uri = self.gate().totp().uri(&seed, issuer, user.login_name.as_str());
            Enrolment { seed, uri }
        });
        Ok(TwoFactorStatus { user, enrolment })
    }

    /// Raises the caller's session to one that has shown the second factor. A first proof makes an
    /// offered second factor real.
    ///
    /// # Errors
    /// [`UseCaseError::WrongCode`]; [`UseCaseError::Locked`]; [`UseCaseError::Throttled`];
    /// [`UseCaseError::Refused`] when the caller has no session of this store, or that has ended;
    /// [`UseCaseError::StoreReadOnly`] for a first proof; what the gate refuses.
    pub async fn elevate(&self, context: &Context, code: Code) -> Result<Elevated, UseCaseError> {
        let tokens = NewTokens::generate(self.gate().random());
        let codes: Vec<_> = (0..RecoveryCode::GIVEN)
            .map(|_| RecoveryCode::generate(self.gate().random()))
            .collect();
        let show = {
            let (totp, code) = (self.gate().totp(), code.clone());
            let (tokens, codes) = (tokens.clone(), codes.clone());
            move |room: &mut Room<'_>| {
                let (id, session) = own_session(room)?;
                let user = find_for_update(room, id)?.ok_or(UseCaseError::Refused)?;
                let verdict = check(room, &*totp, &user, &code, Offered::Counts)?;
                let user = match verdict.checked {
                    Checked::Wrong | Checked::Locked => return Ok(Shown::Counted(id, verdict)),
                    Checked::First => register(room, &user, &codes)?,
                    Checked::Right => user,
                };
                let session = tokens.elevate(room, session)?;
                let identity = identity(room, user)?;
                Ok(Shown::Elevated(Box::new((id, verdict, identity, session))))
            }
        };
        match self.gate().attempt(context, SHOW, 1, show).await? {
            Shown::Counted(id, verdict) => {
                let checked = self.attempt.conclude(context, SHOW, id, &code, verdict).await?;
                checked.required()?;
                Err(UseCaseError::WrongCode)
            }
            Shown::Elevated(elevated) => {
                let (id, verdict, identity, session) = *elevated;
                self.attempt.conclude(context, SHOW, id, &code, verdict).await?;
                let is_first = verdict.checked == Checked::First;
                let recovery_codes = if is_first { codes } else { Vec::new() };
                let tokens = tokens.of(&session, true);
                Ok(Elevated { identity, tokens, recovery_codes })
            }
        }
    }

    /// Removes the second factor of a user with its recovery codes; whether one is asked for stays.
    /// For oneself it takes the password and a code, which count as attempts.
    ///
    /// # Errors
    /// [`UseCaseError::Invalid`] naming `currentPassword` or `oneTimePassword` where they are missing;
    /// [`UseCaseError::WrongPassword`]; [`UseCaseError::WrongCode`]; [`UseCaseError::Locked`];
    /// [`UseCaseError::Throttled`]; [`UseCaseError::Overloaded`]; [`Missing::User`];
    /// [`UseCaseError::Upward`]; what the gate refuses.
    pub async fn reset(
        &self,
        context: &Context,
        login_name: Folded,
        proof: OwnProof,
    ) -> Result<(), UseCaseError> {
        let needs = Needs::own_or(MANAGE);
        let look = move |room: &mut Room<'_>| {
            let user = find_by_login_name(room, &login_name)?;
            let user =
                user.map(|user| user.id).filter(|id| room.is_caller(*id) || room.allows(MANAGE));
            match user {
                Some(id) => Ok((id, room.is_caller(id))),
                // Who may not look around hears nothing of who is there.
                None => room.require(MANAGE).and(Err(UseCaseError::NotFound(Missing::User))),
            }
        };
        let (id, is_own) = self.gate().point(context, needs, look).await?;
        if is_own {
            self.prove_own(context, id, proof).await?;
        }
        let remove = move |room: &mut Room<'_>| {
            let user = find_for_update(room, id)?.ok_or(UseCaseError::NotFound(Missing::User))?;
            if !is_own {
                room.require(MANAGE)?;
                refuse_upward(room, id)?;
            }
            let known = room.here().second_factors().lock(id)?;
            if known.is_none() && !user.two_factor_registered {
                return Ok(());
            }
            room.here().second_factors().remove(id)?;
            let after = User { two_factor_registered: false, ..user.clone() };
            let after = update(room, &user, after)?;
            let except = room.caller().session().map(|by| by.session);
            room.here().sessions().end_all(&[id], except)?;
            let notice = Notice::to(&after, Occasion::SecondFactorRemoved);
            tell(room, notice.filter(|_| user.two_factor_registered).into_iter().collect())
        };
        self.gate().change(Access::Write, context, needs, 1, remove).await
    }

    /// Proves the caller to be that user.
    async fn prove_own(
        &self,
        context: &Context,
        id: UserId,
        proof: OwnProof,
    ) -> Result<(), UseCaseError> {
        let mut missing = Invalid::default();
        if proof.password.is_none() {
            missing.add("currentPassword", "must be present, since it is your own second factor");
        }
        if proof.code.is_none() {
            missing.add("oneTimePassword", "must be present, since it is your own second factor");
        }
        let (Some(password), Some(code)) = (proof.password, proof.code) else {
            return Err(missing.into());
        };
        let needs = Needs::own_or(MANAGE);
        let ticket = self.attempt.admit()?;
        let subject = (Subject::User(id), Aim::Change);
        allowed(self.attempt.run(&*ticket, context, needs, subject, &password).await?)?;
        drop(ticket);
        self.attempt.confirm(context, needs, id, &code).await?.required()
    }

    fn gate(&self) -> &Gate {
        &self.attempt.gate
    }
}

/// The caller's session in this store, unless it has ended since the caller was let in.
fn own_session(room: &mut Room<'_>) -> Result<(UserId, SessionId), UseCaseError> {
    let by = room.caller().session().filter(|by| by.store == room.store.id);
    by.map(|by| (by.user, by.session)).ok_or(UseCaseError::Refused)
}

/// The seed that is offered to a user who is locked. `None` when the user has a second factor by now,
/// or need not have one.
fn offer(room: &mut Room<'_>, user: &User) -> Result<Option<Seed>, UseCaseError> {
    let (store, secrets, random) = (room.store.id, room.secrets(), room.random());
    let factor = room.here().second_factors().lock(user.id)?;
    if !user.two_factor_required || user.two_factor_registered {
        return Ok(None);
    }
    if let Some(factor) = factor {
        return open(secrets, store, user.id, &factor).map(Some);
    }
    let seed = Seed::generate(random);
    let factor = SecondFactor::pending(seal(secrets, store, user.id, &seed));
    room.here().second_factors().put(user.id, &factor)?;
    Ok(Some(seed))
}

/// Notes that the user has a second factor from now on.
fn register(
    room: &mut Room<'_>,
    user: &User,
    codes: &[RecoveryCode],
) -> Result<User, UseCaseError> {
    if room.settings.read_only {
        return Err(UseCaseError::StoreReadOnly);
    }
    let hashes: Vec<_> = codes.iter().map(RecoveryCode::hash).collect();
    room.here().second_factors().set_recovery_codes(user.id, &hashes)?;
    let after = update(room, user, User { two_factor_registered: true, ..user.clone() })?;
    tell(room, Notice::to(&after, Occasion::SecondFactorSet).into_iter().collect())?;
    Ok(after)
}
