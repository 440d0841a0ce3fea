//! What the trail holds when the log over it comes: all of it is sealed, from the first entry on.

use adapters_diesel::Database;
use domain::audit::log::LogHead;
use domain::audit::{PublicKeyInfo, Signer as _};
use domain::id::StoreId;
use domain::unit_of_work::{Access, StoreError, UnitOfWork, transact};
use testkit::World;
use testkit::builders::{a_client, a_user};
use testkit::conformance::{Harness, Setting};

use crate::places::{Postgres, Sqlite, open};

/// A store with some entries, and one with others that is gone.
async fn two_trails(harness: &dyn Harness) -> [StoreId; 2] {
    let shop = Setting::of(harness).await;
    shop.has_users(["ada", "bob"].map(|name| a_user(name).build()).into()).await;
    let gone = Setting::on(World::further(harness.unit_of_work(), 1 << 40), "gone").await;
    gone.has_client(a_client("till").build()).await;
    let till = gone.deleted(&a_client("till").build()).await;
    gone.write(move |here| here.clients().remove(&till)).await.unwrap();
    let removal = gone.deleted(&gone.store).await;
    let unit_of_work = gone.unit_of_work();
    let remove = transact(&*unit_of_work, Access::Write, move |tx| tx.stores().remove(&removal));
    remove.await.map_err(|error: StoreError| error).unwrap();
    [shop.store.id, gone.store.id]
}

async fn heads(unit_of_work: &dyn UnitOfWork) -> Vec<LogHead> {
    transact(unit_of_work, Access::Read, |tx| tx.logs().heads(None, 100))
        .await
        .map_err(|error: StoreError| error)
        .unwrap()
}

/// Numbers of the entries of a store, and of those that have no leaf and wait for none.
async fn entries(s: &Setting) -> (usize, Option<domain::id::AuditId>) {
    (s.entries().await.len(), s.read(|here| here.log().walk(None, 1_000)).await.stray)
}

async fn is_brought_along(harness: &dyn Harness, database: &Database, url: &str) {
    let [shop, gone] = two_trails(harness).await;
    let key = testkit::TestSigner::default().public_key();
    database.revert(1).unwrap();
    database.migrate().unwrap();
    let database = open(url);
    let world = World::on(database.unit_of_work());
    let unit_of_work = database.unit_of_work();

    let keys: Vec<PublicKeyInfo> = transact(&*unit_of_work, Access::Read, |tx| tx.logs().keys())
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!(keys, [key]);
    let found = transact(&*unit_of_work, Access::Point, move |tx| tx.stores().find(shop));
    let found = found.await.map_err(|error: StoreError| error).unwrap().unwrap();
    assert_eq!(found.audit_key, key);
    let mut begun = [shop, gone].map(|store| LogHead { store, size: 0, first: 0, key });
    begun.sort_by_key(|head| head.store);
    assert_eq!(heads(&*unit_of_work).await, begun);

    for store in [shop, gone] {
        let s = Setting { world: world.clone(), store: found.clone() };
        let s = Setting { store: domain::store::Store { id: store, ..s.store }, ..s };
        let (count, stray) = entries(&s).await;
        assert!(count >= 3, "{count}");
        assert_eq!(stray, None, "all of them wait");
        let sealed = world.sealer().seal(store).await.unwrap();
        assert_eq!((sealed.entries, sealed.more), (count as u64, false));
        assert_eq!(entries(&s).await, (count, None), "all of them are sealed");
        let terms = s.read(|here| here.log().terms()).await;
        assert_eq!(terms, [domain::audit::log::KeyTerm::first(key)]);
    }
    let waiting = world.sealer().waiting(None, 10).await.unwrap();
    assert_eq!(waiting.items, []);
}

#[test]
fn every_trail_is_brought_along_on_sqlite() {
    testkit::block_on(async {
        let sqlite = Sqlite::migrated();
        is_brought_along(&sqlite, &sqlite.database, &sqlite.url()).await;
    });
}

#[test]
fn every_trail_is_brought_along_on_postgres() {
    testkit::block_on(async {
        let postgres = Postgres::migrated().await;
        is_brought_along(&postgres, &postgres.database, &postgres.url()).await;
    });
}
