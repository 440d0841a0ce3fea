use std::sync::Arc;

use domain::access::RoleName;
use domain::audit::{Action, Area};
use domain::error::{Missing, UseCaseError};
use domain::group::{
    Direction, Group, GroupDraft, GroupInclude, GroupName, GroupOrder, GroupScope,
    GroupWithRelations, SetChange,
};
use domain::id::{GroupId, UserId};
use domain::page::Query;
use domain::resource::{Edit, Mode};
use domain::store::Store;
use domain::unit_of_work::{Access, Unique};
use domain::version::Precondition;
use testkit::builders::{a_caller, a_group, a_user};
use testkit::{World, block_on};

use crate::changes::{self, create, remove};
use crate::{make_group, shop, trail};

/// An edit of the group as it is.
fn edit(change: impl Fn(GroupDraft) -> GroupDraft + Send + Sync + 'static) -> Edit<Group> {
    Arc::new(move |before: &GroupWithRelations| Ok(change(GroupDraft::of(&before.group))))
}

fn with_members(users: SetChange<UserId>) -> Edit<Group> {
    edit(move |draft| GroupDraft { member_users: users.clone(), ..draft })
}

fn with_children(groups: SetChange<GroupId>) -> Edit<Group> {
    edit(move |draft| GroupDraft { member_groups: groups.clone(), ..draft })
}

async fn change(
    world: &World,
    store: &Store,
    id: GroupId,
    edit: Edit<Group>,
) -> Result<GroupWithRelations, UseCaseError> {
    let change = changes::change(id, Precondition::None, GroupInclude::ALL, edit);
    let changed = world.groups().apply(&world.as_admin_in(store), (), change).await?;
    Ok(changed.expect("the group"))
}

/// Puts `child` into `parent`.
async fn nest(world: &World, store: &Store, parent: &Group, child: &Group) {
    let edit = with_children(SetChange::Add(vec![child.id]));
    change(world, store, parent.id, edit).await.expect("nested");
}

async fn names(world: &World, store: &Store, scope: GroupScope) -> Vec<String> {
    let query = Query::first(GroupOrder::Name, 100);
    let context = world.as_admin_in(store);
    let page = world.groups().page(&context, scope, query, GroupInclude::NONE).await;
    let names = page.expect("a page").items.into_iter().map(|item| item.group.name.to_string());
    names.collect()
}

#[test]
fn members_are_replaced_and_added_and_both_ends_get_a_new_version() {
    block_on(async {
        let (world, store) = shop().await;
        let staff = make_group(&world, &store, "staff").await;
        let ada = world.make_user(&store, a_user("ada").draft()).await.user;
        let bob = world.make_user(&store, a_user("bob").draft()).await.user;
        let before = trail(&world, &store).await.len();
        let first = change(&world, &store, staff.id, with_members(SetChange::Add(vec![ada.id])));
        let first = first.await.expect("added");
        let again = with_members(SetChange::Add(vec![ada.id, bob.id, bob.id]));
        let second = change(&world, &store, staff.id, again).await.expect("added");
        let third =
            change(&world, &store, staff.id, with_members(SetChange::Replace(vec![bob.id])));
        let third = third.await.expect("replaced");
        let members = |group: &GroupWithRelations| {
            let users = group.member_users.as_ref().expect("the members are filled");
            users.iter().map(|user| user.login_name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(members(&first), ["ada"]);
        assert_eq!(members(&second).len(), 2);
        assert_eq!(members(&third), ["bob"]);
        assert_ne!(third.group.version, second.group.version);
        let context = world.as_admin_in(&store);
        let found = world.users().find(&context, ada.id, domain::user::Include::NONE).await;
        assert_ne!(found.expect("found").user.version, ada.version);
        let entries = trail(&world, &store).await.split_off(before);
        let actions: Vec<_> = entries.iter().map(|entry| entry.action).collect();
        assert_eq!(actions, [Action::Added, Action::Added, Action::Deleted]);
        assert!(entries.iter().all(|entry| entry.area == Area::Membership));
    });
}

#[test]
fn whoever_is_named_must_be_there() {
    block_on(async {
        let (world, store) = shop().await;
        let staff = make_group(&world, &store, "staff").await;
        let before = trail(&world, &store).await;
        let nobody = a_user("nobody").build().id;
        let nowhere = a_group("nowhere").build().id;
        let edits = [
            ("memberUsers", with_members(SetChange::Add(vec![nobody]))),
            ("memberGroups", with_children(SetChange::Replace(vec![nowhere]))),
            (
                "parentGroups",
                edit(move |draft| GroupDraft {
                    parent_groups: SetChange::Add(vec![nowhere]),
                    ..draft
                }),
            ),
        ];
        for (property, edit) in edits {
            let refused = change(&world, &store, staff.id, edit).await;
            let Err(UseCaseError::Invalid(invalid)) = refused else { panic!("{refused:?}") };
            assert_eq!(invalid.fields[0].property, property);
        }
        assert_eq!(trail(&world, &store).await, before);
    });
}

#[test]
fn a_group_never_comes_to_lie_in_itself() {
    block_on(async {
        let (world, store) = shop().await;
        let a = make_group(&world, &store, "a").await;
        let b = make_group(&world, &store, "b").await;
        let c = make_group(&world, &store, "c").await;
        nest(&world, &store, &a, &b).await;
        nest(&world, &store, &b, &c).await;
        let before = trail(&world, &store).await;
        for (parent, child) in [(&c, &a), (&b, &a), (&a, &a)] {
            let edit = with_children(SetChange::Add(vec![child.id]));
            assert_eq!(change(&world, &store, parent.id, edit).await, Err(UseCaseError::Cycle));
        }
        assert_eq!(trail(&world, &store).await, before);
        // What ends a circle may begin another in the same request.
        let turned = edit(move |draft| GroupDraft {
            member_groups: SetChange::Replace(vec![]),
            parent_groups: SetChange::Replace(vec![c.id]),
            ..draft
        });
        assert!(change(&world, &store, a.id, turned).await.is_ok());
    });
}

#[test]
fn membership_is_inherited_each_group_once_by_name_with_a_shortest_path() {
    block_on(async {
        let (world, store) = shop().await;
        let [top, left, right, low] = {
            let mut made = Vec::new();
            for name in ["top", "left", "right", "low"] {
                made.push(make_group(&world, &store, name).await);
            }
            <[Group; 4]>::try_from(made).expect("four")
        };
        for (parent, child) in [(&top, &left), (&top, &right), (&left, &low), (&right, &low)] {
            nest(&world, &store, parent, child).await;
        }
        let ada = world.make_user(&store, a_user("ada").in_group(low.id).draft()).await.user;
        let of_user = names(&world, &store, GroupScope::OfUser(ada.id)).await;
        assert_eq!(of_user, ["left", "low", "right", "top"]);
        let below = GroupScope::Around(top.id, Direction::Down);
        assert_eq!(names(&world, &store, below).await, ["left", "low", "right"]);
        let above = GroupScope::Around(low.id, Direction::Up);
        assert_eq!(names(&world, &store, above).await, ["left", "right", "top"]);

        let include = GroupInclude { path: true, ..GroupInclude::NONE };
        let query = Query::first(GroupOrder::Name, 100);
        let context = world.as_admin_in(&store);
        let scope = GroupScope::OfUser(ada.id);
        let page = world.groups().page(&context, scope, query, include).await.expect("a page");
        let path = |name: &str| {
            let item = page.items.iter().find(|item| item.group.name.as_str() == name);
            let path = item.expect("listed").path.as_ref().expect("a path");
            path.iter().map(|group| group.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(path("low"), ["low"]);
        assert_eq!(path("left"), ["low", "left"]);
        assert_eq!(path("top").len(), 3);
    });
}

#[test]
fn a_list_around_who_is_not_there_is_not_found() {
    block_on(async {
        let (world, store) = shop().await;
        let (groups, context) = (world.groups(), world.as_admin_in(&store));
        let nobody = GroupScope::OfUser(a_user("x").build().id);
        let nowhere = GroupScope::Around(a_group("x").build().id, Direction::Up);
        for (scope, missing) in [(nobody, Missing::User), (nowhere, Missing::Group)] {
            let query = Query::first(GroupOrder::Name, 1);
            let page = groups.page(&context, scope, query, GroupInclude::NONE).await;
            assert_eq!(page, Err(UseCaseError::NotFound(missing)));
        }
    });
}

#[test]
fn deleting_a_group_ends_its_links_and_leaves_its_members() {
    block_on(async {
        let (world, store) = shop().await;
        let top = make_group(&world, &store, "top").await;
        let staff = make_group(&world, &store, "staff").await;
        let low = make_group(&world, &store, "low").await;
        nest(&world, &store, &top, &staff).await;
        nest(&world, &store, &staff, &low).await;
        let ada = world.make_user(&store, a_user("ada").in_group(staff.id).draft()).await.user;
        let before = trail(&world, &store).await.len();
        let context = world.as_admin_in(&store);
        let both = vec![remove(staff.id, Precondition::None), remove(low.id, Precondition::None)];
        let removed =
            world.groups().apply_all(&context, Access::Bulk, (), Mode::Atomic, both).await;
        assert_eq!(removed, Ok(vec![Ok(None), Ok(None)]));
        let entries = trail(&world, &store).await.split_off(before);
        assert!(entries.iter().all(|entry| entry.action == Action::Deleted));
        let of = |area| entries.iter().filter(|entry| entry.area == area).count();
        assert_eq!((of(Area::Membership), of(Area::Group)), (3, 2));
        let found = world.users().find(&context, ada.id, domain::user::Include::ALL).await;
        assert_eq!(found.expect("stays").groups, Some(vec![]));
        assert_eq!(
            names(&world, &store, GroupScope::Around(top.id, Direction::Down)).await,
            [""; 0]
        );
    });
}

#[test]
fn a_name_is_taken_ignoring_case_and_names_may_move_along_in_order() {
    block_on(async {
        let (world, store) = shop().await;
        let a = make_group(&world, &store, "a").await;
        let b = make_group(&world, &store, "b").await;
        let context = world.as_admin_in(&store);
        let rename = |id, name: &'static str| {
            let edit = edit(move |draft| GroupDraft {
                name: GroupName::parse(name).expect("a name"),
                ..draft
            });
            changes::change::<Group, _>(id, Precondition::None, GroupInclude::NONE, edit)
        };
        let groups = world.groups();
        let all = |changes| groups.apply_all(&context, Access::Bulk, (), Mode::Atomic, changes);
        let source = Box::new(UseCaseError::Duplicate(Unique::GroupName));
        let wrong_order = all(vec![rename(a.id, "B"), rename(b.id, "c")]).await;
        assert_eq!(wrong_order, Err(UseCaseError::Item { index: 0, source }));
        let moved = all(vec![rename(b.id, "c"), rename(a.id, "B")]).await;
        assert!(moved.is_ok(), "{moved:?}");
        assert_eq!(names(&world, &store, GroupScope::All).await, ["B", "c"]);
    });
}

#[test]
fn a_batch_may_nest_what_it_makes_before() {
    block_on(async {
        let (world, store) = shop().await;
        let (top, low) = (a_group("top").build(), a_group("low").build());
        let draft = |group: &Group| GroupDraft::new(group.name.clone());
        let nested = GroupDraft { parent_groups: SetChange::Replace(vec![top.id]), ..draft(&low) };
        let context = world.as_admin_in(&store);
        let groups = world.groups();
        let all = |changes| groups.apply_all(&context, Access::Bulk, (), Mode::Atomic, changes);
        let backwards =
            vec![create(Some(low.id), nested.clone()), create(Some(top.id), draft(&top))];
        assert!(matches!(all(backwards).await, Err(UseCaseError::Item { index: 0, .. })));
        let forwards = vec![create(Some(top.id), draft(&top)), create(Some(low.id), nested)];
        assert!(all(forwards).await.is_ok());
        let below = GroupScope::Around(top.id, Direction::Down);
        assert_eq!(names(&world, &store, below).await, ["low"]);
    });
}

#[test]
fn members_that_do_not_fit_are_given_in_parts() {
    block_on(async {
        let (world, store) = shop().await;
        let large = make_group(&world, &store, "large").await;
        let small = make_group(&world, &store, "small").await;
        let user = |n: u32| {
            let user = a_user(&format!("u{n:05}"));
            let user = if n == 0 { user.in_group(small.id) } else { user };
            create(None, user.in_group(large.id).draft())
        };
        let context = world.as_admin_in(&store);
        let users = (0..5_001).map(user).collect();
        let made = world.users().apply_all(&context, Access::Bulk, (), Mode::Atomic, users).await;
        assert_eq!(made.expect("made").len(), 5_001);

        let groups = world.groups();
        let query = Query::first(GroupOrder::Name, 10);
        let page = groups.page(&context, GroupScope::All, query, GroupInclude::ALL).await;
        let page = page.expect("a page");
        assert_eq!(page.items.len(), 1, "the other one does not fit beside it");
        assert!(page.items[0].more_members);
        let shown = page.items[0].member_users.as_ref().expect("filled");
        let last = shown.last().expect("a member").id;
        let rest = groups.members(&context, large.id, Some(last), 10).await.expect("members");
        assert_eq!(shown.len() + rest.items.len(), 5_001);
        let filled = groups.fill(&context, GroupScope::All, page.rest, GroupInclude::ALL).await;
        let filled = filled.expect("the rest");
        assert_eq!(filled.items[0].member_users.as_ref().map(Vec::len), Some(1));
        assert!(filled.rest.is_empty() && !filled.items[0].more_members);

        let renamed =
            edit(|draft| GroupDraft { name: GroupName::parse("larger").expect("a name"), ..draft });
        let renamed = change(&world, &store, large.id, renamed).await.expect("renamed");
        assert_eq!(renamed.member_users, None, "too many for the answer to a write");
    });
}

#[test]
fn who_may_not_read_users_does_not_see_members() {
    block_on(async {
        let (world, store) = shop().await;
        let staff = make_group(&world, &store, "staff").await;
        world.make_user(&store, a_user("ada").in_group(staff.id).draft()).await;
        let reader = a_caller().holding(RoleName::AUDIT_TRAIL_READER, store.id).acting_in(store.id);
        let refused = world.groups().find(&reader, staff.id, GroupInclude::ALL).await;
        assert!(matches!(refused, Err(UseCaseError::Forbidden(_))));
    });
}

#[test]
fn of_a_partial_batch_no_two_halves_close_a_circle() {
    block_on(async {
        let (world, store) = shop().await;
        let a = make_group(&world, &store, "a").await;
        let p = make_group(&world, &store, "p").await;
        let c = make_group(&world, &store, "c").await;
        make_group(&world, &store, "taken").await;
        nest(&world, &store, &p, &a).await;
        nest(&world, &store, &a, &c).await;
        let (groups, context) = (world.groups(), world.as_admin_in(&store));
        let above = |id, parent: GroupId, name: Option<&'static str>| {
            let edit = edit(move |draft| GroupDraft {
                name: name
                    .map_or(draft.name.clone(), |name| GroupName::parse(name).expect("a name")),
                parent_groups: SetChange::Replace(vec![parent]),
                ..draft
            });
            changes::change::<Group, _>(id, Precondition::None, GroupInclude::ALL, edit)
        };
        // What the first item would end stays when it is refused, for a circle or for its name.
        let batches = [
            vec![above(a.id, c.id, None), above(p.id, a.id, None)],
            vec![above(a.id, p.id, Some("taken")), above(p.id, a.id, None)],
        ];
        for batch in batches {
            let outcomes = groups.apply_all(&context, Access::Bulk, (), Mode::Partial, batch).await;
            assert!(outcomes.expect("partly").iter().all(Result::is_err));
        }
        let below = names(&world, &store, GroupScope::Around(p.id, Direction::Down)).await;
        assert_eq!(below, ["a", "c"]);
    });
}

#[test]
fn who_names_what_could_not_be_made_is_refused_alone() {
    block_on(async {
        let (world, store) = shop().await;
        let b = make_group(&world, &store, "b").await;
        let new = a_group("new").build();
        let in_itself = GroupDraft {
            parent_groups: SetChange::Replace(vec![new.id]),
            ..GroupDraft::new(new.name.clone())
        };
        let into_it = edit(move |draft| GroupDraft {
            parent_groups: SetChange::Replace(vec![new.id]),
            ..draft
        });
        let batch = vec![
            create(Some(new.id), in_itself),
            changes::change(b.id, Precondition::None, GroupInclude::ALL, into_it),
            create(None, GroupDraft::new(GroupName::parse("sound").expect("a name"))),
        ];
        let (groups, context) = (world.groups(), world.as_admin_in(&store));
        let outcomes = groups.apply_all(&context, Access::Bulk, (), Mode::Partial, batch).await;
        let outcomes = outcomes.expect("partly");
        assert_eq!(outcomes[0], Err(UseCaseError::Cycle));
        assert!(matches!(outcomes[1], Err(UseCaseError::Invalid(_))), "{:?}", outcomes[1]);
        assert!(outcomes[2].is_ok());
    });
}
