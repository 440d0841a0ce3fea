use diesel::prelude::*;
use domain::client::{ApiKeyHash, Client, ClientName};
use domain::id::StoreId;

use super::{AssignmentRow, corrupt, parse};
use crate::error::Failure;
use crate::schema::clients;
use crate::types::{At, Id};

/// A client as it is read, without its roles.
#[derive(Queryable, Selectable)]
#[diesel(table_name = clients)]
pub(crate) struct ClientRow {
    pub(crate) store_id: Id,
    pub(crate) id: Id,
    name: String,
    key_hash: Vec<u8>,
    created: At,
    expires: Option<At>,
}

impl ClientRow {
    /// The client with the roles that it holds.
    pub(crate) fn with_roles(
        self,
        roles: impl IntoIterator<Item = AssignmentRow>,
    ) -> Result<Client, Failure> {
        let hash = self.key_hash.try_into().map_err(|_| corrupt("clients.key_hash"))?;
        let grants: Result<Vec<_>, _> = roles.into_iter().map(|role| role.grant()).collect();
        let mut grants = grants?;
        grants.sort_unstable();
        Ok(Client {
            id: self.id.into(),
            name: parse(self.name, ClientName::parse, "clients.name")?,
            key_hash: ApiKeyHash::from_bytes(hash),
            grants,
            created: self.created.0,
            expires: self.expires.map(|at| at.0),
        })
    }
}

/// A client as it is written.
#[derive(Insertable)]
#[diesel(table_name = clients, treat_none_as_default_value = false)]
pub(crate) struct NewClient<'a> {
    store_id: Id,
    id: Id,
    name: &'a str,
    name_folded: String,
    key_hash: &'a [u8],
    created: At,
    expires: Option<At>,
}

impl<'a> NewClient<'a> {
    /// The row of a client in its store.
    pub(crate) fn of(store: StoreId, client: &'a Client) -> Self {
        Self {
            store_id: store.into(),
            id: client.id.into(),
            name: client.name.as_str(),
            name_folded: client.name.folded().as_str().to_owned(),
            key_hash: client.key_hash.as_bytes(),
            created: At(client.created),
            expires: client.expires.map(At),
        }
    }
}
