//! Every unique constraint and every foreign key has its meaning, on both databases.

use domain::access::{Assignment, Grant, Holder};
use domain::attempt::NameKey;
use domain::attribute::{Attribute, AttributeKey};
use domain::delivery::{Delivery, DeliveryId};
use domain::group::Nesting;
use domain::id::{SessionId, StoreId, UserId};
use domain::password::PasswordHash;
use domain::second_factor::{RecoveryHash, SecondFactor};
use domain::session::Session;
use domain::store::Store;
use domain::time::Clock as _;
use domain::token::{Purpose, StoredToken, TokenHash};
use domain::unit_of_work::{Access, StoreError, Taken, Unique, transact};
use domain::user::User;
use domain::version::Version;
use testkit::builders::{a_client, a_group, a_user, uuid_of};
use testkit::conformance::{Harness, Setting};

use crate::places::{Postgres, Sqlite};

/// One test per constraint and database.
macro_rules! on_both {
    ($($case:ident)+) => {
        mod sqlite {
            $(#[test]
            fn $case() {
                testkit::block_on(async { super::$case(&super::Sqlite::migrated()).await });
            })+
        }

        mod postgres {
            $(#[test]
            fn $case() {
                testkit::block_on(async { super::$case(&super::Postgres::migrated().await).await });
            })+
        }
    };
}

on_both! {
    stores_pkey
    stores_name_folded_key
    users_pkey
    users_login_name_folded_key
    users_external_id_key
    users_email_claim_key
    user_profiles_pkey
    groups_pkey
    groups_name_folded_key
    memberships_pkey
    group_metadata_pkey
    group_nestings_pkey
    role_assignments_pkey
    clients_pkey
    clients_name_folded_key
    audit_entries_pkey
    a_foreign_key_dangles
    what_belongs_to_a_user_dangles_without_them
    what_a_user_signs_in_with_dangles_without_them
    a_token_dangles_without_its_session
    what_belongs_to_a_store_dangles_without_it
}

fn conflict<T>(what: Unique) -> Result<T, StoreError> {
    Err(StoreError::Conflict { what })
}

async fn insert_store(s: &Setting, store: Store) -> Result<(), Taken> {
    let added = s.added(store).await;
    let unit_of_work = s.unit_of_work();
    transact(&*unit_of_work, Access::Write, move |tx| tx.stores().insert_new(&added)).await.unwrap()
}

async fn stores_pkey(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let twin = Store { name: "other".parse_store_name(), ..s.store.clone() };
    assert_eq!(insert_store(&s, twin).await, Err(Taken { what: Unique::StoreId }));
}

async fn stores_name_folded_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let id = StoreId::new(uuid_of("store", "another"));
    let twin = Store { id, name: "SHOP".parse_store_name(), ..s.store.clone() };
    assert_eq!(insert_store(&s, twin).await, Err(Taken { what: Unique::StoreName }));
}

/// Names of stores in tests are valid.
trait ParseStoreName {
    fn parse_store_name(self) -> domain::store::StoreName;
}

impl ParseStoreName for &str {
    fn parse_store_name(self) -> domain::store::StoreName {
        domain::store::StoreName::parse(self).unwrap()
    }
}

async fn second_user_fails(harness: &dyn Harness, first: User, second: User, what: Unique) {
    let s = Setting::of(harness).await;
    s.has_user(first).await;
    let second = s.added(second).await;
    assert_eq!(s.insert(&second).await, conflict(what));
}

async fn users_pkey(harness: &dyn Harness) {
    let ada = a_user("ada").build();
    let twin = a_user("bob").id(ada.id).build();
    second_user_fails(harness, ada, twin, Unique::UserId).await;
}

async fn users_login_name_folded_key(harness: &dyn Harness) {
    let (ada, twin) = (a_user("ada").build(), a_user("ADA").build());
    second_user_fails(harness, ada, twin, Unique::LoginName).await;
}

async fn users_external_id_key(harness: &dyn Harness) {
    let ada = a_user("ada").external_id("7").build();
    let twin = a_user("bob").external_id("7").build();
    second_user_fails(harness, ada, twin, Unique::ExternalId).await;
}

async fn users_email_claim_key(harness: &dyn Harness) {
    let claiming = |name, address| a_user(name).email(address).signing_in_by_email().build();
    let (ada, twin) = (claiming("ada", "ada@example.com"), claiming("bob", "ADA@example.com"));
    second_user_fails(harness, ada, twin, Unique::EmailAddress).await;
}

fn attribute<O>(owner: O, key: &str) -> Attribute<O> {
    let key = AttributeKey::parse(key).unwrap();
    Attribute { owner, key, value: None, version: Version::UNRECORDED }
}

async fn user_profiles_pkey(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let user = s.has_user(a_user("ada").build()).await.id;
    s.has_attribute(attribute(user, "color")).await;
    let twin = s.added(attribute(user, "Color")).await;
    assert_eq!(s.apply_attributes(vec![twin]).await, conflict(Unique::ProfileKey));
}

async fn group_metadata_pkey(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let group = s.has_group(a_group("staff").build()).await.id;
    s.has_attribute(attribute(group, "color")).await;
    let twin = s.added(attribute(group, "Color")).await;
    assert_eq!(s.apply_attributes(vec![twin]).await, conflict(Unique::MetadataKey));
}

async fn groups_pkey(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let twin = s.added(a_group("guests").id(staff.id).build()).await;
    assert_eq!(s.insert_groups(&[twin]).await, [Err(Taken { what: Unique::GroupId })]);
}

async fn groups_name_folded_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [_, guests] = s.has_groups(["staff", "guests"]).await;
    let twin = s.modified(&guests, a_group("STAFF").id(guests.id).build()).await;
    let updated = s.write(move |here| here.groups().update_all(std::slice::from_ref(&twin))).await;
    assert_eq!(updated, conflict(Unique::GroupName));
}

async fn group_nestings_pkey(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let [parent, child] = s.has_groups(["parent", "child"]).await;
    s.has_nestings(&[(&parent, &child)]).await;
    let twin = s.added(Nesting { parent: parent.id, child: child.id }).await;
    assert_eq!(s.apply_nestings(vec![twin]).await, conflict(Unique::Nesting));
}

async fn role_assignments_pkey(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let holder = Holder::User(s.has_user(a_user("ada").build()).await.id);
    let held = s.has_role(holder, Grant::system_admin()).await;
    let twin = s.added(Assignment { ..held }).await;
    let inserted = s.write(move |here| here.roles().insert(&twin)).await;
    assert_eq!(inserted, conflict(Unique::Role));
}

async fn memberships_pkey(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let ada = s.has_user(a_user("ada").build()).await;
    let twin = s.has_member(&staff, &ada).await;
    let twin = s.added(twin).await;
    assert_eq!(s.apply_memberships(vec![twin]).await, conflict(Unique::Membership));
}

async fn clients_pkey(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let till = s.has_client(a_client("till").build()).await;
    let twin = s.added(a_client("door").id(till.id).build()).await;
    assert_eq!(s.insert_client(&twin).await, conflict(Unique::ClientId));
}

async fn clients_name_folded_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_client(a_client("till").build()).await;
    let twin = s.added(a_client("TILL").build()).await;
    assert_eq!(s.insert_client(&twin).await, conflict(Unique::ClientName));
}

async fn audit_entries_pkey(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let before = s.has_user(a_user("ada").build()).await;
    let change = s.modified(&before, User { active: false, ..before.clone() }).await;
    s.update(&change).await.unwrap();
    assert_eq!(s.update(&change).await, conflict(Unique::AuditId));
}

async fn a_foreign_key_dangles(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let user = a_user("nobody").build().id;
    let stray = s.added(attribute(user, "color")).await;
    assert_eq!(s.apply_attributes(vec![stray]).await, Err(StoreError::DanglingReference));
}

const DANGLING: Result<(), StoreError> = Err(StoreError::DanglingReference);

async fn what_belongs_to_a_user_dangles_without_them(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let user = a_user("nobody").build().id;
    let stamp = s.added(a_group("staff").build()).await.stamp();
    let hash = PasswordHash::parse("$a").unwrap();
    let set = s.write(move |here| here.passwords().set(user, &hash, stamp, 1)).await;
    assert_eq!(set, DANGLING);
    let locked = s.write(move |here| here.attempts().lock(user)).await;
    assert_eq!(locked.map(drop), DANGLING);
    let token = StoredToken { hash: TokenHash::from_bytes([7; 32]), expires: s.world.clock.now() };
    let put = s.write(move |here| here.tokens().put(user, Purpose::PasswordReset, &token)).await;
    assert_eq!(put, DANGLING);
}

async fn what_a_user_signs_in_with_dangles_without_them(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let user = a_user("nobody").build().id;
    let (session, token) = (session(&s, user), TokenHash::from_bytes([7; 32]));
    assert_eq!(s.write(move |here| here.sessions().insert(&session, &token, None)).await, DANGLING);
    let factor = SecondFactor::pending(vec![7]);
    assert_eq!(s.write(move |here| here.second_factors().put(user, &factor)).await, DANGLING);
    let codes = [RecoveryHash::from_bytes([7; 32])];
    let set = s.write(move |here| here.second_factors().set_recovery_codes(user, &codes)).await;
    assert_eq!(set, DANGLING);
}

fn session(s: &Setting, user: UserId) -> Session {
    let id = SessionId::new(uuid_of("session", "one"));
    let (started, expires) = (s.world.clock.now(), s.world.clock.now());
    Session { id, user, second_factor: false, remembered: false, started, expires }
}

async fn a_token_dangles_without_its_session(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let Session { id, started: now, .. } = session(&s, a_user("nobody").build().id);
    let token = TokenHash::from_bytes([7; 32]);
    let added = s.write(move |here| here.sessions().add_token(id, &token, now, now, 5)).await;
    assert_eq!(added, DANGLING);
}

async fn what_belongs_to_a_store_dangles_without_it(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let store = StoreId::new(uuid_of("store", "nowhere"));
    let name = NameKey::from_bytes([7; 32]);
    let unit_of_work = s.unit_of_work();
    let locked = transact(&*unit_of_work, Access::Write, move |tx| {
        tx.store(store).throttle().lock(&name).map(drop)
    });
    assert_eq!(locked.await, DANGLING);
    let id = uuid_of("delivery", "one");
    let due = s.world.clock.now();
    let letter = Delivery { id: DeliveryId::new(id), line: id, due, sealed: vec![7] };
    let put = transact(&*unit_of_work, Access::Write, move |tx| {
        tx.store(store).outbox().put(std::slice::from_ref(&letter))
    });
    assert_eq!(put.await, DANGLING);
}
