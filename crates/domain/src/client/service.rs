use super::{ApiKey, ApiKeyHash, Client, ClientName};
use crate::access::limits::{self, GrantProperties, keep_an_administrator};
use crate::access::{Context, Gate, Grant, Permission, Room};
use crate::error::{Invalid, Missing, UseCaseError};
use crate::id::ClientId;
use crate::page::Page;
use crate::time::Instant;
use crate::unit_of_work::Access;

/// How a request for a client says what it grants.
const SAID: GrantProperties = GrantProperties { role: "roles", store: "roles" };

/// A client to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClient {
    /// What it is called.
    pub name: ClientName,
    /// What it may do; at least one grant.
    pub grants: Vec<Grant>,
    /// From when on its key is refused; in the future.
    pub expires: Option<Instant>,
}

/// The use cases on API clients: for holders of `SystemAdmin`.
#[derive(Clone)]
pub struct ClientService {
    gate: Gate,
}

impl ClientService {
    /// The use cases behind `gate`.
    pub fn new(gate: Gate) -> Self {
        Self { gate }
    }

    /// Makes a client and its key, which is told this once.
    ///
    /// # Errors
    /// [`UseCaseError::Upward`] when the caller would grant what they lack;
    /// [`UseCaseError::Duplicate`] naming `ClientName`; [`UseCaseError::Invalid`], naming `roles`
    /// when a role or a store is none; what the gate refuses.
    pub async fn create(
        &self,
        context: &Context,
        new: NewClient,
    ) -> Result<(Client, ApiKey), UseCaseError> {
        let key = ApiKey::generate(self.gate.random());
        let (id, hash) = (ClientId::new(self.gate.random().new_uuid()), key.hash());
        let client = self
            .gate
            .change(Access::Write, context, Permission::SystemManage, 1, move |room| {
                let grants = grantable(room, &new.grants)?;
                let new = NewClient { grants, ..new.clone() };
                let client = new.into_client(id, hash, room.journal.now())?;
                let recorded = room.journal.added(client)?;
                room.here().clients().insert(&recorded)?;
                Ok(recorded.into_record())
            })
            .await?;
        Ok((client, key))
    }

    /// The client of that id.
    ///
    /// # Errors
    /// [`Missing::Client`]; what the gate refuses.
    pub async fn find(&self, context: &Context, id: ClientId) -> Result<Client, UseCaseError> {
        self.gate
            .point(context, Permission::SystemManage, move |room| {
                let found = room.here().clients().find(id)?;
                found.ok_or(UseCaseError::NotFound(Missing::Client))
            })
            .await
    }

    /// Up to `limit` clients of the store after the one of id `after`, in order of id.
    ///
    /// # Errors
    /// What the gate refuses.
    pub async fn page(
        &self,
        context: &Context,
        after: Option<ClientId>,
        limit: u32,
    ) -> Result<Page<Client, ClientId>, UseCaseError> {
        self.gate
            .read(context, Permission::SystemManage, move |room| {
                let found = room.here().clients().page(after, limit.saturating_add(1))?;
                Ok(Page::cut(found, limit, |client| client.id))
            })
            .await
    }

    /// Removes a client; its key is refused from the next request on.
    ///
    /// # Errors
    /// [`Missing::Client`]; [`UseCaseError::Upward`] when the client holds more than the caller;
    /// [`UseCaseError::LastSystemAdmin`]; what the gate refuses.
    pub async fn revoke(&self, context: &Context, id: ClientId) -> Result<(), UseCaseError> {
        self.gate
            .change(Access::Write, context, Permission::SystemManage, 1, move |room| {
                let client = room.here().clients().find_for_update(id)?;
                let client = client.ok_or(UseCaseError::NotFound(Missing::Client))?;
                if !limits::covers(room, &client.grants) {
                    return Err(UseCaseError::Upward);
                }
                keep_an_administrator(room, client.is_system_admin(), |room| {
                    let recorded = room.journal.deleted(client)?;
                    Ok(room.here().clients().remove(&recorded)?)
                })
            })
            .await
    }
}

/// The grants in their proper spelling, when the caller may give each of them.
fn grantable(room: &mut Room<'_>, grants: &[Grant]) -> Result<Vec<Grant>, UseCaseError> {
    grants.iter().map(|grant| limits::grantable(room, grant, &SAID)).collect()
}

impl NewClient {
    fn into_client(
        mut self,
        id: ClientId,
        key_hash: ApiKeyHash,
        now: Instant,
    ) -> Result<Client, Invalid> {
        let mut invalid = Invalid::default();
        if self.grants.is_empty() {
            invalid.add("roles", "must name at least one role");
        }
        if self.expires.is_some_and(|at| at <= now) {
            invalid.add("expires", "must lie in the future");
        }
        self.grants.sort_unstable();
        self.grants.dedup();
        let Self { name, grants, expires } = self;
        invalid.or(Client { id, name, key_hash, grants, created: now, expires })
    }
}

impl Client {
    /// Whether the client holds everything, everywhere.
    pub fn is_system_admin(&self) -> bool {
        self.grants.iter().any(Grant::is_system_admin)
    }
}
