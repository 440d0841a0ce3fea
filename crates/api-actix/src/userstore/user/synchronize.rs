use actix_web::{HttpResponse, get};

use super::users;
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::userstore::StorePath;
use crate::userstore::shown::{self, SynchronizedView};

/// Walks every user of the store once.
#[utoipa::path(
    operation_id = "SynchronizeAllUser",
    tag = "User",
    params(StorePath),
    responses(
        (status = 200, description = "What the pass found", body = SynchronizedView),
        ReadRefusals,
    ),
)]
#[get("/administration/User/synchronize")]
pub(crate) async fn synchronize_all_user(call: Call) -> Result<HttpResponse, Problem> {
    let pass = users(&call).synchronize(&call.context).await?;
    Ok(shown::synchronized(pass))
}
