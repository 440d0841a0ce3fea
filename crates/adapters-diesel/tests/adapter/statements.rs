//! How many statements a call costs; the cost of a list must not grow with it.

use std::time::Duration;

use adapters_diesel::{Database, Settings, Timeouts};
use domain::attempt::{Attempts, NameKey, NameRecord};
use domain::audit::log::{Growth, StoredCheckpoint, Tile, TileId, TreeHash};
use domain::audit::{EntryOrder, EntryQuery, Erased, Recorded};
use domain::client::ApiKeyHash;
use domain::delivery::{Delivery, DeliveryId};
use domain::group::{GroupOrder, GroupQuery, GroupScope, Membership};
use domain::id::{SessionId, UserId};
use domain::password::PasswordHash;
use domain::second_factor::{RecoveryHash, SecondFactor};
use domain::session::Session;
use domain::time::{Clock as _, Instant};
use domain::token::TokenHash;
use domain::unit_of_work::{Access, StoreError, transact};
use domain::user::{User, UserOrder, UserQuery};
use testkit::World;
use testkit::builders::{a_client, a_group, a_user};
use testkit::conformance::{Harness, Setting};
use uuid::Uuid;

use crate::places::{Postgres, Sqlite, settings};

/// Statements that open and close a transaction, by kind of access.
struct Control {
    point: u64,
    read: u64,
    write: u64,
    bulk: u64,
}

/// A read on SQLite has no fewer; a write there has a savepoint in its group.
const SQLITE: Control = Control { point: 0, read: 2, write: 4, bulk: 2 };
const POSTGRES: Control = Control { point: 0, read: 2, write: 2, bulk: 2 };

#[test]
fn calls_on_sqlite_cost_what_they_must() {
    testkit::block_on(async {
        let sqlite = Sqlite::migrated();
        costs(&sqlite, &sqlite.database, &SQLITE).await;
    });
}

#[test]
fn calls_on_postgres_cost_what_they_must() {
    testkit::block_on(async {
        let mut postgres = Postgres::migrated().await;
        // However long the machine lets a connection rest: to ask whether it lives costs one more.
        postgres.database = Database::open(&restless(&postgres.url())).unwrap();
        costs(&postgres, &postgres.database, &POSTGRES).await;
    });
}

/// Connections that are never asked whether they live.
fn restless(url: &str) -> Settings {
    let timeouts = Timeouts { rest: Duration::MAX, ..Timeouts::default() };
    Settings { timeouts, ..settings(url) }
}

/// How many statements `work` sends.
async fn cost<T>(database: &Database, work: impl Future<Output = T>) -> u64 {
    let before = database.statements();
    work.await;
    database.statements() - before
}

async fn costs(harness: &dyn Harness, database: &Database, control: &Control) {
    let s = Setting::of(harness).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let ada = s.has_user(a_user("ada").build()).await;
    s.has_member(&staff, &ada).await;
    let till = s.has_client(a_client("till").system_admin().build()).await;

    let find = cost(database, s.here(Access::Point, move |here| here.users().find(ada.id)));
    assert_eq!(find.await, control.point + 1, "find");

    let hash = ApiKeyHash::of("key of till");
    assert_eq!(hash, till.key_hash);
    let found = cost(
        database,
        transact(&*s.world.unit_of_work, Access::Point, move |tx| tx.clients().find_by_key(&hash)),
    );
    assert_eq!(found.await, control.point + 1, "find_by_key");

    let bob = s.added(a_user("bob").build()).await;
    // The user, the entry, and that it waits to be sealed.
    assert_eq!(cost(database, s.insert(&bob)).await, control.write + 3, "insert");

    sign_in_costs(&s, database, control, ada.id).await;
    session_costs(&s, database, control, ada.id).await;
    second_factor_costs(&s, database, control, ada.id).await;

    let users = (0..500).map(|n| a_user(&format!("user {n}")).build()).collect();
    let users = s.all_added(users).await;
    assert_eq!(cost(database, s.insert_new(&users)).await, control.bulk + 3, "500 new users");
    // All are taken now: one look-up says by what, and no entry is written.
    assert_eq!(cost(database, s.insert_new(&users)).await, control.bulk + 2, "500 taken users");

    let changes = users.iter().take(500).map(Recorded::record);
    let changes = changes.map(|user| (user.clone(), User { active: false, ..user.clone() }));
    let changes = s.all_modified(changes.collect()).await;
    // Locked, counted, replaced, recorded in two; a single one has nothing to be counted.
    let (one, all) = (s.update(&changes[0]), s.update_all(&changes[1..]));
    assert_eq!(cost(database, one).await, control.write + 4, "an update");
    assert_eq!(cost(database, all).await, control.write + 5, "499 updates");

    let memberships =
        users.iter().map(|user| Membership { group: staff.id, user: user.record().id });
    let memberships = s.all_added(memberships.collect()).await;
    let added = s.apply_memberships(memberships.clone());
    assert_eq!(cost(database, added).await, control.write + 3, "500 new members");
    let memberships = memberships.into_iter().map(Recorded::into_record);
    let gone = s.all_deleted(memberships.collect()).await;
    let gone = s.apply_memberships(gone);
    assert_eq!(cost(database, gone).await, control.write + 3, "500 members less");

    let now = s.world.clock.now();
    let effective = s.here(Access::Read, move |here| {
        here.groups().list(GroupScope::OfUser(ada.id), &GroupQuery::first(GroupOrder::Name, 100))
    });
    assert_eq!(cost(database, effective).await, control.read + 1, "effective groups");
    let held = s.here(Access::Read, move |here| here.roles().held_by_users(&[ada.id]));
    assert_eq!(cost(database, held).await, control.read + 1, "effective roles");
    let any = transact(&*s.world.unit_of_work, Access::Read, move |tx| {
        tx.administrators().any(now).map_err(|error: StoreError| error)
    });
    assert_eq!(cost(database, any).await, control.read + 1, "an administrator");

    let page = s.here(Access::Read, |here| {
        let users = here.users().list(&UserQuery::first(UserOrder::Id, 500))?;
        let ids: Vec<UserId> = users.iter().map(|user| user.id).collect();
        here.profiles().of_all(&ids)?;
        here.memberships().groups_of_all(&ids)
    });
    assert_eq!(cost(database, page).await, control.read + 3, "a page with its relations");

    log_costs(&s, database, control, ada.id).await;
}

/// What waits of all that, some 1 500 entries in few runs, from the sealing to the end.
async fn log_costs(s: &Setting, database: &Database, control: &Control, user: UserId) {
    let waiting = s.read(|here| Ok((here.log().waiting(500)?, here.log().runs(500)?)));
    let mut found = None;
    let look = async { found = Some(waiting.await) };
    assert_eq!(cost(database, look).await, control.read + 2, "what waits");
    let (waiting, runs) = found.unwrap();
    assert_eq!(waiting.len(), 500);
    let note = |size| StoredCheckpoint { size, sealed_at: s.world.clock.now(), note: "n".into() };
    let tile = |number| Tile { id: TileId { level: 0, number }, hashes: vec![TreeHash([7; 32])] };
    let growth = Growth {
        from: 0,
        entries: waiting.iter().map(|entry| entry.id).collect(),
        tiles: (0..20).map(tile).collect(),
        checkpoint: note(500),
        taken: runs,
        rest: None,
    };
    // Of the log itself, the runs, the leaves, the tiles, the checkpoint.
    let grow = s.write(move |here| here.log().grow(&growth));
    assert_eq!(cost(database, grow).await, control.write + 5, "500 leaves");

    let ids: Vec<_> = (0..20).map(|number| TileId { level: 0, number }).collect();
    let tiles = s.here(Access::Point, move |here| here.log().tiles(&ids));
    assert_eq!(cost(database, tiles).await, control.point + 1, "20 tiles");
    let head = s.here(Access::Point, |here| here.log().head());
    assert_eq!(cost(database, head).await, control.point + 1, "where a log stands");
    let terms = s.here(Access::Point, |here| here.log().terms());
    assert_eq!(cost(database, terms).await, control.point + 1, "the keys of a log");
    let id = waiting[7].id;
    let leaf = s.here(Access::Point, move |here| here.log().leaf_of(id));
    assert_eq!(cost(database, leaf).await, control.point + 1, "the leaf of an entry");
    let latest = s.here(Access::Point, |here| here.log().latest_checkpoint());
    assert_eq!(cost(database, latest).await, control.point + 1, "the latest checkpoint");
    let page = s.here(Access::Read, |here| {
        here.log().entries(&EntryQuery::first(EntryOrder::Commit, 500))?;
        here.log().events(0, 500)
    });
    assert_eq!(cost(database, page).await, control.read + 2, "a page of entries, one of events");

    let erased = s.recorded(1, move |journal| journal.noted(Erased { user })).await;
    let erase = s.write(move |here| here.audit().erase(&erased));
    assert_eq!(cost(database, erase).await, control.write + 3, "a user is erased");
    let drop = s.write(|here| here.log().drop_before(500, 400));
    assert_eq!(cost(database, drop).await, control.write + 5, "400 entries are dropped");
    let unit_of_work = s.unit_of_work();
    let waiting = transact(&*unit_of_work, Access::Read, |tx| {
        tx.logs().waiting(None, 500)?;
        tx.logs().heads(None, 500).map_err(|error: StoreError| error)
    });
    assert_eq!(cost(database, waiting).await, control.read + 2, "the stores that wait");
}

/// An attempt to sign in, and a letter.
async fn sign_in_costs(s: &Setting, database: &Database, control: &Control, user: UserId) {
    let name = NameKey::from_bytes([7; 32]);
    let reserve = s.write(move |here| {
        here.throttle().lock(&name)?;
        here.attempts().lock(user)
    });
    assert_eq!(cost(database, reserve).await, control.write + 2, "two locks");
    let settle = s.write(move |here| {
        here.throttle().lock(&name)?;
        here.throttle().save(&name, &NameRecord::default())?;
        here.attempts().lock(user)?;
        here.attempts().save(user, &Attempts::default())
    });
    assert_eq!(cost(database, settle).await, control.write + 4, "two locks and two changes");
    let clear = s.write(move |here| {
        here.throttle().clear(&[name; 500])?;
        here.attempts().clear(&[user; 500])
    });
    assert_eq!(cost(database, clear).await, control.write + 2, "500 cleared");
    let hash = PasswordHash::parse("$a").unwrap();
    let stamp = s.added(a_user("eve").build()).await.stamp();
    let set = s.write(move |here| here.passwords().set(user, &hash, stamp, 1));
    assert_eq!(cost(database, set).await, control.write + 3, "a password");

    let now = s.world.clock.now();
    let letter = |n| {
        let id = Uuid::from_u128(n);
        Delivery { id: DeliveryId::new(id), line: id, due: now, sealed: vec![7] }
    };
    let letters: Vec<_> = (0..500).map(letter).collect();
    let put = s.write(move |here| here.outbox().put(&letters));
    assert_eq!(cost(database, put).await, control.write + 1, "500 letters");
    let until = Instant::from_micros(now.as_micros() + 60_000_000).unwrap();
    let unit_of_work = s.unit_of_work();
    let claim = transact(&*unit_of_work, Access::Write, move |tx| {
        tx.deliveries().claim(now, until, 500).map(|claimed| assert_eq!(claimed.len(), 500))
    });
    assert_eq!(cost(database, claim).await, control.write + 1, "500 claimed letters");
}

/// A session, from the sign-in to its end.
async fn session_costs(s: &Setting, database: &Database, control: &Control, user: UserId) {
    let now = s.world.clock.now();
    let id = SessionId::new(Uuid::from_u128(1));
    let session =
        Session { id, user, second_factor: false, remembered: false, started: now, expires: now };
    let [first, second, third] = [1, 2, 3].map(|n| TokenHash::from_bytes([n; 32]));
    let insert = s.write(move |here| here.sessions().insert(&session, &first, None));
    assert_eq!(cost(database, insert).await, control.write + 2, "a session and its token");
    let unit_of_work = s.unit_of_work();
    let find = transact(&*unit_of_work, Access::Point, move |tx| {
        tx.sessions().find_by_token(&first).map(|found| assert!(found.is_some()))
    });
    assert_eq!(cost(database, find).await, control.point + 1, "find_by_token");
    let add = s.write(move |here| here.sessions().add_token(id, &second, now, now, 5));
    assert_eq!(cost(database, add).await, control.write + 2, "a further token");
    let touch = s.write(move |here| here.sessions().touch(&second, now));
    assert_eq!(cost(database, touch).await, control.write + 1, "a token that is used");
    let elevate = s.write(move |here| here.sessions().elevate(id, &third, &first, now));
    assert_eq!(cost(database, elevate).await, control.write + 3, "a session with other tokens");
    let find = transact(&*unit_of_work, Access::Point, move |tx| {
        tx.sessions().find_by_refresh(&first).map(|found| assert!(found.is_some()))
    });
    assert_eq!(cost(database, find).await, control.point + 1, "find_by_refresh");
    let tidy = s.write(move |here| here.sessions().tidy(user, now, 10));
    assert_eq!(cost(database, tidy).await, control.write + 1, "tidied sessions");
    let end = s.write(move |here| here.sessions().end_all(&[user; 500], Some(id)));
    assert_eq!(cost(database, end).await, control.write + 1, "the sessions of 500");
}

/// A second factor, from the enrolment to its removal.
async fn second_factor_costs(s: &Setting, database: &Database, control: &Control, user: UserId) {
    let put = s.write(move |here| {
        here.second_factors().lock(user)?;
        here.second_factors().put(user, &SecondFactor::pending(vec![7]))
    });
    assert_eq!(cost(database, put).await, control.write + 2, "a second factor");
    let clear = s.write(move |here| here.second_factors().clear_attempts(&[user; 500]));
    assert_eq!(cost(database, clear).await, control.write + 1, "500 cleared");
    let codes = [1, 2, 3].map(|n| RecoveryHash::from_bytes([n; 32]));
    let set = s.write(move |here| here.second_factors().set_recovery_codes(user, &codes));
    assert_eq!(cost(database, set).await, control.write + 2, "three recovery codes");
    let take = s.write(move |here| here.second_factors().take_recovery_code(user, &codes[0]));
    assert_eq!(cost(database, take).await, control.write + 1, "a recovery code");
    let remove = s.write(move |here| here.second_factors().remove(user));
    assert_eq!(cost(database, remove).await, control.write + 2, "no second factor any more");
}

#[test]
fn without_kept_statements_units_work_and_points_have_a_transaction() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        let pooled = Settings { prepared_statement_cache: false, ..restless(&postgres.url()) };
        let database = Database::open(&pooled).unwrap();
        let s = Setting::on(World::on(database.unit_of_work()), "shop").await;
        let ada = s.has_user(a_user("ada").build()).await;
        let id = ada.id;
        let mut found = None;
        let find = async {
            found = s.here(Access::Point, move |here| here.users().find(id)).await.unwrap();
        };
        assert_eq!(cost(&database, find).await, POSTGRES.read + 1);
        assert_eq!(found, Some(ada));
    });
}
