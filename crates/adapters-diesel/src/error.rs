//! What a failed statement means: the one place that reads the words of the two databases.
//!
//! diesel hands out no SQLSTATE, so a failure is told by its kind, by the name of the constraint
//! (PostgreSQL) or the columns (SQLite), and by its message. SQLite's messages are fixed. Those of
//! PostgreSQL follow `lc_messages`; what is not recognised in another language is run again once,
//! which covers a deadlock. [`Class::consequence`] is the table: error → rerun → keep the
//! connection.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error};
use domain::unit_of_work::{StoreError, Unique};

/// How often a unit is run again after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rerun {
    /// It would fail again.
    Never,
    /// Whether it helps is not known.
    Once,
    /// Another unit was in the way.
    Often,
}

/// A failure inside a unit of work.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// What the domain is told.
    pub(crate) error: StoreError,
    /// Whether the unit runs again.
    pub(crate) rerun: Rerun,
    /// The connection is gone, or leads to a server that takes no writes.
    pub(crate) drop_connection: bool,
    /// When it is COMMIT that failed: nothing was stored, for sure.
    pub(crate) refused: bool,
}

/// The kinds of failure that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Unique(Unique),
    ForeignKey,
    Busy,
    LockTimeout,
    StatementTimeout,
    ConnectionLost,
    ReadOnly,
    Full,
    Unreadable,
    Unknown,
}

/// Constraint on PostgreSQL, columns on SQLite, and what they mean.
const UNIQUE: [(&str, &str, Unique); 17] = [
    ("stores_pkey", "stores.id", Unique::StoreId),
    ("stores_name_folded_key", "stores.name_folded", Unique::StoreName),
    ("users_pkey", "users.store_id, users.id", Unique::UserId),
    ("users_login_name_folded_key", "users.store_id, users.login_name_folded", Unique::LoginName),
    ("users_external_id_key", "users.store_id, users.external_id", Unique::ExternalId),
    (
        "user_profiles_pkey",
        "user_profiles.store_id, user_profiles.user_id, user_profiles.key_folded",
        Unique::ProfileKey,
    ),
    ("users_email_claim_key", "users.store_id, users.email_claim", Unique::EmailAddress),
    ("groups_pkey", "groups.store_id, groups.id", Unique::GroupId),
    ("groups_name_folded_key", "groups.store_id, groups.name_folded", Unique::GroupName),
    (
        "memberships_pkey",
        "memberships.store_id, memberships.group_id, memberships.user_id",
        Unique::Membership,
    ),
    (
        "group_metadata_pkey",
        "group_metadata.store_id, group_metadata.group_id, group_metadata.key_folded",
        Unique::MetadataKey,
    ),
    (
        "group_nestings_pkey",
        "group_nestings.store_id, group_nestings.parent_id, group_nestings.child_id",
        Unique::Nesting,
    ),
    (
        "role_assignments_pkey",
        "role_assignments.store_id, role_assignments.holder_kind, role_assignments.holder_id, \
         role_assignments.role_folded, role_assignments.reach_store_id",
        Unique::Role,
    ),
    ("clients_pkey", "clients.store_id, clients.id", Unique::ClientId),
    ("clients_name_folded_key", "clients.store_id, clients.name_folded", Unique::ClientName),
    ("audit_entries_pkey", "audit_entries.store_id, audit_entries.id", Unique::AuditId),
    // A log outlives its store, and keeps the id.
    ("audit_logs_pkey", "audit_logs.store_id", Unique::StoreId),
];

/// Beginnings of messages, where the kind alone does not tell.
const MESSAGES: [(&str, Class); 17] = [
    // SQLite
    ("database is locked", Class::Busy),
    ("database table is locked", Class::Busy),
    ("database schema is locked", Class::Busy),
    ("database or disk is full", Class::Full),
    ("attempt to write a readonly database", Class::ReadOnly),
    ("disk I/O error", Class::ConnectionLost),
    ("unable to open database file", Class::ConnectionLost),
    ("database disk image is malformed", Class::Unreadable),
    ("file is not a database", Class::Unreadable),
    // A transaction that SQLite ended by itself: the savepoint is gone with it.
    ("no such savepoint", Class::ConnectionLost),
    // PostgreSQL
    ("deadlock detected", Class::Busy),
    ("canceling statement due to lock timeout", Class::LockTimeout),
    ("canceling statement due to statement timeout", Class::StatementTimeout),
    ("terminating connection", Class::ConnectionLost),
    ("the database system is", Class::ConnectionLost),
    // A pooler in front of PostgreSQL that lost its server.
    ("server closed the connection", Class::ConnectionLost),
    ("server conn crashed", Class::ConnectionLost),
];

impl Class {
    fn of(kind: DatabaseErrorKind, told: &dyn DatabaseErrorInformation) -> Self {
        match kind {
            DatabaseErrorKind::UniqueViolation => unique(told).map_or(Self::Unknown, Self::Unique),
            DatabaseErrorKind::ForeignKeyViolation => Self::ForeignKey,
            DatabaseErrorKind::SerializationFailure => Self::Busy,
            DatabaseErrorKind::ReadOnlyTransaction => Self::ReadOnly,
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => {
                Self::ConnectionLost
            }
            _ => MESSAGES
                .iter()
                .find(|(beginning, _)| told.message().starts_with(beginning))
                .map_or(Self::Unknown, |(_, class)| *class),
        }
    }

    fn consequence(self, message: String) -> Failure {
        let failure = |error, rerun, drop_connection, refused| Failure {
            error,
            rerun,
            drop_connection,
            refused,
        };
        let (keep, drop) = (false, true);
        let unavailable = StoreError::Unavailable;
        match self {
            Self::Unique(what) => failure(StoreError::Conflict { what }, Rerun::Never, keep, true),
            Self::ForeignKey => failure(StoreError::DanglingReference, Rerun::Never, keep, true),
            Self::Busy => failure(StoreError::Retryable, Rerun::Often, keep, true),
            Self::LockTimeout => failure(StoreError::Retryable, Rerun::Once, keep, true),
            Self::StatementTimeout => failure(unavailable(message), Rerun::Never, keep, false),
            Self::ConnectionLost => failure(unavailable(message), Rerun::Once, drop, false),
            Self::ReadOnly => failure(unavailable(message), Rerun::Once, drop, true),
            Self::Full => failure(unavailable(message), Rerun::Never, drop, true),
            Self::Unreadable => failure(StoreError::Corrupt(message), Rerun::Never, drop, false),
            Self::Unknown => failure(StoreError::Other(message), Rerun::Once, keep, false),
        }
    }
}

/// What a violated unique constraint means.
fn unique(told: &dyn DatabaseErrorInformation) -> Option<Unique> {
    let columns = told.message().strip_prefix("UNIQUE constraint failed: ");
    let constraint = told.constraint_name();
    UNIQUE
        .iter()
        .find(|(name, list, _)| constraint == Some(name) || columns == Some(list))
        .map(|(_, _, what)| *what)
}

impl Failure {
    /// A failure that leaves the connection in order and would come back.
    pub(crate) fn plain(error: StoreError) -> Self {
        Self { error, rerun: Rerun::Never, drop_connection: false, refused: false }
    }

    /// The database cannot be reached.
    pub(crate) fn unreachable(why: impl Into<String>) -> Self {
        Class::ConnectionLost.consequence(why.into())
    }

    /// Another unit was in the way.
    pub(crate) fn busy() -> Self {
        Class::Busy.consequence(String::new())
    }

    /// The same, but its unit runs again once at most.
    pub(crate) fn once(self) -> Self {
        let rerun = if self.rerun == Rerun::Often { Rerun::Once } else { self.rerun };
        Self { rerun, ..self }
    }

    /// Whether it ends the whole unit rather than the innermost savepoint.
    pub(crate) fn ends_unit(&self) -> bool {
        matches!(self.error, StoreError::Retryable | StoreError::Unavailable(_))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::plain(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::DatabaseError(kind, told) => {
                Class::of(kind, &*told).consequence(told.message().to_owned())
            }
            Error::DeserializationError(why) => Self::plain(StoreError::Corrupt(why.to_string())),
            Error::BrokenTransactionManager => Self::unreachable("the connection is broken"),
            other => Self::plain(StoreError::Other(other.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: DatabaseErrorKind, message: &str) -> Failure {
        Error::DatabaseError(kind, Box::new(message.to_owned())).into()
    }

    #[test]
    fn a_deadlock_is_run_again_often_and_an_unknown_failure_once() {
        let deadlock = failure(DatabaseErrorKind::Unknown, "deadlock detected");
        assert_eq!((deadlock.error, deadlock.rerun), (StoreError::Retryable, Rerun::Often));
        let unknown = failure(DatabaseErrorKind::Unknown, "Verklemmung entdeckt");
        assert_eq!(unknown.rerun, Rerun::Once);
        assert!(!unknown.ends_unit());
    }

    #[test]
    fn a_lost_connection_is_dropped_and_its_unit_run_again() {
        for told in [
            failure(DatabaseErrorKind::UnableToSendCommand, "connection closed"),
            failure(
                DatabaseErrorKind::Unknown,
                "terminating connection due to administrator command",
            ),
            failure(DatabaseErrorKind::ReadOnlyTransaction, "cannot execute INSERT"),
        ] {
            assert!(told.drop_connection && told.ends_unit(), "{told:?}");
            assert_eq!(told.rerun, Rerun::Once);
        }
    }

    #[test]
    fn every_unique_index_of_sqlite_has_a_meaning_of_its_own() {
        let meanings: Vec<_> = UNIQUE
            .iter()
            .map(|(_, columns, _)| {
                let message = format!("UNIQUE constraint failed: {columns}");
                failure(DatabaseErrorKind::UniqueViolation, &message).error
            })
            .collect();
        for (meaning, (_, _, what)) in meanings.iter().zip(UNIQUE) {
            assert_eq!(*meaning, StoreError::Conflict { what });
        }
    }

    /// Name and columns of every primary key and unique constraint in a migration.
    fn constraints(sql: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut table = "";
        for line in sql.lines() {
            if let Some(index) = line.strip_prefix("CREATE UNIQUE INDEX ") {
                let (name, rest) = index.split_once(" ON ").expect("a table");
                let (table, list) = rest.split_once(" (").expect("columns");
                found.push((name.to_owned(), columns(table, list.trim_end_matches(')'))));
            }
            if let Some(name) = line.strip_prefix("CREATE TABLE ") {
                table = name.trim_end_matches(" (");
            }
            let mut words = line.trim().splitn(3, ' ');
            let (Some("CONSTRAINT"), Some(name), Some(rest)) =
                (words.next(), words.next(), words.next())
            else {
                continue;
            };
            if rest.starts_with("FOREIGN KEY") {
                continue;
            }
            let list = rest.split(['(', ')']).nth(1).expect("columns");
            found.push((name.to_owned(), columns(table, list)));
        }
        found
    }

    fn columns(table: &str, list: &str) -> String {
        let columns: Vec<_> = list.split(", ").map(|one| format!("{table}.{one}")).collect();
        columns.join(", ")
    }

    #[test]
    fn every_unique_constraint_of_the_migrations_has_a_meaning() {
        // Written by this adapter alone, in a way that cannot collide.
        let without = [
            "client_roles_pkey",
            "audit_sequences_pkey",
            "kept_answers_pkey",
            "passwords_pkey",
            "password_history_pkey",
            "sign_in_attempts_pkey",
            "sign_in_names_pkey",
            "one_time_tokens_pkey",
            "sessions_pkey",
            "session_tokens_pkey",
            "second_factors_pkey",
            "recovery_codes_pkey",
            "outbox_pkey",
            "secret_keys_pkey",
            "audit_keys_pkey",
            "audit_keys_public_key_key",
            "leases_pkey",
            // Whoever writes these has made the log grow first, which one of several does.
            "audit_key_terms_pkey",
            "audit_pending_pkey",
            "audit_leaves_pkey",
            "audit_leaves_entry_id_key",
            "audit_tiles_pkey",
            "audit_checkpoints_pkey",
        ];
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        for database in ["sqlite", "postgres"] {
            let mut found = Vec::new();
            for migration in std::fs::read_dir(folder.join(database)).expect("migrations") {
                let up = migration.expect("a folder").path().join("up.sql");
                found.extend(constraints(&std::fs::read_to_string(up).expect("up.sql")));
            }
            found.retain(|(name, _)| !without.contains(&name.as_str()));
            found.sort();
            let mut known: Vec<_> = UNIQUE
                .iter()
                .map(|(name, columns, _)| ((*name).to_owned(), (*columns).to_owned()))
                .collect();
            known.sort();
            assert_eq!(found, known, "{database}");
        }
    }

    #[test]
    fn a_unique_index_without_meaning_is_no_conflict() {
        let told = failure(DatabaseErrorKind::UniqueViolation, "UNIQUE constraint failed: x.y");
        assert!(matches!(told.error, StoreError::Other(_)));
    }
}
