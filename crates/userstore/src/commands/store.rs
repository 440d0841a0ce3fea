//! `userstore store create|list`

use std::io::{self, Write as _};

use adapters_diesel::Database;
use domain::error::UseCaseError;
use domain::store::{Store, StoreService};

use super::{caller, printed};
use crate::cli::StoreCommand;
use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::table;
use crate::wire::Node;

/// Stores that are read at once.
const PAGE: u32 = 500;

pub(super) async fn run(
    configuration: &Configuration,
    database: &Database,
    command: StoreCommand,
) -> Result<(), Failure> {
    let node = Node::open(configuration, database).await?;
    let service = StoreService::new(node.gate());
    match command {
        StoreCommand::Create { name } => {
            let told = name.clone();
            let store = service.create(&caller(), name).await.map_err(|error| match error {
                UseCaseError::Duplicate(_) => {
                    Failure::Argument(format!("there is a store of the name {told} already"))
                }
                other => other.into(),
            })?;
            printed(writeln!(io::stdout(), "{}", store.id))
        }
        StoreCommand::List => {
            let rows = all(&service).await?.into_iter();
            let rows: Vec<_> =
                rows.map(|store| [store.id.to_string(), store.name.to_string()]).collect();
            printed(table::write(&mut io::stdout().lock(), ["ID", "NAME"], &rows))
        }
    }
}

/// Every store, in order of id.
pub(super) async fn all(service: &StoreService) -> Result<Vec<Store>, Failure> {
    let (mut stores, mut after) = (Vec::new(), None);
    loop {
        let page = service.page(&caller(), after, PAGE).await?;
        stores.extend(page.items);
        after = page.next;
        if after.is_none() {
            return Ok(stores);
        }
    }
}
