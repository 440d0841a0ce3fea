use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{Nullable, Text};
use diesel::{Connection as _, QueryableByName, RunQueryDsl as _, SqliteConnection, sql_query};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// The database of an installation, read and written past the program, in the words of both
/// databases.
pub(crate) struct Sql {
    place: Place,
}

enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

/// All rows of a database as they once were.
pub(crate) enum Backup {
    File(PathBuf),
    Tables(Vec<String>),
}

/// One column of what was asked for.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    value: Option<String>,
}

impl Sql {
    pub(super) fn at(url: &str) -> Self {
        let place = match url.strip_prefix("sqlite://") {
            Some(file) => Place::Sqlite(file.into()),
            None => Place::Postgres(url.to_owned()),
        };
        Self { place }
    }

    pub(crate) const fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::Sqlite(_))
    }

    /// Carries out one statement, and says how many rows it concerned.
    pub(crate) async fn execute(&self, statement: &str) -> u64 {
        match &self.place {
            Place::Sqlite(file) => {
                let done = sql_query(statement).execute(&mut open(file));
                done.unwrap_or_else(|error| panic!("{statement}: {error}")) as u64
            }
            Place::Postgres(url) => {
                let messages = connect(url).await.simple_query(statement).await;
                let messages = messages.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
                messages.iter().map(concerned).sum()
            }
        }
    }

    /// Carries out one statement that must concern exactly one row.
    pub(crate) async fn change_one(&self, statement: &str) {
        assert_eq!(self.execute(statement).await, 1, "{statement}");
    }

    /// The column `value` of a query, as text, where it is set.
    pub(crate) async fn texts(&self, query: &str) -> Vec<String> {
        let query = format!("SELECT CAST(value AS TEXT) AS value FROM ({query}) AS asked");
        match &self.place {
            Place::Sqlite(file) => {
                let rows = sql_query(&query).load::<Row>(&mut open(file));
                let rows = rows.unwrap_or_else(|error| panic!("{query}: {error}"));
                rows.into_iter().filter_map(|row| row.value).collect()
            }
            Place::Postgres(url) => {
                let messages = connect(url).await.simple_query(&query).await;
                let messages = messages.unwrap_or_else(|error| panic!("{query}: {error:?}"));
                messages.iter().filter_map(first_column).collect()
            }
        }
    }

    /// The one number that a query asks for as `value`.
    pub(crate) async fn number(&self, query: &str) -> u64 {
        let found = self.texts(query).await;
        let [number] = found.as_slice() else { panic!("{query}: {found:?}") };
        number.parse().unwrap_or_else(|error| panic!("{query}: {number}: {error}"))
    }

    /// An id as a literal.
    pub(crate) fn id(&self, id: &str) -> String {
        match self.place {
            Place::Sqlite(_) => format!("x'{}'", id.replace('-', "")),
            Place::Postgres(_) => format!("'{id}'::uuid"),
        }
    }

    /// Bytes as a literal.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> String {
        let hex = hex(bytes);
        match self.place {
            Place::Sqlite(_) => format!("x'{hex}'"),
            Place::Postgres(_) => format!(r"'\x{hex}'::bytea"),
        }
    }

    /// So many days, to be added to a column that holds a time.
    pub(crate) fn days(&self, days: u32) -> String {
        match self.place {
            Place::Sqlite(_) => (u64::from(days) * 86_400_000_000).to_string(),
            Place::Postgres(_) => format!("interval '{days} days'"),
        }
    }

    /// The names of all tables.
    pub(crate) async fn tables(&self) -> Vec<String> {
        let query = match self.place {
            Place::Sqlite(_) => "SELECT name AS value FROM sqlite_master WHERE type = 'table'",
            Place::Postgres(_) => {
                "SELECT tablename AS value FROM pg_tables WHERE schemaname = 'public'"
            }
        };
        self.texts(query).await
    }

    /// Every row of every table, as text: bytes are in hexadecimal digits.
    pub(crate) async fn dump(&self) -> String {
        let mut dump = String::new();
        for table in self.tables().await {
            let row = match self.place {
                Place::Sqlite(_) => self.columns(&table).await,
                Place::Postgres(_) => format!(r#"CAST("{table}" AS TEXT)"#),
            };
            for row in self.texts(&format!(r#"SELECT {row} AS value FROM "{table}""#)).await {
                dump.extend([table.as_str(), ": ", &row, "\n"]);
            }
        }
        dump
    }

    /// Every column of a table of SQLite, as an expression that is a text.
    async fn columns(&self, table: &str) -> String {
        let names = format!("SELECT name AS value FROM pragma_table_info('{table}')");
        let names = self.texts(&names).await.into_iter();
        names.map(|name| format!(r#"quote("{name}")"#)).collect::<Vec<_>>().join("||'|'||")
    }

    /// Keeps all rows as they are now.
    pub(crate) async fn back_up(&self) -> Backup {
        match &self.place {
            Place::Sqlite(file) => {
                let copy = file.with_extension("backup");
                self.execute(&format!("VACUUM INTO '{}'", copy.display())).await;
                Backup::File(copy)
            }
            Place::Postgres(url) => {
                let tables = self.tables().await;
                let copies = tables.iter().map(|table| {
                    format!(r#"CREATE TABLE backup."{table}" AS TABLE public."{table}";"#)
                });
                let script = format!("CREATE SCHEMA backup; {}", copies.collect::<String>());
                batch(url, &script).await;
                Backup::Tables(tables)
            }
        }
    }

    /// Brings back all rows as they were, while no node runs.
    pub(crate) async fn restore(&self, backup: &Backup) {
        match (&self.place, backup) {
            (Place::Sqlite(file), Backup::File(copy)) => {
                for ending in ["-wal", "-shm"] {
                    let mut beside = file.clone().into_os_string();
                    beside.push(ending);
                    // There is none where the last connection was closed in order.
                    let _ = std::fs::remove_file(beside);
                }
                std::fs::copy(copy, file).expect("the backup is copied");
            }
            (Place::Postgres(url), Backup::Tables(tables)) => {
                let all: Vec<_> =
                    tables.iter().map(|table| format!(r#"public."{table}""#)).collect();
                let copies = tables.iter().map(|table| {
                    format!(r#"INSERT INTO public."{table}" SELECT * FROM backup."{table}";"#)
                });
                // As a restore does, past all foreign keys.
                let script = format!(
                    "SET session_replication_role = replica; TRUNCATE {}; {}",
                    all.join(", "),
                    copies.collect::<String>()
                );
                batch(url, &script).await;
            }
            _ => panic!("a backup of the other database"),
        }
    }

    /// A transaction on PostgreSQL that has carried out `script`; it ends, and is undone, when what is
    /// given is dropped.
    pub(crate) async fn begin(&self, script: &str) -> Client {
        let Place::Postgres(url) = &self.place else { panic!("on PostgreSQL only") };
        let client = connect(url).await;
        let begun = client.batch_execute(&format!("BEGIN; {script}")).await;
        begun.unwrap_or_else(|error| panic!("{script}: {error:?}"));
        client
    }

    /// The bytes of all files of SQLite.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let Place::Sqlite(file) = &self.place else { return vec![] };
        let name = file.file_name().expect("a name").to_str().expect("UTF-8");
        let beside = std::fs::read_dir(file.parent().expect("a directory")).expect("a directory");
        let names = beside.map(|entry| entry.expect("an entry").path());
        let of_database = names.filter_map(|path| {
            let found = path.file_name()?.to_str()?.to_owned();
            found.starts_with(name).then(|| (found, std::fs::read(&path).expect("a file")))
        });
        of_database.collect()
    }
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn open(file: &Path) -> SqliteConnection {
    let file = file.to_str().expect("UTF-8");
    let mut connection = SqliteConnection::establish(file).expect("the file opens");
    connection.batch_execute("PRAGMA busy_timeout = 20000").expect("a pragma");
    connection
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

async fn batch(url: &str, script: &str) {
    let done = connect(url).await.batch_execute(script).await;
    done.unwrap_or_else(|error| panic!("{script}: {error:?}"));
}

fn concerned(message: &SimpleQueryMessage) -> u64 {
    match message {
        SimpleQueryMessage::CommandComplete(rows) => *rows,
        _ => 0,
    }
}

fn first_column(message: &SimpleQueryMessage) -> Option<String> {
    match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }
}
