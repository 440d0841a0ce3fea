//! `userstore key create|list|revoke`

use std::collections::HashMap;
use std::io::{self, Write as _};

use adapters_diesel::Database;
use domain::access::{Context, Gate, Grant, Permission, Reach};
use domain::client::{Client, ClientService, NewClient};
use domain::error::UseCaseError;
use domain::id::{ClientId, StoreId};
use domain::store::{StoreRef, StoreService};
use domain::time::Instant;

use super::{caller, printed, store};
use crate::cli::{InStore, KeyCommand, NewKey};
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::table;
use crate::wire::Node;

/// Clients that are read at once.
const PAGE: u32 = 500;

pub(super) async fn run(
    configuration: &Configuration,
    database: &Database,
    command: KeyCommand,
) -> Result<(), Failure> {
    let node = Node::open(configuration, database).await?;
    match command {
        KeyCommand::Create(new) => create(&node.gate(), new).await,
        KeyCommand::List(InStore { store }) => list(&node.gate(), store).await,
        KeyCommand::Revoke { id, place } => revoke(&node.gate(), id, place.store).await,
    }
}

/// Prints the key alone on standard output, so that a script can keep it.
async fn create(gate: &Gate, new: NewKey) -> Result<(), Failure> {
    let NewKey { name, grants: arguments, place, expires_in_days } = new;
    let context = in_store(place.store);
    let own = id_of(gate, &context.store).await?;
    let mut grants = Vec::new();
    for argument in arguments {
        let store = match argument.store() {
            Some(store) => id_of(gate, store).await?,
            None => own,
        };
        let grant = argument.in_store(store);
        grants.push(grant.map_err(|error| Failure::Argument(error.to_string()))?);
    }
    let expires = expires_in_days.map(|days| days_after(gate.now(), days));
    let told = name.to_string();
    let new = NewClient { name, grants, expires };
    let made = ClientService::new(gate.clone()).create(&context, new).await;
    let (client, key) = made.map_err(|error| match error {
        UseCaseError::Duplicate(_) => {
            Failure::Argument(format!("the store has a client of the name {told} already"))
        }
        other => other.into(),
    })?;
    printed(writeln!(io::stderr(), "client {}; its key is shown this once:", client.id))?;
    printed(writeln!(io::stdout(), "{}", key.reveal()))
}

async fn list(gate: &Gate, store: StoreRef) -> Result<(), Failure> {
    let (service, context) = (ClientService::new(gate.clone()), in_store(store));
    let names = store_names(gate).await?;
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = service.page(&context, after, PAGE).await?;
        rows.extend(page.items.iter().map(|client| row(client, &names)));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    let header = ["ID", "NAME", "GRANTS", "CREATED", "EXPIRES"];
    printed(table::write(&mut io::stdout().lock(), header, &rows))
}

async fn revoke(gate: &Gate, id: ClientId, store: StoreRef) -> Result<(), Failure> {
    Ok(ClientService::new(gate.clone()).revoke(&in_store(store), id).await?)
}

fn in_store(store: StoreRef) -> Context {
    Context { caller: caller(), store }
}

async fn id_of(gate: &Gate, store: &StoreRef) -> Result<StoreId, Failure> {
    let context = in_store(store.clone());
    Ok(gate.point(&context, Permission::SystemManage, |room| Ok(room.store.id)).await?)
}

async fn store_names(gate: &Gate) -> Result<HashMap<StoreId, String>, Failure> {
    let stores = store::all(&StoreService::new(gate.clone())).await?;
    Ok(stores.into_iter().map(|store| (store.id, store.name.to_string())).collect())
}

fn row(client: &Client, stores: &HashMap<StoreId, String>) -> [String; 5] {
    let grants = client.grants.iter().map(|grant| shown(*grant, stores));
    [
        client.id.to_string(),
        client.name.to_string(),
        grants.collect::<Vec<_>>().join(","),
        client.created.to_string(),
        client.expires.map_or_else(|| "never".into(), |at| at.to_string()),
    ]
}

/// A grant as `--grant` takes it.
fn shown(grant: Grant, stores: &HashMap<StoreId, String>) -> String {
    match grant.reach() {
        Reach::Everywhere => format!("{}@*", grant.role()),
        Reach::Store(id) => match stores.get(&id) {
            Some(name) => format!("{}@{name}", grant.role()),
            None => format!("{}@{id}", grant.role()),
        },
    }
}

fn days_after(now: Instant, days: u16) -> Instant {
    const MICROS_OF_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let micros = now.as_micros().saturating_add(i64::from(days) * MICROS_OF_A_DAY);
    Instant::from_micros(micros).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use domain::access::Role;

    use super::*;

    #[test]
    fn a_grant_is_shown_as_it_is_typed() {
        let store: StoreId = "018f3b1e-0000-7000-8000-000000000001".parse().unwrap();
        let names = HashMap::from([(store, "shop".to_owned())]);
        let here = Grant::new(Role::UserManager, Reach::Store(store)).unwrap();
        assert_eq!(shown(here, &names), "UserManager@shop");
        assert_eq!(shown(here, &HashMap::new()), format!("UserManager@{store}"));
        assert_eq!(shown(Grant::system_admin(), &names), "SystemAdmin@*");
    }

    #[test]
    fn days_are_of_24_hours() {
        let now: Instant = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(days_after(now, 1).to_string(), "2026-02-01T12:00:00.000000Z");
        assert_eq!(days_after(now, 36_500).to_string(), "2126-01-07T12:00:00.000000Z");
    }
}
