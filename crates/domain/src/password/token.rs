//! Tokens that set a new password.

use jiff::SignedDuration;

use super::PasswordHash;
use super::record::{owned, store_password};
use crate::access::Room;
use crate::attempt::forget_attempts;
use crate::delivery::{Notice, Occasion, tell};
use crate::error::UseCaseError;
use crate::time::Instant;
use crate::token::{Purpose, StoredToken, Token};
use crate::user::User;

/// How long a token stands against those who ask for another one.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// Who started a reset of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedBy {
    /// An administrator: there are 24 hours to answer.
    Administrator,
    /// The user: there is one hour.
    User,
}

impl StartedBy {
    fn lifetime(self) -> SignedDuration {
        match self {
            Self::Administrator => SignedDuration::from_hours(24),
            Self::User => SignedDuration::from_hours(1),
        }
    }

    /// Whether a token that expires then was made in the last five minutes, whoever started it. It
    /// is not replaced by one that somebody asks for without a credential: so nobody voids the link
    /// that another is about to follow, or floods them with mail.
    pub(crate) fn just_now(expires: Instant, now: Instant) -> bool {
        [Self::Administrator, Self::User].into_iter().any(|by| {
            let made = expires.saturating_add(-by.lifetime());
            made <= now && now < made.saturating_add(FRESH)
        })
    }

    fn occasion(self, token: Token, expires: Instant) -> Occasion {
        match self {
            Self::Administrator => Occasion::ResetByAdministrator { token, expires },
            Self::User => Occasion::ResetByUser { token, expires },
        }
    }
}

/// Makes a token in place of the one before, and mails it.
pub(crate) fn send_token(
    room: &mut Room<'_>,
    user: &User,
    started_by: StartedBy,
) -> Result<(), UseCaseError> {
    let token = Token::generate(Purpose::PasswordReset, room.random());
    let expires = room.journal.now().saturating_add(started_by.lifetime());
    let stored = StoredToken { hash: token.hash(), expires };
    let notice = Notice::to(user, started_by.occasion(token, expires));
    let notice = notice.ok_or(UseCaseError::NoAddress)?;
    room.here().tokens().put(user.id, Purpose::PasswordReset, &stored)?;
    tell(room, vec![notice])
}

/// Whether the token is the user's, and still worth something.
pub(super) fn holds(
    room: &mut Room<'_>,
    user: &User,
    token: Option<&Token>,
) -> Result<bool, UseCaseError> {
    let Some(token) = token else { return Ok(false) };
    let now = room.journal.now();
    let stored = room.here().tokens().find(user.id, Purpose::PasswordReset)?;
    Ok(stored.is_some_and(|stored| now < stored.expires && stored.hash == token.hash()))
}

/// Takes the token and sets the password. `None` when the token is worth nothing.
pub(super) fn use_token(
    room: &mut Room<'_>,
    user: &User,
    token: Option<&Token>,
    hash: &PasswordHash,
) -> Result<Option<User>, UseCaseError> {
    let Some(token) = token else { return Ok(None) };
    if !holds(room, user, Some(token))?
        || !room.here().tokens().take(user.id, Purpose::PasswordReset, &token.hash())?
    {
        return Ok(None);
    }
    let mut after = owned(user, &room.settings, room.journal.now());
    if !user.locked {
        after.failed_sign_ins = 0;
    }
    let after = store_password(room, user, after, hash)?;
    if !user.locked {
        forget_attempts(room, std::slice::from_ref(&after))?;
    }
    Ok(Some(after))
}
