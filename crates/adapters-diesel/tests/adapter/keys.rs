//! The register of the keys that every node must have.

use std::thread;

use adapters_diesel::Database;
use domain::time::Instant;

use crate::places::{Postgres, Sqlite, open};

fn at(micros: i64) -> Instant {
    Instant::from_micros(micros).unwrap()
}

/// What `first` registers, another node sees, however often and by whom it is registered.
fn is_kept_once_and_in_order(first: &Database, url: &str) {
    assert_eq!(first.secret_keys(), Ok(vec![]));
    assert_eq!(first.register_secret_key("zzzzzzzz", at(1)), Ok(()));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for id in ["aaaaaaaa", "zzzzzzzz"] {
                    assert_eq!(open(url).register_secret_key(id, at(2)), Ok(()));
                }
            });
        }
    });
    let both = vec!["zzzzzzzz".to_owned(), "aaaaaaaa".to_owned()];
    assert_eq!(first.secret_keys(), Ok(both.clone()));
    assert_eq!(open(url).secret_keys(), Ok(both));
}

#[test]
fn a_key_is_registered_once_and_the_oldest_is_told_first_on_sqlite() {
    let sqlite = Sqlite::migrated();
    is_kept_once_and_in_order(&sqlite.database, &sqlite.url());
}

#[test]
fn a_key_is_registered_once_and_the_oldest_is_told_first_on_postgres() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        is_kept_once_and_in_order(&postgres.database, &postgres.url());
    });
}

#[test]
fn a_database_without_tables_has_no_register() {
    let sqlite = Sqlite::empty();
    sqlite.database.secret_keys().unwrap_err();
    sqlite.database.register_secret_key("aaaaaaaa", at(1)).unwrap_err();
}
