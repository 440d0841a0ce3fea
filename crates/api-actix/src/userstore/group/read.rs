use actix_web::http::header;
use actix_web::{HttpResponse, get};
use domain::error::{Missing, UseCaseError};
use domain::group::Group;

use super::list::IncludeQuery;
use super::text::{GroupText, Single};
use super::view::GroupView;
use super::writer;
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::request::precondition;
use crate::stream;
use crate::userstore::StorePath;
use crate::userstore::listing::include;
use crate::userstore::resource::Exposed;
use crate::userstore::shown::{self, SynchronizedView};

/// One group by its id.
#[utoipa::path(
    operation_id = "GetGroup",
    tag = "Group",
    params(StorePath, IncludeQuery, ("id" = Uuid, Path, description = "The group's id")),
    responses(
        (status = 200, description = "The group", body = GroupView, headers(
            ("ETag" = String, description = "The version of the group"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/Group/{id}")]
pub(crate) async fn get_group(call: Call) -> Result<HttpResponse, Problem> {
    let include = include::<Group>(call.query())?;
    let id = Group::id_in_path(&call).ok_or(UseCaseError::NotFound(Missing::Group))?;
    let writer = writer(&call);
    let group = writer.groups.find(&call.context, id, include).await?;
    let mut head = HttpResponse::Ok();
    head.insert_header((header::ETAG, precondition::tag(group.group.version)));
    stream::answer(head, Single { writer, group: GroupText::from(group) }).await
}

/// Walks every group once and says how many there are.
#[utoipa::path(
    operation_id = "SynchronizeAllGroup",
    tag = "Group",
    params(StorePath),
    responses((status = 200, description = "What was found", body = SynchronizedView), ReadRefusals),
)]
#[get("/administration/Group/synchronize")]
pub(crate) async fn synchronize_all_group(call: Call) -> Result<HttpResponse, Problem> {
    Ok(shown::synchronized(call.api.shared.groups.synchronize(&call.context).await?))
}
