//! Grants as they are typed and shown.

use std::collections::HashMap;

use domain::access::{Gate, Grant, Permission, Reach};
use domain::id::StoreId;
use domain::store::{StoreRef, StoreService};

use super::{in_store, store};
use crate::cli::GrantArgument;
use crate::failure::Failure;

/// The grant that `argument` means, for a holder in the store `own`.
pub(super) async fn meant(
    gate: &Gate,
    argument: &GrantArgument,
    own: StoreId,
) -> Result<Grant, Failure> {
    let store = match argument.store() {
        Some(store) => id_of(gate, store).await?,
        None => own,
    };
    argument.in_store(store).map_err(|error| Failure::Argument(error.to_string()))
}

/// The id of a store that is there.
pub(super) async fn id_of(gate: &Gate, store: &StoreRef) -> Result<StoreId, Failure> {
    let context = in_store(store.clone());
    Ok(gate.point(&context, Permission::SystemManage, |room| Ok(room.store.id)).await?)
}

/// The names of all stores.
#[derive(Default)]
pub(super) struct StoreNames(HashMap<StoreId, String>);

impl StoreNames {
    pub(super) async fn read(gate: &Gate) -> Result<Self, Failure> {
        let stores = store::all(&StoreService::new(gate.clone())).await?;
        Ok(Self(stores.into_iter().map(|store| (store.id, store.name.to_string())).collect()))
    }

    /// A grant as `--grant` takes it.
    pub(super) fn shown(&self, grant: &Grant) -> String {
        format!("{}@{}", grant.role(), self.place(grant.reach()))
    }

    /// The name of a store; of one that is gone, its id.
    pub(super) fn of(&self, id: StoreId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// Where a role is held: `*` is every store, and a store that is gone shows its id.
    pub(super) fn place(&self, reach: Reach) -> String {
        match reach {
            Reach::Everywhere => "*".into(),
            Reach::Store(id) => self.of(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::access::RoleName;

    use super::*;

    #[test]
    fn a_grant_is_shown_as_it_is_typed() {
        let store: StoreId = "018f3b1e-0000-7000-8000-000000000001".parse().unwrap();
        let names = StoreNames(HashMap::from([(store, "shop".to_owned())]));
        let here = Grant::new(RoleName::USER_MANAGER, Reach::Store(store)).unwrap();
        assert_eq!(names.shown(&here), "UserManager@shop");
        let nameless = StoreNames(HashMap::new());
        assert_eq!(nameless.shown(&here), format!("UserManager@{store}"));
        assert_eq!(names.shown(&Grant::system_admin()), "SystemAdmin@*");
    }
}
