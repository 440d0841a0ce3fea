use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::id::UserId;
use domain::token::{Purpose, StoredToken, TokenHash, TokenRepository};
use domain::unit_of_work::StoreError;

use super::chunks::CHUNK;
use super::session::Inside;
use crate::rows::{NewToken, TokenRow, purpose_column};
use crate::schema::one_time_tokens;
use crate::types::Id;

impl TokenRepository for Inside<'_, '_> {
    fn put(
        &mut self,
        user: UserId,
        purpose: Purpose,
        token: &StoredToken,
    ) -> Result<(), StoreError> {
        let row = NewToken::of(self.store, user, purpose, token);
        self.session.write(|conn| {
            diesel::insert_into(one_time_tokens::table)
                .values(row)
                .on_conflict((
                    one_time_tokens::store_id,
                    one_time_tokens::user_id,
                    one_time_tokens::purpose,
                ))
                .do_update()
                .set((
                    one_time_tokens::hash.eq(excluded(one_time_tokens::hash)),
                    one_time_tokens::expires.eq(excluded(one_time_tokens::expires)),
                ))
                .execute(conn)?;
            Ok(())
        })
    }

    fn find(&mut self, user: UserId, purpose: Purpose) -> Result<Option<StoredToken>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let row = one_time_tokens::table
                .filter(one_time_tokens::store_id.eq(store))
                .filter(one_time_tokens::user_id.eq(Id::from(user)))
                .filter(one_time_tokens::purpose.eq(purpose_column(purpose)))
                .select(TokenRow::as_select())
                .get_result(conn)
                .optional()?;
            row.map(StoredToken::try_from).transpose()
        })
    }

    fn take(
        &mut self,
        user: UserId,
        purpose: Purpose,
        hash: &TokenHash,
    ) -> Result<bool, StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            let row = one_time_tokens::table
                .filter(one_time_tokens::store_id.eq(store))
                .filter(one_time_tokens::user_id.eq(Id::from(user)))
                .filter(one_time_tokens::purpose.eq(purpose_column(purpose)))
                .filter(one_time_tokens::hash.eq(hash.as_bytes().as_slice()));
            Ok(diesel::delete(row).execute(conn)? == 1)
        })
    }

    fn clear(&mut self, users: &[UserId]) -> Result<(), StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            for users in users.chunks(CHUNK) {
                let users = users.iter().copied().map(Id::from);
                let rows = one_time_tokens::table
                    .filter(one_time_tokens::store_id.eq(store))
                    .filter(one_time_tokens::user_id.eq_any(users));
                diesel::delete(rows).execute(conn)?;
            }
            Ok(())
        })
    }
}
