use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::attribute::{Profile, ProfileRepository};
use domain::audit::{Action, Recorded};
use domain::id::{StoreId, UserId};
use domain::unit_of_work::StoreError;

use super::super::Conn;
use super::lists::lists;
use super::session::Inside;
use crate::error::Failure;
use crate::rows::{NewProfile, ProfileRow, all};
use crate::schema::user_profiles;
use crate::types::Id;

/// Rows of one multi-row INSERT: 5 columns each.
const CHUNK: usize = 4_000;

impl ProfileRepository for Inside<'_, '_> {
    fn of(&mut self, user: UserId) -> Result<Vec<Profile>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            all(user_profiles::table
                .filter(user_profiles::store_id.eq(store))
                .filter(user_profiles::user_id.eq(Id::from(user)))
                .order(user_profiles::key_folded)
                .select(ProfileRow::as_select())
                .load(conn)?)
        })
    }

    fn of_all(&mut self, users: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let mut rows = Vec::new();
            for users in lists(users.iter().copied()) {
                let query = user_profiles::table
                    .filter(user_profiles::store_id.eq(store))
                    .filter(user_profiles::user_id.eq_any(users))
                    .order((user_profiles::user_id, user_profiles::key_folded))
                    .select(ProfileRow::as_select());
                rows.extend(query.load(conn)?);
            }
            all(rows)
        })
    }

    fn apply(&mut self, changes: &[Recorded<Profile>]) -> Result<(), StoreError> {
        let Some(first) = changes.first() else { return Ok(()) };
        let store = self.store;
        self.session.write(|conn| {
            let gone = changes.iter().filter(|change| change.entry().action != Action::Added);
            delete(conn, store, gone.map(Recorded::record))?;
            let here = changes.iter().filter(|change| change.entry().action != Action::Deleted);
            insert(conn, store, here.map(Recorded::record))?;
            super::audit::insert_all(conn, changes.iter().map(Recorded::entry))
        })?;
        self.session.mark(first.entry());
        Ok(())
    }
}

/// Removes profiles, one statement per user; what is changed is put in again afterwards.
fn delete<'a>(
    conn: &mut Conn,
    store: StoreId,
    profiles: impl Iterator<Item = &'a Profile>,
) -> Result<(), Failure> {
    let mut by_user: BTreeMap<Id, Vec<String>> = BTreeMap::new();
    for profile in profiles {
        let keys = by_user.entry(profile.user.into()).or_default();
        keys.push(profile.key.folded().as_str().to_owned());
    }
    for (user, keys) in by_user {
        let expected = keys.len();
        let rows = user_profiles::table
            .filter(user_profiles::store_id.eq(Id::from(store)))
            .filter(user_profiles::user_id.eq(user))
            .filter(user_profiles::key_folded.eq_any(keys));
        if diesel::delete(rows).execute(conn)? != expected {
            return Err(StoreError::Stale.into());
        }
    }
    Ok(())
}

fn insert<'a>(
    conn: &mut Conn,
    store: StoreId,
    profiles: impl Iterator<Item = &'a Profile>,
) -> Result<(), Failure> {
    let mut rows: Vec<_> = profiles.map(|profile| NewProfile::of(store, profile)).collect();
    while !rows.is_empty() {
        let chunk: Vec<_> = rows.drain(..rows.len().min(CHUNK)).collect();
        diesel::insert_into(user_profiles::table).values(chunk).execute(conn)?;
    }
    Ok(())
}
