use actix_web::{HttpResponse, get};
use domain::attribute::AttributeProperty;
use domain::id::UserId;

use super::{KeyPath, OwnerPath};
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::userstore::StorePath;
use crate::userstore::attribute;
use crate::userstore::attribute::view::ProfileView;
use crate::userstore::listing::{FilterQuery, ListQuery};

/// The profiles of a user, or those that `filter` asks for, in order of the key.
#[utoipa::path(
    operation_id = "GetUserProfiles",
    tag = "UserProfile",
    params(StorePath, OwnerPath, ListQuery, FilterQuery<AttributeProperty>),
    responses(
        (status = 200, description = "The profiles", body = Vec<ProfileView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/user/{userId}/UserProfile")]
pub(crate) async fn get_user_profiles(call: Call) -> Result<HttpResponse, Problem> {
    attribute::list::<UserId>(&call).await
}

/// The same under another path.
#[utoipa::path(
    operation_id = "GetUserProfilesByUserId",
    tag = "UserProfile",
    params(StorePath, OwnerPath, ListQuery, FilterQuery<AttributeProperty>),
    responses(
        (status = 200, description = "The profiles", body = Vec<ProfileView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/user/{userId}/UserProfile/userId")]
pub(crate) async fn get_user_profile_by_user_id(call: Call) -> Result<HttpResponse, Problem> {
    attribute::list::<UserId>(&call).await
}

/// One by its key, ignoring case.
#[utoipa::path(
    operation_id = "GetUserProfile",
    tag = "UserProfile",
    params(StorePath, OwnerPath, KeyPath),
    responses(
        (status = 200, description = "Key and value", body = ProfileView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/user/{userId}/UserProfile/{key}")]
pub(crate) async fn get_user_profile(call: Call) -> Result<HttpResponse, Problem> {
    attribute::find::<UserId>(&call).await
}
