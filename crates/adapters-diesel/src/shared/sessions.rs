use diesel::prelude::*;
use domain::id::{SessionId, StoreId, UserId};
use domain::session::{self, Presented, SessionDirectory, SessionRepository};
use domain::time::Instant;
use domain::token::TokenHash;
use domain::unit_of_work::StoreError;

use super::super::{Conn, dialect};
use super::chunks::all_of;
use super::fragment::{Fragment, Slot};
use super::lists::lists;
use super::session::{Inside, Session};
use crate::rows::{NewSession, NewSessionToken, PresentedRow, SessionRow, UserRow, presented};
use crate::schema::{session_tokens, sessions, users};
use crate::types::{At, Id};

/// Removes the tokens of a session that were not used lately, and of the others those behind the last
/// so many.
const TRIM: &str = "
    DELETE FROM session_tokens WHERE store_id = :store AND session_id = :session
    AND (used_at < :oldest OR token_hash NOT IN (
        SELECT token_hash FROM session_tokens WHERE store_id = :store AND session_id = :session
        ORDER BY used_at DESC, token_hash DESC LIMIT :keep))";

/// Removes the sessions of a user that have expired, and of the others those behind the last so many.
const TIDY: &str = "
    DELETE FROM sessions WHERE store_id = :store AND user_id = :user
    AND (expires <= :now OR id NOT IN (
        SELECT id FROM sessions WHERE store_id = :store AND user_id = :user AND expires > :now
        ORDER BY second_factor DESC, started DESC, id DESC LIMIT :keep))";

impl SessionDirectory for Session<'_> {
    fn find_by_token(&mut self, token: &TokenHash) -> Result<Option<Presented>, StoreError> {
        self.read(|conn| {
            let row: Option<PresentedRow> = session_tokens::table
                .inner_join(
                    sessions::table.on(sessions::store_id
                        .eq(session_tokens::store_id)
                        .and(sessions::id.eq(session_tokens::session_id))),
                )
                .inner_join(users::table.on(
                    users::store_id.eq(sessions::store_id).and(users::id.eq(sessions::user_id)),
                ))
                .filter(session_tokens::token_hash.eq(token.as_bytes().as_slice()))
                .select((session_tokens::used_at, SessionRow::as_select(), UserRow::as_select()))
                .get_result(conn)
                .optional()?;
            row.map(presented).transpose()
        })
    }

    fn find_by_refresh(
        &mut self,
        refresh: &TokenHash,
    ) -> Result<Option<(StoreId, session::Session)>, StoreError> {
        self.read(|conn| {
            let row: Option<SessionRow> = sessions::table
                .filter(sessions::refresh_hash.eq(refresh.as_bytes().as_slice()))
                .select(SessionRow::as_select())
                .get_result(conn)
                .optional()?;
            Ok(row.map(|row| (row.store_id.into(), row.into())))
        })
    }
}

/// The query for the session of an id.
macro_rules! of_id {
    ($store:expr, $id:expr) => {
        sessions::table
            .filter(sessions::store_id.eq(Id::from($store)))
            .filter(sessions::id.eq(Id::from($id)))
    };
}

fn insert_token(
    conn: &mut Conn,
    store: StoreId,
    session: SessionId,
    (token, used): (&TokenHash, Instant),
) -> QueryResult<usize> {
    let row = NewSessionToken::of(store, session, token, used);
    diesel::insert_into(session_tokens::table).values(row).execute(conn)
}

impl SessionRepository for Inside<'_, '_> {
    fn insert(
        &mut self,
        session: &session::Session,
        token: &TokenHash,
        refresh: Option<TokenHash>,
    ) -> Result<(), StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            let row = NewSession::of(store, session, refresh.as_ref());
            diesel::insert_into(sessions::table).values(row).execute(conn)?;
            insert_token(conn, store, session.id, (token, session.started))?;
            Ok(())
        })
    }

    fn find_for_update(&mut self, id: SessionId) -> Result<Option<session::Session>, StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            let row = of_id!(store, id).select(SessionRow::as_select());
            let row = dialect::locked!(row).get_result(conn).optional()?;
            Ok(row.map(session::Session::from))
        })
    }

    fn elevate(
        &mut self,
        id: SessionId,
        token: &TokenHash,
        refresh: &TokenHash,
        now: Instant,
    ) -> Result<(), StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            let elevated = (
                sessions::second_factor.eq(true),
                sessions::refresh_hash.eq(refresh.as_bytes().as_slice()),
            );
            all_of(1, diesel::update(of_id!(store, id)).set(elevated).execute(conn)?)?;
            let tokens = session_tokens::table
                .filter(session_tokens::store_id.eq(Id::from(store)))
                .filter(session_tokens::session_id.eq(Id::from(id)));
            diesel::delete(tokens).execute(conn)?;
            insert_token(conn, store, id, (token, now))?;
            Ok(())
        })
    }

    fn add_token(
        &mut self,
        id: SessionId,
        token: &TokenHash,
        now: Instant,
        unused_since: Instant,
        keep: u32,
    ) -> Result<(), StoreError> {
        let store = self.store;
        // The further one is among those that stay, whenever the others were used.
        let slots = [
            ("store", Slot::from(store)),
            ("session", Slot::from(id)),
            ("oldest", Slot::from(At(unused_since))),
            ("keep", Slot::from(i64::from(keep.saturating_sub(1)))),
        ];
        self.session.write(|conn| {
            Fragment::new(TRIM, &slots).execute(conn)?;
            insert_token(conn, store, id, (token, now))?;
            Ok(())
        })
    }

    fn touch(&mut self, token: &TokenHash, now: Instant) -> Result<(), StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            let row = session_tokens::table
                .filter(session_tokens::store_id.eq(store))
                .filter(session_tokens::token_hash.eq(token.as_bytes().as_slice()));
            diesel::update(row).set(session_tokens::used_at.eq(At(now))).execute(conn)?;
            Ok(())
        })
    }

    fn end(&mut self, id: SessionId) -> Result<bool, StoreError> {
        let store = self.store;
        self.session.write(|conn| Ok(diesel::delete(of_id!(store, id)).execute(conn)? == 1))
    }

    fn end_all(&mut self, users: &[UserId], except: Option<SessionId>) -> Result<(), StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            for users in lists(users.iter().copied()) {
                let rows = sessions::table
                    .filter(sessions::store_id.eq(store))
                    .filter(sessions::user_id.eq_any(users));
                match except.map(Id::from) {
                    Some(except) => {
                        diesel::delete(rows.filter(sessions::id.ne(except))).execute(conn)?
                    }
                    None => diesel::delete(rows).execute(conn)?,
                };
            }
            Ok(())
        })
    }

    fn tidy(&mut self, user: UserId, now: Instant, keep: u32) -> Result<(), StoreError> {
        let slots = [
            ("store", Slot::from(self.store)),
            ("user", Slot::from(user)),
            ("now", Slot::from(At(now))),
            ("keep", Slot::from(i64::from(keep))),
        ];
        self.session.write(|conn| {
            Fragment::new(TIDY, &slots).execute(conn)?;
            Ok(())
        })
    }
}
