use diesel::dsl::exists;
use diesel::prelude::*;
use domain::access::Role;
use domain::audit::Recorded;
use domain::client::{ApiKeyHash, Client, ClientDirectory, ClientRepository};
use domain::id::{ClientId, StoreId};
use domain::time::Instant;
use domain::unit_of_work::StoreError;

use super::super::{Conn, dialect};
use super::lists::lists;
use super::session::{Inside, Session};
use crate::error::Failure;
use crate::rows::{ClientRow, NewClient, NewRole, RoleRow};
use crate::schema::{client_roles, clients};
use crate::types::{At, Id};

impl ClientDirectory for Session<'_> {
    fn find_by_key(&mut self, hash: &ApiKeyHash) -> Result<Option<(StoreId, Client)>, StoreError> {
        self.read(|conn| {
            let rows: Vec<(ClientRow, Option<RoleRow>)> = clients::table
                .left_join(
                    client_roles::table.on(client_roles::store_id
                        .eq(clients::store_id)
                        .and(client_roles::client_id.eq(clients::id))),
                )
                .filter(clients::key_hash.eq(hash.as_bytes().as_slice()))
                .select((ClientRow::as_select(), Option::<RoleRow>::as_select()))
                .load(conn)?;
            holder(rows)
        })
    }

    fn any(&mut self) -> Result<bool, StoreError> {
        self.read(|conn| {
            let any = diesel::select(diesel::dsl::exists(clients::table.select(clients::id)));
            Ok(any.get_result(conn)?)
        })
    }
}

/// The client of these rows, one for each of its roles. When two clients share a key that an
/// operator chose, the same one is found every time.
fn holder(rows: Vec<(ClientRow, Option<RoleRow>)>) -> Result<Option<(StoreId, Client)>, Failure> {
    let identity = |client: &ClientRow| (client.store_id, client.id);
    let Some(first) = rows.iter().map(|(client, _)| identity(client)).min() else {
        return Ok(None);
    };
    let (clients, roles): (Vec<_>, Vec<_>) =
        rows.into_iter().filter(|(client, _)| identity(client) == first).unzip();
    let Some(client) = clients.into_iter().next() else { return Ok(None) };
    let store = client.store_id.into();
    Ok(Some((store, client.with_roles(roles.into_iter().flatten())?)))
}

fn roles_of(conn: &mut Conn, store: StoreId, clients: Vec<Id>) -> Result<Vec<RoleRow>, Failure> {
    let mut roles = Vec::new();
    for clients in lists(clients) {
        let query = client_roles::table
            .filter(client_roles::store_id.eq(Id::from(store)))
            .filter(client_roles::client_id.eq_any(clients))
            .order(client_roles::client_id)
            .select(RoleRow::as_select());
        roles.extend(query.load(conn)?);
    }
    Ok(roles)
}

impl ClientRepository for Inside<'_, '_> {
    fn find_for_update(&mut self, id: ClientId) -> Result<Option<Client>, StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            let query = clients::table
                .filter(clients::store_id.eq(Id::from(store)))
                .filter(clients::id.eq(Id::from(id)))
                .select(ClientRow::as_select());
            let Some(row) = dialect::locked!(query).get_result(conn).optional()? else {
                return Ok(None);
            };
            let roles = roles_of(conn, store, vec![id.into()])?;
            row.with_roles(roles).map(Some)
        })
    }

    fn page(&mut self, after: Option<ClientId>, limit: u32) -> Result<Vec<Client>, StoreError> {
        let store = self.store;
        self.session.read(|conn| {
            let page = clients::table
                .filter(clients::store_id.eq(Id::from(store)))
                .order(clients::id)
                .limit(limit.into())
                .select(ClientRow::as_select());
            let rows: Vec<ClientRow> = match after {
                Some(after) => page.filter(clients::id.gt(Id::from(after))).load(conn)?,
                None => page.load(conn)?,
            };
            let ids = rows.iter().map(|row| row.id).collect();
            // Both come in order of the client.
            let mut roles = roles_of(conn, store, ids)?.into_iter().peekable();
            rows.into_iter()
                .map(|row| {
                    let id = row.id;
                    let own = std::iter::from_fn(|| roles.next_if(|role| role.client_id == id));
                    row.with_roles(own)
                })
                .collect()
        })
    }

    fn insert(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        let (store, record) = (self.store, client.record());
        let row = NewClient::of(store, record);
        let grant = |grant: &_| NewRole::of(store, record.id, *grant);
        let roles: Vec<_> = record.grants.iter().map(grant).collect();
        self.session.record(client, |conn| {
            diesel::insert_into(clients::table).values(row).execute(conn)?;
            if !roles.is_empty() {
                diesel::insert_into(client_roles::table).values(roles).execute(conn)?;
            }
            Ok(())
        })
    }

    fn remove(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        let (store, id) = (Id::from(self.store), Id::from(client.record().id));
        self.session.record(client, |conn| {
            let roles = client_roles::table
                .filter(client_roles::store_id.eq(store))
                .filter(client_roles::client_id.eq(id));
            diesel::delete(roles).execute(conn)?;
            let rows =
                clients::table.filter(clients::store_id.eq(store)).filter(clients::id.eq(id));
            match diesel::delete(rows).execute(conn)? {
                1 => Ok(()),
                _ => Err(StoreError::Stale.into()),
            }
        })
    }

    fn other_system_admins(&mut self, except: ClientId, now: Instant) -> Result<u64, StoreError> {
        let own = (Id::from(self.store), Id::from(except));
        self.session.write(|conn| {
            let admins = client_roles::table
                .filter(client_roles::store_id.eq(clients::store_id))
                .filter(client_roles::client_id.eq(clients::id))
                .filter(client_roles::role.eq(Role::SystemAdmin.name()));
            let query = clients::table
                .filter(exists(admins))
                .filter(
                    clients::expires.is_null().or(clients::expires.gt(At(now)).assume_not_null()),
                )
                .order((clients::store_id, clients::id))
                .select((clients::store_id, clients::id));
            let holders: Vec<(Id, Id)> = dialect::locked!(query).load(conn)?;
            Ok(holders.into_iter().filter(|holder| *holder != own).count() as u64)
        })
    }
}
