use actix_web::{HttpResponse, get};
use domain::attribute::AttributeProperty;
use domain::id::GroupId;

use super::{KeyPath, OwnerPath};
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::userstore::StorePath;
use crate::userstore::attribute;
use crate::userstore::attribute::view::MetadataView;
use crate::userstore::listing::{FilterQuery, ListQuery};

/// The metadata of a group, or those that `filter` asks for, in order of the key.
#[utoipa::path(
    operation_id = "GetGroupMetadatas",
    tag = "GroupMetadata",
    params(StorePath, OwnerPath, ListQuery, FilterQuery<AttributeProperty>),
    responses(
        (status = 200, description = "The metadata", body = Vec<MetadataView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/Group/{groupId}/GroupMetadata")]
pub(crate) async fn get_group_metadatas(call: Call) -> Result<HttpResponse, Problem> {
    attribute::list::<GroupId>(&call).await
}

/// The same under another path.
#[utoipa::path(
    operation_id = "GetGroupMetadataByGroupId",
    tag = "GroupMetadata",
    params(StorePath, OwnerPath, ListQuery, FilterQuery<AttributeProperty>),
    responses(
        (status = 200, description = "The metadata", body = Vec<MetadataView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/Group/{groupId}/GroupMetadata/groupId")]
pub(crate) async fn get_group_metadata_by_group_id(call: Call) -> Result<HttpResponse, Problem> {
    attribute::list::<GroupId>(&call).await
}

/// One by its key, ignoring case.
#[utoipa::path(
    operation_id = "GetGroupMetadata",
    tag = "GroupMetadata",
    params(StorePath, OwnerPath, KeyPath),
    responses(
        (status = 200, description = "Key and value", body = MetadataView, headers(
            ("ETag" = String, description = "Its version"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/Group/{groupId}/GroupMetadata/{key}")]
pub(crate) async fn get_group_metadata(call: Call) -> Result<HttpResponse, Problem> {
    attribute::find::<GroupId>(&call).await
}
