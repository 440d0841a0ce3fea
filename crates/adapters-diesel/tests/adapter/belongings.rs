//! What belongs to a user or a store and is neither shown nor recorded is gone with it, on both
//! databases, and nothing of others.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use domain::attempt::NameKey;
use domain::delivery::{Delivery, DeliveryId};
use domain::id::{SessionId, UserId};
use domain::password::PasswordHash;
use domain::second_factor::{RecoveryHash, SecondFactor};
use domain::session::Session;
use domain::time::Clock as _;
use domain::token::{Purpose, StoredToken, TokenHash};
use domain::unit_of_work::{Access, transact};
use testkit::World;
use testkit::builders::{a_group, a_user, uuid_of};
use testkit::conformance::{Harness, Setting};

use crate::places::{Postgres, Sqlite};

const OF_USERS: [&str; 8] = [
    "passwords",
    "password_history",
    "sign_in_attempts",
    "one_time_tokens",
    "sessions",
    "session_tokens",
    "second_factors",
    "recovery_codes",
];
const OF_STORES: [&str; 2] = ["sign_in_names", "outbox"];

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

fn counting(table: &str) -> String {
    format!("SELECT count(*) AS rows FROM {table}")
}

fn rows_on_sqlite(database: &Sqlite, tables: &[&str]) -> Vec<i64> {
    let path = database.path();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let count = |table: &&str| -> Count {
        diesel::sql_query(counting(table)).get_result(&mut conn).unwrap()
    };
    tables.iter().map(count).map(|count| count.rows).collect()
}

async fn rows_on_postgres(database: &Postgres, tables: &[&str]) -> Vec<i64> {
    let client = database.beside().await;
    let mut rows = Vec::new();
    for table in tables {
        rows.push(client.query_one(&counting(table), &[]).await.unwrap().get(0));
    }
    rows
}

/// Everything that may belong to a user: two rows in the history, one in every other table.
async fn with_belongings(s: &Setting, name: &str) -> domain::user::User {
    let user = s.has_user(a_user(name).build()).await;
    let id = user.id;
    let mut stamps = Vec::new();
    for group in ["one", "two", "three"] {
        stamps.push(s.added(a_group(group).build()).await.stamp());
    }
    let expires = s.world.clock.now();
    s.write(move |here| {
        for stamp in &stamps {
            here.passwords().set(id, &PasswordHash::parse("$a").unwrap(), *stamp, 24)?;
        }
        here.attempts().lock(id)?;
        let token = StoredToken { hash: TokenHash::from_bytes([7; 32]), expires };
        here.tokens().put(id, Purpose::PasswordReset, &token)
    })
    .await
    .unwrap();
    with_session_and_second_factor(s, id).await;
    user
}

/// A session with its token, and a second factor with a recovery code.
async fn with_session_and_second_factor(s: &Setting, user: UserId) {
    let session = Session {
        id: SessionId::new(uuid_of("session", "one")),
        user,
        second_factor: false,
        remembered: false,
        started: s.world.clock.now(),
        expires: s.world.clock.now(),
    };
    s.write(move |here| {
        here.sessions().insert(&session, &TokenHash::from_bytes([7; 32]), None)?;
        here.second_factors().put(user, &SecondFactor::pending(vec![7]))?;
        here.second_factors().set_recovery_codes(user, &[RecoveryHash::from_bytes([7; 32])])
    })
    .await
    .unwrap();
}

/// A name that was tried and a letter.
async fn with_name_and_letter(s: &Setting, user: UserId) {
    let due = s.world.clock.now();
    let id = DeliveryId::new(uuid_of("delivery", "one"));
    let letter = Delivery { id, line: user.as_uuid(), due, sealed: vec![7] };
    s.write(move |here| {
        here.throttle().lock(&NameKey::from_bytes([7; 32]))?;
        here.outbox().put(std::slice::from_ref(&letter))
    })
    .await
    .unwrap();
}

async fn remove_user(s: &Setting, user: &domain::user::User) {
    let removal = s.deleted(user).await;
    s.remove(&removal).await.unwrap();
}

async fn remove_store(s: &Setting) {
    let removal = s.deleted(&s.store).await;
    let remove = move |tx: &mut dyn domain::unit_of_work::Transaction| tx.stores().remove(&removal);
    transact(&*s.unit_of_work(), Access::Write, remove).await.unwrap();
}

/// Two stores with a user each; ada's is to be removed.
async fn two_stores(harness: &dyn Harness) -> (Setting, domain::user::User) {
    let shop = Setting::of(harness).await;
    let other = Setting::on(World::further(harness.unit_of_work(), 1 << 40), "other").await;
    let ada = with_belongings(&shop, "ada").await;
    let bob = with_belongings(&other, "bob").await;
    with_name_and_letter(&shop, ada.id).await;
    with_name_and_letter(&other, bob.id).await;
    (shop, ada)
}

#[test]
fn they_are_gone_with_their_user_and_their_store_on_sqlite() {
    testkit::block_on(async {
        let sqlite = Sqlite::migrated();
        let (shop, ada) = two_stores(&sqlite).await;
        assert_eq!(rows_on_sqlite(&sqlite, &OF_USERS), [2, 4, 2, 2, 2, 2, 2, 2]);
        remove_user(&shop, &ada).await;
        assert_eq!(rows_on_sqlite(&sqlite, &OF_USERS), [1, 2, 1, 1, 1, 1, 1, 1]);
        assert_eq!(rows_on_sqlite(&sqlite, &OF_STORES), [2, 2]);
        remove_store(&shop).await;
        assert_eq!(rows_on_sqlite(&sqlite, &OF_STORES), [1, 1]);
    });
}

#[test]
fn they_are_gone_with_their_user_and_their_store_on_postgres() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let (shop, ada) = two_stores(&postgres).await;
        assert_eq!(rows_on_postgres(&postgres, &OF_USERS).await, [2, 4, 2, 2, 2, 2, 2, 2]);
        remove_user(&shop, &ada).await;
        assert_eq!(rows_on_postgres(&postgres, &OF_USERS).await, [1, 2, 1, 1, 1, 1, 1, 1]);
        assert_eq!(rows_on_postgres(&postgres, &OF_STORES).await, [2, 2]);
        remove_store(&shop).await;
        assert_eq!(rows_on_postgres(&postgres, &OF_STORES).await, [1, 1]);
    });
}
