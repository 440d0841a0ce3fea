use diesel::prelude::*;
use domain::id::{StoreId, UserId};
use domain::second_factor::{RecoveryHash, SecondFactor, SecondFactorRepository};
use domain::unit_of_work::StoreError;

use super::super::{Conn, dialect};
use super::chunks::insert_chunks;
use super::lists::lists;
use super::records::excluded_columns;
use super::session::Inside;
use crate::rows::{NewRecoveryCode, NewSecondFactor, SecondFactorRow};
use crate::schema::{recovery_codes, second_factors};
use crate::types::{At, Id};

/// Removes every recovery code of a user.
fn forget_codes(conn: &mut Conn, store: StoreId, user: UserId) -> QueryResult<usize> {
    let rows = recovery_codes::table
        .filter(recovery_codes::store_id.eq(Id::from(store)))
        .filter(recovery_codes::user_id.eq(Id::from(user)));
    diesel::delete(rows).execute(conn)
}

impl SecondFactorRepository for Inside<'_, '_> {
    fn lock(&mut self, user: UserId) -> Result<Option<SecondFactor>, StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            let row = second_factors::table
                .filter(second_factors::store_id.eq(store))
                .filter(second_factors::user_id.eq(Id::from(user)))
                .select(SecondFactorRow::as_select());
            let row = dialect::locked!(row).get_result(conn).optional()?;
            row.map(SecondFactor::try_from).transpose()
        })
    }

    fn put(&mut self, user: UserId, factor: &SecondFactor) -> Result<(), StoreError> {
        let row = NewSecondFactor::of(self.store, user, factor);
        self.session.write(|conn| {
            diesel::insert_into(second_factors::table)
                .values(row)
                .on_conflict((second_factors::store_id, second_factors::user_id))
                .do_update()
                .set(excluded_columns!(second_factors:
                    sealed,
                    registered,
                    last_step,
                    failures,
                    window_failures,
                    locked_until,
                ))
                .execute(conn)?;
            Ok(())
        })
    }

    fn remove(&mut self, user: UserId) -> Result<(), StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            let row = second_factors::table
                .filter(second_factors::store_id.eq(Id::from(store)))
                .filter(second_factors::user_id.eq(Id::from(user)));
            diesel::delete(row).execute(conn)?;
            forget_codes(conn, store, user)?;
            Ok(())
        })
    }

    fn clear_attempts(&mut self, users: &[UserId]) -> Result<(), StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            for users in lists(users.iter().copied()) {
                let rows = second_factors::table
                    .filter(second_factors::store_id.eq(store))
                    .filter(second_factors::user_id.eq_any(users));
                let forgotten = (
                    second_factors::failures.eq(0_i64),
                    second_factors::window_failures.eq(0_i64),
                    second_factors::locked_until.eq(None::<At>),
                );
                diesel::update(rows).set(forgotten).execute(conn)?;
            }
            Ok(())
        })
    }

    fn set_recovery_codes(
        &mut self,
        user: UserId,
        codes: &[RecoveryHash],
    ) -> Result<(), StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            forget_codes(conn, store, user)?;
            let rows = codes.iter().map(|code| NewRecoveryCode::of(store, user, code));
            insert_chunks!(conn, recovery_codes::table, rows);
            Ok(())
        })
    }

    fn take_recovery_code(
        &mut self,
        user: UserId,
        code: &RecoveryHash,
    ) -> Result<bool, StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            let row = recovery_codes::table
                .filter(recovery_codes::store_id.eq(store))
                .filter(recovery_codes::user_id.eq(Id::from(user)))
                .filter(recovery_codes::code_hash.eq(code.as_bytes().as_slice()));
            Ok(diesel::delete(row).execute(conn)? == 1)
        })
    }
}
