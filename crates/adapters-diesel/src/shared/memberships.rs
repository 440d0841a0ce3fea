use diesel::prelude::*;
use domain::audit::{Action, Recorded};
use domain::group::{Group, Membership, MembershipRepository};
use domain::id::{GroupId, StoreId, UserId};
use domain::unit_of_work::StoreError;
use domain::user::User;

use super::chunks::{delete_rows, insert_chunks};
use super::fragment::{Fragment, Slot};
use super::lists::lists;
use super::session::{Inside, with_action};
use crate::rows::{GroupRow, MembershipRow, UserRow, all};
use crate::schema::{groups, memberships, users};
use crate::types::Id;

/// Those memberships that a page is of, found one group after the other in the order of the index
/// until there are enough.
const PAGE: &str = "(memberships.store_id, memberships.group_id, memberships.user_id) IN (
    SELECT :store, group_id, user_id FROM (:parts ORDER BY 1, 2 LIMIT :limit) AS page)";

const REST_OF_GROUP: &str = "SELECT group_id, user_id FROM memberships
    WHERE store_id = :store AND group_id = :group AND user_id > :user";

const OF_GROUPS: &str = "SELECT group_id, user_id FROM memberships
    WHERE store_id = :store AND group_id IN :groups";

/// The members of a group behind `after`, then those of groups.
fn page(store: StoreId, groups: &[Id], after: Option<Membership>, limit: u32) -> Fragment {
    let rest = after.map(|Membership { group, user }| {
        let slots = [
            ("store", Slot::from(store)),
            ("group", Slot::from(group)),
            ("user", Slot::from(user)),
        ];
        Fragment::new(REST_OF_GROUP, &slots)
    });
    let whole = (!groups.is_empty()).then(|| {
        let slots = [("store", Slot::from(store)), ("groups", Slot::ids(groups))];
        Fragment::new(OF_GROUPS, &slots)
    });
    let parts = Fragment::join(rest.into_iter().chain(whole), " UNION ALL ");
    let slots = [
        ("store", Slot::from(store)),
        ("parts", Slot::Part(parts)),
        ("limit", Slot::from(i64::from(limit))),
    ];
    Fragment::new(PAGE, &slots)
}

impl MembershipRepository for Inside<'_, '_> {
    fn groups_of(&mut self, user: UserId) -> Result<Vec<Group>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            all(memberships::table
                .inner_join(
                    groups::table.on(groups::store_id
                        .eq(memberships::store_id)
                        .and(groups::id.eq(memberships::group_id))),
                )
                .filter(memberships::store_id.eq(store))
                .filter(memberships::user_id.eq(Id::from(user)))
                .order(memberships::group_id)
                .select(GroupRow::as_select())
                .load(conn)?)
        })
    }

    fn groups_of_all(&mut self, users: &[UserId]) -> Result<Vec<(UserId, Group)>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let mut rows: Vec<(Id, GroupRow)> = Vec::new();
            for users in lists(users.iter().copied()) {
                let query = memberships::table
                    .inner_join(
                        groups::table.on(groups::store_id
                            .eq(memberships::store_id)
                            .and(groups::id.eq(memberships::group_id))),
                    )
                    .filter(memberships::store_id.eq(store))
                    .filter(memberships::user_id.eq_any(users))
                    .order((memberships::user_id, memberships::group_id))
                    .select((memberships::user_id, GroupRow::as_select()));
                rows.extend(query.load(conn)?);
            }
            rows.into_iter().map(|(user, group)| Ok((user.into(), group.try_into()?))).collect()
        })
    }

    fn members_of_all(
        &mut self,
        groups: &[GroupId],
        after: Option<Membership>,
        limit: u32,
    ) -> Result<Vec<(GroupId, User)>, StoreError> {
        let store = self.store;
        // Groups before that of `after` have shown all they have.
        let first = after.map(|after| after.group);
        let whole = groups.iter().copied().filter(|group| first.is_none_or(|it| *group > it));
        let mut rest = after.filter(|after| groups.contains(&after.group));
        let mut chunks = lists(whole);
        if chunks.is_empty() && rest.is_some() {
            chunks.push(Vec::new());
        }
        self.session.read(|conn| {
            let mut rows: Vec<(Id, UserRow)> = Vec::new();
            for groups in chunks {
                let found = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                let page = page(store, &groups, rest.take(), limit.saturating_sub(found));
                let query = memberships::table
                    .inner_join(
                        users::table.on(users::store_id
                            .eq(memberships::store_id)
                            .and(users::id.eq(memberships::user_id))),
                    )
                    .filter(page)
                    .order((memberships::group_id, memberships::user_id))
                    .select((memberships::group_id, UserRow::as_select()));
                rows.extend(query.load(conn)?);
            }
            rows.into_iter().map(|(group, user)| Ok((group.into(), user.try_into()?))).collect()
        })
    }

    fn in_all(&mut self, groups: &[GroupId]) -> Result<Vec<Membership>, StoreError> {
        let store = Id::from(self.store);
        self.session.read(|conn| {
            let mut rows: Vec<(Id, Id)> = Vec::new();
            for groups in lists(groups.iter().copied()) {
                let query = memberships::table
                    .filter(memberships::store_id.eq(store))
                    .filter(memberships::group_id.eq_any(groups))
                    .order((memberships::group_id, memberships::user_id))
                    .select((memberships::group_id, memberships::user_id));
                rows.extend(query.load::<(Id, Id)>(conn)?);
            }
            let membership =
                |(group, user): (Id, Id)| Membership { group: group.into(), user: user.into() };
            Ok(rows.into_iter().map(membership).collect())
        })
    }

    fn apply(&mut self, changes: &[Recorded<Membership>]) -> Result<(), StoreError> {
        let store = self.store;
        self.session.record_all(changes, |conn| {
            let gone = with_action(changes, |action| action == Action::Deleted);
            let gone = gone.map(|it| vec![it.group.into(), it.user.into()]);
            delete_rows(conn, store, ("memberships", &["group_id", "user_id"]), gone)?;
            let added = with_action(changes, |action| action == Action::Added);
            insert_chunks!(
                conn,
                memberships::table,
                added.map(|membership| MembershipRow::of(store, membership))
            );
            Ok(())
        })
    }
}
