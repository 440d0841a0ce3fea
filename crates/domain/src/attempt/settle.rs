//! The second unit of an attempt: gives the place back and moves the counters.

use super::outcome::refusal;
use super::reserve::{Account, Reserved, Step};
use super::{Limits, NameKey, Outcome, Place, Proof, Proven};
use crate::access::Room;
use crate::error::UseCaseError;
use crate::id::UserId;
use crate::password::Verified;
use crate::store::Settings;
use crate::user::find_for_update;

/// What the unit made of it.
pub(super) struct Settled {
    pub(super) proof: Proof,
    /// The user on whom the permanent lock is to begin.
    pub(super) lock_due: Option<UserId>,
    pub(super) settings: Settings,
}

/// Moves the counters as it was `verified`; without a verdict nothing counts.
pub(super) fn settle(
    room: &mut Room<'_>,
    reserved: &Reserved,
    verified: Option<Verified>,
) -> Result<Settled, UseCaseError> {
    let (name, settings) = (&reserved.name, room.settings);
    let nobody = |outcome| Settled { proof: Proof::of(outcome), lock_due: None, settings };
    match &reserved.step {
        Step::Refused(outcome) => Ok(nobody(*outcome)),
        Step::Decoy(outcome, place) => {
            settle_decoy(room, name, *place, verified)?;
            Ok(nobody(*outcome))
        }
        Step::Try(account, place) => {
            let settled = settle_try(room, name, account, *place, verified)?;
            Ok(settled.unwrap_or_else(|| nobody(Outcome::Failed)))
        }
    }
}

fn settle_decoy(
    room: &mut Room<'_>,
    name: &NameKey,
    place: Option<Place>,
    verified: Option<Verified>,
) -> Result<(), UseCaseError> {
    let (now, limits) = (room.journal.now(), Limits::of(&room.settings, true));
    let mut record = room.here().throttle().lock(name)?;
    match (verified, place) {
        (None, None) => return Ok(()),
        (None, Some(place)) => record.decoy.release(place),
        (Some(_), place) => {
            record.fail(now);
            let _ = place.map(|place| record.decoy.fail(place, &limits, now));
        }
    }
    Ok(room.here().throttle().save(name, &record)?)
}

/// `None` when the user was removed meanwhile, and every place with it.
fn settle_try(
    room: &mut Room<'_>,
    name: &NameKey,
    account: &Account,
    place: Place,
    verified: Option<Verified>,
) -> Result<Option<Settled>, UseCaseError> {
    let (id, now, settings) = (account.user.id, room.journal.now(), room.settings);
    // Nobody changes the account while it is decided what the password comes to: a session that began
    // beside a change of the password would outlive it.
    let Some(user) = find_for_update(room, id)? else { return Ok(None) };
    let mut attempts = room.here().attempts().lock(id)?;
    let mut record = room.here().throttle().lock(name)?;
    let before = record;
    let mut lock_due = None;
    let outcome = match verified {
        None => {
            attempts.release(place);
            Outcome::Failed
        }
        Some(Verified::Wrong) => {
            record.fail(now);
            let limits = Limits::of(&settings, user.lock_enabled);
            lock_due = attempts.fail(place, &limits, now).then_some(id);
            Outcome::Failed
        }
        Some(Verified::Right { .. }) => {
            // A password that was changed meanwhile is right no longer; a rehash leaves its version.
            let password = room.here().passwords().find(id)?;
            let is_present = password.is_some_and(|it| it.version == account.password.version);
            let refused = refusal(&user, now).or((!is_present).then_some(Outcome::Failed));
            if refused.is_some() {
                record.fail(now);
                attempts.release(place);
            } else {
                record.clear();
                attempts.succeed(place);
            }
            refused.unwrap_or_else(|| Outcome::of_right(&user, now))
        }
    };
    room.here().attempts().save(id, &attempts)?;
    if record != before {
        room.here().throttle().save(name, &record)?;
    }
    let is_proven = !matches!(outcome, Outcome::Failed | Outcome::Locked | Outcome::NotValid);
    let proven = is_proven.then(|| Proven { user, password: account.password.clone() });
    Ok(Some(Settled { proof: Proof { outcome, proven }, lock_due, settings }))
}
