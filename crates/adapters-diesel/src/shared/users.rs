use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use domain::audit::{Recorded, Stamp};
use domain::id::{StoreId, UserId};
use domain::text::Folded;
use domain::unit_of_work::{StoreError, Taken, Unique};
use domain::user::{ExternalId, User, UserRepository};

use super::super::{Conn, dialect};
use super::session::Inside;
use crate::error::Failure;
use crate::rows::{NewUser, UserRow, all};
use crate::schema::users;
use crate::types::Id;

/// Rows of one multi-row INSERT: 21 columns each, below SQLite's 32 766 and PostgreSQL's 65 535
/// bind values.
const CHUNK: usize = 1_000;

/// Stale, unless exactly the one row was found.
fn exactly_one(rows: usize) -> Result<(), Failure> {
    if rows == 1 { Ok(()) } else { Err(StoreError::Stale.into()) }
}

impl UserRepository for Inside<'_, '_> {
    fn find(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let row = users::table
                .filter(users::store_id.eq(store))
                .filter(users::id.eq(Id::from(id)))
                .select(UserRow::as_select())
                .get_result(conn)
                .optional()?;
            row.map(User::try_from).transpose()
        })
    }

    fn find_for_update(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            let query = users::table
                .filter(users::store_id.eq(store))
                .filter(users::id.eq(Id::from(id)))
                .select(UserRow::as_select());
            let row = dialect::locked!(query).get_result(conn).optional()?;
            row.map(User::try_from).transpose()
        })
    }

    fn find_by_login_name(&mut self, name: &Folded) -> Result<Option<User>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let row = users::table
                .filter(users::store_id.eq(store))
                .filter(users::login_name_folded.eq(name.as_str()))
                .select(UserRow::as_select())
                .get_result(conn)
                .optional()?;
            row.map(User::try_from).transpose()
        })
    }

    fn page(&mut self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let page = users::table
                .filter(users::store_id.eq(store))
                .order(users::id)
                .limit(limit.into())
                .select(UserRow::as_select());
            all(match after {
                Some(after) => page.filter(users::id.gt(Id::from(after))).load(conn)?,
                None => page.load(conn)?,
            })
        })
    }

    fn insert(&mut self, user: &Recorded<User>) -> Result<(), StoreError> {
        let row = NewUser::of(self.store, user.record());
        self.session.record(user, |conn| {
            diesel::insert_into(users::table).values(row).execute(conn)?;
            Ok(())
        })
    }

    fn insert_new(
        &mut self,
        users: &[Recorded<User>],
    ) -> Result<Vec<Result<(), Taken>>, StoreError> {
        let store = self.store;
        let mut outcomes = Vec::with_capacity(users.len());
        for chunk in users.chunks(CHUNK) {
            let told = self.session.write(|conn| insert_chunk(conn, store, chunk))?;
            let added = chunk.iter().zip(&told).find(|(_, told)| told.is_ok());
            if let Some((first, _)) = added {
                self.session.mark(first.entry());
            }
            outcomes.extend(told);
        }
        Ok(outcomes)
    }

    fn update(&mut self, user: &Recorded<User>) -> Result<(), StoreError> {
        let row = NewUser::of(self.store, user.record());
        let (store, id) = (Id::from(self.store), Id::from(user.record().id));
        self.session.record(user, |conn| {
            let rows = users::table.filter(users::store_id.eq(store)).filter(users::id.eq(id));
            exactly_one(diesel::update(rows).set(row).execute(conn)?)
        })
    }

    fn remove(&mut self, user: &Recorded<User>) -> Result<(), StoreError> {
        let (store, id) = (Id::from(self.store), Id::from(user.record().id));
        self.session.record(user, |conn| {
            let rows = users::table.filter(users::store_id.eq(store)).filter(users::id.eq(id));
            exactly_one(diesel::delete(rows).execute(conn)?)
        })
    }

    fn touch(&mut self, id: UserId, stamp: Stamp) -> Result<(), StoreError> {
        let store = Id::from(self.store);
        self.session.write(|conn| {
            let rows =
                users::table.filter(users::store_id.eq(store)).filter(users::id.eq(Id::from(id)));
            let version = users::version.eq(stamp.version().get().get());
            exactly_one(diesel::update(rows).set(version).execute(conn)?)
        })
    }
}

/// The number that tells one recorded change from every other of its store.
fn number(user: &Recorded<User>) -> i64 {
    user.entry().id.get()
}

/// Adds those of `chunk` that collide with nothing: one statement for the users, one for their
/// entries, and one more to say of the others what is taken.
fn insert_chunk(
    conn: &mut Conn,
    store: StoreId,
    chunk: &[Recorded<User>],
) -> Result<Vec<Result<(), Taken>>, Failure> {
    let rows: Vec<_> = chunk.iter().map(|user| NewUser::of(store, user.record())).collect();
    // A user's version is the number of its entry, which tells the rows of a chunk apart even
    // where two of them have one id.
    let added: Vec<i64> = diesel::insert_into(users::table)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(users::version)
        .get_results(conn)?;
    let added: HashSet<i64> = added.into_iter().collect();
    let kept = chunk.iter().filter(|user| added.contains(&number(user)));
    super::audit::insert_all(conn, kept.map(Recorded::entry))?;
    if added.len() == chunk.len() {
        return Ok(vec![Ok(()); chunk.len()]);
    }
    let holders = Holders::of(conn, store, chunk, &added)?;
    chunk
        .iter()
        .map(
            |user| {
                if added.contains(&number(user)) {
                    Ok(Ok(()))
                } else {
                    holders.taken(user).map(Err)
                }
            },
        )
        .collect()
}

/// Who holds what the refused users of a chunk wanted, by the number of the holder's entry.
#[derive(Default)]
struct Holders {
    ids: HashMap<Id, i64>,
    login_names: HashMap<String, i64>,
    external_ids: HashMap<String, i64>,
    /// Where the users that were added stand in the chunk.
    positions: HashMap<i64, usize>,
    refused: HashMap<i64, usize>,
}

impl Holders {
    fn of(
        conn: &mut Conn,
        store: StoreId,
        chunk: &[Recorded<User>],
        added: &HashSet<i64>,
    ) -> Result<Self, Failure> {
        let mut holders = Self::default();
        let (mut ids, mut names, mut external_ids) = (Vec::new(), Vec::new(), Vec::new());
        for (position, user) in chunk.iter().enumerate() {
            if added.contains(&number(user)) {
                holders.positions.insert(number(user), position);
                continue;
            }
            holders.refused.insert(number(user), position);
            ids.push(Id::from(user.record().id));
            names.push(user.record().login_name.folded().as_str().to_owned());
            external_ids.extend(user.record().external_id.as_ref().map(ExternalId::as_str));
        }
        let rows: Vec<(Id, String, Option<String>, i64)> = users::table
            .filter(users::store_id.eq(Id::from(store)))
            .filter(
                users::id
                    .eq_any(ids)
                    .or(users::login_name_folded.eq_any(names))
                    .or(users::external_id.eq_any(external_ids).assume_not_null()),
            )
            .select((users::id, users::login_name_folded, users::external_id, users::version))
            .load(conn)?;
        for (id, login_name, external_id, version) in rows {
            holders.ids.insert(id, version);
            holders.login_names.insert(login_name, version);
            holders.external_ids.extend(external_id.map(|id| (id, version)));
        }
        Ok(holders)
    }

    /// What keeps a refused user out. When nothing does any more, the unit runs again.
    fn taken(&self, user: &Recorded<User>) -> Result<Taken, Failure> {
        let record = user.record();
        let login_name = record.login_name.folded();
        let external_id = record.external_id.as_ref().map(ExternalId::as_str);
        let wanted = [
            (self.ids.get(&Id::from(record.id)), Unique::UserId),
            (self.login_names.get(login_name.as_str()), Unique::LoginName),
            (external_id.and_then(|id| self.external_ids.get(id)), Unique::ExternalId),
        ];
        let position = self.refused.get(&number(user)).copied();
        wanted
            .into_iter()
            .find(|(holder, _)| holder.is_some_and(|holder| self.was_first(*holder, position)))
            .map(|(_, what)| Taken { what })
            .ok_or_else(Failure::busy)
    }

    /// A user of the same chunk is in the way only of those after it.
    fn was_first(&self, holder: i64, position: Option<usize>) -> bool {
        self.positions.get(&holder).is_none_or(|at| Some(*at) < position)
    }
}
