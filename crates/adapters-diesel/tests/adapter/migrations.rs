//! The two folders of migrations, and several nodes that run them at once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use adapters_diesel::Database;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::places::{Postgres, Sqlite, open};

const FIRST: &str = "2026-11-22-000001_foundation";

fn folders(database: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(database);
    let mut names: Vec<_> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn both_folders_hold_the_same_migrations() {
    assert_eq!(folders("sqlite"), folders("postgres"));
    assert_eq!(folders("sqlite").first().map(String::as_str), Some(FIRST));
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What a query over SQLite's catalogue says.
fn sqlite_lines(database: &Sqlite, query: &str) -> Vec<String> {
    let path = database.path();
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let lines: Vec<Line> = diesel::sql_query(query).load(&mut conn).unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

async fn postgres_lines(database: &Postgres, query: &str) -> Vec<String> {
    let rows = database.beside().await.query(query, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

const SQLITE_SCHEMA: &str = "SELECT coalesce(sql, name) AS line FROM sqlite_master ORDER BY name";

const SQLITE_COLUMNS: &str = "SELECT m.name || '.' || c.name AS line \
    FROM sqlite_master m JOIN pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND m.name <> '__diesel_schema_migrations' ORDER BY m.name, c.cid";

const POSTGRES_COLUMNS: &str = "SELECT table_name || '.' || column_name \
    FROM information_schema.columns WHERE table_schema = 'public' \
    AND table_name NOT IN ('__diesel_schema_migrations', 'migration_lock') \
    ORDER BY table_name COLLATE \"C\", ordinal_position";

const POSTGRES_SCHEMA: &str = "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable \
        || coalesce(' ' || collation_name, '') AS line \
    FROM information_schema.columns WHERE table_schema = 'public' \
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) \
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1";

#[test]
fn both_databases_have_the_same_tables_and_columns() {
    testkit::block_on(async {
        let sqlite = sqlite_lines(&Sqlite::migrated(), SQLITE_COLUMNS);
        let postgres = postgres_lines(&Postgres::migrated().await, POSTGRES_COLUMNS).await;
        assert_eq!(sqlite, postgres);
        assert!(sqlite.contains(&"users.login_name_folded".to_owned()), "{sqlite:?}");
    });
}

/// Up, all down, up again: each time the same is pending and done.
fn round_trip(database: &Database) {
    let every = folders("sqlite");
    let reversed: Vec<_> = every.iter().rev().cloned().collect();
    assert_eq!(database.pending().unwrap(), Vec::<String>::new());
    assert_eq!(database.revert(usize::MAX).unwrap(), reversed);
    assert_eq!(database.pending().unwrap(), every);
    assert_eq!(database.migrate().unwrap(), every);
    assert_eq!(database.migrate().unwrap(), Vec::<String>::new());
}

#[test]
fn up_down_up_ends_where_it_began_on_sqlite() {
    let sqlite = Sqlite::migrated();
    let before = sqlite_lines(&sqlite, SQLITE_SCHEMA);
    round_trip(&sqlite.database);
    assert_eq!(sqlite_lines(&sqlite, SQLITE_SCHEMA), before);
    sqlite.database.revert(usize::MAX).unwrap();
    assert_eq!(sqlite_lines(&sqlite, SQLITE_COLUMNS), Vec::<String>::new());
}

#[test]
fn up_down_up_ends_where_it_began_on_postgres() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let before = postgres_lines(&postgres, POSTGRES_SCHEMA).await;
        round_trip(&postgres.database);
        assert_eq!(postgres_lines(&postgres, POSTGRES_SCHEMA).await, before);
        postgres.database.revert(usize::MAX).unwrap();
        assert_eq!(postgres_lines(&postgres, POSTGRES_COLUMNS).await, Vec::<String>::new());
    });
}

/// The rights of a node that serves and does not migrate.
fn rights(role: &str) -> String {
    format!(
        "CREATE ROLE {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    )
}

#[test]
fn a_node_that_may_make_no_tables_serves_and_sees_what_is_pending() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let place: tokio_postgres::Config = postgres.url().parse().unwrap();
        let role = format!("only_serves_{}", place.get_dbname().unwrap());
        postgres.beside().await.batch_execute(&rights(&role)).await.unwrap();
        let sign = if postgres.url().contains('?') { '&' } else { '?' };
        let restricted = open(&format!("{}{sign}options=-c%20role%3D{role}", postgres.url()));
        assert_eq!(restricted.pending().unwrap(), Vec::<String>::new());
        assert_eq!(restricted.ping().await, Ok(()));
        restricted.revert(1).unwrap_err();

        let empty = Postgres::empty().await;
        assert_eq!(empty.database.pending().unwrap(), folders("postgres"));
        let tables = "SELECT table_name::text FROM information_schema.tables \
                      WHERE table_schema = 'public'";
        assert_eq!(postgres_lines(&empty, tables).await, Vec::<String>::new());
        let cleaning = format!("DROP OWNED BY {role}; DROP ROLE {role}");
        restricted.close();
        postgres.beside().await.batch_execute(&cleaning).await.unwrap();
    });
}

/// Four nodes that start at the same moment: each migration is done by exactly one.
fn four_nodes(url: &str) {
    let start = Barrier::new(4);
    let done = thread::scope(|scope| {
        let nodes: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    open(url).migrate().unwrap()
                })
            })
            .collect();
        nodes.into_iter().flat_map(|node| node.join().unwrap()).collect::<Vec<_>>()
    });
    let mut count = BTreeMap::new();
    for name in done {
        *count.entry(name).or_insert(0) += 1;
    }
    assert_eq!(count, folders("sqlite").into_iter().map(|name| (name, 1)).collect());
    assert_eq!(open(url).pending().unwrap(), Vec::<String>::new());
}

#[test]
fn four_nodes_migrate_an_empty_file() {
    for _ in 0..3 {
        let directory = tempfile::tempdir().unwrap();
        four_nodes(&format!("sqlite://{}", directory.path().join("test.db").display()));
    }
}

#[test]
fn four_nodes_migrate_an_old_file() {
    let sqlite = Sqlite::migrated();
    sqlite.database.revert(usize::MAX).unwrap();
    four_nodes(&sqlite.url());
}

#[test]
fn four_nodes_migrate_an_empty_server() {
    testkit::block_on(async {
        for _ in 0..3 {
            four_nodes(&Postgres::empty().await.url());
        }
    });
}

#[test]
fn four_nodes_migrate_an_old_server() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        postgres.database.revert(usize::MAX).unwrap();
        four_nodes(&postgres.url());
    });
}

/// Every statement of every migration, in upper case, without comments.
fn statements() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
    let mut statements = Vec::new();
    for (database, folder) in
        ["sqlite", "postgres"].into_iter().flat_map(|d| folders(d).into_iter().map(move |f| (d, f)))
    {
        for file in ["up.sql", "down.sql"] {
            let sql =
                std::fs::read_to_string(root.join(database).join(&folder).join(file)).unwrap();
            let lines = sql.lines().map(|line| line.split("--").next().unwrap());
            let sql = lines.collect::<Vec<_>>().join("\n").to_uppercase();
            statements.extend(sql.split(';').map(str::trim).map(str::to_owned));
        }
    }
    statements.retain(|statement| !statement.is_empty());
    statements
}

#[test]
fn migrations_use_nothing_that_a_distributed_database_lacks() {
    let banned = [
        "TRIGGER",
        "SEQUENCE ",
        "SERIAL",
        "AUTOINCREMENT",
        "IDENTITY",
        "ADVISORY",
        "DEFERRABLE",
        "EXCLUDE",
        "LISTEN",
        "NOTIFY",
        "FUNCTION",
        "PROCEDURE",
        "DO $",
        "LOCK TABLE",
        "CITEXT",
        "NOCASE",
    ];
    for statement in statements() {
        let found: Vec<_> = banned.iter().filter(|word| statement.contains(**word)).collect();
        assert!(found.is_empty(), "{found:?} in {statement}");
    }
}

#[test]
fn every_unique_index_begins_with_the_store_id() {
    let mut seen = 0;
    for statement in statements() {
        let register = statement.starts_with("CREATE TABLE STORES");
        assert!(
            !statement.starts_with("CREATE UNIQUE INDEX"),
            "name it as a constraint: {statement}"
        );
        for line in statement.lines().map(str::trim) {
            let Some((_, columns)) =
                line.split_once("PRIMARY KEY (").or_else(|| line.split_once("UNIQUE ("))
            else {
                continue;
            };
            seen += 1;
            assert!(register || columns.starts_with("STORE_ID"), "{line}");
        }
    }
    assert!(seen >= 28, "{seen}");
}
