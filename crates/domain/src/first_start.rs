//! The first start: the store `default` and one `SystemAdmin` key, on a database without clients and
//! without anybody else who holds `SystemAdmin`.

use crate::access::{Caller, Gate, Grant, SystemRoom};
use crate::client::{ApiKey, Client, ClientName};
use crate::error::{Invalid, UseCaseError};
use crate::id::{ClientId, StoreId};
use crate::store::{NewStore, Overrides, StoreName, StoreRef, found};
use crate::unit_of_work::{Access, Unique};

/// Name of the store that the first start makes.
pub const STORE_NAME: &str = "default";
/// Name of the client that the first start makes.
pub const CLIENT_NAME: &str = "first administrator";

/// Makes a client with `SystemAdmin` when the database has no client yet and nobody who holds that
/// role, in the store `default`, which it makes too unless an operator has; and gives the client's
/// key: `chosen`, or a new one. `None` when this is not the first start; of several nodes that start
/// at once, one makes both and the others get `None`.
///
/// # Errors
/// The store failed.
pub async fn first_start(
    gate: &Gate,
    chosen: Option<ApiKey>,
) -> Result<Option<ApiKey>, UseCaseError> {
    let key = chosen.unwrap_or_else(|| ApiKey::generate(gate.random()));
    let store = NewStore {
        id: None,
        name: StoreName::parse(STORE_NAME)
            .map_err(|error| Invalid::one("name", error.to_string()))?,
        set: Overrides::default(),
    };
    let id = StoreId::new(gate.random().new_uuid());
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
        .system(Access::Write, &caller, None, move |room| make(room, id, &store, client.clone()))
        .await;
    match made {
        Ok(made) => Ok(made.then_some(key)),
        // Another node was first.
        Err(UseCaseError::Duplicate(Unique::StoreName | Unique::ClientName)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn make(
    room: &mut SystemRoom<'_>,
    id: StoreId,
    new: &NewStore,
    client: Client,
) -> Result<bool, UseCaseError> {
    // Where no client is left but somebody else may do everything, nobody needs a way in.
    let now = room.now();
    if room.clients().any()? || room.administrators().any(now)? {
        return Ok(false);
    }
    let store = match room.stores().hold(&StoreRef::Name(new.name.clone()))? {
        Some(store) => store,
        None => found(room, id, new)?,
    };
    let client = room.founding_journal(&store, 1)?.added(client)?;
    room.inside(store.id).clients().insert(&client)?;
    Ok(true)
}
