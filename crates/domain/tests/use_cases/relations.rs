use std::sync::Arc;

use domain::access::{Permission, RoleName};
use domain::audit::{Action, Area};
use domain::error::UseCaseError;
use domain::id::{GroupId, UserId};
use domain::page::Query;
use domain::resource::Edit;
use domain::user::{Include, User, UserDraft, UserOrder, UserWithRelations};
use domain::version::Precondition;
use testkit::builders::{a_caller, a_group, a_user};
use testkit::{World, block_on};

use crate::changes::{self, create, remove};
use crate::{make_group, shop, trail};

/// An edit that replaces relations alone.
fn relate(groups: Option<Vec<GroupId>>, profiles: Option<&[(&str, &str)]>) -> Edit<User> {
    let mut template = a_user("template");
    for (key, value) in profiles.into_iter().flatten() {
        template = template.profile(key, value);
    }
    let profiles = profiles.map(|_| template.draft().profiles.unwrap_or_default());
    Arc::new(move |before: &UserWithRelations| {
        let mut draft = UserDraft::of(&before.user);
        (draft.groups, draft.profiles) = (groups.clone(), profiles.clone());
        Ok(draft)
    })
}

async fn change(
    world: &World,
    context: &domain::access::Context,
    id: UserId,
    edit: Edit<User>,
) -> Result<UserWithRelations, UseCaseError> {
    let change = changes::change(id, Precondition::None, Include::ALL, edit);
    let changed = world.users().apply(context, (), change).await?;
    Ok(changed.expect("the user"))
}

fn keys(user: &UserWithRelations) -> Vec<String> {
    let profiles = user.profiles.as_ref().expect("the profiles are filled");
    profiles.iter().map(|profile| profile.key.to_string()).collect()
}

#[test]
fn a_membership_changes_the_version_of_both_ends() {
    block_on(async {
        let (world, store) = shop().await;
        let group = make_group(&world, &store, "staff").await;
        let made = world.make_user(&store, a_user("ada").draft()).await;
        let context = world.as_admin_in(&store);
        let joined = change(&world, &context, made.user.id, relate(Some(vec![group.id]), None));
        let joined = joined.await.expect("joined");
        let groups = joined.groups.expect("the groups are filled");
        assert_eq!(groups.iter().map(|group| group.id).collect::<Vec<_>>(), [group.id]);
        assert_ne!(joined.user.version, made.user.version);
        assert_ne!(groups[0].version, group.version);
        assert_eq!(groups[0].version, joined.user.version);
        let last = trail(&world, &store).await.pop().expect("an entry");
        assert_eq!((last.area, last.action), (Area::Membership, Action::Added));
        assert_eq!(last.primary_key, format!("{}/{}", group.id, made.user.id));
    });
}

#[test]
fn a_group_that_is_not_there_is_named_and_nothing_changes() {
    block_on(async {
        let (world, store) = shop().await;
        let made = world.make_user(&store, a_user("ada").draft()).await;
        let before = trail(&world, &store).await;
        let context = world.as_admin_in(&store);
        let unknown = a_group("nowhere").build().id;
        let edit = relate(Some(vec![unknown]), Some(&[("k", "v")]));
        let refused = change(&world, &context, made.user.id, edit).await;
        let Err(UseCaseError::Invalid(invalid)) = refused else { panic!("{refused:?}") };
        assert_eq!(invalid.fields[0].property, "memberOfGroups");
        assert_eq!(trail(&world, &store).await, before);
    });
}

#[test]
fn profiles_are_replaced_as_a_set_with_one_entry_for_each_that_changes() {
    block_on(async {
        let (world, store) = shop().await;
        let draft = a_user("ada").profile("a", "1").profile("b", "1").profile("c", "1").draft();
        let made = world.make_user(&store, draft).await;
        let before = trail(&world, &store).await.len();
        let context = world.as_admin_in(&store);
        let edit = relate(None, Some(&[("D", "1"), ("A", "1"), ("b", "2"), ("c", "1")]));
        let changed = change(&world, &context, made.user.id, edit).await.expect("changed");
        assert_eq!(keys(&changed), ["A", "b", "c", "D"]);
        let entries = trail(&world, &store).await.split_off(before);
        let actions: Vec<_> = entries.iter().map(|entry| entry.action).collect();
        assert_eq!(actions, [Action::Modified, Action::Modified, Action::Added]);
        assert_ne!(changed.user.version, made.user.version);
    });
}

#[test]
fn relations_that_a_request_leaves_out_stay() {
    block_on(async {
        let (world, store) = shop().await;
        let group = make_group(&world, &store, "staff").await;
        let draft = a_user("ada").profile("a", "1").in_group(group.id).draft();
        let made = world.make_user(&store, draft).await;
        let context = world.as_admin_in(&store);
        let same = change(&world, &context, made.user.id, relate(None, None)).await;
        assert_eq!(same, world.users().find(&context, made.user.id, Include::ALL).await);
        assert_eq!(keys(&same.expect("unchanged")), ["a"]);
    });
}

#[test]
fn one_key_twice_is_refused() {
    block_on(async {
        let (world, store) = shop().await;
        let made = world.make_user(&store, a_user("ada").draft()).await;
        let context = world.as_admin_in(&store);
        let edit = relate(None, Some(&[("k", "1"), ("K", "2")]));
        let refused = change(&world, &context, made.user.id, edit).await;
        assert!(matches!(refused, Err(UseCaseError::Invalid(_))));
    });
}

#[test]
fn a_change_of_groups_needs_the_right_to_manage_groups() {
    block_on(async {
        let (world, store) = shop().await;
        let group = make_group(&world, &store, "staff").await;
        let member = world.make_user(&store, a_user("ada").in_group(group.id).draft()).await;
        let manager = a_caller().holding(RoleName::USER_MANAGER, store.id).acting_in(store.id);
        let forbidden = Err(UseCaseError::Forbidden(Permission::GroupManage));
        let leave = change(&world, &manager, member.user.id, relate(Some(vec![]), None)).await;
        assert_eq!(leave, forbidden);
        let unknown = relate(Some(vec![a_group("nowhere").build().id]), None);
        assert_eq!(change(&world, &manager, member.user.id, unknown).await, forbidden);
        let bob = a_user("bob").in_group(group.id).draft();
        let refused = world.users().apply(&manager, (), create(None, bob)).await;
        assert_eq!(refused, Err(UseCaseError::Forbidden(Permission::GroupManage)));
        // To be told that they are those would be to read them.
        let same = change(&world, &manager, member.user.id, relate(Some(vec![group.id]), None));
        assert_eq!(same.await, forbidden);
    });
}

#[test]
fn deleting_a_user_ends_its_relations_each_with_its_own_entry() {
    block_on(async {
        let (world, store) = shop().await;
        let group = make_group(&world, &store, "staff").await;
        let draft = a_user("ada").profile("a", "1").in_group(group.id).draft();
        let made = world.make_user(&store, draft).await;
        let before = trail(&world, &store).await.len();
        let manager = a_caller().holding(RoleName::USER_MANAGER, store.id).acting_in(store.id);
        let removal = remove(made.user.id, Precondition::None);
        assert_eq!(world.users().apply(&manager, (), removal).await, Ok(None));
        let entries = trail(&world, &store).await.split_off(before);
        let areas: Vec<_> = entries.iter().map(|entry| (entry.area, entry.action)).collect();
        let deleted = |area| (area, Action::Deleted);
        assert_eq!(
            areas,
            [deleted(Area::Membership), deleted(Area::UserProfile), deleted(Area::User)]
        );
        assert!(entries[2].original.is_some() && entries[2].current.is_none());
    });
}

#[test]
fn more_entries_than_numbers_at_hand_are_recorded_all_the_same() {
    block_on(async {
        let (world, store) = shop().await;
        let many = |draft: UserDraft| {
            let mut draft = draft;
            let mut template = a_user("template");
            for n in 0..900 {
                template = template.profile(&format!("k{n}"), "v");
            }
            draft.profiles = template.draft().profiles;
            draft
        };
        let made = world.make_user(&store, many(a_user("ada").draft())).await;
        let before = trail(&world, &store).await.len();
        let context = world.as_admin_in(&store);
        let removal = remove(made.user.id, Precondition::None);
        assert_eq!(world.users().apply(&context, (), removal).await, Ok(None));
        assert_eq!(trail(&world, &store).await.len() - before, 901);
    });
}

#[test]
fn who_may_not_read_groups_does_not_see_them() {
    block_on(async {
        let (world, store) = shop().await;
        let group = make_group(&world, &store, "staff").await;
        let member = world.make_user(&store, a_user("ada").in_group(group.id).draft()).await;
        let manager = a_caller().holding(RoleName::USER_MANAGER, store.id).acting_in(store.id);
        let users = world.users();
        let found = users.find(&manager, member.user.id, Include::ALL).await.expect("found");
        assert_eq!(found.groups, None);
        let page = users
            .page(&manager, Query::first(UserOrder::Id, 10), Include::ALL)
            .await
            .expect("a page");
        assert_eq!(page.items[0].groups, None);
        let made = users.apply(&manager, (), create(None, a_user("bob").draft())).await;
        assert_eq!(made.expect("made").expect("the user").groups, None);
        let changed = change(&world, &manager, member.user.id, relate(None, Some(&[("k", "v")])));
        assert_eq!(changed.await.expect("changed").groups, None);
    });
}
