use actix_web::{HttpResponse, get};
use domain::user::{User, UserOrder, UserProperty};
use utoipa::IntoParams;

use super::users;
use super::view::{self, UserView};
use crate::caller::Call;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::userstore::StorePath;
use crate::userstore::listing::{FilterQuery, ListQuery, Listing, include};

/// Every user of the store, or those that `filter` asks for; by id, or by `loginName`, `lastName`
/// or `emailAddress`.
#[utoipa::path(
    operation_id = "GetUsers",
    tag = "User",
    params(StorePath, ListQuery, FilterQuery<UserProperty>, IncludeQuery),
    responses(
        (status = 200, description = "The users", body = Vec<UserView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/User")]
pub(crate) async fn get_users(call: Call) -> Result<HttpResponse, Problem> {
    let query = call.query();
    let include = include::<User>(query)?;
    let listing = Listing::read(&call, query, "users", UserOrder::Id)?;
    let (users, context) = (users(&call).clone(), call.context.clone());
    let fetch = move |wanted| {
        let (users, context) = (users.clone(), context.clone());
        async move { users.page(&context, wanted, include).await }
    };
    listing.answer(&call, query, view::write, fetch).await
}

/// Which relations to fill; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `include` reads it")]
pub(super) struct IncludeQuery {
    /// A comma list of the relations to fill: `memberOfGroups`, `userProfiles`. All of them
    /// without it, none when it is empty.
    #[param(nullable = false, example = "userProfiles")]
    include: Option<String>,
}
