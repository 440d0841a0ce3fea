use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::attempt::{AttemptRepository, Attempts};
use domain::id::UserId;
use domain::unit_of_work::StoreError;

use super::chunks::all_of;
use super::fragment::{Fragment, Slot};
use super::lists::lists;
use super::session::Inside;
use crate::rows::{AttemptsRow, NewAttempts};
use crate::schema::sign_in_attempts;
use crate::types::Id;

/// What [`Attempts::clear`] does, to those accounts that somebody has tried: when they did stays known.
/// The epoch is 32 bits wide.
const CLEAR: &str = "
    UPDATE sign_in_attempts SET failures = 0, window_failures = 0, locked_until = NULL,
        in_flight = 0, epoch = (epoch + 1) % 4294967296
    WHERE store_id = :store AND user_id IN :users";

impl AttemptRepository for Inside<'_, '_> {
    fn lock(&mut self, user: UserId) -> Result<Attempts, StoreError> {
        let row = NewAttempts::of(self.store, user, &Attempts::default());
        self.session.write(|conn| {
            let row: AttemptsRow = diesel::insert_into(sign_in_attempts::table)
                .values(row)
                .on_conflict((sign_in_attempts::store_id, sign_in_attempts::user_id))
                .do_update()
                .set(sign_in_attempts::user_id.eq(excluded(sign_in_attempts::user_id)))
                .returning(AttemptsRow::as_returning())
                .get_result(conn)?;
            row.try_into()
        })
    }

    fn save(&mut self, user: UserId, attempts: &Attempts) -> Result<(), StoreError> {
        let store = Id::from(self.store);
        let changed = NewAttempts::of(self.store, user, attempts);
        self.session.write(|conn| {
            let row = sign_in_attempts::table
                .filter(sign_in_attempts::store_id.eq(store))
                .filter(sign_in_attempts::user_id.eq(Id::from(user)));
            all_of(1, diesel::update(row).set(changed).execute(conn)?)
        })
    }

    fn clear(&mut self, users: &[UserId]) -> Result<(), StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            for users in lists(users.iter().copied()) {
                let slots = [("store", Slot::from(store)), ("users", Slot::ids(&users))];
                Fragment::new(CLEAR, &slots).execute(conn)?;
            }
            Ok(())
        })
    }
}
