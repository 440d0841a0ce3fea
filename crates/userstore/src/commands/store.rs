//! `userstore store create|list|show|set|delete`

use std::io::{self, Write as _};
use std::sync::Arc;

use domain::access::Gate;
use domain::error::UseCaseError;
use domain::id::StoreId;
use domain::store::{NewStore, Overrides, Store, StoreName, StoreRef, StoreRules, StoreService};
use domain::unit_of_work::Unique;
use domain::version::Precondition;

use super::{caller, in_store, printed};
use crate::cli::{self, StoreCommand, StoreEdit};
use crate::failure::Failure;
use crate::table;

/// Stores that are read at once.
const PAGE: u32 = 500;

pub(super) async fn run(
    gate: &Gate,
    rules: &StoreRules,
    command: StoreCommand,
) -> Result<(), Failure> {
    let service = StoreService::new(gate.clone());
    match command {
        StoreCommand::Create { name, id } => create(&service, name, id).await,
        StoreCommand::List => list(&service).await,
        StoreCommand::Show { store } => show(&service, store, rules).await,
        StoreCommand::Set { store, edit } => set(&service, store, edit).await,
        StoreCommand::Delete { store, confirm } => delete(&service, store, confirm).await,
    }
}

async fn create(
    service: &StoreService,
    name: StoreName,
    id: Option<StoreId>,
) -> Result<(), Failure> {
    let new = NewStore { id, name: name.clone(), set: Overrides::default() };
    let made = service.create(&caller(), None, new).await;
    let store = made.map_err(|error| refusal(error, &name))?;
    printed(writeln!(io::stdout(), "{}", store.id))
}

async fn list(service: &StoreService) -> Result<(), Failure> {
    let rows = all(service).await?.into_iter();
    let rows: Vec<_> = rows.map(|store| [store.id.to_string(), store.name.to_string()]).collect();
    printed(table::write(&mut io::stdout().lock(), ["ID", "NAME"], &rows))
}

async fn show(service: &StoreService, store: StoreRef, rules: &StoreRules) -> Result<(), Failure> {
    let store = service.find(&in_store(store)).await?;
    let mut out = io::stdout().lock();
    printed(writeln!(out, "{}  {}\n", store.id, store.name))?;
    printed(table::write(&mut out, ["SETTING", "VALUE", "FROM"], &settings(&store, rules)))
}

async fn set(service: &StoreService, store: StoreRef, edit: StoreEdit) -> Result<(), Failure> {
    let name = edit.name.clone();
    let edit = move |store: &Store| Ok(edit.applied(&store.name, store.set)?);
    let changed = service.change(&in_store(store), Precondition::None, Arc::new(edit)).await;
    changed.map(drop).map_err(|error| match name {
        Some(name) => refusal(error, &name),
        None => sentence(error),
    })
}

async fn delete(
    service: &StoreService,
    store: StoreRef,
    confirmed: Option<StoreName>,
) -> Result<(), Failure> {
    service.remove(&in_store(store), Precondition::None, confirmed).await.map_err(sentence)
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

/// What is refused of a store that was to bear `name`, in the words of this command.
fn refusal(error: UseCaseError, name: &StoreName) -> Failure {
    match error {
        UseCaseError::Duplicate(Unique::StoreName) => {
            Failure::Argument(format!("there is a store of the name {name} already"))
        }
        other => sentence(other),
    }
}

fn sentence(error: UseCaseError) -> Failure {
    let sentence = match error {
        UseCaseError::Duplicate(Unique::StoreId) => "there is, or was, a store of that id",
        UseCaseError::Duplicate(Unique::EmailAddress) => {
            "users cannot sign in by their addresses: two of the store have the same"
        }
        UseCaseError::StoreNotEmpty => {
            "the store is not empty: `--confirm NAME` removes it with everything in it"
        }
        other => return other.into(),
    };
    Failure::Argument(sentence.into())
}

/// The settings that hold in a store, as `store set` takes them, and where each comes from.
fn settings(store: &Store, rules: &StoreRules) -> Vec<[String; 3]> {
    let pinned = rules.pinned(&store.name.folded());
    let held = Overrides::from(rules.of(store));
    let source = |setting| match (pinned.get(setting), store.set.get(setting)) {
        (Some(_), _) => "configuration, pinned",
        (None, Some(_)) => "store",
        (None, None) => "default",
    };
    let value = |setting| held.get(setting).map(|value| value.to_string()).unwrap_or_default();
    cli::setting_flags()
        .map(|(flag, setting)| [flag.into(), value(setting), source(setting).into()])
        .collect()
}

#[cfg(test)]
mod tests {
    use domain::audit::PublicKeyInfo;
    use domain::version::Version;

    use super::*;

    #[test]
    fn each_setting_is_shown_with_where_it_comes_from() {
        let name = StoreName::parse("Shop").unwrap();
        let set = Overrides { password_history: Some(3), ..Overrides::default() };
        let id = "018f3b1e-0000-7000-8000-000000000001".parse().unwrap();
        let pinned = Overrides { read_only: Some(true), ..Overrides::default() };
        let rules = StoreRules {
            defaults: Overrides { lockout_seconds: Some(7), ..Overrides::default() },
            pinned: [(name.folded(), pinned)].into(),
        };
        let audit_key = PublicKeyInfo([0; 44]);
        let store = Store { id, name, set, audit_key, version: Version::UNRECORDED };
        let rows = settings(&store, &rules);
        let row = |name: &str| {
            let found = rows.iter().find(|[setting, ..]| setting == name);
            found.map(|[_, value, from]| (value.as_str(), from.as_str()))
        };
        assert_eq!(row("read-only"), Some(("true", "configuration, pinned")));
        assert_eq!(row("password-history"), Some(("3", "store")));
        assert_eq!(row("lockout-seconds"), Some(("7", "default")));
        assert_eq!(row("password-policy"), Some(("nist-800-63b-4", "default")));
        assert_eq!(row("identity-require-digit"), Some(("true", "default")));
    }
}
