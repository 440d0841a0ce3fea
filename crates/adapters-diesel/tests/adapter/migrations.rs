//! The two folders of migrations, and several nodes that run them at once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use adapters_diesel::Database;
use diesel::connection::SimpleConnection as _;
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

/// What a query says.
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
    WHERE m.type = 'table' AND m.name NOT IN ('__diesel_schema_migrations', 'sqlite_stat1') \
    ORDER BY m.name, c.cid";

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

/// Otherwise no index helps a filter that orders texts or asks how they begin.
#[test]
fn postgres_keeps_texts_that_indexes_order_byte_by_byte() {
    testkit::block_on(async {
        let ordered = "SELECT c.table_name || '.' || c.column_name || ' ' || \
            coalesce(c.collation_name, '-') FROM information_schema.columns c \
            JOIN pg_indexes i ON i.tablename = c.table_name AND i.schemaname = c.table_schema \
            WHERE c.table_schema = 'public' AND c.data_type = 'text' AND i.indexname LIKE '%_index' \
            AND i.indexdef ~ ('[(, ]' || c.column_name || '[,)]') ORDER BY 1";
        let found = postgres_lines(&Postgres::migrated().await, ordered).await;
        assert!(found.contains(&"audit_entries.primary_key C".to_owned()), "{found:?}");
        assert!(found.iter().all(|line| line.ends_with(" C")), "{found:?}");
    });
}

#[test]
fn sqlite_is_told_of_every_index_what_to_expect() {
    let sqlite = Sqlite::migrated();
    // The key of a table without row ids is told under the name of the table.
    let indexes = "SELECT m.name || '.' || CASE WHEN i.origin = 'pk' AND m.sql LIKE '%WITHOUT ROWID' \
        THEN m.name ELSE i.name END || ' ' || (SELECT count(*) + 1 FROM pragma_index_info(i.name)) \
        AS line FROM sqlite_master m JOIN pragma_index_list(m.name) i \
        WHERE m.type = 'table' AND m.name <> '__diesel_schema_migrations' ORDER BY 1";
    let told = "SELECT tbl || '.' || idx || ' ' || (length(stat) - length(replace(stat, ' ', '')) + 1) \
        AS line FROM sqlite_stat1 ORDER BY 1";
    assert_eq!(sqlite_lines(&sqlite, told), sqlite_lines(&sqlite, indexes));
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

/// What the version before the administration API has stored, with `:name:` for each
/// value that the databases write in different ways.
const BEFORE: &str = "
    INSERT INTO stores (id, name, name_folded, read_only, version) VALUES
        (:01:, 'Shop', 'shop', :no:, 1), (:02:, 'Closed', 'closed', :yes:, 1);
    INSERT INTO users (store_id, id, login_name, login_name_folded, first_name, last_name, email,
        email_confirmed, active, lock_enabled, locked, failed_sign_ins, password_never_expires,
        can_change_expired_password, initial_password, password_change_required, version) VALUES
        (:01:, :0a:, 'Ada', 'ada', 'ADA', 'ÄNGSTRÖM', 'Ada@Example.com',
            :no:, :yes:, :yes:, :no:, 0, :no:, :no:, :no:, :no:, 2),
        (:01:, :0b:, 'Bob', 'bob', '', NULL, NULL,
            :no:, :yes:, :yes:, :no:, 0, :no:, :no:, :no:, :no:, 3),
        (:02:, :0a:, 'Eve', 'eve', NULL, 'Straße', NULL,
            :no:, :yes:, :yes:, :no:, 3, :no:, :no:, :no:, :no:, 4);
    INSERT INTO user_profiles (store_id, user_id, key_folded, key, value)
        VALUES (:01:, :0a:, 'color', 'Color', 'red');
    INSERT INTO clients (store_id, id, name, name_folded, key_hash, created)
        VALUES (:01:, :0c:, 'Till', 'till', :key:, :now:);
    INSERT INTO client_roles (store_id, client_id, role, reach_store_id) VALUES
        (:01:, :0c:, 'SystemAdmin', :00:), (:01:, :0c:, 'UserManager', :02:);
    INSERT INTO audit_entries (store_id, id, timestamp, user_name, area, primary_key, action,
        data_source, signature, public_key) VALUES
        (:01:, 1, :now:, 'system', 'User', '00000000-0000-0000-0000-00000000000a', 'Added',
            '', :key:, :key:),
        (:01:, 5, :now:, 'system', 'User', '00000000-0000-0000-0000-00000000000a', 'Deleted',
            '', :key:, :key:),
        (:01:, 6, :now:, 'system', 'User', '00000000-0000-0000-0000-00000000000a', 'Added',
            '', :key:, :key:),
        (:01:, 8, :now:, 'system', 'User', '00000000-0000-0000-0000-00000000000a', 'Modified',
            '', :key:, :key:),
        (:01:, 9, :now:, 'system', 'Group', '00000000-0000-0000-0000-00000000000b', 'Added',
            '', :key:, :key:),
        (:02:, 7, :now:, 'system', 'User', '00000000-0000-0000-0000-00000000000a', 'Added',
            '', :key:, :key:);
";

/// More users than one chunk of the program takes, to be folded.
const MANY: usize = 2_500;

fn before(value: impl Fn(&str) -> String) -> String {
    let parts = BEFORE.split(':').enumerate();
    let known = parts.map(|(n, part)| if n % 2 == 1 { value(part) } else { part.to_owned() });
    let many = (0..MANY).map(|n| {
        format!(
            "INSERT INTO users (store_id, id, login_name, login_name_folded, last_name, \
             email_confirmed, active, lock_enabled, locked, failed_sign_ins, \
             password_never_expires, can_change_expired_password, initial_password, \
             password_change_required, version) VALUES ({store}, {id}, 'u{n}', 'u{n}', 'Ü{n}', \
             {no}, {no}, {no}, {no}, 0, {no}, {no}, {no}, {no}, 1);",
            store = value("01"),
            id = value(&format!("{:06x}", 0x10_0000 + n)),
            no = value("no"),
        )
    });
    known.chain(many).collect()
}

fn sqlite_value(name: &str) -> String {
    match name {
        "yes" => "1".to_owned(),
        "no" => "0".to_owned(),
        "now" => "1000000".to_owned(),
        "key" => format!("X'{}'", "07".repeat(32)),
        id => format!("X'{id:0>32}'"),
    }
}

fn postgres_value(name: &str) -> String {
    match name {
        "yes" => "true".to_owned(),
        "no" => "false".to_owned(),
        "now" => "to_timestamp(1)".to_owned(),
        "key" => format!("'\\x{}'::bytea", "07".repeat(32)),
        id => format!("'{id:0>32}'::uuid"),
    }
}

/// What the later migrations make of it, a line for each thing; the same on both databases.
const AFTER: [(&str, &[&str]); 7] = [
    (
        "SELECT name || ' ' || coalesce(settings, '-') AS line FROM stores ORDER BY name",
        &["Closed {\"readOnly\":true}", "Shop -"],
    ),
    (
        "SELECT login_name || ' ' || first_name_folded || ' ' || last_name_folded || ' ' \
         || email_folded || ' ' || coalesce(email_claim, '-') AS line FROM users \
         WHERE version > 1 ORDER BY version",
        &["Ada ada ängström ada@example.com -", "Bob    -", "Eve  straße  -"],
    ),
    (
        "SELECT CAST(count(*) AS text) AS line FROM users \
         WHERE version = 1 AND last_name_folded = 'ü' || substr(login_name, 2)",
        &["2500"],
    ),
    (
        "SELECT key || ' ' || value || ' ' || CAST(version AS text) AS line FROM user_profiles",
        &["Color red 1"],
    ),
    (
        "SELECT CAST(holder_kind AS text) || ' ' || role || ' ' || role_folded AS line \
         FROM role_assignments ORDER BY role_folded",
        &["3 SystemAdmin systemadmin", "3 UserManager usermanager"],
    ),
    (
        "SELECT u.login_name || ' ' || CAST(a.failures AS text) || ' ' \
         || CAST(a.window_failures + a.in_flight + a.epoch AS text) AS line \
         FROM sign_in_attempts a JOIN users u ON u.store_id = a.store_id AND u.id = a.user_id",
        &["Eve 3 0"],
    ),
    (
        "SELECT login_name || ' ' || CAST(number AS text) AS line FROM users \
         WHERE version > 1 ORDER BY version",
        &["Ada 6", "Bob 3", "Eve 7"],
    ),
];

/// What going back leaves of it.
const BACK: [(&str, &[&str]); 3] = [
    (
        "SELECT name || ' ' || CASE WHEN read_only THEN 'closed' ELSE 'open' END AS line \
         FROM stores ORDER BY name",
        &["Closed closed", "Shop open"],
    ),
    ("SELECT role AS line FROM client_roles ORDER BY role", &["SystemAdmin", "UserManager"]),
    (
        "SELECT login_name || ' ' || CAST(failed_sign_ins AS text) AS line FROM users \
         WHERE version > 1 ORDER BY version",
        &["Ada 0", "Bob 0", "Eve 3"],
    ),
];

/// Undoes all but the first, and names what was undone in the order of its making.
fn back_to_the_foundation(database: &Database) -> Vec<String> {
    let later: Vec<_> = folders("sqlite").into_iter().skip(1).rev().collect();
    assert_eq!(database.revert(later.len()).unwrap(), later);
    later.into_iter().rev().collect()
}

#[test]
fn what_the_foundation_held_is_brought_along_and_back_on_sqlite() {
    let sqlite = Sqlite::migrated();
    let columns = sqlite_lines(&sqlite, SQLITE_COLUMNS);
    let later = back_to_the_foundation(&sqlite.database);
    let mut conn = SqliteConnection::establish(sqlite.path().to_str().unwrap()).unwrap();
    conn.batch_execute(&format!("BEGIN; {} COMMIT;", before(sqlite_value))).unwrap();
    assert_eq!(sqlite.database.migrate().unwrap(), later);
    for (query, lines) in AFTER {
        assert_eq!(sqlite_lines(&sqlite, query), lines, "{query}");
    }
    assert_eq!(sqlite_lines(&sqlite, SQLITE_COLUMNS), columns);
    back_to_the_foundation(&sqlite.database);
    for (query, lines) in BACK {
        assert_eq!(sqlite_lines(&sqlite, query), lines, "{query}");
    }
}

#[test]
fn what_the_foundation_held_is_brought_along_and_back_on_postgres() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let later = back_to_the_foundation(&postgres.database);
        postgres.beside().await.batch_execute(&before(postgres_value)).await.unwrap();
        assert_eq!(postgres.database.migrate().unwrap(), later);
        for (query, lines) in AFTER {
            assert_eq!(postgres_lines(&postgres, query).await, lines, "{query}");
        }
        back_to_the_foundation(&postgres.database);
        for (query, lines) in BACK {
            assert_eq!(postgres_lines(&postgres, query).await, lines, "{query}");
        }
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
        let tables = ["STORES", "SECRET_KEYS", "AUDIT_KEYS", "LEASES"];
        let tables = tables.map(|table| format!("CREATE TABLE {table} "));
        let register = tables.iter().any(|table| statement.starts_with(table));
        if let Some(index) = statement.strip_prefix("CREATE UNIQUE INDEX ") {
            let (name, rest) = index.split_once(" ON ").unwrap();
            assert!(name.ends_with("_KEY"), "name it as a constraint: {statement}");
            assert!(rest.split_once('(').unwrap().1.starts_with("STORE_ID"), "{statement}");
            seen += 1;
        }
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
    assert!(seen >= 40, "{seen}");
}
