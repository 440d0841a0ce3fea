//! The register of stores.

use domain::access::SystemRoom;
use domain::id::StoreId;
use domain::store::{Store, StoreName};
use domain::unit_of_work::{Access, StoreError, Taken, Transaction, Unique, transact};

use super::Harness;
use crate::World;
use crate::builders::{a_caller, a_store};

/// Founds a store and gives it as recorded, or what is taken.
async fn found(world: &World, store: Store) -> Result<Store, Taken> {
    let (gate, admin) = (world.gate(), a_caller().system_admin().build());
    let founding = gate.system(Access::Write, &admin, move |room: &mut SystemRoom<'_>| {
        let recorded = room.founding_journal(&store, 1)?.added(store.clone())?;
        let outcome = room.stores().insert_new(&recorded)?;
        Ok(outcome.map(|()| recorded.into_record()))
    });
    founding.await.unwrap()
}

async fn read<T: Send + 'static>(
    world: &World,
    work: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
) -> T {
    transact(&*world.unit_of_work, Access::Point, work).await.unwrap()
}

/// As it was founded, with its version.
pub async fn a_store_is_found_by_id_and_by_name_ignoring_case(harness: &dyn Harness) {
    let world = World::on(harness.unit_of_work());
    let shop = found(&world, Store { read_only: true, ..a_store("Shop-1.eu") }).await.unwrap();
    let id = shop.id;
    assert_eq!(read(&world, move |tx| tx.stores().find(id)).await.as_ref(), Some(&shop));
    for spelling in ["Shop-1.eu", "shop-1.EU"] {
        let name = StoreName::parse(spelling).unwrap();
        let by_name = read(&world, move |tx| tx.stores().find_by_name(&name)).await;
        assert_eq!(by_name.as_ref(), Some(&shop), "{spelling}");
    }
    let (id, name) = (a_store("other").id, a_store("other").name);
    assert_eq!(read(&world, move |tx| tx.stores().find(id)).await, None);
    assert_eq!(read(&world, move |tx| tx.stores().find_by_name(&name)).await, None);
}

/// The call says what is taken, and the unit may go on and commit.
pub async fn a_taken_store_is_data_not_a_failure(harness: &dyn Harness) {
    let world = World::on(harness.unit_of_work());
    let shop = found(&world, a_store("shop")).await.unwrap();
    let same_id = Store { id: shop.id, ..a_store("other") };
    assert_eq!(found(&world, same_id).await, Err(Taken { what: Unique::StoreId }));
    let same_name = found(&world, a_store("SHOP")).await;
    assert_eq!(same_name, Err(Taken { what: Unique::StoreName }));
    let all = read(&world, |tx| tx.stores().page(None, 10)).await;
    assert_eq!(all, [shop]);
}

/// In pages.
pub async fn stores_come_in_order_of_their_ids(harness: &dyn Harness) {
    let world = World::on(harness.unit_of_work());
    let mut stores = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        stores.push(found(&world, a_store(name)).await.unwrap());
    }
    stores.sort_by_key(|store| store.id);
    let page = async |after: Option<StoreId>, limit| {
        read(&world, move |tx| tx.stores().page(after, limit)).await
    };
    assert_eq!(page(None, 10).await, stores);
    assert_eq!(page(None, 2).await, stores[..2]);
    assert_eq!(page(Some(stores[1].id), 2).await, stores[2..4]);
    assert_eq!(page(Some(stores[4].id), 2).await, []);
}
