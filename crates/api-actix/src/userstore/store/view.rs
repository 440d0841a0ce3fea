use domain::id::StoreId;
use domain::store::{Settings, Store};
use serde::Serialize;
use utoipa::ToSchema;

use super::settings::{SetView, SettingsView};
use crate::userstore::shown;

/// A store.
#[derive(Serialize, ToSchema)]
#[schema(as = Store)]
pub(super) struct StoreView<'a> {
    /// Its id.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    id: StoreId,
    /// Unique ignoring case; an alternative to the id in every path.
    name: &'a str,
    /// The settings that hold.
    settings: SettingsView,
    /// What of them is set for this store.
    set: SetView,
}

/// A store with the settings that hold in it.
pub(super) type Known = (Store, Settings);

impl<'a> From<&'a Known> for StoreView<'a> {
    fn from((store, settings): &'a Known) -> Self {
        Self {
            id: store.id,
            name: store.name.as_str(),
            settings: (*settings).into(),
            set: store.set.into(),
        }
    }
}

/// Writes a store as JSON.
pub(super) fn write(store: &Known, text: &mut Vec<u8>) {
    // Strings, numbers and booleans always serialize, and a `Vec` always takes them.
    let _ = serde_json::to_writer(text, &StoreView::from(store));
}
