//! Whether a code is right: the one place that decides it, whichever operation asks.

use super::{Code, OneTimePassword, SecondFactor, Seed, TimeStep, Totp};
use crate::access::{Context, Needs, Room};
use crate::attempt::{
    Attempt, AttemptEvent, Denied, Limits, NameKey, Outcome, Shown, refusal, unthrottled,
};
use crate::delivery::{Notice, Occasion, tell};
use crate::error::UseCaseError;
use crate::id::{StoreId, UserId};
use crate::secrets::{OpenError, SecretPurpose, Secrets};
use crate::time::Instant;
use crate::user::{User, find_for_update};

/// What came of a code. Whatever it is, it is counted: the unit commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    /// It is right.
    Right,
    /// It is right, and proves for the first time that the user has the second factor.
    First,
    /// It is not, or was used before.
    Wrong,
    /// It was not looked at.
    Locked,
}

/// Whether a code may be the first one of a second factor that is only offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offered {
    /// It proves that the user has it.
    Counts,
    /// It proves nothing: the user has none yet.
    IsNone,
}

/// What the unit made of a code.
#[derive(Clone, Copy)]
pub(crate) struct Verdict {
    pub(crate) checked: Checked,
    /// Whether the permanent lock is to begin.
    pub(crate) lock_due: bool,
}

impl Verdict {
    const fn of(checked: Checked) -> Self {
        Self { checked, lock_due: false }
    }
}

impl Checked {
    /// What the log calls it: the name of an outcome.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Right | Self::First => Outcome::Succeeded.name(),
            Self::Wrong => Outcome::Failed.name(),
            Self::Locked => Outcome::Locked.name(),
        }
    }

    /// # Errors
    /// [`UseCaseError::WrongCode`]; [`UseCaseError::Locked`].
    pub(crate) fn required(self) -> Result<(), UseCaseError> {
        match self {
            Self::Right | Self::First => Ok(()),
            Self::Wrong => Err(UseCaseError::WrongCode),
            Self::Locked => Err(UseCaseError::Locked),
        }
    }
}

/// Checks the code of a user that is locked in this unit, and counts it: under the name, and on the
/// second factor. Nothing is looked at while the account or its second factor is locked.
pub(crate) fn check(
    room: &mut Room<'_>,
    totp: &dyn Totp,
    user: &User,
    code: &Code,
    offered: Offered,
) -> Result<Verdict, UseCaseError> {
    let now = room.journal.now();
    let name = NameKey::of(room.secrets(), room.store.id, &user.login_name.folded());
    // An account, then its name, then its second factor: so does every unit, and nobody waits in a
    // circle.
    let attempts = room.here().attempts().lock(user.id)?;
    let mut record = unthrottled(room, &name)?;
    let before = record;
    let limits = Limits::of(&room.settings, user.lock_enabled);
    let is_locked =
        refusal(user, now).is_some() || (limits.temporary.is_some() && attempts.is_locked(now));
    let verdict = if is_locked {
        Verdict::of(Checked::Locked)
    } else {
        try_code(room, totp, user, code, offered)?
    };
    match verdict.checked {
        Checked::Right | Checked::First => record.clear(),
        Checked::Wrong | Checked::Locked => record.fail(now),
    }
    if record != before {
        room.here().throttle().save(&name, &record)?;
    }
    Ok(verdict)
}

fn try_code(
    room: &mut Room<'_>,
    totp: &dyn Totp,
    user: &User,
    code: &Code,
    offered: Offered,
) -> Result<Verdict, UseCaseError> {
    let (store, now) = (room.store.id, room.journal.now());
    let factor = room.here().second_factors().lock(user.id)?;
    let known = factor.filter(|it| it.registered || offered == Offered::Counts);
    let Some(mut factor) = known else { return Ok(Verdict::of(Checked::Wrong)) };
    let limits = SecondFactor::limits(&room.settings, user.lock_enabled);
    let place = match factor.attempts.reserve(&limits, now) {
        Ok(place) => place,
        Err(denied) => {
            let lock_due = denied == Denied::Permanently;
            return Ok(Verdict { checked: Checked::Locked, lock_due });
        }
    };
    let is_right = match code {
        Code::OneTime(shown) => {
            let seed = open(room.secrets(), store, user.id, &factor)?;
            let step = matching(totp, &seed, *shown, now).filter(|step| factor.is_fresh(*step));
            if step.is_some() {
                factor.last_step = step;
                // Under the present key, whichever it was sealed with.
                factor.sealed = seal(room.secrets(), store, user.id, &seed);
            }
            step.is_some()
        }
        Code::Recovery(code) => take_recovery_code(room, user, &factor, code)?,
    };
    let mut verdict = Verdict::of(Checked::Wrong);
    if is_right {
        factor.attempts.succeed(place);
        verdict.checked = if factor.registered { Checked::Right } else { Checked::First };
        factor.registered = true;
    } else {
        verdict.lock_due = factor.attempts.fail(place, &limits, now);
    }
    room.here().second_factors().put(user.id, &factor)?;
    Ok(verdict)
}

/// The step whose code this is. Every step is compared, whichever it is.
fn matching(
    totp: &dyn Totp,
    seed: &Seed,
    shown: OneTimePassword,
    now: Instant,
) -> Option<TimeStep> {
    let steps = TimeStep::accepted_at(now);
    let is_shown = |step: &TimeStep| totp.password(seed, *step) == shown;
    steps.into_iter().filter(is_shown).fold(None, |_, step| Some(step))
}

/// Uses up a recovery code, and tells the owner.
fn take_recovery_code(
    room: &mut Room<'_>,
    user: &User,
    factor: &SecondFactor,
    code: &super::RecoveryCode,
) -> Result<bool, UseCaseError> {
    let taken = factor.registered
        && room.here().second_factors().take_recovery_code(user.id, &code.hash())?;
    if taken {
        tell(room, Notice::to(user, Occasion::RecoveryCodeUsed).into_iter().collect())?;
    }
    Ok(taken)
}

/// What a sealed seed is bound to: it is worth nothing as that of another user.
fn place(store: StoreId, user: UserId) -> Vec<u8> {
    [store.as_uuid().as_bytes().as_slice(), user.as_uuid().as_bytes()].concat()
}

/// The seed, as it is kept.
pub(super) fn seal(secrets: &dyn Secrets, store: StoreId, user: UserId, seed: &Seed) -> Vec<u8> {
    secrets.seal(SecretPurpose::TotpSeed, &place(store, user), seed.reveal())
}

/// The seed that is kept.
pub(super) fn open(
    secrets: &dyn Secrets,
    store: StoreId,
    user: UserId,
    factor: &SecondFactor,
) -> Result<Seed, UseCaseError> {
    let opened = secrets.open(SecretPurpose::TotpSeed, &place(store, user), &factor.sealed);
    let seed = opened.and_then(|bytes| Seed::from_bytes(bytes).ok_or(OpenError));
    seed.map_err(|error| UseCaseError::Unverifiable(error.to_string()))
}

impl Attempt {
    /// Checks the code of somebody whose password, or session, was right in the unit before.
    ///
    /// # Errors
    /// [`UseCaseError::Throttled`]; [`UseCaseError::Unverifiable`]; what the gate refuses.
    pub(crate) async fn confirm(
        &self,
        context: &Context,
        needs: impl Into<Needs>,
        id: UserId,
        code: &Code,
    ) -> Result<Checked, UseCaseError> {
        let confirm = {
            let (totp, code) = (self.gate.totp(), code.clone());
            move |room: &mut Room<'_>| {
                let Some(user) = find_for_update(room, id)? else {
                    return Ok(Verdict::of(Checked::Wrong));
                };
                check(room, &*totp, &user, &code, Offered::IsNone)
            }
        };
        let needs = needs.into();
        let verdict = self.gate.attempt(context, needs, 0, confirm).await?;
        self.conclude(context, needs, id, code, verdict).await
    }

    /// What follows a code that was counted: a line in the log, and the lock where it is due.
    pub(crate) async fn conclude(
        &self,
        context: &Context,
        needs: Needs,
        id: UserId,
        code: &Code,
        verdict: Verdict,
    ) -> Result<Checked, UseCaseError> {
        let shown = match code {
            Code::OneTime(_) => Shown::OneTimePassword,
            Code::Recovery(_) => Shown::RecoveryCode,
        };
        let event = AttemptEvent::new(context, shown, Some(id), verdict.checked.name());
        self.gate.attempts().ended(&event);
        if verdict.lock_due {
            self.lock_permanently(context, needs, id).await?;
        }
        Ok(verdict.checked)
    }
}
