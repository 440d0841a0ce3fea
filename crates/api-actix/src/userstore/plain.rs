//! Lists that come in their one order, by id: as a stream, or in pages.

use std::convert::Infallible;
use std::future::Future;

use actix_web::HttpResponse;
use domain::error::{Invalid, UseCaseError};
use domain::filter::{Kind, Property};
use domain::page::{self, Page, Place, SortKey};
use domain::store::StoreRef;
use utoipa::IntoParams;

use super::listing::Listing;
use crate::caller::Authenticated;
use crate::cursor::Key;
use crate::problem::Problem;
use crate::request::query::Query;
use crate::stream::Write;

/// Which part of a list to answer; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `Listing` reads it")]
pub(super) struct PlainQuery {
    /// Answer at most so many items, and name the next page in `Link`. Without it the whole list
    /// is answered, as a stream. How many it may be is a setting of the server, 1000 where nothing
    /// else is set. This list comes in one order; `filter`, `sortBy` and `sortOrder` are refused.
    #[param(minimum = 1, nullable = false)]
    limit: Option<u32>,
    /// Begin after this position, taken from the `Link` of an earlier answer to the same query.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// What other lists have and this one would have to leave out unsaid.
const NOT_OFFERED: &[&str] = &["filter", "sortBy", "sortOrder"];

/// The items that `fetch` finds behind one, so many at a time. Cursors of the list are told from
/// those of others by `store` and `list`.
///
/// # Errors
/// A parameter of the query is wrong; what `fetch` refuses for the first page.
pub(super) async fn answer<T, K, F, Fetching>(
    call: &Authenticated,
    (store, list): (&StoreRef, &str),
    write: Write<T>,
    fetch: F,
) -> Result<HttpResponse, Problem>
where
    T: 'static,
    K: Key + Clone,
    F: Fn(Option<K>, u32) -> Fetching + 'static,
    Fetching: Future<Output = Result<Page<T, K>, UseCaseError>> + 'static,
{
    let query = call.query();
    refuse_others(query)?;
    let listing = Listing::read_in(store, call, query, list, ById)?;
    let fetch = move |wanted: page::Query<NoProperty, ById, K>| {
        let fetching = fetch(wanted.after.map(|place| place.id), wanted.limit);
        async move {
            let Page { items, next } = fetching.await?;
            Ok(Page { items, next: next.map(|id| Place { sort: String::new(), id }) })
        }
    };
    listing.answer(call, query, write, fetch).await
}

/// Refuses what other lists have and this one has not.
///
/// # Errors
/// The query names it.
pub(super) fn refuse_others(query: &Query) -> Result<(), Problem> {
    let mut invalid = Invalid::default();
    for name in NOT_OFFERED.iter().filter(|name| query.get(name).is_some()) {
        invalid.add(*name, "must not be given: this list comes whole and in one order");
    }
    invalid.or(()).map_err(Problem::invalid)
}

/// The properties by which such a list is filtered: none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct NoProperty(Infallible);

impl Property for NoProperty {
    const ALL: &'static [Self] = &[];

    fn name(self) -> &'static str {
        match self.0 {}
    }

    fn kind(self) -> Kind {
        match self.0 {}
    }
}

/// The one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ById;

impl SortKey for ById {
    const ALL: &'static [Self] = &[Self];

    fn name(self) -> &'static str {
        "id"
    }
}
