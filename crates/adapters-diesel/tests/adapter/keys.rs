//! The register of the keys that every node must have.

use std::thread;

use adapters_diesel::Database;

use crate::places::{Postgres, Sqlite, open};

/// What `first` registers, another node sees; of several that register a further one at once, one
/// does.
fn is_kept_once_and_in_order(first: &Database, url: &str) {
    assert_eq!(first.secret_keys(), Ok(vec![]));
    assert_eq!(first.register_secret_key(0, "zzzzzzzz"), Ok(()));
    thread::scope(|scope| {
        for id in ["aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"] {
            scope.spawn(move || {
                assert_eq!(open(url).register_secret_key(0, id), Ok(()));
                assert_eq!(open(url).register_secret_key(1, id), Ok(()));
            });
        }
    });
    let both = first.secret_keys().unwrap();
    assert_eq!((both.len(), both[0].as_str()), (2, "zzzzzzzz"));
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
    sqlite.database.register_secret_key(0, "aaaaaaaa").unwrap_err();
}
