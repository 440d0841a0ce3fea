//! What a migration may say: SQL that every PostgreSQL-like database understands and can spread over
//! nodes by the store id.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::{files, name, read, root};

/// Words that bind a schema to one server, or put rules where no test of ours sees them.
const FORBIDDEN: [&str; 20] = [
    "ADVISORY",
    "AUTOINCREMENT",
    "AUTO_INCREMENT",
    "BIGSERIAL",
    "CITEXT",
    "DEFERRABLE",
    "DEFERRED",
    "EXCLUDE",
    "FUNCTION",
    "GENERATED",
    "IDENTITY",
    "LISTEN",
    "LOCK",
    "NOCASE",
    "NOTIFY",
    "PROCEDURE",
    "SEQUENCE",
    "SERIAL",
    "SMALLSERIAL",
    "TRIGGER",
];

/// The tables that do not belong to a store: the stores themselves, what is known before any, and what
/// nodes share.
const WITHOUT_STORE: [&str; 4] = ["stores", "secret_keys", "audit_keys", "leases"];

const FOLDERS: [&str; 2] = ["migrations/postgres", "migrations/sqlite"];

/// The statements of a script, in words: upper case, comments left out, punctuation on its own.
fn statements(sql: &str) -> Vec<Vec<String>> {
    let bare = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let spaced: String = bare
        .flat_map(|line| line.chars().chain(['\n']))
        .flat_map(|c| match c {
            '(' | ')' | ',' | ';' => vec![' ', c, ' '],
            '"' | '`' => vec![],
            _ => vec![c.to_ascii_uppercase()],
        })
        .collect();
    spaced
        .split(';')
        .map(|statement| statement.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter(|words| !words.is_empty())
        .collect()
}

/// The table that a statement makes or adds an index to.
fn table(words: &[String]) -> Option<&str> {
    let after = |word: &str| {
        let place = words.iter().position(|found| found == word)?;
        let skipped = ["IF", "NOT", "EXISTS"];
        words.iter().skip(place + 1).find(|word| !skipped.contains(&word.as_str()))
    };
    let is_index = words.iter().take(3).any(|word| word == "INDEX");
    after(if is_index { "ON" } else { "TABLE" }).map(String::as_str)
}

/// The first column of every primary key and unique index that a statement makes.
fn leading_columns(words: &[String]) -> Vec<String> {
    let makes_index = words.iter().take(3).any(|word| word == "INDEX");
    let mut leading = vec![];
    for (place, word) in words.iter().enumerate() {
        let (is_key, next) = match word.as_str() {
            "PRIMARY" => (true, place + 2),
            "UNIQUE" => (true, place + 1),
            _ => (false, place),
        };
        if !is_key {
            continue;
        }
        // A table constraint and an index list their columns; a column constraint stands at its own.
        let list = if makes_index {
            words.iter().position(|word| word == "(")
        } else {
            words.get(next).filter(|word| *word == "(").map(|_| next)
        };
        leading.push(match list {
            Some(open) => words.get(open + 1).cloned().unwrap_or_default(),
            None => column_of(words, place),
        });
    }
    leading
}

/// The column whose definition the word at `place` belongs to.
fn column_of(words: &[String], place: usize) -> String {
    let before = words.iter().take(place).rposition(|word| word == "(" || word == ",");
    before.and_then(|start| words.get(start + 1)).cloned().unwrap_or_default()
}

fn faults(sql: &str) -> Vec<String> {
    let mut faults = vec![];
    for words in statements(sql) {
        let forbidden = words.iter().filter(|word| FORBIDDEN.contains(&word.as_str()));
        faults.extend(forbidden.map(|word| format!("says {word}")));
        let Some(table) = table(&words) else { continue };
        if WITHOUT_STORE.iter().any(|known| known.eq_ignore_ascii_case(table)) {
            continue;
        }
        let leading = leading_columns(&words).into_iter().filter(|column| column != "STORE_ID");
        faults.extend(leading.map(|column| format!("a key of {table} begins with {column}")));
    }
    faults
}

fn migrations(folder: &str) -> BTreeSet<PathBuf> {
    let folder = root().join(folder);
    let scripts = files(&folder, ".sql").into_iter();
    scripts.map(|path| path.strip_prefix(&folder).expect("inside").to_owned()).collect()
}

#[test]
fn every_migration_is_portable() {
    for folder in FOLDERS {
        for path in files(&root().join(folder), ".sql") {
            let faults = faults(&read(&path));
            assert!(faults.is_empty(), "{}: {}", name(&path), faults.join("; "));
        }
    }
}

#[test]
fn both_databases_have_the_same_migrations_up_and_down() {
    let [postgres, sqlite] = FOLDERS.map(migrations);
    assert!(!postgres.is_empty(), "there are migrations");
    assert_eq!(postgres, sqlite);
    for path in &postgres {
        let other = if path.ends_with("up.sql") { "down.sql" } else { "up.sql" };
        assert!(
            postgres.contains(&path.with_file_name(other)),
            "{} has no {other}",
            path.display()
        );
    }
}

#[test]
fn the_lint_finds_what_it_forbids() {
    for (sql, expected) in [
        ("CREATE TABLE t (store_id uuid, id uuid, PRIMARY KEY (store_id, id));", 0),
        ("CREATE TABLE stores (id uuid PRIMARY KEY, name text UNIQUE);", 0),
        ("CREATE TABLE t (id uuid PRIMARY KEY);", 1),
        ("CREATE TABLE t (a uuid, b text NOT NULL UNIQUE, PRIMARY KEY (a));", 2),
        ("CREATE TABLE t (store_id uuid, CONSTRAINT c UNIQUE (name, store_id));", 1),
        ("CREATE UNIQUE INDEX i ON t (name);", 1),
        ("CREATE UNIQUE INDEX IF NOT EXISTS i ON t (store_id, name);", 0),
        ("CREATE INDEX i ON t (name);", 0),
        ("-- LISTEN to no TRIGGER\nSELECT 1;", 0),
        ("create trigger t after insert on x begin select 1; end;", 1),
        ("CREATE TABLE t (store_id uuid, n bigserial, PRIMARY KEY (store_id));", 1),
    ] {
        assert_eq!(faults(sql).len(), expected, "{sql}: {:?}", faults(sql));
    }
}
