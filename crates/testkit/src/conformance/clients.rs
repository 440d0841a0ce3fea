//! The repository of API clients, and the look-up of authentication.

use domain::access::RoleName;
use domain::client::{ApiKeyHash, Client};
use domain::id::{ClientId, StoreId};
use domain::time::Clock as _;
use domain::unit_of_work::{Access, StoreError, Unique, transact};
use jiff::SignedDuration;

use super::{Harness, Setting};
use crate::builders::a_client;

async fn holder_of(s: &Setting, key: &str) -> Option<(StoreId, Client)> {
    let hash = ApiKeyHash::of(key);
    let unit_of_work = s.unit_of_work();
    let found = transact(&*unit_of_work, Access::Point, move |tx| tx.clients().find_by_key(&hash));
    found.await.map_err(|error: StoreError| error).unwrap()
}

async fn remove(s: &Setting, client: &Client) -> Result<(), StoreError> {
    let removal = s.deleted(client).await;
    s.write(move |here| here.clients().remove(&removal)).await
}

async fn page(s: &Setting, after: Option<ClientId>, limit: u32) -> Vec<Client> {
    s.read(move |here| here.clients().page(after, limit)).await
}

/// In whatever store it is, and no other key finds it.
pub async fn a_client_is_found_by_its_key_with_its_store_and_grants(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    let at = s.world.clock.now().saturating_add(SignedDuration::from_hours(1));
    let plain = other.has_client(a_client("plain").build()).await;
    let full = a_client("full")
        .key("secret")
        .holding(RoleName::USER_MANAGER, other.store.id)
        .holding(RoleName::AUDIT_TRAIL_READER, s.store.id)
        .system_admin()
        .expiring(at);
    let full = s.has_client(full.build()).await;
    assert_eq!(full.grants.len(), 3);
    assert_eq!(holder_of(&s, "secret").await, Some((s.store.id, full.clone())));
    assert_eq!(holder_of(&s, "key of plain").await, Some((other.store.id, plain)));
    assert_eq!(holder_of(&s, "Secret").await, None);
    let id = full.id;
    assert_eq!(s.read(move |here| here.clients().find(id)).await.as_ref(), Some(&full));
    assert_eq!(other.read(move |here| here.clients().find(id)).await, None);
    assert_eq!(s.write(move |here| here.clients().find_for_update(id)).await, Ok(Some(full)));
    assert_eq!(other.write(move |here| here.clients().find_for_update(id)).await, Ok(None));
}

/// The question of the first start.
pub async fn whether_there_is_any_client_in_any_store_is_told(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    let any = async || -> Result<bool, StoreError> {
        let unit_of_work = s.unit_of_work();
        transact(&*unit_of_work, Access::Point, |tx| tx.clients().any()).await
    };
    assert_eq!(any().await, Ok(false));
    let client = other.has_client(a_client("import").build()).await;
    assert_eq!(any().await, Ok(true));
    remove(&other, &client).await.unwrap();
    assert_eq!(any().await, Ok(false));
}

/// An id names one client of a store.
pub async fn a_taken_client_id_is_a_conflict(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let first = s.has_client(a_client("first").build()).await;
    let taken = s.added(a_client("second").id(first.id).build()).await;
    let outcome = s.insert_client(&taken).await;
    assert_eq!(outcome, Err(StoreError::Conflict { what: Unique::ClientId }));
    assert_eq!(holder_of(&s, "key of second").await, None);
    s.assert_not_logged(&taken).await;
}

/// So does a name, however it is written.
pub async fn a_taken_client_name_is_a_conflict_ignoring_case(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    s.has_client(a_client("import").build()).await;
    let taken = s.added(a_client("IMPORT").build()).await;
    let outcome = s.insert_client(&taken).await;
    assert_eq!(outcome, Err(StoreError::Conflict { what: Unique::ClientName }));
    assert_eq!(holder_of(&s, "key of IMPORT").await, None);
    s.assert_not_logged(&taken).await;
}

/// Its key ends at once; a successor of its name and id holds nothing of what it held.
pub async fn a_removed_client_is_gone_with_its_key_and_grants(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let import = a_client("import").system_admin().holding(RoleName::USER_MANAGER, s.store.id);
    let import = s.has_client(import.build()).await;
    assert_eq!(remove(&s, &import).await, Ok(()));
    assert_eq!(holder_of(&s, "key of import").await, None);
    assert_eq!(page(&s, None, 10).await, []);
    let successor = s.has_client(a_client("import").key("new").build()).await;
    assert_eq!((successor.id, successor.grants.len()), (import.id, 0));
    assert_eq!(holder_of(&s, "new").await, Some((s.store.id, successor)));
}

/// A removal needs a client to remove, and leaves an entry when there was one.
pub async fn removing_a_missing_client_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let import = s.has_client(a_client("import").build()).await;
    let entries = s.entries().await.len();
    assert_eq!(remove(&s, &import).await, Ok(()));
    assert_eq!(remove(&s, &import).await, Err(StoreError::Stale));
    assert_eq!(s.entries().await.len(), entries + 1);
}

/// Those of the store alone, each with all of its grants.
pub async fn clients_come_in_order_with_their_grants(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let other = Setting::on(s.world.clone(), "other").await;
    other.has_client(a_client("elsewhere").system_admin().build()).await;
    let mut clients = Vec::new();
    let roles = [RoleName::USER_MANAGER, RoleName::USER_STORE_ADMIN, RoleName::AUDIT_TRAIL_READER];
    for (n, role) in roles.into_iter().enumerate() {
        let client = a_client(&format!("client {n}")).holding(role, s.store.id).system_admin();
        clients.push(s.has_client(client.build()).await);
    }
    clients.push(s.has_client(a_client("without a role").build()).await);
    clients.sort_by_key(|client| client.id);
    assert_eq!(page(&s, None, 10).await, clients);
    assert_eq!(page(&s, None, 2).await, clients[..2]);
    assert_eq!(page(&s, Some(clients[1].id), 2).await, clients[2..]);
    assert_eq!(page(&s, None, 0).await, []);
}
