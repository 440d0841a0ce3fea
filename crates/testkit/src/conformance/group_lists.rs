//! Lists of groups: all of a store, those of a user, those around a group.

use std::collections::BTreeSet;
use std::slice;
use std::sync::Arc;

use domain::filter::Filter;
use domain::group::{Direction, Group, GroupOrder, GroupQuery, GroupScope};
use domain::id::GroupId;
use domain::page::{Order, Place, SortKey as _};
use domain::user::User;
use uuid::Uuid;

use super::{Harness, Setting, reference};
use crate::builders::{a_group, a_user, uuid_of};

async fn list(s: &Setting, scope: GroupScope, query: GroupQuery) -> Vec<Group> {
    s.read(move |here| here.groups().list(scope, &query)).await
}

/// All groups of a scope, in order of id.
async fn within(s: &Setting, scope: GroupScope) -> Vec<Group> {
    list(s, scope, GroupQuery::first(GroupOrder::Id, 100_000)).await
}

fn groups_behind(
    order: Order<GroupOrder>,
    after: Option<Place<GroupId>>,
    limit: u32,
) -> GroupQuery {
    GroupQuery { filter: None, order, after, limit }
}

/// Every key, both ways.
fn orders() -> impl Iterator<Item = Order<GroupOrder>> {
    let both_ways = |by: &GroupOrder| [false, true].map(|descending| Order { by: *by, descending });
    GroupOrder::ALL.iter().flat_map(both_ways)
}

fn by_id(groups: &[&Group]) -> Vec<Group> {
    let mut groups: Vec<_> = groups.iter().map(|group| (*group).clone()).collect();
    groups.sort_by_key(|group| group.id);
    groups
}

/// A user at the bottom of three levels with a diamond:
///
/// ```text
///   world
///   ├── europe ── berlin ──┐
///   └── staff ─────────────┴── berlin staff ── ada
/// ```
///
/// and beside it a group that ada is in as well, and one that she is not in.
struct Scene {
    groups: [Group; 7],
    ada: User,
}

impl Scene {
    async fn of(s: &Setting) -> Self {
        let names =
            ["World", "Europe", "Berlin", "staff", "Berlin staff", "Choir", "nobody's friends"];
        let groups = s.has_groups(names).await;
        let [world, europe, berlin, staff, berlin_staff, choir, _] = &groups;
        s.has_nestings(&[
            (world, europe),
            (world, staff),
            (europe, berlin),
            (berlin, berlin_staff),
            (staff, berlin_staff),
        ])
        .await;
        let ada = s.has_user(a_user("ada").build()).await;
        let bob = s.has_user(a_user("bob").build()).await;
        s.has_member(berlin_staff, &ada).await;
        s.has_member(staff, &ada).await;
        s.has_member(choir, &ada).await;
        s.has_member(world, &bob).await;
        Self { groups, ada }
    }

    /// Each scope of the scene with what it holds.
    fn scopes(&self) -> Vec<(GroupScope, Vec<Group>)> {
        let [world, europe, berlin, staff, berlin_staff, choir, others] = &self.groups;
        let around = |group: &Group, direction| GroupScope::Around(group.id, direction);
        let (up, down) = (Direction::Up, Direction::Down);
        vec![
            (GroupScope::All, by_id(&[world, europe, berlin, staff, berlin_staff, choir, others])),
            (
                GroupScope::OfUser(self.ada.id),
                by_id(&[world, europe, berlin, staff, berlin_staff, choir]),
            ),
            (around(world, down), by_id(&[europe, berlin, staff, berlin_staff])),
            (around(europe, down), by_id(&[berlin, berlin_staff])),
            (around(berlin_staff, up), by_id(&[berlin, europe, world, staff])),
            (around(berlin, up), by_id(&[europe, world])),
            (around(world, up), Vec::new()),
            (around(berlin_staff, down), Vec::new()),
            (around(choir, up), Vec::new()),
        ]
    }
}

/// Through three levels and a diamond, each group once; around a group, itself excluded.
pub async fn each_scope_gives_its_groups_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let scene = Scene::of(&s).await;
    for (scope, expected) in scene.scopes() {
        assert_eq!(within(&s, scope).await, expected, "{scope:?}");
    }
    let (user, group) = (a_user("nobody").build().id, a_group("nothing").build().id);
    assert_eq!(within(&s, GroupScope::OfUser(user)).await, []);
    assert_eq!(within(&s, GroupScope::Around(group, Direction::Down)).await, []);
}

/// Every scope, both keys, both ways, whatever the length of the pages, with and without a filter.
pub async fn groups_of_every_scope_come_by_every_key_in_pages(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let scene = Scene::of(&s).await;
    let filter = Some(Arc::new(Filter::parse(r#"name co "BERLIN" or name sw "w""#).unwrap()));
    for (scope, groups) in scene.scopes() {
        for (order, limit) in orders().flat_map(|order| [1, 2, 100].map(|limit| (order, limit))) {
            for filter in [None, filter.clone()] {
                let query = |after| GroupQuery { filter: filter.clone(), order, after, limit };
                let mut listed: Vec<Group> = Vec::new();
                loop {
                    let after = listed.last().map(|group| order.by.place(group));
                    let page = list(&s, scope, query(after)).await;
                    if page.is_empty() {
                        break;
                    }
                    listed.extend(page);
                }
                let all = GroupQuery { limit: 100, ..query(None) };
                let expected = reference::groups(&groups, &all);
                assert_eq!(listed, expected, "{scope:?} {order:?} {limit} {filter:?}");
            }
        }
    }
}

/// A name is compared as it is folded, byte by byte.
pub async fn groups_come_in_order_of_their_folded_names(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let in_order =
        ["A b", "a-b", "A.b", "a1", "a_", "AA", "ab", "Z", "ä", "Ω", "\u{FF21}", "\u{10428}"];
    s.has_groups(in_order).await;
    let listed = list(&s, GroupScope::All, GroupQuery::first(GroupOrder::Name, 100)).await;
    assert!(listed.iter().map(|group| group.name.as_str()).eq(in_order));
}

/// A place may be that of no group; a page may be of nothing.
pub async fn a_page_of_groups_begins_behind_a_place_that_no_group_has(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let scene = Scene::of(&s).await;
    let ids = [Uuid::nil(), uuid_of("group", "nothing"), Uuid::max()].map(GroupId::new);
    for (scope, groups) in scene.scopes() {
        for (order, id) in orders().flat_map(|order| ids.map(|id| (order, id))) {
            let sort = if order.by == GroupOrder::Id { "" } else { "choirs" }.to_owned();
            let query = groups_behind(order, Some(Place { sort, id }), 3);
            let expected = reference::groups(&groups, &query);
            assert_eq!(list(&s, scope, query).await, expected, "{scope:?} {order:?} {id}");
        }
        let first = Order { by: GroupOrder::Id, descending: false };
        assert_eq!(list(&s, scope, groups_behind(first, None, 0)).await, []);
    }
}

/// Groups come and go between the pages, the one that a page ended with among them: what is there
/// all the time is listed once, in every order.
pub async fn pages_meet_every_group_that_stays_once(harness: &dyn Harness) {
    let first = Setting::of(harness).await;
    for (n, order) in orders().enumerate() {
        let s = Setting::on(first.world.clone(), &format!("shop-{n}")).await;
        meets_every_group_that_stays_once(&s, order).await;
    }
}

async fn meets_every_group_that_stays_once(s: &Setting, order: Order<GroupOrder>) {
    let groups = (0..30).map(|n| a_group(&format!("group {n}")).build()).collect();
    let groups = s.has_all_groups(groups).await;
    let mut stays: BTreeSet<_> = groups.iter().map(|group| group.id).collect();
    let mut listed: Vec<Group> = Vec::new();
    loop {
        let after = listed.last().map(|group| order.by.place(group));
        let page = list(s, GroupScope::All, groups_behind(order, after, 7)).await;
        let Some(last) = page.last().cloned() else { break };
        listed.extend(page);
        let gone = s.deleted(&last).await;
        s.write(move |here| here.groups().remove_all(slice::from_ref(&gone))).await.unwrap();
        stays.remove(&last.id);
        let newcomer = format!("group {}b", listed.len());
        let id = GroupId::new(uuid_of("newcomer", &newcomer));
        s.has_group(a_group(&newcomer).id(id).build()).await;
    }
    let all = groups_behind(order, None, 1_000);
    assert_eq!(reference::groups(&listed, &all), listed, "{order:?}: out of order");
    let ids: BTreeSet<_> = listed.iter().map(|group| group.id).collect();
    assert_eq!(ids.len(), listed.len(), "{order:?}: listed twice");
    assert!(stays.is_subset(&ids), "{order:?}: left out");
}

/// Twenty levels of two groups each, every group in both above it: a million paths, forty groups.
pub async fn a_deep_ladder_of_diamonds_is_no_slower_than_its_groups(harness: &dyn Harness) {
    const LEVELS: usize = 20;
    let s = Setting::of(harness).await;
    let names = (0..LEVELS).flat_map(|n| ["left", "right"].map(|side| format!("{side} {n}")));
    let groups = s.has_all_groups(names.map(|name| a_group(&name).build()).collect()).await;
    let levels: Vec<_> = groups.chunks(2).collect();
    let rungs = levels.windows(2).flat_map(|pair| {
        let (upper, lower) = (pair[0], pair[1]);
        upper.iter().flat_map(move |parent| lower.iter().map(move |child| (parent, child)))
    });
    s.has_nestings(&rungs.collect::<Vec<_>>()).await;
    let bottom = &groups[2 * LEVELS - 1];
    let ada = s.has_user(a_user("ada").build()).await;
    s.has_member(bottom, &ada).await;
    assert_eq!(within(&s, GroupScope::OfUser(ada.id)).await.len(), 2 * LEVELS - 1);
    let up = GroupScope::Around(bottom.id, Direction::Up);
    assert_eq!(within(&s, up).await.len(), 2 * LEVELS - 2);
    let down = GroupScope::Around(groups[0].id, Direction::Down);
    assert_eq!(within(&s, down).await.len(), 2 * LEVELS - 2);
    let (top, end) = (groups[0].id, bottom.id);
    let edges =
        s.read(move |here| Ok([here.nestings().below(&[top])?, here.nestings().above(&[end])?]));
    assert_eq!(edges.await.map(|edges| edges.len()), [4 * (LEVELS - 2) + 2; 2]);
}
