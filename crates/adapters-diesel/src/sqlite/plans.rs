//! How SQLite finds what the repositories ask for: by an index, however large the store is.

mod log;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::access::{AssignmentFilter, Grant, Holder, Reach, RoleName};
use domain::attempt::{Attempts, NameKey, NameRecord};
use domain::attribute::{AttributeOrder, AttributeQuery};
use domain::audit::{EntryOrder, EntryProperty, EntryQuery};
use domain::delivery::{Claimed, Delivery, DeliveryId};
use domain::filter::{Filter, Property};
use domain::group::{Direction, GroupOrder, GroupProperty, GroupQuery, GroupScope, Membership};
use domain::id::{AuditId, ClientId, GroupId, SessionId, StoreId, UserId};
use domain::page::{Order, Place, SortKey};
use domain::password::PasswordHash;
use domain::second_factor::{RecoveryHash, SecondFactor};
use domain::text::Folded;
use domain::time::Instant;
use domain::token::{Purpose, TokenHash};
use domain::unit_of_work::{Access, InStore, Transaction, Verdict, Work};
use domain::user::{EmailAddress, ExternalId, Holdings, UserOrder, UserProperty, UserQuery};
use uuid::Uuid;

use super::{Conn, Connector, Role, migrate, shared};
use crate::counter::Counter;
use crate::migration::Direction as Way;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// An empty database, on which every call is told as the plan of its statements.
struct Planner {
    conn: Conn,
    sent: Arc<Mutex<Vec<String>>>,
    _directory: tempfile::TempDir,
}

impl Planner {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("test.db");
        let connector = Connector::new(&path, Duration::from_secs(5), Counter::default());
        migrate(&connector, Way::Up).expect("migrates");
        let mut conn = connector.for_role(Role::Writer).connect().expect("opens");
        let sent = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&sent);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::StartQuery { query, .. } = event {
                told.lock().expect("no panic").push(query.to_string());
            }
        });
        Self { conn, sent, _directory: directory }
    }

    /// The plans of the statements of a call, line by line; it need not succeed.
    fn plans(
        &mut self,
        mut call: impl FnMut(&mut dyn Transaction) + Send + 'static,
    ) -> Vec<String> {
        self.sent.lock().expect("no panic").clear();
        let mut work: Work = Box::new(move |tx| {
            call(tx);
            Verdict::Rollback
        });
        shared::unit::run(&mut self.conn, Access::Write, &mut work);
        let sent = std::mem::take(&mut *self.sent.lock().expect("no panic"));
        assert!(!sent.is_empty(), "a statement");
        sent.iter().flat_map(|statement| self.plan(statement)).collect()
    }

    fn plan(&mut self, statement: &str) -> Vec<String> {
        let statement = statement.split(" -- binds").next().unwrap_or_default();
        let explain = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}"));
        let lines: Vec<Line> = explain.load(&mut self.conn).expect(statement);
        lines.into_iter().map(|line| line.detail).collect()
    }

    /// The plans of a call in one store.
    fn here(&mut self, call: impl Fn(&mut dyn InStore) + Send + 'static) -> Vec<String> {
        self.plans(move |tx| call(&mut *tx.store(StoreId::new(Uuid::from_u128(1)))))
    }

    /// Asserts that a call finds each row by a key, and walks along nothing.
    fn assert_looks_up(&mut self, what: &str, call: impl Fn(&mut dyn InStore) + Send + 'static) {
        let plans = self.here(call);
        for line in &plans {
            assert!(!walks_a_table(line) && !walks_a_store(line), "{what}: {plans:#?}");
        }
    }

    /// Asserts that a list goes along an index in its order, so that a page costs its own length.
    fn assert_goes_along(&mut self, what: &str, call: impl Fn(&mut dyn InStore) + Send + 'static) {
        let plans = self.here(call);
        for line in &plans {
            assert!(!walks_a_table(line) && !line.contains("TEMP B-TREE"), "{what}: {plans:#?}");
        }
    }
}

/// Whether a line tells of a walk over all stores.
fn walks_a_table(line: &str) -> bool {
    let tables = [
        "stores",
        "users",
        "user_profiles",
        "groups",
        "group_metadata",
        "group_nestings",
        "memberships",
        "clients",
        "role_assignments",
        "audit_entries",
        "kept_answers",
        "passwords",
        "password_history",
        "sign_in_attempts",
        "sign_in_names",
        "one_time_tokens",
        "sessions",
        "session_tokens",
        "second_factors",
        "recovery_codes",
        "outbox",
        "audit_pending",
        "audit_logs",
        "audit_key_terms",
        "audit_leaves",
        "audit_tiles",
        "audit_checkpoints",
        "log",
        "term",
        "any_term",
        "entry",
        "leaf",
        "run",
        "nesting",
        "held",
        "counted",
        "earlier",
    ];
    let scanned = line.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
    // That index holds the administrators alone.
    let few = line.contains("role_assignments_administrator_index");
    scanned.is_some_and(|table| tables.contains(&table)) && !few
}

/// Whether a line tells of a walk over a whole store. There a log has one row, and a few for its keys.
fn walks_a_store(line: &str) -> bool {
    let table = line.strip_prefix("SEARCH ").and_then(|rest| rest.split(' ').next());
    let of_few = ["audit_logs", "log", "audit_key_terms", "any_term"];
    line.contains("(store_id=?)") && !table.is_some_and(|table| of_few.contains(&table))
}

fn user(n: u128) -> UserId {
    UserId::new(Uuid::from_u128(n))
}

fn number(n: i64) -> AuditId {
    AuditId::new(n).expect("a number")
}

fn group(n: u128) -> GroupId {
    GroupId::new(Uuid::from_u128(n))
}

/// Every order of a list, both ways.
fn orders<S: SortKey>() -> impl Iterator<Item = Order<S>> {
    let both = |by: &S| [false, true].map(|descending| Order { by: *by, descending });
    S::ALL.iter().flat_map(both)
}

/// The first page of a list, and a later one.
fn places<K: Clone>(id: K) -> [Option<Place<K>>; 2] {
    [None, Some(Place { sort: "m".into(), id })]
}

fn filter<P: Property>(text: &str) -> Arc<Filter<P>> {
    Arc::new(Filter::parse(text).expect("a filter"))
}

#[test]
fn every_list_goes_along_an_index_in_every_order() {
    let mut planner = Planner::new();
    for order in orders::<UserOrder>() {
        for after in places(user(7)) {
            let query = UserQuery { filter: None, order, after, limit: 100 };
            planner.assert_goes_along(&format!("{query:?}"), move |here| {
                here.users().list(&query).expect("a list");
            });
        }
    }
    for order in orders::<GroupOrder>() {
        for after in places(group(7)) {
            let query = GroupQuery { filter: None, order, after, limit: 100 };
            planner.assert_goes_along(&format!("{query:?}"), move |here| {
                here.groups().list(GroupScope::All, &query).expect("a list");
            });
        }
    }
    for order in orders::<AttributeOrder>() {
        for after in places(Folded::of("m")) {
            let query = AttributeQuery { filter: None, order, after, limit: 100 };
            planner.assert_goes_along(&format!("{query:?}"), move |here| {
                here.profiles().list(user(1), &query).expect("a list");
                here.metadata().list(group(1), &query).expect("a list");
            });
        }
    }
    for order in orders::<EntryOrder>() {
        for after in places(number(7)) {
            let query = EntryQuery { filter: None, order, after, limit: 100 };
            planner.assert_goes_along(&format!("{query:?}"), move |here| {
                here.audit().list(&query).expect("a list");
                here.log().entries(&query).expect("a list");
            });
        }
    }
}

#[test]
fn pages_without_filters_go_along_an_index() {
    let mut planner = Planner::new();
    planner.assert_goes_along("pages", |here| {
        here.users().check(Some(user(7)), 100).expect("a page");
        here.groups().check(Some(group(7)), 100).expect("a page");
        here.clients().page(Some(ClientId::new(Uuid::nil())), 100).expect("a page");
    });
    let role = RoleName::parse("HelpDesk").expect("a name");
    let grant = Grant::new(role.clone(), Reach::Everywhere).expect("a grant");
    let held = |holder| domain::access::Assignment { holder, grant: grant.clone() };
    for holder in [None, Some(Holder::User(user(1)))] {
        for role in [None, Some(role.clone())] {
            for after in [None, Some(held(Holder::Group(group(1))))] {
                let filter =
                    AssignmentFilter { holder, role: role.clone(), reach: Some(grant.reach()) };
                planner.assert_goes_along(&format!("{filter:?} {after:?}"), move |here| {
                    here.roles().page(&filter, after.clone(), 100).expect("a page");
                });
            }
        }
    }
}

#[test]
fn what_is_asked_for_by_an_indexed_property_is_looked_up() {
    let mut planner = Planner::new();
    for text in [
        r#"id eq "00000000-0000-0000-0000-000000000001""#,
        r#"loginName eq "Ada""#,
        r#"externalUniqueIdentifier eq "7""#,
        r#"lastName eq "Lovelace""#,
        r#"emailAddress eq "ada@example.com" and isUserActive eq true"#,
    ] {
        for descending in [false, true] {
            let order = Order { by: UserOrder::Id, descending };
            let filter = Some(filter::<UserProperty>(text));
            let query = UserQuery { filter, order, after: None, limit: 100 };
            planner.assert_looks_up(text, move |here| {
                here.users().list(&query).expect("a list");
            });
        }
    }
    let query = GroupQuery {
        filter: Some(filter::<GroupProperty>(r#"name eq "Staff""#)),
        ..GroupQuery::first(GroupOrder::Id, 100)
    };
    planner.assert_looks_up("name eq", move |here| {
        here.groups().list(GroupScope::All, &query).expect("a list");
    });
    let query = EntryQuery {
        filter: Some(filter::<EntryProperty>(r#"primaryKey eq "7" and area eq "User""#)),
        ..EntryQuery::first(EntryOrder::Id, 100)
    };
    planner.assert_looks_up("primaryKey eq", move |here| {
        here.audit().list(&query).expect("a list");
        here.log().entries(&query).expect("a list");
    });
}

#[test]
fn users_and_groups_are_looked_up() {
    let mut planner = Planner::new();
    planner.assert_looks_up("holders", |here| {
        let wanted = Holdings {
            login_names: vec![Folded::of("ada"), Folded::of("bob")],
            external_ids: vec![ExternalId::parse("7").expect("valid")],
            addresses: vec![EmailAddress::parse("ada@example.com").expect("valid")],
        };
        here.users().holders(&wanted).expect("a look-up");
    });
    planner.assert_looks_up("by ids", |here| {
        here.users().find(user(1)).expect("a look-up");
        here.users().find_all_for_update(&[user(1)]).expect("a look-up");
        here.users().find_all_for_update(&[user(1), user(2)]).expect("a look-up");
        here.users().find_by_login_name(&Folded::of("ada")).expect("a look-up");
        here.groups().find_all(&[group(1), group(2)]).expect("a look-up");
        here.groups().find_by_names(&[Folded::of("a"), Folded::of("b")]).expect("a look-up");
    });
    planner.assert_looks_up("attributes", |here| {
        let keys = [Folded::of("a"), Folded::of("b")];
        here.profiles().find_all(user(1), &keys).expect("a look-up");
        here.profiles().of(user(1)).expect("a look-up");
        here.profiles().of_all(&[user(1), user(2)]).expect("a look-up");
        here.metadata().extent(group(1)).expect("a look-up");
    });
}

#[test]
fn relations_are_looked_up_however_deep_groups_nest() {
    let mut planner = Planner::new();
    for after in [None, Some(Membership { group: group(1), user: user(1) })] {
        planner.assert_looks_up("memberships", move |here| {
            here.memberships().groups_of(user(1)).expect("a look-up");
            here.memberships().groups_of_all(&[user(1), user(2)]).expect("a look-up");
            let groups = [group(1), group(2), group(3)];
            here.memberships().members_of_all(&groups, after, 100).expect("a look-up");
            here.memberships().members_of_all(&[group(1)], after, 100).expect("a look-up");
            here.memberships().in_all(&groups).expect("a look-up");
        });
    }
    planner.assert_looks_up("nestings", |here| {
        let groups = [group(1), group(2)];
        here.nestings().parents_of_all(&groups).expect("a look-up");
        here.nestings().children_of_all(&groups).expect("a look-up");
        here.nestings().below(&groups).expect("a look-up");
        here.nestings().above(&groups).expect("a look-up");
    });
    let around = |direction| GroupScope::Around(group(1), direction);
    let scopes = [GroupScope::OfUser(user(1)), around(Direction::Up), around(Direction::Down)];
    for scope in scopes {
        for order in orders::<GroupOrder>() {
            for after in places(group(7)) {
                let query = GroupQuery { filter: None, order, after, limit: 100 };
                planner.assert_looks_up(&format!("{scope:?} {query:?}"), move |here| {
                    here.groups().list(scope, &query).expect("a list");
                });
            }
        }
    }
}

#[test]
fn roles_and_administrators_are_looked_up() {
    let mut planner = Planner::new();
    planner.assert_looks_up("roles", |here| {
        let holders = [Holder::User(user(1)), Holder::Group(group(1))];
        here.roles().of(&holders).expect("a look-up");
        here.roles().held_by_users(&[user(1), user(2)]).expect("a look-up");
        here.roles().given_by_groups(&[group(1), group(2)]).expect("a look-up");
    });
    let plans = planner.plans(|tx| {
        tx.administrators().lock().expect("a lock");
        let now = Instant::from_micros(0).expect("a moment");
        tx.administrators().any(now).expect("an answer");
    });
    assert!(!plans.iter().any(|line| walks_a_table(line)), "{plans:#?}");
}

fn instant(micros: i64) -> Instant {
    Instant::from_micros(micros).expect("a moment")
}

#[test]
fn what_is_kept_of_passwords_and_attempts_is_looked_up() {
    let mut planner = Planner::new();
    planner.assert_looks_up("passwords", |here| {
        here.passwords().find(user(1)).expect("a look-up");
        here.passwords().history(user(1), 24).expect("a look-up");
        let hash = PasswordHash::parse("$a").expect("a hash");
        here.passwords().rehash(user(1), &hash, &hash).expect("a change");
    });
    planner.assert_looks_up("tokens", |here| {
        let hash = TokenHash::from_bytes([7; 32]);
        here.tokens().find(user(1), Purpose::PasswordReset).expect("a look-up");
        here.tokens().take(user(1), Purpose::PasswordReset, &hash).expect("a change");
        here.tokens().clear(&[user(1)]).expect("a change");
    });
    planner.assert_looks_up("attempts", |here| {
        here.attempts().clear(&[user(1), user(2)]).expect("a change");
        // There is no such row.
        here.attempts().save(user(1), &Attempts::default()).expect_err("stale");
    });
    planner.assert_looks_up("names", |here| {
        let names = [1, 2].map(|n| NameKey::from_bytes([n; 32]));
        here.throttle().clear(&names).expect("a change");
        here.throttle().save(&names[0], &NameRecord::default()).expect_err("stale");
    });
}

/// However many have signed in: whose session a token belongs to costs a descent into each table.
#[test]
fn sessions_are_looked_up_by_what_is_shown() {
    let mut planner = Planner::new();
    let plans = planner.plans(|tx| {
        let hash = TokenHash::from_bytes([7; 32]);
        tx.sessions().find_by_token(&hash).expect("a look-up");
        tx.sessions().find_by_refresh(&hash).expect("a look-up");
    });
    for line in &plans {
        assert!(!walks_a_table(line), "{plans:#?}");
    }
    for index in [
        "session_tokens_token_hash_index (token_hash=?)",
        "sessions USING PRIMARY KEY (store_id=? AND id=?)",
        "users USING PRIMARY KEY (store_id=? AND id=?)",
        "sessions_refresh_hash_index (refresh_hash=?)",
    ] {
        assert!(plans.iter().any(|line| line.contains(index)), "{index}: {plans:#?}");
    }
}

#[test]
fn what_is_kept_of_sessions_and_second_factors_is_looked_up() {
    let mut planner = Planner::new();
    let id = SessionId::new(Uuid::from_u128(1));
    planner.assert_looks_up("sessions", move |here| {
        here.sessions().find_for_update(id).expect("a look-up");
        here.sessions().end(id).expect("a change");
        here.sessions().end_all(&[user(1), user(2)], Some(id)).expect("a change");
        here.sessions().end_all(&[user(1)], None).expect("a change");
        here.sessions().tidy(user(1), instant(1), 10).expect("a change");
    });
    planner.assert_looks_up("tokens of sessions", move |here| {
        let hash = TokenHash::from_bytes([7; 32]);
        here.sessions().touch(&hash, instant(1)).expect("a change");
        // There is no such session.
        here.sessions().add_token(id, &hash, instant(1), instant(0), 5).expect_err("dangling");
    });
    planner.assert_looks_up("elevated sessions", move |here| {
        let hash = TokenHash::from_bytes([7; 32]);
        here.sessions().elevate(id, &hash, &hash, instant(1)).expect_err("stale");
    });
    planner.assert_looks_up("second factors", |here| {
        let code = RecoveryHash::from_bytes([7; 32]);
        here.second_factors().lock(user(1)).expect("a look-up");
        here.second_factors().clear_attempts(&[user(1), user(2)]).expect("a change");
        here.second_factors().remove(user(1)).expect("a change");
        here.second_factors().set_recovery_codes(user(1), &[]).expect("a change");
        here.second_factors().take_recovery_code(user(1), &code).expect("a change");
        // There is no such user.
        let factor = SecondFactor::pending(vec![7]);
        here.second_factors().put(user(1), &factor).expect_err("dangling");
    });
}

#[test]
fn what_is_counted_of_users_is_looked_up_row_by_row() {
    let mut planner = Planner::new();
    let plans = planner.here(|here| {
        let query = UserQuery {
            filter: Some(filter::<UserProperty>("failedUserLoginAttempts gt 3")),
            ..UserQuery::first(UserOrder::Id, 100)
        };
        here.users().list(&query).expect("a list");
    });
    let counted = "SEARCH counted USING PRIMARY KEY (store_id=? AND user_id=?)";
    assert!(plans.iter().any(|line| line == counted), "{plans:#?}");
    assert!(!plans.iter().any(|line| walks_a_table(line)), "{plans:#?}");
}

/// However many letters wait: those that are due are found in their order, the head of a line by
/// the line, and each that is claimed or over by its key.
#[test]
fn deliveries_are_looked_up() {
    let mut planner = Planner::new();
    let plans = planner.plans(|tx| {
        let claimed = Claimed {
            store: StoreId::new(Uuid::from_u128(1)),
            delivery: Delivery {
                id: DeliveryId::new(Uuid::from_u128(1)),
                line: Uuid::from_u128(2),
                due: instant(0),
                sealed: Vec::new(),
            },
            tries: 1,
        };
        let deliveries = tx.deliveries();
        deliveries.claim(instant(1), instant(2), 10).expect("a claim");
        deliveries.delivered(&claimed).expect("a change");
        deliveries.postpone(&claimed, instant(2), "later").expect("a change");
        deliveries.bury(&claimed, instant(2), "never").expect("a change");
        deliveries.forget_dead(instant(1), 10).expect("a change");
    });
    for line in &plans {
        assert!(!walks_a_table(line) && !line.contains("TEMP B-TREE"), "{plans:#?}");
    }
    for index in ["outbox_due_index (due<?)", "outbox_line_index (store_id=? AND line=? AND id<?)"]
    {
        assert!(plans.iter().any(|line| line.contains(index)), "{index}: {plans:#?}");
    }
}
