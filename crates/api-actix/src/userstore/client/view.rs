use domain::client::{ApiKey, Client};
use domain::id::ClientId;
use domain::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::userstore::grant::GrantView;
use crate::userstore::shown;

/// An API client.
#[derive(Serialize, ToSchema)]
#[schema(as = Client)]
pub(super) struct ClientView<'a> {
    /// Its id.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = Uuid)]
    id: ClientId,
    /// What it is called; unique in the store ignoring case.
    name: &'a str,
    /// What it may do, and where.
    roles: Vec<GrantView<'a>>,
    /// When it was made.
    #[serde(serialize_with = "shown::text")]
    #[schema(value_type = String, format = DateTime)]
    created: Instant,
    /// From when on its key is refused; null for never.
    #[serde(serialize_with = "shown::optional")]
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires: Option<Instant>,
}

/// An API client that has just been made.
#[derive(Serialize, ToSchema)]
#[schema(as = NewClient)]
pub(super) struct NewClientView<'a> {
    /// The client.
    #[serde(flatten)]
    client: ClientView<'a>,
    /// Its key, which is told this once and kept nowhere.
    key: &'a str,
}

impl<'a> From<&'a Client> for ClientView<'a> {
    fn from(client: &'a Client) -> Self {
        Self {
            id: client.id,
            name: client.name.as_str(),
            roles: client.grants.iter().map(GrantView::from).collect(),
            created: client.created,
            expires: client.expires,
        }
    }
}

impl<'a> NewClientView<'a> {
    /// A client with the key that was made for it.
    pub(super) fn of(client: &'a Client, key: &'a ApiKey) -> Self {
        Self { client: client.into(), key: key.reveal() }
    }
}

/// Writes a client as JSON.
pub(super) fn write(client: &Client, text: &mut Vec<u8>) {
    // Strings always serialize, and a `Vec` always takes them.
    let _ = serde_json::to_writer(text, &ClientView::from(client));
}
