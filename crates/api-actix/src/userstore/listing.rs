//! What a request for a list asks: which items, in which order, from where, how many.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder};
use domain::error::{Invalid, UseCaseError};
use domain::filter::{Filter, MAX_CHARACTERS, MAX_COMPARISONS, MAX_DEPTH, Property};
use domain::page::{self, Order, Page, Place, SortKey};
use domain::store::StoreRef;
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::caller::{Authenticated, Call};
use crate::cursor::{Cursors, Key};
use crate::problem::Problem;
use crate::request::patch::Kind;
use crate::request::query::{Query, parse_number};
use crate::stream::{self, Array, Pages, Write, Written};
use crate::userstore::resource::Exposed;

/// Which part of a list to answer, and how it is ordered; for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `Listing` reads it")]
pub(super) struct ListQuery {
    /// Answer at most so many items, and name the next page in `Link`. Without it the whole list
    /// is answered, as a stream. How many it may be is a setting of the server, 1000 where nothing
    /// else is set.
    #[param(minimum = 1, nullable = false)]
    limit: Option<u32>,
    /// Begin after this position, taken from the `Link` of an earlier answer to the same query.
    #[param(nullable = false)]
    cursor: Option<String>,
    /// The property to order by, and by id where it is equal. One by which the
    /// list cannot be ordered is refused with those by which it can.
    #[param(rename = "sortBy", nullable = false)]
    sort_by: Option<String>,
    /// `ascending` or `descending`; ascending without it.
    #[param(rename = "sortOrder", nullable = false, example = "descending")]
    sort_order: Option<String>,
}

/// Which items to answer, by the properties that `P` are; for the document.
pub(super) struct FilterQuery<P>(PhantomData<P>);

impl<P: Property> IntoParams for FilterQuery<P> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let names: Vec<_> =
            P::ALL.iter().map(|property| format!("`{}`", property.name())).collect();
        let description = format!(
            "Answer only items that fit: comparisons of properties with `eq`, `ne`, `co`, `sw`, \
             `ew`, `gt`, `ge`, `lt`, `le` and `pr`, with `and`, `or`, `not` and parentheses (RFC \
             7644 §3.4.2.2). The properties: {}. At most {MAX_CHARACTERS} characters, \
             {MAX_COMPARISONS} comparisons, and {MAX_DEPTH} parentheses open at one place.",
            names.join(", "),
        );
        let text =
            ObjectBuilder::new().schema_type(Type::String).max_length(Some(MAX_CHARACTERS)).build();
        let filter = ParameterBuilder::new()
            .name("filter")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(description))
            .schema(Some(text));
        vec![filter.build()]
    }
}

/// Which part of a list is asked for.
pub(super) struct Listing<P, S, K> {
    filter: Option<Arc<Filter<P>>>,
    order: Order<S>,
    after: Option<Place<K>>,
    /// One page of so many items; the whole list when unset.
    limit: Option<u32>,
    cursors: Cursors,
}

impl<P: Property, S: SortKey, K: Key + Clone> Listing<P, S, K> {
    /// Reads `limit`, `cursor`, `filter`, `sortBy` and `sortOrder`. Cursors of the list are told
    /// from those of others by `list`, which names its owner where there is one; without `sortBy`
    /// it is ordered by `usual`.
    ///
    /// # Errors
    /// Every one of them that is wrong. A cursor is looked at when the others are right.
    pub(super) fn read(call: &Call, query: &Query, list: &str, usual: S) -> Result<Self, Problem> {
        Self::read_in(&call.context.store, call, query, list, usual)
    }

    /// The same of a list in that store.
    ///
    /// # Errors
    /// Those of [`Self::read`].
    pub(super) fn read_in(
        store: &StoreRef,
        call: &Authenticated,
        query: &Query,
        list: &str,
        usual: S,
    ) -> Result<Self, Problem> {
        let mut parameters = query.reading();
        let most = call.api.shared.limits.page_items;
        let limit = parameters.read("limit", |text| parse_number(text, 1..=most));
        let filter = parameters
            .read("filter", |text| Filter::<P>::parse(text).map_err(|error| error.to_string()));
        let by = parameters.read("sortBy", parse_key).unwrap_or(usual);
        let descending = parameters.read("sortOrder", parse_direction).unwrap_or(false);
        let text = query.get("filter").unwrap_or_default();
        let direction = if descending { "descending" } else { "ascending" };
        let cursors = Cursors::of(store, &[list, text, by.name(), direction]);
        // Which cursors fit follows from filter and order: nothing can be told of one when these
        // are wrong.
        let after = if parameters.are_sound() {
            parameters.read("cursor", |text| parse_cursor(cursors, text))
        } else {
            None
        };
        let (filter, order) = (filter.map(Arc::new), Order { by, descending });
        let listing = Self { filter, order, after, limit, cursors };
        parameters.or(listing)
    }

    /// The same, where what the cursor says of the order `fits`. For lists whose sort value is more
    /// than a text: a cursor may be forged.
    ///
    /// # Errors
    /// It does not fit.
    pub(super) fn placed(self, fits: impl FnOnce(S, &str) -> bool) -> Result<Self, Problem> {
        if self.after.as_ref().is_none_or(|place| fits(self.order.by, &place.sort)) {
            return Ok(self);
        }
        Err(Problem::invalid(Invalid::one("cursor", CURSOR_RULE)))
    }

    /// How many items one page is to have; the whole list is asked for when unset.
    pub(super) fn limit(&self) -> Option<u32> {
        self.limit
    }

    /// Up to `limit` items behind `after`.
    pub(super) fn page(&self, after: Option<Place<K>>, limit: u32) -> page::Query<P, S, K> {
        page::Query { filter: self.filter.clone(), order: self.order, after, limit }
    }

    /// Behind which place the answer begins.
    pub(super) fn after(&self) -> Option<Place<K>> {
        self.after.clone()
    }

    /// The beginning of the answer with one page, with a link to the one behind `next`.
    pub(super) fn head(
        &self,
        call: &Authenticated,
        query: &Query,
        next: Option<&Place<K>>,
    ) -> HttpResponseBuilder {
        let mut head = HttpResponse::Ok();
        head.content_type("application/json");
        if let Some(next) = next {
            let query = query.with("cursor", &self.cursors.encode(next));
            head.insert_header((header::LINK, format!("<{}?{query}>; rel=\"next\"", call.path())));
        }
        head
    }

    /// One page with a link to the next, or the whole list as a stream.
    ///
    /// # Errors
    /// The page, or the beginning of the stream, cannot be fetched.
    pub(super) async fn answer<T, F, Fetching>(
        self,
        call: &Authenticated,
        query: &Query,
        write: Write<T>,
        fetch: F,
    ) -> Result<HttpResponse, Problem>
    where
        T: 'static,
        F: Fn(page::Query<P, S, K>) -> Fetching + 'static,
        Fetching: Future<Output = Result<Page<T, Place<K>>, UseCaseError>> + 'static,
    {
        let Some(limit) = self.limit else {
            let most = call.api.shared.limits.stream_items;
            let after = self.after();
            let pages = Following { listing: self, fetch, write, after, ended: false };
            return stream::answer(HttpResponse::Ok(), Array::new(pages, most)).await;
        };
        let page = fetch(self.page(self.after(), limit)).await?;
        let mut head = self.head(call, query, page.next.as_ref());
        Ok(head.body(stream::array(&page.items, write)))
    }
}

/// Each page behind the one before.
struct Following<P, S, K, T, F> {
    listing: Listing<P, S, K>,
    fetch: F,
    write: Write<T>,
    /// Behind what the next page begins.
    after: Option<Place<K>>,
    /// Whether there is no next page.
    ended: bool,
}

impl<P, S, K, T, F, Fetching> Pages for Following<P, S, K, T, F>
where
    P: Property,
    S: SortKey,
    K: Key + Clone,
    T: 'static,
    F: Fn(page::Query<P, S, K>) -> Fetching + 'static,
    Fetching: Future<Output = Result<Page<T, Place<K>>, UseCaseError>> + 'static,
{
    type Item = T;

    async fn turn(&mut self, size: u32) -> Result<Option<Vec<T>>, UseCaseError> {
        if self.ended {
            return Ok(None);
        }
        let page = (self.fetch)(self.listing.page(self.after.take(), size)).await?;
        self.ended = page.next.is_none();
        self.after = page.next;
        Ok(Some(page.items))
    }

    async fn write(&mut self, item: &mut T, text: &mut Vec<u8>) -> Result<Written, UseCaseError> {
        (self.write)(item, text);
        Ok(Written::Whole)
    }
}

/// Reads `include`, a comma list of the relations to fill: all of them without it, none when it is
/// empty.
///
/// # Errors
/// It names what is no relation of the resource.
pub(super) fn include<R: Exposed>(query: &Query) -> Result<R::Include, Problem> {
    let known = R::SHAPE.iter().filter(|(_, kind)| matches!(kind, Kind::List(_)));
    let known: Vec<_> = known.map(|(name, _)| *name).collect();
    let named = query.parsed("include", |list| parse_relations(list, &known))?;
    Ok(R::relations(|relation| named.as_ref().is_none_or(|named| named.contains(&relation))))
}

fn parse_relations<'n>(list: &str, known: &[&'n str]) -> Result<Vec<&'n str>, String> {
    let names = list.split(',').map(str::trim).filter(|name| !name.is_empty());
    let find = |name: &str| known.iter().find(|known| known.eq_ignore_ascii_case(name)).copied();
    let found: Option<Vec<_>> = names.map(find).collect();
    found.ok_or_else(|| format!("must be a comma list of {}", known.join(", ")))
}

/// What a cursor is to be.
const CURSOR_RULE: &str =
    "must be the cursor of an earlier page of this list, with the same filter and order";

fn parse_cursor<K: Key>(cursors: Cursors, text: &str) -> Result<Place<K>, &'static str> {
    cursors.decode(text).ok_or(CURSOR_RULE)
}

fn parse_key<S: SortKey>(text: &str) -> Result<S, String> {
    let found = S::ALL.iter().find(|key| key.name().eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| {
        let names: Vec<_> = S::ALL.iter().map(|key| key.name()).collect();
        format!("must be one of {}", names.join(", "))
    })
}

/// Whether the order is descending.
fn parse_direction(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "ascending" => Ok(false),
        "descending" => Ok(true),
        _ => Err("must be ascending or descending".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::user::UserOrder;

    #[test]
    fn keys_and_directions_match_ignoring_case_and_others_are_told_the_keys() {
        assert_eq!(parse_key("LASTname"), Ok(UserOrder::LastName));
        let rule = "must be one of id, loginName, lastName, emailAddress";
        for text in ["", "firstName", "id "] {
            assert_eq!(parse_key::<UserOrder>(text), Err(rule.to_owned()), "{text}");
        }
        assert_eq!(parse_direction("DESCENDING"), Ok(true));
        assert!(parse_direction("desc").is_err());
    }

    #[test]
    fn relations_are_named_in_a_comma_list() {
        let known = ["memberOfGroups", "userProfiles"];
        assert_eq!(parse_relations("", &known), Ok(vec![]));
        assert_eq!(parse_relations("MemberOfGroups", &known), Ok(vec!["memberOfGroups"]));
        let both = parse_relations("userProfiles, memberOfGroups,", &known);
        assert_eq!(both, Ok(vec!["userProfiles", "memberOfGroups"]));
        let rule = "must be a comma list of memberOfGroups, userProfiles";
        assert_eq!(parse_relations("password", &known), Err(rule.to_owned()));
    }
}
