use std::collections::BTreeSet;

use crate::types::Id;

/// Ids of one `IN` list: each is a bind value on SQLite, which takes 32 766 of them.
pub(super) const LONGEST: usize = 30_000;

/// The ids, each once and in order, in as few lists as one statement each takes. Statements that
/// order by these ids give the whole in order, one list after the other.
pub(super) fn lists<I: Into<Id>>(ids: impl IntoIterator<Item = I>) -> Vec<Vec<Id>> {
    let ids: BTreeSet<Id> = ids.into_iter().map(Into::into).collect();
    let ids: Vec<Id> = ids.into_iter().collect();
    ids.chunks(LONGEST).map(<[Id]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn ids_come_once_and_in_order() {
        let id = |n| Id(Uuid::from_u128(n));
        assert_eq!(lists([id(2), id(1), id(2)]), [[id(1), id(2)]]);
        assert!(lists::<Id>([]).is_empty());
        let many = lists((0..30_001).map(id));
        assert_eq!(many.iter().map(Vec::len).collect::<Vec<_>>(), [30_000, 1]);
    }
}
