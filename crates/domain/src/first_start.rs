//! The first start on an empty database: the store `default` and one `SystemAdmin` key.

use crate::access::{Caller, Gate, Grant, SystemRoom};
use crate::client::{ApiKey, Client, ClientName};
use crate::error::{Invalid, UseCaseError};
use crate::id::{ClientId, StoreId};
use crate::store::{Store, StoreName};
use crate::unit_of_work::{Access, Unique};
use crate::version::Version;

/// Name of the store that the first start makes.
pub const STORE_NAME: &str = "default";
/// Name of the client that the first start makes.
pub const CLIENT_NAME: &str = "first administrator";

/// Makes the store `default` and a client with `SystemAdmin` when the database has no store yet,
/// and gives the client's key: `chosen`, or a new one. `None` when there is a store already; of
/// several nodes that start at once, one makes both and the others get `None`.
///
/// # Errors
/// The store failed.
pub async fn first_start(
    gate: &Gate,
    chosen: Option<ApiKey>,
) -> Result<Option<ApiKey>, UseCaseError> {
    let key = chosen.unwrap_or_else(|| ApiKey::generate(gate.random()));
    let store = Store {
        id: StoreId::new(gate.random().new_uuid()),
        name: StoreName::parse(STORE_NAME)
            .map_err(|error| Invalid::one("name", error.to_string()))?,
        read_only: false,
        version: Version::UNRECORDED,
    };
    let client = Client {
        id: ClientId::new(gate.random().new_uuid()),
        name: ClientName::parse(CLIENT_NAME)
            .map_err(|error| Invalid::one("name", error.to_string()))?,
        key_hash: key.hash(),
        grants: vec![Grant::system_admin()],
        created: gate.now(),
        expires: None,
    };
    let caller = Caller::system("bootstrap");
    let made = gate
        .system(Access::Write, &caller, move |room| make(room, store.clone(), client.clone()))
        .await;
    match made {
        Ok(made) => Ok(made.then_some(key)),
        Err(UseCaseError::Duplicate(Unique::StoreName)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn make(room: &mut SystemRoom<'_>, store: Store, client: Client) -> Result<bool, UseCaseError> {
    if !room.stores().page(None, 1)?.is_empty() {
        return Ok(false);
    }
    let id = store.id;
    let journal = room.founding_journal(&store, 2)?;
    let (store, client) = (journal.added(store)?, journal.added(client)?);
    match room.stores().insert_new(&store)? {
        Ok(()) => room.inside(id).clients().insert(&client)?,
        // Another node was first: undo the numbers that were reserved for this store.
        Err(taken) => return Err(UseCaseError::Duplicate(taken.what)),
    }
    Ok(true)
}
