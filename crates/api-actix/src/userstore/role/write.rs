use actix_web::http::StatusCode;
use actix_web::{HttpResponse, delete, post};
use bytes::Bytes;
use domain::access::{Assignment, RoleName};
use domain::error::Invalid;
use utoipa::IntoParams;
use uuid::Uuid;

use super::request::AssignmentRequest;
use super::view::{self, AssignmentView};
use super::{holder, reach, roles};
use crate::caller::Call;
use crate::idempotency;
use crate::openapi::refusals::{PostRefusals, RemoveRefusals};
use crate::percent;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::userstore::grant::{Where, administrated, grant, here, refuse_condition};
use crate::userstore::resource::answer::{Reply, once};
use crate::userstore::resource::received;
use crate::userstore::{IdempotencyKeyHeader, StorePath};

/// Gives a role to a user, a group or a client of the store. For holders of `SystemAdmin`, who hold
/// themselves what they give.
#[utoipa::path(
    operation_id = "CreateRoleAssignment",
    tags = ["Role", "Extension"],
    params(StorePath, IdempotencyKeyHeader),
    request_body = AssignmentRequest,
    responses(
        (status = 201, description = "The assignment", body = AssignmentView, headers(
            ("Location" = String, description = "Its path"),
        )),
        PostRefusals,
    ),
)]
#[post("/administration/Role/assignment")]
pub(crate) async fn create_role_assignment(
    call: Call,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (sent, assignment) = administrated(&call, read_new(&call, body)).await?;
    let (roles, path) = (roles(&call), call.path().to_owned());
    once(
        &call,
        sent,
        |context| async move { roles.assign(&context, assignment).await },
        move |given: &Assignment| {
            let mut body = Vec::new();
            view::write(given, &mut body);
            Reply::with(StatusCode::CREATED, body).located(&location(&path, given))
        },
    )
    .await
}

fn location(path: &str, Assignment { holder, grant }: &Assignment) -> String {
    let role = percent::encode(grant.role().as_str());
    let store = reach::text(grant.reach());
    format!("{path}?{}={holder}&role={role}&storeId={store}", holder::name(holder))
}

/// Takes a role from a user, a group or a client of the store. For holders of `SystemAdmin`, who
/// hold themselves what they take.
#[utoipa::path(
    operation_id = "DeleteRoleAssignment",
    tags = ["Role", "Extension"],
    params(StorePath, AssignmentQuery),
    responses((status = 204, description = "It is gone"), RemoveRefusals),
)]
#[delete("/administration/Role/assignment")]
pub(crate) async fn delete_role_assignment(call: Call) -> Result<HttpResponse, Problem> {
    let assignment = administrated(&call, read_removal(&call)).await?;
    roles(&call).revoke(&call.context, assignment).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Which assignment; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the query; `read_removal` reads it")]
struct AssignmentQuery {
    /// The user who holds it. One holder is needed.
    #[param(nullable = false)]
    user_id: Option<Uuid>,
    /// The group that holds it.
    #[param(nullable = false)]
    group_id: Option<Uuid>,
    /// The client that holds it.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// The role, ignoring case.
    role: String,
    /// The id of the store in which it is held, `*` for every store; without it the store in the
    /// path, and for `SystemAdmin` every store.
    #[param(nullable = false)]
    store_id: Option<String>,
}

async fn read_new(call: &Call, body: Body) -> Result<(Bytes, Assignment), Problem> {
    call.query().refuse_all()?;
    idempotency::key(call)?;
    refuse_condition(call)?;
    let sent = received::bytes(call, body).await?;
    let mut invalid = Invalid::default();
    let request = AssignmentRequest::of(received::one_value(call, &sent)?, &mut invalid)?;
    let assignment = request.assignment(here(call).await?, &mut invalid);
    let assignment = invalid.or(assignment).map_err(Problem::invalid)?;
    let missing = || Problem::invalid(Invalid::one("userId", holder::MUST_BE_GIVEN));
    Ok((sent, assignment.ok_or_else(missing)?))
}

async fn read_removal(call: &Call) -> Result<Assignment, Problem> {
    let query = call.query();
    query.refuse_all_but(&[&holder::NAMES[..], &["role", "storeId"]].concat())?;
    refuse_condition(call)?;
    let (holder, role) = (holder::in_query(query)?, query.parsed("role", RoleName::parse)?);
    let said = reach::in_query(query)?.map_or(Where::Unsaid, Where::Said);
    let mut invalid = Invalid::default();
    if holder.is_none() {
        invalid.add("userId", holder::MUST_BE_GIVEN);
    }
    if role.is_none() {
        invalid.add("role", "must be given");
    }
    let (Some(holder), Some(role)) = (holder, role) else {
        return Err(Problem::invalid(invalid));
    };
    let grant = grant(role, said, here(call).await?);
    let grant = grant.map_err(|rule| Problem::invalid(Invalid::one("storeId", rule)))?;
    Ok(Assignment { holder, grant })
}
