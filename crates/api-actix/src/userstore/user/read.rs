use actix_web::{HttpResponse, get};
use domain::error::{Missing, UseCaseError};
use domain::user::{LoginName, User};

use super::list::IncludeQuery;
use super::view::UserView;
use super::{UserPath, users};
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::percent;
use crate::problem::Problem;
use crate::userstore::StorePath;
use crate::userstore::listing::include;
use crate::userstore::resource::{answer, single};

/// One user by its id.
#[utoipa::path(
    operation_id = "GetUser",
    tag = "User",
    params(StorePath, UserPath, IncludeQuery),
    responses(
        (status = 200, description = "The user", body = UserView, headers(
            ("ETag" = String, description = "The version of the user"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/User/{id}")]
pub(crate) async fn get_user(call: Call) -> Result<HttpResponse, Problem> {
    let include = include::<User>(call.query())?;
    let id = single::read_id::<User>(&call)?;
    let user = users(&call).find(&call.context, id, include).await?;
    Ok(answer::found::<User>(&user))
}

/// One user by its login name, ignoring case.
#[utoipa::path(
    operation_id = "GetUserByLoginName",
    tag = "User",
    params(StorePath, IncludeQuery, ("userName" = String, Path, description = "The login name")),
    responses(
        (status = 200, description = "The user", body = UserView, headers(
            ("ETag" = String, description = "The version of the user"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/User/loginname/{userName}")]
pub(crate) async fn get_user_by_login_name(call: Call) -> Result<HttpResponse, Problem> {
    let include = include::<User>(call.query())?;
    // What can be no login name is nobody's.
    let name = percent::decode(call.parameter("userName"))
        .and_then(|name| LoginName::parse(name).ok())
        .ok_or(UseCaseError::NotFound(Missing::User))?;
    let user = users(&call).find_by_login_name(&call.context, name.folded(), include).await?;
    Ok(answer::found::<User>(&user))
}
