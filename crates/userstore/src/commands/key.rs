//! `userstore key create|list|revoke`

use std::io::{self, Write as _};

use domain::access::Gate;
use domain::client::{Client, ClientService, NewClient};
use domain::error::UseCaseError;
use domain::id::ClientId;
use domain::store::StoreRef;
use domain::time::Instant;

use super::grant::{StoreNames, id_of, meant};
use super::{in_store, printed};
use crate::cli::{InStore, KeyCommand, NewKey};
use crate::failure::Failure;
use crate::table;

/// Clients that are read at once.
const PAGE: u32 = 500;

pub(super) async fn run(gate: &Gate, command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::Create(new) => create(gate, new).await,
        KeyCommand::List(InStore { store }) => list(gate, store).await,
        KeyCommand::Revoke { id, place } => revoke(gate, id, place.store).await,
    }
}

/// Prints the key alone on standard output, so that a script can keep it.
async fn create(gate: &Gate, new: NewKey) -> Result<(), Failure> {
    let NewKey { name, grants: arguments, place, expires_in_days } = new;
    let context = in_store(place.store);
    let own = id_of(gate, &context.store).await?;
    let mut grants = Vec::new();
    for argument in arguments {
        grants.push(meant(gate, &argument, own).await?);
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
    let names = StoreNames::read(gate).await?;
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

fn row(client: &Client, stores: &StoreNames) -> [String; 5] {
    let grants = client.grants.iter().map(|grant| stores.shown(grant));
    [
        client.id.to_string(),
        client.name.to_string(),
        grants.collect::<Vec<_>>().join(","),
        client.created.to_string(),
        client.expires.map_or_else(|| "never".into(), |at| at.to_string()),
    ]
}

fn days_after(now: Instant, days: u16) -> Instant {
    const MICROS_OF_A_DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let micros = now.as_micros().saturating_add(i64::from(days) * MICROS_OF_A_DAY);
    Instant::from_micros(micros).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_of_24_hours() {
        let now: Instant = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(days_after(now, 1).to_string(), "2026-02-01T12:00:00.000000Z");
        assert_eq!(days_after(now, 36_500).to_string(), "2126-01-07T12:00:00.000000Z");
    }
}
