use diesel::prelude::*;
use domain::store::{Store, StoreName};

use super::{parse, version};
use crate::error::Failure;
use crate::schema::stores;
use crate::types::Id;

/// A store as it is read.
#[derive(Queryable, Selectable)]
#[diesel(table_name = stores)]
pub(crate) struct StoreRow {
    id: Id,
    name: String,
    read_only: bool,
    version: i64,
}

impl TryFrom<StoreRow> for Store {
    type Error = Failure;

    fn try_from(row: StoreRow) -> Result<Self, Failure> {
        Ok(Self {
            id: row.id.into(),
            name: parse(row.name, StoreName::parse, "stores.name")?,
            read_only: row.read_only,
            version: version(row.version, "stores.version")?,
        })
    }
}

/// A store as it is written.
#[derive(Insertable)]
#[diesel(table_name = stores, treat_none_as_default_value = false)]
pub(crate) struct NewStore<'a> {
    id: Id,
    name: &'a str,
    name_folded: String,
    read_only: bool,
    version: i64,
}

impl<'a> From<&'a Store> for NewStore<'a> {
    fn from(store: &'a Store) -> Self {
        Self {
            id: store.id.into(),
            name: store.name.as_str(),
            name_folded: store.name.folded().as_str().to_owned(),
            read_only: store.read_only,
            version: store.version.get().get(),
        }
    }
}
