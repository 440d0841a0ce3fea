use actix_web::{HttpResponse, get};
use domain::id::UserId;
use domain::user::Include;
use utoipa::IntoParams;
use uuid::Uuid;

use super::users;
use super::view::{self, UserView};
use crate::caller::Call;
use crate::cursor::List;
use crate::openapi::refusals::ReadRefusals;
use crate::problem::Problem;
use crate::request::query::Query;
use crate::userstore::listing::{Key, Listing};
use crate::userstore::{PageQuery, StorePath};

/// Every user of the store in order of id, or a page of them.
#[utoipa::path(
    operation_id = "GetUsers",
    tag = "User",
    params(StorePath, PageQuery, IncludeQuery),
    responses(
        (status = 200, description = "The users", body = Vec<UserView>, headers(
            ("Link" = String, description = "With `limit`: the next page, where one follows"),
        )),
        ReadRefusals,
    ),
)]
#[get("/administration/User")]
pub(crate) async fn get_users(call: Call) -> Result<HttpResponse, Problem> {
    let query = call.query()?;
    let include = include(&query)?;
    let listing = Listing::read(&call, &query)?;
    let (users, context) = (users(&call).clone(), call.context.clone());
    let fetch = move |after, limit| {
        let (users, context) = (users.clone(), context.clone());
        async move { users.page(&context, after, limit, include).await }
    };
    listing.answer(&call, &query, view::write, fetch).await
}

impl Key for UserId {
    const LIST: List = List::Users;

    fn to_bytes(&self) -> Vec<u8> {
        self.as_uuid().into_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self::new)
    }
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

/// Reads `include`.
///
/// # Errors
/// It names what is no relation of a user.
pub(super) fn include(query: &Query<'_>) -> Result<Include, Problem> {
    let include = query.parsed("include", |list| {
        let mut include = Include::NONE;
        for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match name.to_ascii_lowercase().as_str() {
                "memberofgroups" => include.groups = true,
                "userprofiles" => include.profiles = true,
                _ => return Err("must be a comma list of memberOfGroups and userProfiles"),
            }
        }
        Ok(include)
    })?;
    Ok(include.unwrap_or(Include::ALL))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Option<Include> {
        include(&Query::parse(query).expect("a query")).ok()
    }

    #[test]
    fn relations_are_named_in_a_comma_list() {
        assert_eq!(read(""), Some(Include::ALL));
        assert_eq!(read("include="), Some(Include::NONE));
        let groups = Include { groups: true, profiles: false };
        assert_eq!(read("INCLUDE=MemberOfGroups"), Some(groups));
        assert_eq!(read("include=userProfiles,%20memberOfGroups"), Some(Include::ALL));
        assert_eq!(read("include=password"), None);
    }
}
