//! The first unit of an attempt: who is meant, and whether there is a try left.

use jiff::SignedDuration;

use super::outcome::refusal;
use super::{Denied, Limits, NameKey, NameRecord, Outcome, Place};
use crate::access::Room;
use crate::error::{Missing, UseCaseError};
use crate::id::UserId;
use crate::password::StoredPassword;
use crate::text::Folded;
use crate::user::{EmailAddress, Holdings, User, find_by_login_name};

/// On which account an attempt is made.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// The one with that login name, or with that address where users sign in by it.
    Name(Folded),
    /// The one of that id.
    User(UserId),
}

/// What the unit found, and what it took.
#[derive(Clone)]
pub(super) struct Reserved {
    /// Whom the name is; `None` for nobody.
    pub(super) user: Option<UserId>,
    /// Under which the attempt counts.
    pub(super) name: NameKey,
    pub(super) step: Step,
    /// The user on whom the permanent lock is due: its limit was lowered meanwhile.
    pub(super) lock_due: Option<UserId>,
}

/// How an attempt goes on.
#[derive(Clone)]
pub(super) enum Step {
    /// With the real hash, in this place of the account.
    Try(Box<Account>, Place),
    /// With a decoy: what comes of it is decided. The place is one of the name.
    Decoy(Outcome, Option<Place>),
    /// Not at all: it is refused, and counted.
    Refused(Outcome),
}

/// An account that has a password, as it was when the place was taken.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) user: User,
    pub(super) password: StoredPassword,
}

/// How long to wait for one of the tries that are in flight.
const SHORT_WAIT: SignedDuration = SignedDuration::from_secs(1);

/// Whoever is meant.
enum Candidate {
    /// An account that may be tried.
    Account(Box<Account>),
    /// None that may be tried, and what that comes to whatever the password is.
    Nobody(Option<UserId>, Outcome),
}

/// Looks at the account and takes a place.
pub(super) fn reserve(room: &mut Room<'_>, subject: &Subject) -> Result<Reserved, UseCaseError> {
    let (candidate, folded) = find(room, subject)?;
    let name = NameKey::of(room.secrets(), room.store.id, &folded);
    match candidate {
        Candidate::Account(account) => try_account(room, name, account),
        Candidate::Nobody(user, outcome) => {
            Ok(Reserved { user, ..try_nobody(room, name, outcome)? })
        }
    }
}

fn try_account(
    room: &mut Room<'_>,
    name: NameKey,
    account: Box<Account>,
) -> Result<Reserved, UseCaseError> {
    let (id, now) = (account.user.id, room.journal.now());
    // An account before its name: so does whoever lifts a lock, and nobody waits in a circle.
    let mut attempts = room.here().attempts().lock(id)?;
    let record = unthrottled(room, &name)?;
    let limits = Limits::of(&room.settings, account.user.lock_enabled);
    let taken = attempts.reserve(&limits, now);
    room.here().attempts().save(id, &attempts)?;
    match taken {
        Ok(place) => {
            let step = Step::Try(account, place);
            Ok(Reserved { user: Some(id), name, step, lock_due: None })
        }
        Err(Denied::Busy) => Err(UseCaseError::throttled(SHORT_WAIT)),
        Err(denied) => {
            let refused = refuse(room, name, record, Outcome::Locked)?;
            let lock_due = (denied == Denied::Permanently).then_some(id);
            Ok(Reserved { user: Some(id), lock_due, ..refused })
        }
    }
}

/// A name without an account to try has the tries and the locks of one, so that it looks like one.
fn try_nobody(
    room: &mut Room<'_>,
    name: NameKey,
    outcome: Outcome,
) -> Result<Reserved, UseCaseError> {
    let (now, limits) = (room.journal.now(), Limits::of(&room.settings, true));
    let mut record = unthrottled(room, &name)?;
    // Of a name that is unknown even they who may know more learn by the time it takes, and so would
    // those whom they serve.
    if outcome != Outcome::Failed && !room.caller().is_public() {
        return refuse(room, name, record, outcome);
    }
    let place = match record.decoy.reserve(&limits, now) {
        Ok(place) => Some(place),
        Err(Denied::Busy) => return Err(UseCaseError::throttled(SHORT_WAIT)),
        Err(Denied::ForATime | Denied::Permanently) => None,
    };
    room.here().throttle().save(&name, &record)?;
    Ok(Reserved { user: None, name, step: Step::Decoy(outcome, place), lock_due: None })
}

/// Tells at once whoever may know why; nobody else learns it by the time it takes.
fn refuse(
    room: &mut Room<'_>,
    name: NameKey,
    mut record: NameRecord,
    outcome: Outcome,
) -> Result<Reserved, UseCaseError> {
    if room.caller().is_public() {
        return Ok(Reserved { user: None, name, step: Step::Decoy(outcome, None), lock_due: None });
    }
    record.fail(room.journal.now());
    room.here().throttle().save(&name, &record)?;
    Ok(Reserved { user: None, name, step: Step::Refused(outcome), lock_due: None })
}

/// What is counted under a name, locked; nobody waits here, they are sent away.
pub(crate) fn unthrottled(room: &mut Room<'_>, name: &NameKey) -> Result<NameRecord, UseCaseError> {
    let record = room.here().throttle().lock(name)?;
    let wait = record.throttled(room.journal.now()).filter(|_| room.settings.throttle);
    wait.map_or(Ok(record), |wait| Err(UseCaseError::throttled(wait)))
}

/// Who is meant, and the name under which the attempt counts.
fn find(room: &mut Room<'_>, subject: &Subject) -> Result<(Candidate, Folded), UseCaseError> {
    let (user, name) = match subject {
        Subject::Name(name) => (find_by_name(room, name)?, name.clone()),
        Subject::User(id) => {
            let user = room.here().users().find(*id)?;
            let user = user.ok_or(UseCaseError::NotFound(Missing::User))?;
            let name = user.login_name.folded();
            (Some(user), name)
        }
    };
    let Some(user) = user else {
        return Ok((Candidate::Nobody(None, Outcome::Failed), name));
    };
    let password = room.here().passwords().find(user.id)?;
    let candidate = match (refusal(&user, room.journal.now()), password) {
        (Some(outcome), _) => Candidate::Nobody(Some(user.id), outcome),
        (None, None) => Candidate::Nobody(Some(user.id), Outcome::Failed),
        (None, Some(password)) => Candidate::Account(Box::new(Account { user, password })),
    };
    Ok((candidate, name))
}

/// The user of that login name, else of that address where users sign in by it.
pub(crate) fn find_by_name(
    room: &mut Room<'_>,
    name: &Folded,
) -> Result<Option<User>, UseCaseError> {
    let found = find_by_login_name(room, name)?;
    if found.is_some() || !room.settings.login_by_email {
        return Ok(found);
    }
    let Ok(address) = EmailAddress::parse(name.as_str()) else { return Ok(None) };
    let wanted = Holdings { addresses: vec![address], ..Holdings::default() };
    Ok(room.here().users().holders(&wanted)?.pop())
}
