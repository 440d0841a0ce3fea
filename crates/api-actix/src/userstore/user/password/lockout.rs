use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post};
use bytes::Bytes;
use domain::user::{User, UserWithRelations};

use super::{Target, passwords, read_target};
use crate::caller::Call;
use crate::openapi::refusals::PostActRefusals;
use crate::problem::Problem;
use crate::userstore::resource::admitted;
use crate::userstore::resource::answer::{Reply, once};
use crate::userstore::user::UserIdPath;
use crate::userstore::user::view::UserView;
use crate::userstore::{IdempotencyKeyHeader, IfMatch, StorePath};

/// Ends every lock of a user, and forgets every failed attempt.
#[utoipa::path(
    operation_id = "ResetAccessFailedCount",
    tag = "User",
    params(StorePath, UserIdPath, IfMatch, IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The user as it is now", body = UserView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        PostActRefusals,
    ),
)]
#[post("/administration/User/{userId}/lockout/reset")]
pub(crate) async fn reset_access_failed_count(call: Call) -> Result<HttpResponse, Problem> {
    let reading = async { read_target(&call) };
    let Target { id, condition } = admitted::<User, _>(&call, reading).await?;
    let passwords = passwords(&call);
    once(
        &call,
        Bytes::new(),
        |context| async move { passwords.unlock(&context, id, condition).await },
        |user: &UserWithRelations| Reply::of::<User>(StatusCode::OK, user),
    )
    .await
}
