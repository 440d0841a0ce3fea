use std::mem;

use actix_web::{HttpResponse, get};
use domain::error::{Missing, UseCaseError};
use domain::group::{
    Direction, Group, GroupInclude, GroupOrder, GroupPage, GroupProperty, GroupScope,
    GroupWithRelations,
};
use domain::id::GroupId;
use domain::page::Place;
use utoipa::IntoParams;

use super::text::{GroupText, Writer};
use super::view::GroupView;
use super::writer;
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::request::query::{Query, parse_flag};
use crate::stream::{self, Array, Pages, Written};
use crate::userstore::StorePath;
use crate::userstore::listing::{self, FilterQuery, ListQuery, include};

/// Every group of the store, or those that `filter` asks for; by id or by `name`.
#[utoipa::path(
    operation_id = "GetGroups",
    tag = "Group",
    params(StorePath, ListQuery, FilterQuery<GroupProperty>, IncludeQuery),
    responses(
        (status = 200, description = "The groups", body = Vec<GroupView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/Group")]
pub(crate) async fn get_groups(call: Call) -> Result<HttpResponse, Problem> {
    let query = call.query();
    let include = include::<Group>(query)?;
    let listing = Listing::read(&call, query, "groups", GroupOrder::Id)?;
    answer(&call, query, listing, GroupScope::All, include).await
}

/// Every group below the given one, or above it, directly or through others, each once; by `name`
/// or by id.
#[utoipa::path(
    operation_id = "GetAllGroupMembershipFromGroup",
    tag = "Group",
    params(
        StorePath, DirectionQuery, ExplainQuery, ListQuery, FilterQuery<GroupProperty>, IncludeQuery,
        ("parentGroupId" = Uuid, Path, description = "The id of the given group"),
    ),
    responses(
        (status = 200, description = "The groups", body = Vec<GroupView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/Group/parentGroup/{parentGroupId}/membership")]
pub(crate) async fn get_all_group_membership_from_group(
    call: Call,
) -> Result<HttpResponse, Problem> {
    let query = call.query();
    let path = query.parsed("explain", parse_flag)?.unwrap_or(false);
    let include = GroupInclude { path, ..include::<Group>(query)? };
    let direction = query.parsed("direction", parse_direction)?.unwrap_or(Direction::Down);
    let group = call.parameter("parentGroupId").parse();
    let group: GroupId = group.map_err(|_| UseCaseError::NotFound(Missing::Group))?;
    let list = format!("groups {direction:?} from {group}");
    let listing = Listing::read(&call, query, &list, GroupOrder::Name)?;
    answer(&call, query, listing, GroupScope::Around(group, direction), include).await
}

/// Every group that the user is in, directly or through other groups, each once; by `name` or by
/// id.
#[utoipa::path(
    operation_id = "GetAllGroupMembershipFromUser",
    tag = "Group",
    params(
        StorePath, ExplainQuery, ListQuery, FilterQuery<GroupProperty>, IncludeQuery,
        ("userid" = Uuid, Path, description = "The user's id"),
    ),
    responses(
        (status = 200, description = "The groups", body = Vec<GroupView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/Group/user/{userid}/membership")]
pub(crate) async fn get_all_group_membership_from_user(
    call: Call,
) -> Result<HttpResponse, Problem> {
    let query = call.query();
    let path = query.parsed("explain", parse_flag)?.unwrap_or(false);
    let include = GroupInclude { path, ..include::<Group>(query)? };
    let user = call.parameter("userid").parse();
    let user = user.map_err(|_| UseCaseError::NotFound(Missing::User))?;
    let list = format!("groups of {user}");
    let listing = Listing::read(&call, query, &list, GroupOrder::Name)?;
    answer(&call, query, listing, GroupScope::OfUser(user), include).await
}

/// Which relations to fill; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `include` reads it")]
pub(super) struct IncludeQuery {
    /// A comma list of the relations to fill: `memberUsers`, `parentGroups`, `memberGroups`,
    /// `metadata`. All of them without it, none when it is empty.
    #[param(nullable = false, example = "memberUsers,metadata")]
    include: Option<String>,
}

/// Whether to tell the way; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `parse_flag` reads it")]
struct ExplainQuery {
    /// Whether `path` tells how one comes to each group.
    #[param(nullable = false)]
    explain: Option<bool>,
}

/// Where to go; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `parse_direction` reads it")]
struct DirectionQuery {
    /// `down` to the groups below, `up` to those above; `down` without it.
    #[param(nullable = false, example = "up")]
    direction: Option<String>,
}

fn parse_direction(text: &str) -> Result<Direction, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "up" => Ok(Direction::Up),
        "down" => Ok(Direction::Down),
        _ => Err("must be up or down"),
    }
}

type Listing = listing::Listing<GroupProperty, GroupOrder, GroupId>;

/// One page with a link to the next, or the whole list; either as a stream, since the members of
/// one page may be more than memory should hold.
async fn answer(
    call: &Call,
    query: &Query,
    listing: Listing,
    scope: GroupScope,
    include: GroupInclude,
) -> Result<HttpResponse, Problem> {
    let after = listing.after();
    let list = List { writer: writer(call), scope, include, listing };
    let most = call.api.shared.limits.stream_items;
    let Some(limit) = list.listing.limit() else {
        let pages = GroupPages { list, found: None, rest: Vec::new(), after, ended: false };
        return stream::answer(HttpResponse::Ok(), Array::new(pages, most)).await;
    };
    let page = list.page(after, limit).await?;
    let head = list.listing.head(call, query, page.next.as_ref());
    let (found, rest) = (Some(page.items), page.rest);
    let pages = GroupPages { list, found, rest, after: None, ended: true };
    stream::answer(head, Array::new(pages, most)).await
}

/// A list of groups, as it is asked for.
struct List {
    writer: Writer,
    scope: GroupScope,
    include: GroupInclude,
    listing: Listing,
}

impl List {
    async fn page(
        &self,
        after: Option<Place<GroupId>>,
        limit: u32,
    ) -> Result<GroupPage, UseCaseError> {
        let Writer { groups, context } = &self.writer;
        groups.page(context, self.scope, self.listing.page(after, limit), self.include).await
    }

    async fn fill(&self, groups: Vec<Group>) -> Result<GroupPage, UseCaseError> {
        let Writer { groups: service, context } = &self.writer;
        service.fill(context, self.scope, groups, self.include).await
    }
}

/// The pages of a list of groups, or one of them.
struct GroupPages {
    list: List,
    /// What is found already and comes first.
    found: Option<Vec<GroupWithRelations>>,
    /// What follows on the same page.
    rest: Vec<Group>,
    /// Behind what the next page begins.
    after: Option<Place<GroupId>>,
    /// Whether no other page is wanted.
    ended: bool,
}

impl Pages for GroupPages {
    type Item = GroupText;

    async fn turn(&mut self, size: u32) -> Result<Option<Vec<GroupText>>, UseCaseError> {
        let found = match self.found.take() {
            Some(found) => Some(found),
            None => self.fetch(size).await?,
        };
        Ok(found.map(|groups| groups.into_iter().map(GroupText::from).collect()))
    }

    async fn write(
        &mut self,
        item: &mut GroupText,
        text: &mut Vec<u8>,
    ) -> Result<Written, UseCaseError> {
        self.list.writer.write(item, text).await
    }
}

impl GroupPages {
    async fn fetch(&mut self, size: u32) -> Result<Option<Vec<GroupWithRelations>>, UseCaseError> {
        if !self.rest.is_empty() {
            let page = self.list.fill(mem::take(&mut self.rest)).await?;
            self.rest = page.rest;
            return Ok(Some(page.items));
        }
        if self.ended {
            return Ok(None);
        }
        let page = self.list.page(self.after.take(), size).await?;
        self.ended = page.next.is_none();
        self.after = page.next;
        self.rest = page.rest;
        Ok(Some(page.items))
    }
}
