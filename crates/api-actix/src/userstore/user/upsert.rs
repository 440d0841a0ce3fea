use std::sync::Arc;

use actix_web::{HttpResponse, post};
use domain::user::{EditError, Upsert, UserWithRelations};
use domain::version::Precondition;

use super::received::{self, admitted};
use super::request::UserRequest;
use super::view::UserView;
use super::{answer, users};
use crate::caller::Call;
use crate::openapi::refusals::WriteRefusals;
use crate::problem::Problem;
use crate::request::body::Body;
use crate::request::precondition;
use crate::userstore::{IfMatch, StorePath};

/// Changes the properties that are present of the user with that id, without an id of the one with
/// that login name; makes the user where there is none.
#[utoipa::path(
    operation_id = "CreateOrUpdateUser",
    tag = "User",
    params(StorePath, IfMatch),
    request_body = UserRequest,
    responses(
        (status = 201, description = "The user as it is now, also when it was there", body = UserView, headers(
            ("ETag" = String, description = "The version of the user"),
            ("Location" = String, description = "The path of the user"),
        )),
        WriteRefusals,
    ),
)]
#[post("/administration/User/createorupdate")]
pub(crate) async fn create_or_update_user(call: Call, body: Body) -> Result<HttpResponse, Problem> {
    let (condition, request) = admitted(&call, read(&call, body)).await?;
    let now = call.api.shared.clock.now();
    let upsert = Upsert {
        id: request.id.or_unset(),
        login_name: request.login_name.or_unset(),
        create: request.create(now),
        edit: Arc::new(move |before: &UserWithRelations| {
            request.merge(&before.user, now).map_err(EditError::Invalid)
        }),
    };
    let user = users(&call).create_or_update(&call.context, condition, upsert).await?;
    Ok(answer::created(&call, &user))
}

async fn read(call: &Call, body: Body) -> Result<(Precondition, UserRequest), Problem> {
    call.query()?.refuse_all()?;
    let condition = precondition::if_match(call.headers())?;
    let (request, mut invalid) = received::user(call, body).await?;
    // Without an id only the store knows whose profiles they are: the user that it finds.
    if let Some(id) = request.id.value() {
        request.require_user(*id, &mut invalid);
    }
    Ok((condition, invalid.or(request).map_err(Problem::invalid)?))
}
