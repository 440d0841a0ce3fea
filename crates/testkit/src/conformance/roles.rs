//! The repository of roles: who holds what, itself and by its groups.

use domain::access::{Assignment, AssignmentFilter, Grant, Holder, Reach, RoleName};
use domain::audit::Recorded;
use domain::id::{ClientId, GroupId, StoreId, UserId};
use domain::unit_of_work::{StoreError, Unique};
use uuid::Uuid;

use super::attributes::nobody;
use super::{Harness, Setting};
use crate::builders::{a_client, a_group, a_user, uuid_of};

fn role(name: &str) -> RoleName {
    RoleName::parse(name).unwrap()
}

fn everywhere(name: &str) -> Grant {
    Grant::new(role(name), Reach::Everywhere).unwrap()
}

fn in_store(name: &str, store: StoreId) -> Grant {
    Grant::new(role(name), Reach::Store(store)).unwrap()
}

async fn page(
    s: &Setting,
    filter: AssignmentFilter,
    after: Option<Assignment>,
    limit: u32,
) -> Vec<Assignment> {
    s.read(move |here| here.roles().page(&filter, after.clone(), limit)).await
}

async fn all(s: &Setting) -> Vec<Assignment> {
    page(s, AssignmentFilter::default(), None, 1_000).await
}

async fn insert(s: &Setting, assignment: &Recorded<Assignment>) -> Result<(), StoreError> {
    let assignment = assignment.clone();
    s.write(move |here| here.roles().insert(&assignment)).await
}

async fn remove(s: &Setting, assignments: &[Recorded<Assignment>]) -> Result<(), StoreError> {
    let assignments = assignments.to_vec();
    s.write(move |here| here.roles().remove_all(&assignments)).await
}

/// Roles of two users, two groups and two clients, of several names and reaches, in order.
async fn many(s: &Setting) -> Vec<Assignment> {
    let elsewhere = StoreId::new(uuid_of("store", "elsewhere"));
    let highest = StoreId::new(Uuid::max());
    let grants = [
        Grant::system_admin(),
        everywhere("AuditTrailReader"),
        in_store("AuditTrailReader", s.store.id),
        in_store("UserManager", elsewhere),
        everywhere("a.role"),
        in_store("A-Role", s.store.id),
        in_store("a_role", highest),
        in_store("z", elsewhere),
    ];
    let id = |n: u128| Uuid::from_u128((n << 120) | n);
    let holders = [
        Holder::User(UserId::new(id(0x7F))),
        Holder::User(UserId::new(id(0x80))),
        Holder::Group(GroupId::new(id(0x01))),
        Holder::Group(GroupId::new(id(0xFF))),
        Holder::Client(ClientId::new(id(0x00))),
        Holder::Client(ClientId::new(id(0x80))),
    ];
    let mut assignments: Vec<_> = holders
        .iter()
        .flat_map(|holder| {
            grants.iter().map(|grant| Assignment { holder: *holder, grant: grant.clone() })
        })
        .collect();
    for assignment in s.all_added(assignments.clone()).await {
        insert(s, &assignment).await.unwrap();
    }
    assignments.sort();
    assignments
}

/// Users before groups before clients, then by id, by name ignoring case and by reach, with what is
/// held everywhere first; in pages of any length.
pub async fn assignments_come_in_order_in_pages(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    assert_eq!(all(&s).await, []);
    let expected = many(&s).await;
    for limit in [1, 5, 1_000] {
        let mut listed: Vec<Assignment> = Vec::new();
        loop {
            let after = listed.last().cloned();
            let found = page(&s, AssignmentFilter::default(), after, limit).await;
            if found.is_empty() {
                break;
            }
            listed.extend(found);
        }
        assert_eq!(listed, expected, "in pages of {limit}");
    }
    assert_eq!(page(&s, AssignmentFilter::default(), None, 0).await, []);
}

/// Also behind a place that no assignment has.
pub async fn assignments_are_filtered_by_holder_role_and_reach(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let all = many(&s).await;
    let (holder, other) = (all[0].holder, Holder::User(nobody(5)));
    let holders = [None, Some(holder), Some(all[40].holder), Some(other)];
    let names = ["SystemAdmin", "audittrailreader", "A.ROLE", "a-role", "nothing"];
    let roles: Vec<_> = names.iter().map(|name| Some(role(name))).chain([None]).collect();
    let gone = Assignment { holder: Holder::Group(nobody(3)), grant: everywhere("m") };
    let places = [None, Some(all[2].clone()), Some(gone), all.last().cloned()];
    let reaches = [None, Some(Reach::Everywhere), Some(Reach::Store(s.store.id))];
    let filters = holders.iter().flat_map(|holder| {
        let roles = roles.iter();
        roles.flat_map(move |role| {
            reaches.map(|reach| AssignmentFilter { holder: *holder, role: role.clone(), reach })
        })
    });
    for filter in filters {
        for after in &places {
            let expected: Vec<_> = all
                .iter()
                .filter(|it| filter.holder.is_none_or(|holder| holder == it.holder))
                .filter(|it| filter.role.as_ref().is_none_or(|role| role == it.grant.role()))
                .filter(|it| filter.reach.is_none_or(|reach| reach == it.grant.reach()))
                .filter(|it| after.as_ref().is_none_or(|after| *it > after))
                .take(7)
                .cloned()
                .collect();
            let found = page(&s, filter.clone(), after.clone(), 7).await;
            assert_eq!(found, expected, "{filter:?} behind {after:?}");
        }
    }
}

/// A name of a role is kept as it was given.
pub async fn a_role_is_kept_in_its_spelling(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let holder = Holder::User(nobody(1));
    for name in ["HelpDesk", &"x".repeat(64)] {
        s.has_role(holder, everywhere(name)).await;
        let found = s.read(move |here| here.roles().of(&[holder])).await;
        assert_eq!(found.last().map(|it| it.grant.role().to_string()).as_deref(), Some(name));
    }
}

/// Nothing inherited; asked for out of order, twice, and among more holders that hold nothing than
/// a statement takes values in any database.
pub async fn what_holders_hold_themselves_comes_in_order(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let all = many(&s).await;
    let staff = s.has_group(a_group("staff").build()).await;
    let ada = s.has_user(a_user("ada").build()).await;
    s.has_member(&staff, &ada).await;
    s.has_role(Holder::Group(staff.id), everywhere("z")).await;
    let holders = [all[40].holder, Holder::User(ada.id), all[0].holder, all[17].holder];
    let expected: Vec<_> = all.iter().filter(|it| holders.contains(&it.holder)).cloned().collect();
    let mut asked = holders.to_vec();
    asked.push(holders[0]);
    assert_eq!(s.read(move |here| here.roles().of(&asked)).await, expected);
    let user = |n| Holder::User(nobody(n));
    let group = |n| Holder::Group(nobody(n));
    let mut asked: Vec<_> = (0..40_000).flat_map(|n| [user(n), group(n)]).collect();
    asked.extend(holders);
    assert_eq!(s.read(move |here| here.roles().of(&asked)).await, expected);
    assert_eq!(s.read(|here| here.roles().of(&[])).await, []);
}

/// A role is held once, in whatever spelling; in another store it is another.
pub async fn a_role_that_is_held_is_a_conflict(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let holder = Holder::User(nobody(1));
    let held = s.has_role(holder, in_store("HelpDesk", s.store.id)).await;
    let again = Assignment { holder, grant: in_store("HELPDESK", s.store.id) };
    let again = s.added(again).await;
    assert_eq!(insert(&s, &again).await, Err(StoreError::Conflict { what: Unique::Role }));
    s.assert_not_logged(&again).await;
    assert_eq!(all(&s).await, [held]);
    let grant = everywhere("HelpDesk");
    let elsewhere = s.added(Assignment { holder, grant }).await;
    assert_eq!(insert(&s, &elsewhere).await, Ok(()));
    s.assert_logged(&elsewhere).await;
    s.has_role(Holder::Group(nobody(1)), everywhere("HelpDesk")).await;
    s.has_role(Holder::Client(ClientId::new(Uuid::from_u128(1))), everywhere("HelpDesk")).await;
    assert_eq!(all(&s).await.len(), 4);
}

/// Several at once; with one among them that is not held, none.
pub async fn removing_a_role_that_is_not_held_is_stale(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let assignments = many(&s).await;
    let (removed, kept) = assignments.split_at(7);
    let mut with_missing = removed.to_vec();
    with_missing.push(Assignment { holder: removed[0].holder, grant: everywhere("nothing") });
    let with_missing = s.all_deleted(with_missing).await;
    assert_eq!(remove(&s, &with_missing).await, Err(StoreError::Stale));
    assert_eq!(all(&s).await, assignments);
    s.assert_not_logged(&with_missing[0]).await;
    let removals = s.all_deleted(removed.to_vec()).await;
    assert_eq!(remove(&s, &removals).await, Ok(()));
    assert_eq!(all(&s).await, kept);
    for removal in &removals {
        s.assert_logged(removal).await;
    }
    assert_eq!(remove(&s, &removals).await, Err(StoreError::Stale));
    assert_eq!(remove(&s, &[]).await, Ok(()));
}

/// By direct groups and those above them, through a diamond, each once, in order of the user; also
/// of more users than a statement takes values in any database.
pub async fn what_users_hold_by_themselves_and_by_their_groups_comes_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let groups = s.has_groups(["top", "left", "right", "bottom", "beside"]).await;
    let [top, left, right, bottom, beside] = &groups;
    s.has_nestings(&[(top, left), (top, right), (left, bottom), (right, bottom)]).await;
    let names = ["ada", "bob", "eve", "kim"];
    let users = s.has_users(names.map(|name| a_user(name).build()).to_vec()).await;
    let [ada, bob, eve, kim] = [&users[0], &users[1], &users[2], &users[3]];
    s.has_member(bottom, ada).await;
    s.has_member(left, bob).await;
    s.has_member(beside, eve).await;
    let here = s.store.id;
    s.has_role(Holder::Group(top.id), everywhere("top")).await;
    s.has_role(Holder::Group(left.id), in_store("left", here)).await;
    s.has_role(Holder::Group(bottom.id), everywhere("bottom")).await;
    s.has_role(Holder::Group(right.id), everywhere("top")).await;
    s.has_role(Holder::User(ada.id), everywhere("TOP")).await;
    s.has_role(Holder::User(ada.id), in_store("own", here)).await;
    s.has_role(Holder::User(kim.id), Grant::system_admin()).await;
    // A group and a client with the id of a user are others.
    s.has_role(Holder::Group(GroupId::new(kim.id.as_uuid())), everywhere("wrong")).await;
    s.has_role(Holder::Client(ClientId::new(kim.id.as_uuid())), everywhere("wrong")).await;

    let mut expected = vec![
        (ada.id, everywhere("bottom")),
        (ada.id, in_store("left", here)),
        (ada.id, in_store("own", here)),
        (ada.id, everywhere("top")),
        (bob.id, in_store("left", here)),
        (bob.id, everywhere("top")),
        (kim.id, Grant::system_admin()),
    ];
    expected.sort();
    let held = async |users: Vec<UserId>| {
        let mut held = s.read(move |here| here.roles().held_by_users(&users)).await;
        assert!(held.is_sorted_by_key(|(user, _)| *user));
        held.sort();
        held
    };
    assert_eq!(held([kim, ada, eve, bob, ada].map(|user| user.id).to_vec()).await, expected);
    let mut many: Vec<_> = (0..70_000).map(nobody::<UserId>).collect();
    many.extend(users.iter().map(|user| user.id));
    assert_eq!(held(many).await, expected);
    assert_eq!(held(vec![eve.id]).await, []);
    assert_eq!(held(Vec::new()).await, []);
}

/// What a group holds, and those above it, each once, in order of the group.
pub async fn what_groups_give_to_their_members_comes_once(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let groups = s.has_groups(["top", "left", "right", "bottom"]).await;
    let [top, left, right, bottom] = &groups;
    s.has_nestings(&[(top, left), (top, right), (left, bottom), (right, bottom)]).await;
    let here = s.store.id;
    s.has_role(Holder::Group(top.id), everywhere("top")).await;
    s.has_role(Holder::Group(left.id), everywhere("Top")).await;
    s.has_role(Holder::Group(left.id), in_store("top", here)).await;
    s.has_role(Holder::Group(bottom.id), in_store("bottom", here)).await;
    let mut expected = vec![
        (top.id, everywhere("top")),
        (left.id, everywhere("top")),
        (left.id, in_store("top", here)),
        (right.id, everywhere("top")),
        (bottom.id, everywhere("top")),
        (bottom.id, in_store("top", here)),
        (bottom.id, in_store("bottom", here)),
    ];
    expected.sort();
    let given = async |groups: Vec<GroupId>| {
        let mut given = s.read(move |here| here.roles().given_by_groups(&groups)).await;
        assert!(given.is_sorted_by_key(|(group, _)| *group));
        given.sort();
        given
    };
    let ids = [right, top, bottom, left, top].map(|group| group.id);
    assert_eq!(given(ids.to_vec()).await, expected);
    let many = (0..70_000).map(nobody::<GroupId>).chain(ids).collect();
    assert_eq!(given(many).await, expected);
    assert_eq!(given(Vec::new()).await, []);
}

/// What a client is given later is a grant like those it was made with.
pub async fn a_role_of_a_client_is_one_of_its_grants(harness: &dyn Harness) {
    let s = Setting::of(harness).await;
    let import = s.has_client(a_client("import").holding_everywhere(role("reader")).build()).await;
    let (id, holder) = (import.id, Holder::Client(import.id));
    let grants = async || s.read(move |here| here.clients().find(id)).await.map(|it| it.grants);
    assert_eq!(grants().await, Some(vec![everywhere("reader")]));
    let held = all(&s).await;
    assert_eq!(held, [Assignment { holder, grant: everywhere("reader") }]);
    s.has_role(holder, Grant::system_admin()).await;
    assert_eq!(grants().await, Some(vec![everywhere("reader"), Grant::system_admin()]));
    let ends = s.all_deleted(held).await;
    assert_eq!(remove(&s, &ends).await, Ok(()));
    assert_eq!(grants().await, Some(vec![Grant::system_admin()]));
    let client = s.read(move |here| here.clients().find(id)).await.unwrap();
    let gone = s.deleted(&client).await;
    s.write(move |here| here.clients().remove(&gone)).await.unwrap();
    assert_eq!(all(&s).await, []);
}
