use super::Session;
use crate::access::Room;
use crate::error::UseCaseError;
use crate::id::SessionId;
use crate::random::Random;
use crate::time::Instant;
use crate::token::{Purpose, Token};

/// The tokens of a session, to be given to whoever signed in.
#[derive(Clone, Debug)]
pub struct SessionTokens {
    /// What every request shows.
    pub session: Token,
    /// What a further token of the session is given for, and until when. `None` before the second
    /// factor that is due, and where one was shown already.
    pub refresh: Option<(Token, Instant)>,
    /// Whether the user wished to be remembered.
    pub remembered: bool,
    /// When the session ends at the latest.
    pub expires: Instant,
}

/// Tokens that are made before the unit that stores them, which may run more than once.
#[derive(Clone)]
pub(crate) struct NewTokens {
    session: Token,
    refresh: Token,
}

impl NewTokens {
    pub(crate) fn generate(random: &dyn Random) -> Self {
        let session = Token::generate(Purpose::Session, random);
        Self { session, refresh: Token::generate(Purpose::Refresh, random) }
    }

    /// Stores a session that begins with these tokens: without the one to refresh while the second
    /// factor is due.
    pub(super) fn begin(
        &self,
        room: &mut Room<'_>,
        session: &Session,
        refresh: bool,
    ) -> Result<(), UseCaseError> {
        let refresh = refresh.then(|| self.refresh.hash());
        Ok(room.here().sessions().insert(session, &self.session.hash(), refresh)?)
    }

    /// Adds a further token to a session.
    pub(super) fn add(
        &self,
        room: &mut Room<'_>,
        id: SessionId,
        unused_since: Instant,
        keep: u32,
    ) -> Result<(), UseCaseError> {
        let (token, now) = (self.session.hash(), room.journal.now());
        Ok(room.here().sessions().add_token(id, &token, now, unused_since, keep)?)
    }

    /// Gives these tokens to a session in place of all before: its second factor was shown.
    ///
    /// # Errors
    /// [`UseCaseError::Refused`] when it has ended.
    pub(crate) fn elevate(
        &self,
        room: &mut Room<'_>,
        id: SessionId,
    ) -> Result<Session, UseCaseError> {
        let now = room.journal.now();
        let session = room.here().sessions().find_for_update(id)?;
        let session = session.filter(|it| now < it.expires).ok_or(UseCaseError::Refused)?;
        let (token, refresh) = (self.session.hash(), self.refresh.hash());
        room.here().sessions().elevate(id, &token, &refresh, now)?;
        Ok(session)
    }

    /// What is given of them, of a session that is kept.
    pub(crate) fn of(self, session: &Session, refresh: bool) -> SessionTokens {
        let Session { remembered, expires, .. } = *session;
        let refresh = refresh.then_some((self.refresh, expires));
        SessionTokens { session: self.session, refresh, remembered, expires }
    }
}
