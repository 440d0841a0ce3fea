use diesel::prelude::*;
use diesel::upsert::excluded;
use domain::audit::Stamp;
use domain::id::UserId;
use domain::password::{PasswordHash, PasswordRepository, StoredPassword};
use domain::unit_of_work::StoreError;

use super::fragment::{Fragment, Slot};
use super::session::Inside;
use crate::rows::{NewPassword, PasswordRow, former};
use crate::schema::{password_history, passwords};
use crate::types::Id;

/// Adds the present password to the earlier ones. One that was replaced within the change that set
/// it has the version of that one.
const MOVE: &str = "
    INSERT INTO password_history (store_id, user_id, version, hash)
    SELECT store_id, user_id, version, hash FROM passwords
    WHERE store_id = :store AND user_id = :user
    ON CONFLICT (store_id, user_id, version) DO UPDATE SET hash = excluded.hash";

/// Removes the earlier passwords behind the latest so many.
const TRIM: &str = "
    DELETE FROM password_history WHERE store_id = :store AND user_id = :user AND version <= (
        SELECT version FROM password_history WHERE store_id = :store AND user_id = :user
        ORDER BY version DESC LIMIT 1 OFFSET :keep)";

impl PasswordRepository for Inside<'_, '_> {
    fn find(&mut self, user: UserId) -> Result<Option<StoredPassword>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let row = passwords::table
                .filter(passwords::store_id.eq(store))
                .filter(passwords::user_id.eq(Id::from(user)))
                .select(PasswordRow::as_select())
                .get_result(conn)
                .optional()?;
            row.map(StoredPassword::try_from).transpose()
        })
    }

    fn history(&mut self, user: UserId, limit: u32) -> Result<Vec<PasswordHash>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let hashes: Vec<String> = password_history::table
                .filter(password_history::store_id.eq(store))
                .filter(password_history::user_id.eq(Id::from(user)))
                .order(password_history::version.desc())
                .limit(limit.into())
                .select(password_history::hash)
                .load(conn)?;
            hashes.into_iter().map(former).collect()
        })
    }

    fn set(
        &mut self,
        user: UserId,
        hash: &PasswordHash,
        stamp: Stamp,
        keep: u32,
    ) -> Result<(), StoreError> {
        let row = NewPassword::of(self.store, user, hash, stamp);
        let slots = [
            ("store", Slot::from(self.store)),
            ("user", Slot::from(user)),
            ("keep", Slot::from(i64::from(keep))),
        ];
        self.session.write(|conn| {
            Fragment::new(MOVE, &slots).execute(conn)?;
            diesel::insert_into(passwords::table)
                .values(row)
                .on_conflict((passwords::store_id, passwords::user_id))
                .do_update()
                .set((
                    passwords::hash.eq(excluded(passwords::hash)),
                    passwords::version.eq(excluded(passwords::version)),
                ))
                .execute(conn)?;
            Fragment::new(TRIM, &slots).execute(conn)?;
            Ok(())
        })
    }

    fn rehash(
        &mut self,
        user: UserId,
        before: &PasswordHash,
        after: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            let row = passwords::table
                .filter(passwords::store_id.eq(store))
                .filter(passwords::user_id.eq(Id::from(user)))
                .filter(passwords::hash.eq(before.as_str()));
            Ok(diesel::update(row).set(passwords::hash.eq(after.as_str())).execute(conn)? == 1)
        })
    }
}
