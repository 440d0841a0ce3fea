use std::collections::BTreeMap;

use diesel::prelude::*;
use domain::audit::{Action, Recorded};
use domain::group::{Group, Membership, MembershipRepository};
use domain::id::{StoreId, UserId};
use domain::unit_of_work::StoreError;

use super::super::Conn;
use super::lists::lists;
use super::session::Inside;
use crate::error::Failure;
use crate::rows::{GroupRow, MembershipRow, all};
use crate::schema::{groups, memberships};
use crate::types::Id;

/// Rows of one multi-row INSERT: 3 columns each.
const CHUNK: usize = 4_000;

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

    fn apply(&mut self, changes: &[Recorded<Membership>]) -> Result<(), StoreError> {
        let Some(first) = changes.first() else { return Ok(()) };
        let store = self.store;
        let of = |action: Action| {
            let wanted = changes.iter().filter(move |change| change.entry().action == action);
            wanted.map(Recorded::record)
        };
        self.session.write(|conn| {
            delete(conn, store, of(Action::Deleted))?;
            insert(conn, store, of(Action::Added))?;
            super::audit::insert_all(conn, changes.iter().map(Recorded::entry))
        })?;
        self.session.mark(first.entry());
        Ok(())
    }
}

/// Removes memberships, one statement per group or per user, whichever are fewer.
fn delete<'a>(
    conn: &mut Conn,
    store: StoreId,
    memberships: impl Iterator<Item = &'a Membership>,
) -> Result<(), Failure> {
    let mut by_group: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    let mut by_user: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for Membership { group, user } in memberships {
        by_group.entry((*group).into()).or_default().push((*user).into());
        by_user.entry((*user).into()).or_default().push((*group).into());
    }
    let of_store = || memberships::table.filter(memberships::store_id.eq(Id::from(store)));
    if by_group.len() < by_user.len() {
        for (group, users) in by_group {
            for users in lists(users) {
                let expected = users.len();
                let rows = of_store()
                    .filter(memberships::group_id.eq(group))
                    .filter(memberships::user_id.eq_any(users));
                all_of(expected, diesel::delete(rows).execute(conn)?)?;
            }
        }
        return Ok(());
    }
    for (user, groups) in by_user {
        for groups in lists(groups) {
            let expected = groups.len();
            let rows = of_store()
                .filter(memberships::user_id.eq(user))
                .filter(memberships::group_id.eq_any(groups));
            all_of(expected, diesel::delete(rows).execute(conn)?)?;
        }
    }
    Ok(())
}

fn all_of(expected: usize, removed: usize) -> Result<(), Failure> {
    if removed == expected { Ok(()) } else { Err(StoreError::Stale.into()) }
}

fn insert<'a>(
    conn: &mut Conn,
    store: StoreId,
    added: impl Iterator<Item = &'a Membership>,
) -> Result<(), Failure> {
    let mut rows: Vec<_> = added.map(|membership| MembershipRow::of(store, membership)).collect();
    while !rows.is_empty() {
        let chunk: Vec<_> = rows.drain(..rows.len().min(CHUNK)).collect();
        diesel::insert_into(memberships::table).values(chunk).execute(conn)?;
    }
    Ok(())
}
