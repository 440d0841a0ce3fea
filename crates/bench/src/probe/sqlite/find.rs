use std::path::Path;
use std::time::{Duration, Instant};

use diesel::prelude::*;

use super::tables::{
    User, bytes, clients, groups, memberships, role_assignments, stores, the_store, user_profiles,
    users,
};
use crate::process::own_processor_seconds;
use crate::{Outcome, seed};

/// Reads what the answer to one GET of a user is made of: the key with its roles, the store, the
/// user, their group, their profile.
pub(crate) struct Finder {
    connection: SqliteConnection,
    store: Vec<u8>,
    key_hash: Vec<u8>,
    users: Vec<Vec<u8>>,
}

impl Finder {
    /// Reads the first `count` users of the database, again and again.
    pub(crate) fn open(database: &Path, count: u32) -> Outcome<Self> {
        let mut connection = super::open(database)?;
        let store = the_store(&mut connection)?;
        let key_hash = clients::table.select(clients::key_hash).get_result(&mut connection)?;
        let users = (0..count).map(|number| bytes(&seed::user_id(number)));
        Ok(Self { connection, store, key_hash, users: users.collect::<Outcome<_>>()? })
    }

    /// How many users are read in a second of processor time, on this thread, over `time`.
    pub(crate) fn rate(&mut self, time: Duration) -> Outcome<f64> {
        let (begin, spent) = (Instant::now(), own_processor_seconds()?);
        let mut found = 0_u32;
        // Far apart one after the other, as requests are.
        let ids: Vec<_> = (0..self.users.len()).map(|n| n * 7919 % self.users.len()).collect();
        for at in ids.into_iter().cycle() {
            let id = self.users.get(at).ok_or("no users")?;
            find(&mut self.connection, &self.store, &self.key_hash, id)?;
            found += 1;
            if found.is_multiple_of(64) && begin.elapsed() >= time {
                break;
            }
        }
        Ok(f64::from(found) / (own_processor_seconds()? - spent))
    }
}

/// Without `LIMIT ?`: SQLite prepares a statement with one anew whenever its value is bound.
fn find(
    connection: &mut SqliteConnection,
    store: &[u8],
    key_hash: &[u8],
    user: &[u8],
) -> Outcome<()> {
    let roles = clients::table
        .inner_join(
            role_assignments::table.on(role_assignments::store_id
                .eq(clients::store_id)
                .and(role_assignments::holder_kind.eq(CLIENT))
                .and(role_assignments::holder_id.eq(clients::id))),
        )
        .filter(clients::key_hash.eq(key_hash))
        .select((clients::all_columns, role_assignments::role, role_assignments::reach_store_id))
        .load::<(Client, String, Vec<u8>)>(connection)?;
    let found_store = stores::table.filter(stores::name_folded.eq("default")).get_result::<(
        Vec<u8>,
        String,
        String,
        i64,
        Option<String>,
    )>(connection)?;
    let found = users::table.find((store, user)).get_result::<User>(connection)?;
    let member_of = memberships::table
        .inner_join(groups::table.on(
            groups::store_id.eq(memberships::store_id).and(groups::id.eq(memberships::group_id)),
        ))
        .filter(memberships::store_id.eq(store).and(memberships::user_id.eq(user)))
        .order(memberships::group_id)
        .select((groups::id, groups::name, groups::version))
        .load::<(Vec<u8>, String, i64)>(connection)?;
    let profiles = user_profiles::table
        .filter(user_profiles::store_id.eq(store).and(user_profiles::user_id.eq(user)))
        .order(user_profiles::key_folded)
        .select((user_profiles::key, user_profiles::value, user_profiles::version))
        .load::<(String, Option<String>, i64)>(connection)?;
    let whole = found.id == user && found_store.0 == store;
    if whole && (roles.len(), member_of.len(), profiles.len()) == (1, 1, 1) {
        return Ok(());
    }
    Err("a user is not there with one group and one profile".into())
}

/// The kind of holder that a client is.
const CLIENT: i16 = 3;

/// A row of `clients`.
type Client = (Vec<u8>, Vec<u8>, String, String, Vec<u8>, i64, Option<i64>);
