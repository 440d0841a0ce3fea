use domain::access::Holder;
use domain::error::Invalid;

use crate::problem::Problem;
use crate::request::fields::parse_id;
use crate::request::query::Query;

/// The properties and parameters that name a holder, one for each kind.
pub(super) const NAMES: [&str; 3] = ["userId", "groupId", "clientId"];

/// What to say where one is missing.
pub(super) const MUST_BE_GIVEN: &str = "must be given, or groupId, or clientId";
/// What to say of a second one.
pub(super) const MUST_BE_ALONE: &str = "must not be given beside another holder";

/// The property that names a holder of this kind.
pub(super) fn name(holder: &Holder) -> &'static str {
    match holder {
        Holder::User(_) => "userId",
        Holder::Group(_) => "groupId",
        Holder::Client(_) => "clientId",
    }
}

/// The holder that a query names.
///
/// # Errors
/// It names several, or by what is no id.
pub(super) fn in_query(query: &Query) -> Result<Option<Holder>, Problem> {
    let named = [
        query.parsed("userId", |id| parse_id(id).map(Holder::User))?,
        query.parsed("groupId", |id| parse_id(id).map(Holder::Group))?,
        query.parsed("clientId", |id| parse_id(id).map(Holder::Client))?,
    ];
    let mut named = named.into_iter().flatten();
    let (first, second) = (named.next(), named.next());
    if let Some(second) = second {
        return Err(Problem::invalid(Invalid::one(name(&second), MUST_BE_ALONE)));
    }
    Ok(first)
}
