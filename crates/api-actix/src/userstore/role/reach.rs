use domain::access::Reach;
use domain::id::StoreId;

use crate::problem::Problem;
use crate::request::fields::parse_id;
use crate::request::query::Query;

/// How a query names every store.
const EVERYWHERE: &str = "*";

/// How a query names the reach.
pub(super) fn text(reach: Reach) -> String {
    match reach {
        Reach::Everywhere => EVERYWHERE.to_owned(),
        Reach::Store(store) => store.to_string(),
    }
}

/// The reach that a query names.
///
/// # Errors
/// It is neither an id nor `*`.
pub(super) fn in_query(query: &Query) -> Result<Option<Reach>, Problem> {
    query.parsed("storeId", parse)
}

fn parse(text: &str) -> Result<Reach, &'static str> {
    if text == EVERYWHERE {
        return Ok(Reach::Everywhere);
    }
    let store: Result<StoreId, _> = parse_id(text);
    store.map(Reach::Store).map_err(|_| "must be a UUID, or * for every store")
}
