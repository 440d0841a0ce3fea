use diesel::prelude::*;
use domain::access::Holder;
use domain::audit::Recorded;
use domain::client::{ApiKeyHash, Client, ClientDirectory, ClientRepository};
use domain::id::{ClientId, StoreId};
use domain::unit_of_work::StoreError;

use super::super::{Conn, dialect};
use super::chunks::all_of;
use super::lists::lists;
use super::session::{Inside, Session};
use crate::error::Failure;
use crate::rows::{AssignmentRow, CLIENT, ClientRow, NewAssignment, NewClient};
use crate::schema::{clients, role_assignments};
use crate::types::Id;

impl ClientDirectory for Session<'_> {
    fn find_by_key(&mut self, hash: &ApiKeyHash) -> Result<Option<(StoreId, Client)>, StoreError> {
        self.read(|conn| {
            let rows: Vec<(ClientRow, Option<AssignmentRow>)> = clients::table
                .left_join(
                    role_assignments::table.on(role_assignments::store_id
                        .eq(clients::store_id)
                        .and(role_assignments::holder_kind.eq(CLIENT))
                        .and(role_assignments::holder_id.eq(clients::id))),
                )
                .filter(clients::key_hash.eq(hash.as_bytes().as_slice()))
                .select((ClientRow::as_select(), Option::<AssignmentRow>::as_select()))
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
fn holder(
    rows: Vec<(ClientRow, Option<AssignmentRow>)>,
) -> Result<Option<(StoreId, Client)>, Failure> {
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

fn roles_of(
    conn: &mut Conn,
    store: StoreId,
    clients: Vec<Id>,
) -> Result<Vec<AssignmentRow>, Failure> {
    let mut roles = Vec::new();
    for clients in lists(clients) {
        let query = role_assignments::table
            .filter(role_assignments::store_id.eq(Id::from(store)))
            .filter(role_assignments::holder_kind.eq(CLIENT))
            .filter(role_assignments::holder_id.eq_any(clients))
            .order(role_assignments::holder_id)
            .select(AssignmentRow::as_select());
        roles.extend(query.load(conn)?);
    }
    Ok(roles)
}

/// The query for the client of an id.
macro_rules! of_id {
    ($store:expr, $id:expr) => {
        clients::table
            .filter(clients::store_id.eq(Id::from($store)))
            .filter(clients::id.eq(Id::from($id)))
            .select(ClientRow::as_select())
    };
}

/// The client of a row, with its roles.
fn with_roles(
    conn: &mut Conn,
    store: StoreId,
    row: Option<ClientRow>,
) -> Result<Option<Client>, Failure> {
    let Some(row) = row else { return Ok(None) };
    let roles = roles_of(conn, store, vec![row.id])?;
    row.with_roles(roles).map(Some)
}

impl ClientRepository for Inside<'_, '_> {
    fn find(&mut self, id: ClientId) -> Result<Option<Client>, StoreError> {
        let store = self.store;
        self.session.read(|conn| {
            let row = of_id!(store, id).get_result(conn).optional()?;
            with_roles(conn, store, row)
        })
    }

    fn find_for_update(&mut self, id: ClientId) -> Result<Option<Client>, StoreError> {
        let store = self.store;
        self.session.write(|conn| {
            let row = dialect::locked!(of_id!(store, id)).get_result(conn).optional()?;
            with_roles(conn, store, row)
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
                    let own = std::iter::from_fn(|| roles.next_if(|role| role.holder_id == id));
                    row.with_roles(own)
                })
                .collect()
        })
    }

    fn insert(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        let (store, record) = (self.store, client.record());
        let row = NewClient::of(store, record);
        let holder = Holder::Client(record.id);
        let grant = |grant| NewAssignment::of(store, holder, grant);
        let roles: Vec<_> = record.grants.iter().map(grant).collect();
        self.session.record(client, |conn| {
            diesel::insert_into(clients::table).values(row).execute(conn)?;
            if !roles.is_empty() {
                diesel::insert_into(role_assignments::table).values(roles).execute(conn)?;
            }
            Ok(())
        })
    }

    fn remove(&mut self, client: &Recorded<Client>) -> Result<(), StoreError> {
        let (store, id) = (Id::from(self.store), Id::from(client.record().id));
        self.session.record(client, |conn| {
            let roles = role_assignments::table
                .filter(role_assignments::store_id.eq(store))
                .filter(role_assignments::holder_kind.eq(CLIENT))
                .filter(role_assignments::holder_id.eq(id));
            diesel::delete(roles).execute(conn)?;
            let rows =
                clients::table.filter(clients::store_id.eq(store)).filter(clients::id.eq(id));
            all_of(1, diesel::delete(rows).execute(conn)?)
        })
    }
}
