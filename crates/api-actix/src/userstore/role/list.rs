use actix_web::{HttpResponse, get};
use domain::access::{Assignment, AssignmentFilter, Grant, Holder, Reach, RoleName};
use domain::id::{ClientId, GroupId, StoreId, UserId};
use utoipa::IntoParams;
use uuid::Uuid;

use super::view::{self, AssignmentView};
use super::{holder, reach, roles};
use crate::caller::Call;
use crate::cursor::Key;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::userstore::StorePath;
use crate::userstore::plain::{self, PlainQuery};

/// Who of the store holds which role: those given to them, nothing inherited. Users come before
/// groups before clients, each by id. For holders of `SystemAdmin`.
#[utoipa::path(
    operation_id = "GetRoleAssignments",
    tags = ["Role", "Extension"],
    params(StorePath, FilterQuery, PlainQuery),
    responses(
        (status = 200, description = "The assignments", body = Vec<AssignmentView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/Role/assignment")]
pub(crate) async fn get_role_assignments(call: Call) -> Result<HttpResponse, Problem> {
    let query = call.query();
    let holder = holder::in_query(query)?;
    let role = query.parsed("role", RoleName::parse)?;
    let reach = reach::in_query(query)?;
    let list = format!("roles of {holder:?} called {role:?} in {reach:?}").to_ascii_lowercase();
    let filter = AssignmentFilter { holder, role, reach };
    let (roles, context) = (roles(&call).clone(), call.context.clone());
    let fetch = move |after, limit| {
        let (roles, context, filter) = (roles.clone(), context.clone(), filter.clone());
        async move { roles.page(&context, filter, after, limit).await }
    };
    plain::answer(&call, (&call.context.store, &list), view::write, fetch).await
}

/// Which assignments to answer; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; `get_role_assignments` reads it")]
struct FilterQuery {
    /// Those of this user.
    #[param(nullable = false)]
    user_id: Option<Uuid>,
    /// Those of this group.
    #[param(nullable = false)]
    group_id: Option<Uuid>,
    /// Those of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Those of this role, ignoring case.
    #[param(nullable = false)]
    role: Option<String>,
    /// Those held in the store of this id; `*` for those held in every store.
    #[param(nullable = false)]
    store_id: Option<String>,
}

/// The kind of the holder, its id, the store or nil for every store, and the name of the role.
impl Key for Assignment {
    fn to_bytes(&self) -> Vec<u8> {
        let (kind, id) = match self.holder {
            Holder::User(id) => (USER, id.as_uuid()),
            Holder::Group(id) => (GROUP, id.as_uuid()),
            Holder::Client(id) => (CLIENT, id.as_uuid()),
        };
        let store = match self.grant.reach() {
            Reach::Everywhere => Uuid::nil(),
            Reach::Store(store) => store.as_uuid(),
        };
        let role = self.grant.role().as_str().as_bytes();
        [&[kind][..], id.as_bytes(), store.as_bytes(), role].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[kind], rest) = bytes.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let (store, role) = rest.split_first_chunk()?;
        let (id, store) = (Uuid::from_bytes(*id), Uuid::from_bytes(*store));
        let holder = match kind {
            USER => Holder::User(UserId::new(id)),
            GROUP => Holder::Group(GroupId::new(id)),
            CLIENT => Holder::Client(ClientId::new(id)),
            _ => return None,
        };
        let reach =
            if store.is_nil() { Reach::Everywhere } else { Reach::Store(StoreId::new(store)) };
        let role = RoleName::parse(str::from_utf8(role).ok()?).ok()?;
        Some(Self { holder, grant: Grant::new(role, reach).ok()? })
    }
}

const USER: u8 = 1;
const GROUP: u8 = 2;
const CLIENT: u8 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_as_its_assignment() {
        let id = Uuid::from_u128(7);
        let own = RoleName::parse("HelpDesk").expect("a name");
        for holder in [
            Holder::User(UserId::new(id)),
            Holder::Group(GroupId::new(id)),
            Holder::Client(ClientId::new(id)),
        ] {
            for reach in [Reach::Everywhere, Reach::Store(StoreId::new(Uuid::from_u128(9)))] {
                let grant = Grant::new(own.clone(), reach).expect("held there");
                let assignment = Assignment { holder, grant };
                let bytes = assignment.to_bytes();
                assert_eq!(Assignment::from_bytes(&bytes), Some(assignment));
                for cut in 0..=33 {
                    assert_eq!(Assignment::from_bytes(&bytes[..cut]), None, "{cut}");
                }
            }
        }
    }
}
