//! Lists of users and of audit entries by keyset: each page asks for what comes behind a place.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::audit::{Entry, EntryOrder, EntryQuery};
use domain::filter::Filter;
use domain::id::{AuditId, UserId};
use domain::page::{Order, Place, SortKey as _};
use domain::user::{User, UserOrder, UserQuery};
use uuid::Uuid;

use super::{Harness, Setting, reference};
use crate::builders::{a_user, uuid_of};

async fn list(s: &Setting, query: UserQuery) -> Vec<User> {
    s.read(move |here| here.users().list(&query)).await
}

/// The first users in an order, behind a place.
fn users_behind(order: Order<UserOrder>, after: Option<Place<UserId>>, limit: u32) -> UserQuery {
    UserQuery { filter: None, order, after, limit }
}

/// Every key, both ways.
fn orders() -> impl Iterator<Item = Order<UserOrder>> {
    let both_ways = |by: &UserOrder| [false, true].map(|descending| Order { by: *by, descending });
    UserOrder::ALL.iter().flat_map(both_ways)
}

/// Ids whose first bytes run over all of a byte: an order by signed bytes or by text would show.
fn ids() -> Vec<UserId> {
    let first_byte = |n: u128| UserId::new(Uuid::from_u128((n << 120) | (0xFFFF - n)));
    (0..=255).step_by(5).map(first_byte).collect()
}

/// Users of whom many have the same last name or none at all, and the same address or none; the
/// names are such that each collation of a database would order them in its own way.
fn namesakes() -> Vec<User> {
    let last = ["Å", "a b", "a-b", "A.B", "ab", "AB", "Ab", "z", "Ä", "\u{FF21}", "\u{10428}", ""];
    let named = |n: usize, name: &str| {
        a_user(&format!("{name} {}", 40 - n)).named("Ada", name).email(&format!("u{}@e.eu", n % 3))
    };
    let with_name = last.iter().enumerate().map(|(n, name)| named(n, name).build());
    let without = (0..4).map(|n| a_user(&format!("without {n}")).build());
    let ids = (0..16).map(|n| UserId::new(uuid_of("namesake", &format!("{n}"))));
    with_name.chain(without).zip(ids).map(|(user, id)| User { id, ..user }).collect()
}

/// The order is that of the 16 bytes.
pub async fn users_come_in_order_of_their_ids(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let users = ids().into_iter().rev().map(|id| a_user(&id.to_string()).id(id).build()).collect();
    s.has_users(users).await;
    let listed: Vec<_> = s.users().await.into_iter().map(|user| user.id).collect();
    assert_eq!(listed, ids());
    let backwards = Order { by: UserOrder::Id, descending: true };
    let listed = list(&s, users_behind(backwards, None, 1_000)).await;
    assert!(listed.iter().map(|user| user.id).eq(ids().into_iter().rev()));
}

/// Also none, one, and all; behind the place of somebody, of nobody, and of the last.
pub async fn a_page_holds_at_most_its_limit(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for name in ["ada", "bob", "eve"] {
        s.has_user(a_user(name).build()).await;
    }
    let all = s.users().await;
    let page = async |after: Option<UserId>, limit| {
        let after = after.map(|id| Place { sort: String::new(), id });
        let by_id = Order { by: UserOrder::Id, descending: false };
        list(&s, users_behind(by_id, after, limit)).await
    };
    assert_eq!(page(None, 0).await, []);
    assert_eq!(page(None, 1).await, all[..1]);
    assert_eq!(page(None, 3).await, all);
    assert_eq!(page(None, u32::MAX).await, all);
    assert_eq!(page(Some(all[0].id), 10).await, all[1..]);
    assert_eq!(page(Some(all[2].id), 10).await, []);
    let id_of_nobody = UserId::new(Uuid::nil());
    assert_eq!(page(Some(id_of_nobody), 10).await, all);
}

/// Where the key is equal, the id decides; who has no last name or address comes with those whose
/// name is empty.
pub async fn users_come_by_every_key_both_ways(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let all = s.has_users(namesakes()).await;
    for order in orders() {
        let query = users_behind(order, None, 1_000);
        let expected = reference::users(&all, &query);
        assert_eq!(list(&s, query).await, expected, "{order:?}");
    }
}

/// In every order, whatever the length of the pages.
pub async fn pages_follow_one_another_by_every_key(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let all = s.has_users(namesakes()).await;
    for (order, limit) in orders().flat_map(|order| [1, 3, 7].map(|limit| (order, limit))) {
        let mut listed: Vec<User> = Vec::new();
        loop {
            let after = listed.last().map(|user| order.by.place(user));
            let page = list(&s, users_behind(order, after, limit)).await;
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= usize::try_from(limit).unwrap(), "{order:?}");
            listed.extend(page);
        }
        let expected = reference::users(&all, &users_behind(order, None, 1_000));
        assert_eq!(listed, expected, "{order:?} in pages of {limit}");
    }
}

/// A place may be that of nobody: between two, before the first, behind the last.
pub async fn a_page_begins_behind_a_place_that_nobody_has(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let all = s.has_users(namesakes()).await;
    let ids = [Uuid::nil(), uuid_of("user", "nobody"), Uuid::max()].map(UserId::new);
    let sorts = ["", "a", "ab", "b", "u1@e.eu", "\u{10FFFF}"];
    for order in orders() {
        for (sort, id) in sorts.iter().flat_map(|sort| ids.map(|id| (sort, id))) {
            let sort = if order.by == UserOrder::Id { "" } else { sort };
            let after = Some(Place { sort: sort.to_owned(), id });
            let query = users_behind(order, after, 4);
            let expected = reference::users(&all, &query);
            assert_eq!(list(&s, query).await, expected, "{order:?} behind {sort} {id}");
        }
    }
}

/// A filter leaves the order and the pages as they are.
pub async fn a_filter_goes_with_every_order_and_place(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let all = s.has_users(namesakes()).await;
    let filters = [r#"lastName sw "A""#, "not (lastName pr)", r#"emailAddress eq "U1@e.eu""#];
    for (order, filter) in orders().flat_map(|order| filters.map(|filter| (order, filter))) {
        let filter = Some(Arc::new(Filter::parse(filter).unwrap()));
        for after in [None, Some(order.by.place(&all[4]))] {
            let query = UserQuery { filter: filter.clone(), order, after, limit: 3 };
            let expected = reference::users(&all, &query);
            assert_eq!(list(&s, query).await, expected, "{order:?} {filter:?}");
        }
    }
}

/// Users come and go between the pages, the one that a page ended with among them: who is there
/// all the time is listed once, in every order.
pub async fn pages_meet_everybody_who_stays_once(harness: &dyn Harness) {
    let first = Setting::of(harness).await;
    for (n, order) in orders().enumerate() {
        let s = Setting::on(first.world.clone(), &format!("shop-{n}")).await;
        meets_everybody_who_stays_once(&s, order).await;
    }
}

async fn meets_everybody_who_stays_once(s: &Setting, order: Order<UserOrder>) {
    let user = |kind: &str, n: usize| {
        let id = UserId::new(uuid_of(kind, &n.to_string()));
        let (name, address) = (format!("{kind} {n}"), format!("u{}@example.com", n % 11));
        a_user(&name).id(id).named(kind, &format!("Name {}", n % 5)).email(&address).build()
    };
    let mut stays = s.has_users((0..30).map(|n| user("user", n)).collect()).await;
    let mut listed: Vec<User> = Vec::new();
    loop {
        let after = listed.last().map(|user| order.by.place(user));
        let page = list(s, users_behind(order, after, 7)).await;
        let Some(last) = page.last().cloned() else { break };
        listed.extend(page);
        let gone = s.deleted(&last).await;
        s.remove(&gone).await.unwrap();
        stays.retain(|user| user.id != last.id);
        s.has_user(user("newcomer", listed.len())).await;
    }
    let all = users_behind(order, None, 1_000);
    assert_eq!(reference::users(&listed, &all), listed, "{order:?}: out of order");
    let ids: BTreeSet<_> = listed.iter().map(|user| user.id).collect();
    assert_eq!(ids.len(), listed.len(), "{order:?}: listed twice");
    assert!(stays.iter().all(|user| ids.contains(&user.id)), "{order:?}: left out");
}

async fn entries(s: &Setting, query: EntryQuery) -> Vec<Entry> {
    s.read(move |here| here.audit().list(&query)).await
}

/// Both ways, in pages, gaps and all, with and without a filter.
pub async fn entries_come_in_order_of_their_numbers(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    for name in ["ada", "bob", "eve"] {
        s.recorded(10, |journal| journal.added(a_user("a gap").build())).await;
        let user = s.has_user(a_user(name).build()).await;
        let change = s.modified(&user, User { active: false, ..user.clone() }).await;
        s.update(&change).await.unwrap();
    }
    let all = s.entries().await;
    assert_eq!(all.len(), 7);
    assert!(all.is_sorted_by_key(|entry| entry.id));
    let numbers = all.iter().map(|entry| Some(entry.id));
    let numbers: Vec<_> = numbers.chain([None, AuditId::new(AuditId::MAX)]).collect();
    let added = Some(Arc::new(Filter::parse(r#"action eq "Added""#).unwrap()));
    for (descending, filter) in [(false, None), (true, None), (false, added.clone()), (true, added)]
    {
        let order = Order { by: EntryOrder::Id, descending };
        for (after, limit) in numbers.iter().flat_map(|id| [0, 2, 100].map(|limit| (*id, limit))) {
            let after = after.map(|id| Place { sort: String::new(), id });
            let query = EntryQuery { filter: filter.clone(), order, after, limit };
            let expected = reference::entries(&all, &query);
            assert_eq!(entries(&s, query.clone()).await, expected, "{query:?}");
        }
    }
}
