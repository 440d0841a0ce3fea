//! Parts of lists: which rows, in which order, behind which place.

use domain::page::{Place, Query, SortKey};

use super::filters::{Columns, condition};
use super::fragment::{Fragment, Slot, Value};

/// The columns that rows are ordered by, each with an index behind the store. A place is compared
/// in all of them: where a name is unique, somebody else may bear it by now.
pub(super) trait Sorted<K>: SortKey {
    /// The columns; together they tell every two rows of a store apart.
    fn columns(self) -> &'static [&'static str];

    /// What a row at that place holds in them.
    fn values(self, place: &Place<K>) -> Vec<Value>;
}

/// What a query asks for, in SQL.
pub(super) struct Listing {
    /// Which rows.
    pub(super) wanted: Fragment,
    /// In which order.
    pub(super) order: Fragment,
    /// At most how many.
    pub(super) limit: i64,
}

impl Listing {
    pub(super) fn of<P: Columns, S: Sorted<K>, K>(query: &Query<P, S, K>) -> Self {
        Self::by(query.order.by.columns(), query)
    }

    /// The same by other columns than those of its order, which hold the same.
    pub(super) fn by<P: Columns, S: Sorted<K>, K>(
        columns: &[&'static str],
        query: &Query<P, S, K>,
    ) -> Self {
        let descending = query.order.descending;
        let place = query.after.as_ref().map(|place| query.order.by.values(place));
        let filter = query.filter.as_deref().map(condition);
        let parts: Vec<_> =
            filter.into_iter().chain(place.map(|at| behind(columns, descending, at))).collect();
        let wanted = if parts.is_empty() {
            Fragment::sql("1 = 1")
        } else {
            Fragment::join(parts, " AND ").enclosed()
        };
        Self { wanted, order: order(columns, descending), limit: query.limit.into() }
    }
}

/// Whether a row comes behind the place where the columns have these values. Compared as a whole,
/// which both databases look up in an index.
pub(super) fn behind(columns: &[&'static str], descending: bool, place: Vec<Value>) -> Fragment {
    let comparison = if descending { "<" } else { ">" };
    let columns = columns.iter().map(|column| Fragment::sql(*column));
    let places = place.into_iter().map(|value| Fragment::new(":v", &[("v", Slot::One(value))]));
    let sides = [Fragment::join(columns, ", ").enclosed(), Fragment::join(places, ", ").enclosed()];
    let [left, right] = sides;
    Fragment::join([left, Fragment::sql(comparison), right], " ")
}

/// The columns in their order.
pub(super) fn order(columns: &[&'static str], descending: bool) -> Fragment {
    let column = |column: &&'static str| {
        let way = if descending { " DESC" } else { "" };
        Fragment::join([Fragment::sql(*column), Fragment::sql(way)], "")
    };
    Fragment::join(columns.iter().map(column), ", ")
}
