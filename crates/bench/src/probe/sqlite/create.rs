use std::path::Path;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use uuid::Uuid;

use super::tables::{Entry, User, audit_entries, bytes, the_store, users};
use crate::{Outcome, seed};

/// Ids of the users that are made begin here: after those that are there.
const FIRST_ID: u128 = 0x0fff_0000_0000_7000_8000_0000_0000_0000;

/// Makes users with their audit entries, each in a durable transaction of its own. The rows are
/// those of a user that the server made, under new keys.
pub(crate) struct Creator {
    connection: SqliteConnection,
    user: User,
    entry: Entry,
    made: u32,
}

impl Creator {
    /// Adds to the database, which holds seeded users.
    pub(crate) fn open(database: &Path) -> Outcome<Self> {
        let mut connection = super::open(database)?;
        let store = the_store(&mut connection)?;
        let id = seed::user_id(0);
        let user = users::table.find((&store, bytes(&id)?)).first(&mut connection)?;
        let of_user = audit_entries::area.eq("User").and(audit_entries::primary_key.eq(&id));
        let mut entry: Entry = audit_entries::table.filter(of_user).first(&mut connection)?;
        let last: Option<i64> = audit_entries::table
            .select(diesel::dsl::max(audit_entries::id))
            .first(&mut connection)?;
        entry.id = last.ok_or("no audit entries")?;
        Ok(Self { connection, user, entry, made: 0 })
    }

    /// How many users are made in a second of the clock on the wall, one after the other, over
    /// `time`.
    pub(crate) fn rate(&mut self, time: Duration) -> Outcome<f64> {
        let (begin, before) = (Instant::now(), self.made);
        while begin.elapsed() < time {
            self.create()?;
        }
        Ok(f64::from(self.made - before) / begin.elapsed().as_secs_f64())
    }

    fn create(&mut self) -> Outcome<()> {
        self.made += 1;
        let id = Uuid::from_u128(FIRST_ID + u128::from(self.made));
        let name = format!("raw-{}", self.made);
        let Self { connection, user, entry, .. } = self;
        user.id = id.into_bytes().to_vec();
        user.external_id = Some(format!("https://directory.example.com/{name}"));
        user.email_folded = format!("{name}@example.com");
        user.email = Some(user.email_folded.clone());
        user.login_name.clone_from(&name);
        user.login_name_folded = name;
        entry.id += 1;
        entry.primary_key = id.hyphenated().to_string();
        user.version = entry.id;
        Ok(connection.immediate_transaction(|connection| {
            diesel::insert_into(users::table).values(&*user).execute(connection)?;
            diesel::insert_into(audit_entries::table).values(&*entry).execute(connection)?;
            QueryResult::Ok(())
        })?)
    }
}
