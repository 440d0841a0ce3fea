use diesel::prelude::*;
use domain::id::{SessionId, StoreId};
use domain::session::{Presented, Session};
use domain::time::Instant;
use domain::token::TokenHash;

use super::UserRow;
use crate::error::Failure;
use crate::schema::{session_tokens, sessions};
use crate::types::{At, Id};

/// A session as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(crate) struct SessionRow {
    pub(crate) store_id: Id,
    id: Id,
    user_id: Id,
    second_factor: bool,
    remembered: bool,
    started: At,
    expires: At,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.id.into(),
            user: row.user_id.into(),
            second_factor: row.second_factor,
            remembered: row.remembered,
            started: row.started.0,
            expires: row.expires.0,
        }
    }
}

/// What a token leads to: when it was used, its session, and the user.
pub(crate) type PresentedRow = (At, SessionRow, UserRow);

/// The same as the domain has it.
pub(crate) fn presented((at, session, owner): PresentedRow) -> Result<Presented, Failure> {
    let (store, user) = (session.store_id.into(), owner.try_into()?);
    Ok(Presented { store, session: session.into(), used: at.0, user })
}

/// A session as it is written.
#[derive(Insertable)]
#[diesel(table_name = sessions, treat_none_as_default_value = false)]
pub(crate) struct NewSession<'a> {
    store_id: Id,
    id: Id,
    user_id: Id,
    second_factor: bool,
    remembered: bool,
    started: At,
    expires: At,
    refresh_hash: Option<&'a [u8]>,
}

impl<'a> NewSession<'a> {
    /// The row of a session in its store.
    pub(crate) fn of(store: StoreId, session: &Session, refresh: Option<&'a TokenHash>) -> Self {
        Self {
            store_id: store.into(),
            id: session.id.into(),
            user_id: session.user.into(),
            second_factor: session.second_factor,
            remembered: session.remembered,
            started: At(session.started),
            expires: At(session.expires),
            refresh_hash: refresh.map(|hash| hash.as_bytes().as_slice()),
        }
    }
}

/// A token of a session as it is written.
#[derive(Insertable)]
#[diesel(table_name = session_tokens, treat_none_as_default_value = false)]
pub(crate) struct NewSessionToken<'a> {
    store_id: Id,
    token_hash: &'a [u8],
    session_id: Id,
    used_at: At,
}

impl<'a> NewSessionToken<'a> {
    /// The row of a token of that session, used at that time.
    pub(crate) fn of(
        store: StoreId,
        session: SessionId,
        token: &'a TokenHash,
        used: Instant,
    ) -> Self {
        Self {
            store_id: store.into(),
            token_hash: token.as_bytes(),
            session_id: session.into(),
            used_at: At(used),
        }
    }
}
