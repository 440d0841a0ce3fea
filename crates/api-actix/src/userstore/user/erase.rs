use std::future::ready;

use actix_web::HttpResponse;
use domain::id::UserId;
use domain::resource::Change;
use domain::user::User;
use domain::version::Precondition;
use utoipa::IntoParams;

use super::users;
use crate::caller::Call;
use crate::problem::Problem;
use crate::request::precondition;
use crate::request::query::parse_flag;
use crate::userstore::resource::{admitted_unkept, single};

/// Whether the person is erased from the audit trail too.
const ERASE: &str = "erase";

/// What becomes of the audit trail; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `read` reads it")]
pub(super) struct EraseQuery {
    /// True: what the entries of the audit trail hold of the user and of their profiles is erased too,
    /// for good; that there were such changes stays, and verifies as before. For holders of
    /// `SystemAdmin`.
    #[param(nullable = false)]
    erase: Option<bool>,
}

/// Removes a user, where it is asked from the audit trail too.
pub(super) async fn remove(call: &Call) -> Result<HttpResponse, Problem> {
    if call.query().get(ERASE).is_none() {
        return single::remove::<User>(call).await;
    }
    let Wish { id, precondition, erases } =
        admitted_unkept::<User, _>(call, ready(read(call))).await?;
    if erases {
        call.api.shared.erasure.delete(&call.context, id, precondition).await?;
    } else {
        users(call).apply(&call.context, (), Change::Remove { id, precondition }).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

struct Wish {
    id: UserId,
    precondition: Precondition,
    erases: bool,
}

fn read(call: &Call) -> Result<Wish, Problem> {
    let query = call.query();
    query.refuse_all_but(&[ERASE])?;
    let precondition = precondition::if_match(call.headers())?;
    let erases = query.parsed(ERASE, parse_flag)?.unwrap_or(false);
    Ok(Wish { id: single::read_id::<User>(call)?, precondition, erases })
}
